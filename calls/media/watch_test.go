package media

import (
	"testing"
	"time"

	"tring/calls"
)

// The life of a connection as its watch sees it: what the phone is told, and
// when the peer is asked.
func TestWatch(t *testing.T) {
	const connected, lost = calls.MediaConnected, calls.MediaLost
	type moment struct {
		ms         int
		up, failed bool
		tell       calls.MediaState
		asks       bool
	}
	for name, story := range map[string][]moment{
		"never connected: asks, each time waiting longer, and tells nothing": {
			{ms: 0},
			{ms: 59},
			{ms: 60, asks: true},
			{ms: 100},
			{ms: 180, asks: true},
			{ms: 419},
			{ms: 420, asks: true},
			{ms: 1000, failed: true, asks: true}, // nothing was there that could be lost
		},
		"up, and up again: told once": {
			{ms: 10, up: true, tell: connected}, {ms: 20, up: true}, {ms: 5000, up: true},
		},
		"down for a moment: asks at once, tells nothing": {
			{ms: 10, up: true, tell: connected}, {ms: 1000, asks: true}, {ms: 1400}, {ms: 1450, up: true}, {ms: 1900, up: true},
		},
		"down for long: lost, and connected again": {
			{ms: 10, up: true, tell: connected},
			{ms: 1000, asks: true},
			{ms: 1500, tell: lost},
			{ms: 1600},
			{ms: 2000, asks: true},
			{ms: 3999},
			{ms: 4000, asks: true},
			{ms: 4100, up: true, tell: connected},
			{ms: 5000, asks: true},
			{ms: 5500, tell: lost},
		},
		"failed: lost at once": {
			{ms: 10, up: true, tell: connected}, {ms: 1000, failed: true, tell: lost, asks: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Unix(0, 0)
			w := newWatch(start, firstOffer, mendTime)
			for _, m := range story {
				now := start.Add(time.Duration(m.ms) * time.Millisecond)
				if tell := w.see(now, m.up, m.failed); tell != m.tell {
					t.Errorf("after %d ms: tells %q, want %q", m.ms, tell, m.tell)
				}
				if asks := w.ask(now); asks != m.asks {
					t.Errorf("after %d ms: asks: %v", m.ms, asks)
				}
			}
		})
	}
}

// While offer and answer are fresh, ICE is left in peace: longer if it did not connect
// the last time, and as usual once it did.
func TestWatchIsPatientAfterAnExchange(t *testing.T) {
	now := time.Unix(0, 0)
	w := newWatch(now, firstOffer, mendTime)
	for n, patient := range []time.Duration{mendTime, 2 * mendTime, askMost} {
		w.exchanged(now)
		if w.ask(now.Add(patient - 1)) {
			t.Errorf("asks too early after exchange %d", n)
		}
		if now = now.Add(patient); !w.ask(now) {
			t.Errorf("never asks after exchange %d", n)
		}
	}
	w.see(now, true, false)
	w.see(now, false, false)
	w.exchanged(now)
	if !w.ask(now.Add(mendTime)) {
		t.Error("after it was connected, it asks late")
	}
}
