package audio

import (
	"math"
	"sync/atomic"
	"time"
)

// Latent is a microphone or a speaker that knows how late it is. For a
// microphone that is how long ago the first sample of the frame last read was
// in the air, for a speaker how long it is from the return of Write until the
// first sample of that frame is. Latency is called from the goroutine that
// reads or writes, allocates nothing and never waits.
type Latent interface{ Latency() time.Duration }

// latency is what a device knows of it; one that knows nothing has none.
func latency(device any) time.Duration {
	if l, ok := device.(Latent); ok {
		return l.Latency()
	}
	return 0
}

// capturing is what the capture loop works with.
type capturing struct {
	*Engine
	out   *capturer
	adapt *adapter
	gain  fader
	frame Frame
}

func newCapturing(e *Engine, out *capturer) *capturing {
	return &capturing{Engine: e, out: out, adapt: newAdapter(e.dtx.Load(), e.effort), gain: fader{1}, frame: make(Frame, FrameSamples)}
}

// captureLoop sends packets until its run ends. The microphone is its clock.
func (e *Engine) captureLoop(out *capturer, l *line[SourceCloser], run *capture, send func(Packet)) {
	defer func() {
		l.shut()
		e.peakIn.Store(0)
		e.fault(faultMicrophone, "")
		e.endCapture(run, out.out.Sequence)
	}()
	c := newCapturing(e, out)
	for !ended(run.stop) {
		c.step(l, run.stop, send)
	}
}

// step hears 10 ms and sends what is full.
func (c *capturing) step(l *line[SourceCloser], stop <-chan struct{}, send func(Packet)) {
	c.listen(l, stop)
	began := c.now()
	if coding, changed := c.adapt.step(began, *c.network.Load()); changed {
		c.coding.set(coding)
		if err := c.out.configure(coding); err != nil {
			c.fault(faultCodec, explain("the encoder does not adapt", err))
		}
	}
	c.out.dial(c.dialled.Load())
	packet, full, peak, err := c.out.step(c.frame, c.muted.Load())
	c.adapt.spent(c.now() - began)
	c.peakIn.Store(peak)
	if tap := c.tap.Load(); tap != nil {
		(*tap).Near(c.frame)
	}
	if err != nil {
		c.fault(faultCodec, explain("no sound is sent", err))
	}
	if full && !ended(stop) {
		send(packet)
	}
}

// listen fills the frame with what the microphone hears, cleaned, or silence.
func (c *capturing) listen(l *line[SourceCloser], stop <-chan struct{}) {
	if !l.move(c.frame, stop) {
		clear(c.frame)
		return
	}
	c.gain.apply(c.frame, math.Float32frombits(c.Engine.gain.Load()))
	if c.processor != nil {
		c.processor.Capture(c.frame, time.Duration(c.ahead.Load())+latency(l.device))
	}
}

// microphone is the capture loop's line.
func (e *Engine) microphone() *line[SourceCloser] {
	return &line[SourceCloser]{
		name: "microphone", want: &e.device, open: Device.OpenSource, do: SourceCloser.Read,
		which: func(n Named) string { source, _ := n.Names(); return source },
		fault: func(s string) { e.fault(faultMicrophone, s) }, spawn: e.spawn, guard: e.guard, now: e.now,
	}
}

// speaker is a playout loop's line.
func (e *Engine) speaker(out *playout) *line[SinkCloser] {
	return &line[SinkCloser]{
		name: out.name, want: out.device, open: Device.OpenSink, do: SinkCloser.Write,
		which: func(n Named) string { _, sink := n.Names(); return sink },
		fault: func(s string) { e.fault(out.fault, s) }, spawn: e.spawn, guard: e.guard, now: e.now,
		alone: out == &e.bell,
	}
}

// playout is one loop to a speaker: that of the calls and tones, or that of a
// bell with a device of its own.
type playout struct {
	name    string
	fault   int
	device  *atomic.Pointer[Device]
	order   atomic.Pointer[cadence] // the tone
	peak    atomic.Int32
	playing bool // under the engine's lock
}

// start starts the loop unless it runs; the engine's lock is held.
func (e *Engine) start(p *playout) {
	if p.playing {
		return
	}
	p.playing = true
	e.spawn(func() { e.playoutLoop(p) })
}

// playoutLoop plays until there has been nothing to play for a second, then
// releases the speaker. The speaker is its clock. A bell whose device is
// missing rings at the speaker.
func (e *Engine) playoutLoop(out *playout) {
	l, p := e.speaker(out), newPlayer()
	for {
		e.playOut(out, l, p)
		if e.rest(out, p.order) {
			return
		}
	}
}

// playOut has the speaker until there was nothing to play for a second.
func (e *Engine) playOut(out *playout, l *line[SinkCloser], p *player) {
	defer l.shut()
	_ = l.begin(openPatience, e.stop) // it is a fault by now, and the loop goes on silently
	nobody := &[]*Stream{}
	for quiet := 0; quiet < linger && !ended(e.stop); quiet++ {
		streams := nobody
		if out == &e.voice {
			streams = e.streams.Load()
		} else if !l.has {
			e.ringAloud(p)
			return
		}
		peak, busy := p.step(e.now(), streams, out.order.Load())
		out.peak.Store(peak)
		if busy {
			quiet = 0
		}
		if out == &e.voice {
			e.playVoice(p, l)
		} else {
			l.move(p.out[:], e.stop)
		}
	}
}

// playVoice gives a frame to the speaker, and to those who listen to it, and
// notes how long before it is heard that was. The estimate is smoothed: the
// speaker takes several frames at once, but plays them evenly.
func (e *Engine) playVoice(p *player, l *line[SinkCloser]) {
	if tap := e.tap.Load(); tap != nil {
		(*tap).Far(p.far[:])
	}
	began := e.now()
	if e.processor != nil {
		e.processor.Render(p.out[:])
	}
	if !l.move(p.out[:], e.stop) {
		return
	}
	ahead := int64(e.now() - began + latency(l.device))
	if before := e.ahead.Load(); before != 0 {
		ahead = before + (ahead-before)/16
	}
	e.ahead.Store(ahead)
}

func ended(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}
