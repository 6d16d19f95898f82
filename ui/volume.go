package ui

import (
	"fmt"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"tring/calls"
)

// The volume of the other side, in decibels: three are a step that one hears.
const (
	volumeStep  = 3.0
	volumeLeast = -24.0
	volumeMost  = 18.0
)

// volumes are how loud each person was made, for the life of the screen: whose
// voice is faint once is faint the next time.
type volumes struct {
	of  map[string]float64 // dB
	set calls.ID           // the call that has its volume
}

// settleVolume gives a call that begins the volume of its person.
func (m *Model) settleVolume() {
	held, ok := m.view.Held()
	if !ok || m.cfg.Volume == nil || held.Call.ID == m.volumes.set {
		return
	}
	m.volumes.set = held.Call.ID
	m.cfg.Volume(m.volumeOf(held))
}

func (m *Model) volumeOf(c calls.CallView) float64 {
	return m.volumes.of[c.Call.Peer(m.view.Me.User)]
}

// turn makes the other side louder or softer.
func (m *Model) turn(held calls.CallView, by float64) {
	if m.cfg.Volume == nil {
		return
	}
	db := min(max(m.volumeOf(held)+by, volumeLeast), volumeMost)
	if m.volumes.of == nil {
		m.volumes.of = map[string]float64{}
	}
	m.volumes.of[held.Call.Peer(m.view.Me.User)] = db
	m.cfg.Volume(db)
}

// pressVolume takes the keys of the volume.
func (m *Model) pressVolume(held calls.CallView, k tea.KeyPressMsg) (taken bool) {
	switch {
	case key.Matches(k, m.keys.Louder):
		m.turn(held, volumeStep)
	case key.Matches(k, m.keys.Softer):
		m.turn(held, -volumeStep)
	default:
		return false
	}
	return true
}

// volumeKey explains both keys as one.
func (m *Model) volumeKey() key.Binding {
	b := m.keys.Louder
	b.SetHelp(b.Help().Key+" "+m.keys.Softer.Help().Key, m.lang.Say(wordVolume))
	return b
}

// volumeText is how much louder than it came the other side is; nothing if it is
// as it came.
func volumeText(db float64) string {
	if db == 0 {
		return ""
	}
	return fmt.Sprintf("%+d dB", int(db))
}
