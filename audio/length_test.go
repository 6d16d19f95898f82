package audio

import (
	"slices"
	"testing"
	"time"
)

func TestPacketsOfAllLengths(t *testing.T) {
	cycle := []int{10, 20, 40, 60, 20, 10}
	tests := []struct {
		name  string
		long  func(i int) int
		delay float64 // ms, at most, at the end
	}{
		{"10 ms", func(int) int { return 10 }, 20},
		{"20 ms", func(int) int { return 20 }, 20},
		{"40 ms", func(int) int { return 40 }, 20},
		{"60 ms", func(int) int { return 60 }, 20},
		{"20, then 60 ms", func(i int) int { return 20 + 40*min(i/200, 1) }, 90},
		{"60, then 10 ms", func(i int) int { return 60 - 50*min(i/60, 1) }, 90},
		{"another length each time", func(i int) int { return cycle[i%len(cycle)] }, 90},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := reel{tape{even(8000)}}
			h := r.hear(r.roll(20*time.Second, test.long), 20*time.Second)
			t.Logf("%+v", h.stats)
			if s := h.stats; s.Lost+s.Late+s.Discarded+s.Comfort > 0 || s.Concealed > 8 {
				t.Errorf("counted %+v, want everything played", s)
			}
			if end := h.delays[len(h.delays)-1]; end > test.delay {
				t.Errorf("a delay of %.1f ms at the end, want %.0f at most", end, test.delay)
			}
			if n := clicks(h.pcm[15*Rate:], 1000, 8000); n > 0 {
				t.Errorf("%d clicks at the end", n)
			}
		})
	}
}

func TestLossOfPacketsOfAnyLengthKeepsTime(t *testing.T) {
	for _, long := range []int{10, 20, 40, 60} {
		r := reel{tape{even(8000)}}
		all := r.roll(20*time.Second, func(int) int { return long })
		kept := slices.DeleteFunc(slices.Clone(all), func(p rolled) bool { return p.Sequence%20 == 7 })
		h := r.hear(kept, 20*time.Second)
		if lost := uint64(len(all) - len(kept)); h.stats.Lost < lost-1 || h.stats.Lost > lost || h.stats.Recovered+1 < h.stats.Lost {
			t.Errorf("%d ms: %+v, want %d lost and recovered", long, h.stats, lost)
		}
		if end := h.delays[len(h.delays)-1]; end > float64(long)+20 {
			t.Errorf("%d ms: a delay of %.1f ms at the end", long, end)
		}
	}
}

// TestSilenceOfTheFarSideIsNoLoss: the far side sends a packet of one byte each
// 400 ms while nobody talks (RFC 7587 §3.1.3).
func TestSilenceOfTheFarSideIsNoLoss(t *testing.T) {
	for _, jitter := range []time.Duration{0, 40 * ms} {
		r := reel{tape{even(8000)}}
		var all []rolled
		for i, p := range r.roll(20*time.Second, func(int) int { return 20 }) {
			if i%200 >= 100 { // two seconds of talking, two of silence
				if i%20 != 0 {
					continue
				}
				p.Payload = []byte{0x78}
			}
			p.Sequence = uint16(len(all))
			p.Arrived += jitter * time.Duration(i*7%10) / 10
			all = append(all, p)
		}
		slices.SortStableFunc(all, func(a, b rolled) int { return int(a.Arrived - b.Arrived) })
		h := r.hear(all, 20*time.Second)
		t.Logf("%+v", h.stats)
		if s := h.stats; s.Lost+s.Late+s.Discarded > 0 || s.Concealed > 12 || s.Comfort < 700 {
			t.Errorf("jitter %v: %+v, want nothing lost, hardly anything concealed, and comfort noise in eight seconds", jitter, s)
		}
		for i, d := range h.delays[1200:] {
			if d > float64(jitter/ms)+35 {
				t.Fatalf("jitter %v: a delay of %.1f ms at %v", jitter, d, 12*time.Second+time.Duration(i)*FrameDuration)
			}
		}
	}
}

func TestClockDriftOfTenMinutes(t *testing.T) {
	for name, drift := range map[string]float64{"slower": 200e-6, "faster": -200e-6} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := reel{tape{even(8000)}}
			long := 10 * time.Minute
			if Raced {
				long = time.Minute
			}
			all := r.roll(long, func(int) int { return 20 })
			for i := range all {
				all[i].Arrived = time.Duration(float64(all[i].Arrived) * (1 + drift))
			}
			h := r.hear(all, long-time.Second)
			if s := h.stats; s.Lost+s.Late+s.Discarded+s.Comfort+s.Concealed > 0 {
				t.Errorf("%+v, want nothing missing", s)
			}
			settled := h.delays[10*100:]
			if low, high := slices.Min(settled), slices.Max(settled); low < 2 || high > 20 {
				t.Errorf("a delay from %.1f to %.1f ms", low, high)
			}
			if n := clicks(h.pcm[Rate/5:], 1000, 8000); n > 0 {
				t.Errorf("%d clicks", n)
			}
			if gap := LongestGap(h.pcm[Rate/5:], -20); gap > 0 {
				t.Errorf("a gap of %v", gap)
			}
		})
	}
}
