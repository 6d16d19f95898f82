package ui

import (
	"context"
	"fmt"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"tring/calls"
)

// VolumeStep is by how many decibels a key turns the volume of the other side: a
// step that one hears.
const VolumeStep = 3.0

// The volume of the other side, in decibels.
const (
	volumeLeast = -24.0
	volumeMost  = 18.0
)

// keepPause is how long nobody turns the volume before it is remembered.
const keepPause = time.Second

// volumes are how loud each person was made: whose voice is faint once is faint
// the next time.
type volumes struct {
	of     map[string]float64 // dB
	unkept map[string]bool    // that were turned, and are not remembered yet
	set    calls.ID           // the call that has its volume
}

// newVolumes are those that were remembered, within what can be turned.
func newVolumes(remembered map[string]float64) volumes {
	v := volumes{of: map[string]float64{}, unkept: map[string]bool{}}
	for who, db := range remembered {
		v.of[who] = BoundVolume(db)
	}
	return v
}

// BoundVolume is a volume in decibels within what can be turned.
func BoundVolume(db float64) float64 { return min(max(db, volumeLeast), volumeMost) }

type (
	// volumeDueMsg comes when a volume may stay as it is.
	volumeDueMsg struct {
		who string
		db  float64
	}
	volumeKeptMsg struct{ err error }
)

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
func (m *Model) turn(held calls.CallView, by float64) tea.Cmd {
	if m.cfg.Volume == nil {
		return nil
	}
	who, db := held.Call.Peer(m.view.Me.User), BoundVolume(m.volumeOf(held)+by)
	m.volumes.of[who] = db
	m.cfg.Volume(db)
	if m.cfg.KeepVolume == nil {
		return nil
	}
	m.volumes.unkept[who] = true
	return tea.Tick(keepPause, tick(volumeDueMsg{who, db}))
}

// volumeDue remembers a volume, unless it was turned again.
func (m *Model) volumeDue(due volumeDueMsg) tea.Cmd {
	if !m.volumes.unkept[due.who] || m.volumes.of[due.who] != due.db {
		return nil
	}
	delete(m.volumes.unkept, due.who)
	keep := m.cfg.KeepVolume
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return volumeKeptMsg{keep(ctx, due.who, due.db)}
	}
}

// volumeKept takes the answer to that.
func (m *Model) volumeKept(msg volumeKeptMsg) tea.Cmd {
	if msg.err != nil {
		m.notice = notice{m.lang.Say("The volume will be forgotten: %s", m.lang.Reason(msg.err)), true}
	}
	return nil
}

// unkeptVolumes are those that are not remembered yet.
func (m *Model) unkeptVolumes() map[string]float64 {
	unkept := map[string]float64{}
	for who := range m.volumes.unkept {
		unkept[who] = m.volumes.of[who]
	}
	return unkept
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
