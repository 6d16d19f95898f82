package portaudio

import "time"

// bell wakes the goroutine of an end, which is the only one to wait. It rings when
// somebody takes want of the shared memory to 0.
type bell interface {
	ring()                   // from any goroutine; the callback rings by itself
	wait(most time.Duration) // until it rings, or not longer than that
	close()                  // once nobody calls back any more
}

// nap is how often is looked where the callback cannot wake a goroutine of Go.
const nap = 2 * time.Millisecond

// naps is a bell for systems without a better one: the goroutine looks for itself.
type naps struct {
	shared *shared
	timer  *time.Timer
	rung   chan struct{} // capacity 1
}

func newNaps(s *shared) *naps {
	return &naps{shared: s, timer: time.NewTimer(time.Hour), rung: make(chan struct{}, 1)}
}

func (b *naps) ring() {
	b.shared.want.Store(0)
	select {
	case b.rung <- struct{}{}:
	default:
	}
}

func (b *naps) wait(most time.Duration) {
	b.timer.Reset(min(most, nap))
	select {
	case <-b.timer.C:
	case <-b.rung:
	}
}

func (b *naps) close() { b.timer.Stop() }
