package portaudio

import "sync/atomic"

// ring is a queue of samples between exactly one writer and one reader. Neither
// ever waits for the other and nothing allocates, so a real-time callback may be
// either side.
type ring struct {
	samples []int16
	taken   atomic.Uint64 // samples ever taken; moved by the reader only
	_       [56]byte      // keeps the two counters on different cache lines
	put     atomic.Uint64 // samples ever put; moved by the writer only
}

func newRing(size int) *ring { return &ring{samples: make([]int16, size)} }

// fill returns how many samples wait in the ring.
func (r *ring) fill() int { return int(r.put.Load() - r.taken.Load()) }

// write appends as many of p as there is room for and returns their number.
func (r *ring) write(p []int16) int {
	at := r.put.Load()
	n := min(len(p), len(r.samples)-int(at-r.taken.Load()))
	i := int(at % uint64(len(r.samples)))
	first := copy(r.samples[i:], p[:n])
	copy(r.samples, p[first:n])
	r.put.Store(at + uint64(n))
	return n
}

// read moves the oldest samples to p, as many as there are, and returns their
// number.
func (r *ring) read(p []int16) int {
	at := r.taken.Load()
	n := min(len(p), int(r.put.Load()-at))
	i := int(at % uint64(len(r.samples)))
	first := copy(p[:n], r.samples[i:])
	copy(p[first:n], r.samples)
	r.taken.Store(at + uint64(n))
	return n
}

// skip drops the oldest n samples; none if n is negative. It is the reader's.
func (r *ring) skip(n int) {
	if n > 0 {
		r.taken.Add(uint64(n))
	}
}
