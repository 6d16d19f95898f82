package audio

import (
	"testing"
	"time"
)

// watched is an estimator that hears of packets of 20 ms.
type watched struct {
	delayEstimator
	sent time.Duration
	came time.Duration
}

// arrive tells it of a packet that was so late; nothing overtakes.
func (w *watched) arrive(late time.Duration) {
	w.sent += 20 * ms
	w.came = max(w.came, w.sent+late)
	w.add(w.came-w.sent, w.came, 20*ms)
}

func (w *watched) calm(long time.Duration) {
	for range long / (20 * ms) {
		w.arrive(0)
	}
}

// stall holds packets back for so long, then lets them all go.
func (w *watched) stall(long time.Duration) {
	for left := long; left > 0; left -= 20 * ms {
		w.arrive(left)
	}
}

func TestTheTargetFollowsTheNetwork(t *testing.T) {
	tests := []struct {
		name        string
		happens     func(*watched)
		least, most time.Duration
	}{
		{"nothing yet: the guess at the start", func(*watched) {}, delayStart, delayStart},
		{"calm", func(w *watched) { w.calm(10 * time.Second) }, delayLeast, delayLeast},
		{"a lone stall of 300 ms", func(w *watched) { w.calm(10 * time.Second); w.stall(300 * ms) }, delayLeast, delayLeast},
		{"a lone stall soon after the start", func(w *watched) { w.calm(2 * time.Second); w.stall(300 * ms) }, delayStart, delayStart},
		{"a lone stall whose packets overtake each other", func(w *watched) {
			w.calm(10 * time.Second)
			all := w.sent + 300*ms
			for _, held := range []time.Duration{280, 300, 220, 260, 240, 140, 200, 180, 160, 100, 120, 80} {
				w.sent += 20 * ms
				w.add(held*ms, all, 20*ms)
				all += ms
			}
		}, delayLeast, delayLeast},
		{"a stall every three seconds", func(w *watched) {
			for range 5 {
				w.calm(3 * time.Second)
				w.stall(300 * ms)
			}
		}, 150 * ms, delayMost},
		{"ten seconds after the last stall", func(w *watched) {
			for range 5 {
				w.calm(3 * time.Second)
				w.stall(300 * ms)
			}
			w.calm(11 * time.Second)
		}, delayLeast, delayLeast},
		{"half a second of jitter", func(w *watched) {
			w.calm(10 * time.Second)
			for i := range 25 {
				w.arrive(time.Duration(i%2) * 50 * ms)
			}
		}, 45 * ms, 65 * ms},
		{"another route, 100 ms longer, three seconds later", func(w *watched) {
			w.calm(10 * time.Second)
			for range 150 {
				w.arrive(100 * ms)
			}
		}, delayLeast, 20 * ms},
		{"a terrible network", func(w *watched) {
			for i := range 500 {
				w.came = 0 // packets overtake
				w.arrive(time.Duration(i%2) * time.Second)
			}
		}, delayMost, delayMost},
		{"now and then a copy that comes late", func(w *watched) {
			w.calm(10 * time.Second)
			for range 8 {
				w.calm(time.Second)
				w.rescue(w.last+40*ms, 20*ms)
			}
		}, 45 * ms, 60 * ms},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := watched{delayEstimator: newDelayEstimator()}
			test.happens(&w)
			if got := w.target(); got < test.least || got > test.most {
				t.Errorf("a target of %v, want %v to %v", got, test.least, test.most)
			}
		})
	}
}

func TestWhatTheMemoryForgetsIsGone(t *testing.T) {
	var m memory
	for i := range 5000 {
		m.note(time.Duration(i%90)*4*ms, 20*ms, i%3 == 0)
		if i%50 == 0 {
			m.stall()
		}
		if i%700 == 0 {
			m.ease(30 * ms)
		}
	}
	var sum pageOf
	for _, p := range m.pages {
		for i := range delayBuckets {
			sum.steady[i] += p.steady[i]
			sum.stalled[i] += p.stalled[i]
		}
		sum.written += p.written
		sum.stalls += p.stalls
	}
	if sum != m.sum {
		t.Errorf("the pages hold %+v, the sum says %+v", sum, m.sum)
	}
	if m.sum.written > 11000 {
		t.Errorf("it remembers %d ms", m.sum.written)
	}
}
