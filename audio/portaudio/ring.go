package portaudio

import "sync/atomic"

// shared is what a callback and the goroutine of an end share. The callback is in C
// (stream.c), which knows this type as struct shared of stream.h.
type shared struct {
	put    atomic.Uint64 // samples ever put into the ring; moved by its writer only
	taken  atomic.Uint64 // samples ever taken; moved by its reader only
	want   atomic.Uint64 // the callback rings at so many samples, or in a speaker at fewer; 0: never
	beats  atomic.Uint64 // callbacks so far
	gaps   atomic.Uint64 // times the ring was full (microphone) or empty (speaker)
	xruns  atomic.Uint64 // times the device itself reported lost sound
	calm   uint64        // callbacks since the device started or lost sound; the callback's
	size   uint64        // of samples
	primed atomic.Uint32 // 1: a speaker was written to since its last gap

	channels uint32
	bell     int32  // descriptor
	samples  *int16 // the ring's, for the callback
}

// ring is a queue of samples between exactly one writer and one reader. Neither
// ever waits for the other and nothing allocates, so a real-time callback may be
// either side.
type ring struct {
	*shared
	pcm []int16
}

func newRing(size int) *ring {
	r := &ring{shared: new(shared), pcm: make([]int16, size)}
	r.size, r.samples = uint64(size), &r.pcm[0]
	return r
}

// fill returns how many samples wait in the ring.
func (r *ring) fill() int { return int(r.put.Load() - r.taken.Load()) }

// write appends as many of p as there is room for and returns their number.
func (r *ring) write(p []int16) int {
	at := r.put.Load()
	n := min(len(p), len(r.pcm)-int(at-r.taken.Load()))
	i := int(at % uint64(len(r.pcm)))
	first := copy(r.pcm[i:], p[:n])
	copy(r.pcm, p[first:n])
	r.put.Store(at + uint64(n))
	return n
}

// read moves the oldest samples to p, as many as there are, and returns their
// number.
func (r *ring) read(p []int16) int {
	at := r.taken.Load()
	n := min(len(p), int(r.put.Load()-at))
	i := int(at % uint64(len(r.pcm)))
	first := copy(p[:n], r.pcm[i:])
	copy(p[first:n], r.pcm)
	r.taken.Store(at + uint64(n))
	return n
}

// skip drops the oldest n samples; none if n is negative. It is the reader's.
func (r *ring) skip(n int) {
	if n > 0 {
		r.taken.Add(uint64(n))
	}
}
