package ui

import (
	"math"
	"strings"
	"time"

	"tring/audio"
)

// A meter shows how loud one side is: where it is now, and where it was at its
// loudest of late. Whole cells, so that little is written.
const (
	quietest  = -54.0 // dBFS at the left end of a meter
	meterFall = 3.0   // dB that a meter falls in a tick
	peakHold  = 1500 * time.Millisecond

	// Speech is well above the noise of a room, and pauses between words: who has
	// spoken is speaking still for a while, or the mark would flicker.
	speech     = -38.0 // dBFS
	speechHold = 1200 * time.Millisecond
)

// meter is one side's level as the screen shows it.
type meter struct {
	level, peak float64
	peaked      time.Time // when the peak was
	spoke       time.Time // when it was last as loud as speech
}

func newMeter() meter { return meter{level: audio.Floor, peak: audio.Floor} }

// take takes a level. It rises at once and falls slowly, and so does the peak.
func (m *meter) take(level float64, now time.Time, motion bool) {
	if motion {
		level = max(level, m.level-meterFall)
	}
	m.level = level
	if level >= m.peak || now.Sub(m.peaked) >= peakHold {
		m.peak, m.peaked = level, now
	}
	if level >= speech {
		m.spoke = now
	}
}

// speaking says whether somebody speaks, or paused only just now.
func (m *meter) speaking(now time.Time) bool {
	return !m.spoke.IsZero() && now.Sub(m.spoke) < speechHold
}

// cells is how many of width cells a level takes.
func cells(level float64, width int) int {
	part := min(max((level-quietest)/-quietest, 0), 1)
	return int(math.Round(part * float64(width)))
}

// meter draws a level, and its peak as a mark of its own.
func (s styles) meter(m meter, width int) string {
	on, top := cells(m.level, width), cells(m.peak, width)
	bar := s.talk.Render(strings.Repeat("━", on))
	if top > on+1 {
		bar += s.dim.Render(strings.Repeat("─", top-on-1)) + s.talk.Render("━")
		on = top
	}
	return bar + s.dim.Render(strings.Repeat("─", width-on))
}
