package ui

import (
	"math"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tring/audio"
	"tring/calls"
)

// Something moves only while a call is on the screen. Whole cells and ten frames
// a second keep the meters at about 1 kB/s, also over ssh.
const (
	meterTick = 100 * time.Millisecond
	pulseTick = 200 * time.Millisecond
	clockTick = time.Second

	quietest    = -54.0 // dBFS at the left end of a meter
	meterFall   = 3.0   // dB that a meter falls in a tick
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
		m.levels = audio.Silence()
		m.quality.rest()
		return nil
	}
	was := m.levels
	m.levels = m.cfg.Agent.Levels()
	if m.cfg.Motion {
		m.levels.In = max(m.levels.In, was.In-meterFall)
		m.levels.Out = max(m.levels.Out, was.Out-meterFall)
	}
	if now := m.now(); m.cfg.Stats != nil && now.Sub(m.quality.at) >= statsEvery {
		if stats, ok := m.cfg.Stats(); ok {
			m.quality.take(held.Call.ID, stats)
		}
		m.quality.at = now
	}
	return nil
}

// meter draws a level in whole cells.
func (s styles) meter(level float64, width int) string {
	part := min(max((level-quietest)/-quietest, 0), 1)
	on := int(math.Round(part * float64(width)))
	return s.talk.Render(strings.Repeat("━", on)) + s.dim.Render(strings.Repeat("─", width-on))
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
