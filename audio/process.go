package audio

import (
	"sync/atomic"
	"time"
)

// Processor cleans what the microphone hears. It is made for one engine, which
// calls Render and Capture at the same time from two goroutines. Neither
// blocks, allocates, logs or takes a lock.
type Processor interface {
	// Render sees each frame that goes to the speaker, just before it does,
	// from the playout goroutine. The frame is neither changed nor kept.
	Render(f Frame)
	// Capture cleans a frame of the microphone in place, from the capture
	// goroutine. The delay is how long before now the sound that the frame
	// holds of the speaker was given to Render: what waits in front of the
	// speaker, and the latencies of both devices.
	Capture(f Frame, delay time.Duration)
}

// Suppressor takes the steady noise out of a frame in place. It allocates
// nothing and belongs to one goroutine.
type Suppressor interface{ Suppress(f Frame) }

// Processing is what a Chain is made of. The zero value changes nothing.
type Processing struct {
	HighPass bool // takes out rumble, below 80 Hz
	// Canceller takes out the speaker's echo; nil where none is built in. The
	// chain calls both its methods from the capture goroutine.
	Canceller  Processor
	Cancel     bool       // whether the canceller works from the start
	Suppressor Suppressor // nil: none
	Level      bool       // brings a voice near one level, by 6 dB at most
}

// Chain is the Processor of a phone.
//
//	Render ──► reference ─┐
//	Capture: high-pass ─► canceller ─► suppressor ─► leveler ─► limiter
//
// The high-pass is for the whole call; the others can be switched at any time,
// from any goroutine, without a click.
type Chain struct {
	highPass   *highPass
	suppressor Suppressor
	suppresses link
	leveler    *leveler
	levels     link

	canceller Processor
	wanted    atomic.Bool
	reference reference
	cancelled bool // whether the canceller's sound is what is heard
	warm      int  // frames that the canceller has had since it was switched on
	dry       [FrameSamples]int16
}

var _ Processor = (*Chain)(nil)

// NewChain makes a Chain for one engine.
func NewChain(p Processing) *Chain {
	c := &Chain{canceller: p.Canceller, suppressor: p.Suppressor, leveler: newLeveler()}
	c.suppresses.begin(p.Suppressor != nil)
	c.levels.begin(p.Level)
	if p.HighPass {
		c.highPass = newHighPass()
	}
	c.Cancel(p.Cancel)
	return c
}

// Cancel switches the canceller. Safe for concurrent use.
func (c *Chain) Cancel(on bool) { c.wanted.Store(on && c.canceller != nil) }

// Cancels tells whether the canceller is switched on. Safe for concurrent use.
func (c *Chain) Cancels() bool { return c.wanted.Load() }

// Render is of Processor. The canceller sees the frame with the next frame of
// the microphone, so that no lock lies between the loops.
func (c *Chain) Render(f Frame) {
	if c.wanted.Load() && len(f) == FrameSamples {
		c.reference.push(f)
	}
}

// Capture is of Processor. It leaves what is no whole frame alone.
func (c *Chain) Capture(f Frame, delay time.Duration) {
	if len(f) != FrameSamples {
		return
	}
	if c.highPass != nil {
		c.highPass.filter(f)
	}
	if c.canceller != nil {
		c.cancel(f, delay)
	}
	if c.suppressor != nil && c.suppresses.enter(f) {
		c.suppressor.Suppress(f)
		c.suppresses.leave(f)
	}
	if c.levels.enter(f) {
		c.leveler.level(f)
		c.levels.leave(f)
	}
}

// Suppress switches the suppressor, if there is one. Safe for concurrent use.
func (c *Chain) Suppress(on bool) { c.suppresses.wanted.Store(on) }

// Level switches the leveler. Safe for concurrent use.
func (c *Chain) Level(on bool) { c.levels.wanted.Store(on) }

// link is the switch of one part of the chain: what it does fades in and out
// over one frame. All but wanted belongs to the capture goroutine.
type link struct {
	wanted      atomic.Bool
	works, will bool
	dry         [FrameSamples]int16
}

// begin is for a link that is on or off from the start.
func (l *link) begin(on bool) {
	l.wanted.Store(on)
	l.works = on
}

// enter tells whether the part is to work on this frame; leave is due then.
func (l *link) enter(f Frame) bool {
	if l.will = l.wanted.Load(); l.will != l.works {
		copy(l.dry[:], f)
	}
	return l.will || l.works
}

func (l *link) leave(f Frame) {
	switch {
	case l.will && !l.works:
		fade(f, l.dry[:], f)
	case l.works && !l.will:
		fade(f, f, l.dry[:])
	}
	l.works = l.will
}

// warmFrames is how many frames a canceller has before it is heard: its filters
// begin with silence.
const warmFrames = 5

// cancel runs the canceller, and fades between its sound and the plain one over
// one frame when it is switched.
func (c *Chain) cancel(f Frame, delay time.Duration) {
	wanted := c.wanted.Load()
	if !wanted && !c.cancelled {
		c.warm = 0
		c.reference.drop()
		return
	}
	copy(c.dry[:], f)
	c.reference.drain(c.canceller)
	c.canceller.Capture(f, delay)
	switch {
	case wanted && c.cancelled:
	case wanted && c.warm < warmFrames:
		c.warm++
		copy(f, c.dry[:])
	case wanted:
		c.cancelled = true
		fade(f, c.dry[:], f)
	default:
		c.cancelled, c.warm = false, 0
		fade(f, f, c.dry[:])
	}
}

// fade writes a slide from one sound to another.
func fade(out, from, to Frame) {
	for i := range out {
		out[i] = int16((int32(from[i])*int32(FrameSamples-i) + int32(to[i])*int32(i)) / FrameSamples)
	}
}

// reference brings what the speaker plays from the playout goroutine, which
// alone pushes, to the capture goroutine, which does the rest. It has no lock.
type reference struct {
	frames        [32][FrameSamples]int16 // 320 ms: more than either loop is ever late
	written, read atomic.Uint32           // counts of frames
}

// push keeps a frame, or loses it when nobody has taken any for long.
func (r *reference) push(f Frame) {
	n := r.written.Load()
	if n-r.read.Load() == uint32(len(r.frames)) {
		return
	}
	copy(r.frames[n%uint32(len(r.frames))][:], f)
	r.written.Store(n + 1)
}

// drain gives all that waits to the canceller. When frames were lost at the
// end, those before are too old to be of use.
func (r *reference) drain(to Processor) {
	n, written := r.read.Load(), r.written.Load()
	if written-n == uint32(len(r.frames)) {
		r.read.Store(written)
		return
	}
	for ; n != written; n++ {
		to.Render(r.frames[n%uint32(len(r.frames))][:])
		r.read.Store(n + 1)
	}
}

func (r *reference) drop() { r.read.Store(r.written.Load()) }
