package ui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tring/audio"
	"tring/calls"
)

// Something moves only while a call is on the screen. Whole cells and ten frames
// a second keep the meters at about 1 kB/s, also over ssh.
const (
	meterTick   = 100 * time.Millisecond
	pulseTick   = 200 * time.Millisecond
	clockTick   = time.Second
	pulsePeriod = 500 * time.Millisecond
)

type tickMsg struct{}

// keepTicking starts a tick if something moves and none is on its way. There is
// never more than one.
func (m *Model) keepTicking() tea.Cmd {
	every, moving := m.pace()
	if m.ticking || !moving {
		return nil
	}
	m.ticking = true
	return tea.Tick(every, tick(tickMsg{}))
}

// pace is how often the screen is to be drawn anew.
func (m *Model) pace() (time.Duration, bool) {
	s := m.screen()
	ringing := s == screenOutgoing || m.waiting.call != ""
	if r, ok := m.room.(interface {
		pace(*Model) (time.Duration, bool)
	}); ok && s == screenRoom && !ringing {
		return r.pace(m)
	}
	switch {
	case s != screenTalking && !ringing:
		return 0, false
	case !m.cfg.Motion:
		return clockTick, true
	case s == screenTalking && !m.answered():
		return meterTick, true
	}
	return pulseTick, true
}

// sample reads the levels and, less often, the statistics.
func (m *Model) sample() tea.Cmd {
	held, ok := m.view.Held()
	if !ok || held.Call.Status != calls.Ongoing {
		m.levels, m.mine, m.theirs = audio.Silence(), newMeter(), newMeter()
		m.quality.rest()
		return nil
	}
	now := m.now()
	m.levels = m.cfg.Agent.Levels()
	m.mine.take(m.levels.In, now, m.cfg.Motion)
	m.theirs.take(m.levels.Out, now, m.cfg.Motion)
	if m.cfg.Stats != nil && now.Sub(m.quality.at) >= statsEvery {
		if stats, ok := m.cfg.Stats(); ok {
			m.quality.take(held.Call.ID, stats)
		}
		m.quality.at = now
	}
	return nil
}

// pulse draws a wave that spreads from the middle: something is waited for.
func (s styles) pulse(since, now time.Time) string {
	const reach = 2
	step := int(now.Sub(since)/pulsePeriod) % (reach + 2)
	cells := make([]string, 0, 2*reach+1)
	for i := -reach; i <= reach; i++ {
		if max(i, -i) < step {
			cells = append(cells, s.accent.Render("●"))
		} else {
			cells = append(cells, s.dim.Render("·"))
		}
	}
	return strings.Join(cells, "  ")
}
