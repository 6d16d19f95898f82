package audio

import (
	"math"
	"slices"
	"strings"
	"time"
)

// Play starts a tone instead of the one that sounds. A looping tone that
// sounds already goes on unbroken; an unknown tone is silence.
func (e *Engine) Play(t Tone) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed || (t == e.sounding && t != "") {
		return
	}
	c := e.tones.cadence(t)
	if e.sounding = ""; c.times == 0 {
		e.sounding = t
	}
	out, other := &e.voice, &e.bell
	if t == ToneRing && e.ring != nil {
		out, other = other, out
		e.ringing.Store(e.ring)
	}
	other.silence()
	out.order.Store(&c)
	e.start(out)
}

// StopTone ends whatever tone sounds, within 5 ms.
func (e *Engine) StopTone() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sounding = ""
	e.voice.silence()
	e.bell.silence()
	if !e.bell.playing {
		e.fault(faultBell, "")
	}
}

// silence ends the tone; the engine's lock is held.
func (p *playout) silence() {
	if p.playing {
		p.order.Store(&cadence{})
	}
}

// ringAloud moves the bell to the speaker, from its loop, since its device is
// missing. The player takes note, so that its loop ends.
func (e *Engine) ringAloud(p *player) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.sounding == ToneRing && !e.closed {
		e.voice.order.Store(e.bell.order.Load())
		e.start(&e.voice)
	}
	p.order = &cadence{}
	e.bell.order.Store(p.order)
}

// SetDevice changes the microphone and the speaker, nil for none. What is open
// goes on until the new one moves sound; while it does not, Levels says so and
// it is tried again every few seconds.
func (e *Engine) SetDevice(d Device) {
	if d == nil {
		d = absent{}
	}
	e.device.Store(&d)
}

// SetRing gives the bell a device of its own, or takes it away with nil; a bell
// that rings goes on where it is. While the device is missing the bell rings at
// the speaker.
func (e *Engine) SetRing(d Device) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ring = nil; d != nil {
		e.ring = &d
	}
}

// Send sends a tone to the others, once, besides what the microphone hears; such
// as DTMF, in the voice (RFC 4733 §1.2 calls it in-band). Nothing is sent while
// nothing is captured. A looping tone is none to send.
func (e *Engine) Send(t Tone) {
	e.mu.Lock()
	c := e.tones.cadence(t)
	e.mu.Unlock()
	if c.times > 0 {
		e.dialled.Store(&c)
	}
}

// SetTones changes how the tones sound, from the next one on.
func (e *Engine) SetTones(t ToneSet) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tones = t
}

// SetPackets changes how long a packet is, and whether silence is sent, as
// Config has them; from the next StartCapture on.
func (e *Engine) SetPackets(long time.Duration, dtx bool) {
	e.dtx.Store(dtx)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.packet = PacketSamples; long == FrameDuration {
		e.packet = FrameSamples
	}
}

// gainMost bounds the gain of the microphone, in decibels.
const gainMost = 40

// SetGain makes the microphone louder or softer, in decibels.
func (e *Engine) SetGain(db float64) {
	e.gain.Store(math.Float32bits(amplify(min(max(db, -gainMost), gainMost))))
}

// SetTap lets a tap listen to both sides, or none with nil. One call of the tap
// before may still be under way when SetTap returns.
func (e *Engine) SetTap(t Tap) {
	if t == nil {
		e.tap.Store(nil)
		return
	}
	e.tap.Store(&t)
}

// OpenStream opens the way of one remote device's packets to the speaker.
func (e *Engine) OpenStream(peer string) *Stream {
	decoder, err := e.codec.NewDecoder()
	e.fault(faultCodec, explain("no sound decoder", err))
	if err != nil {
		decoder = absent{}
	}
	s := &Stream{engine: e, peer: peer, receiver: newReceiver(decoder)}
	s.receiver.buffer.most = e.delayMost
	e.mu.Lock()
	defer e.mu.Unlock()
	s.SetVolume(e.volume)
	if !e.closed {
		list := append(slices.Clone(*e.streams.Load()), s)
		e.streams.Store(&list)
		e.start(&e.voice)
	}
	return s
}

func (e *Engine) remove(s *Stream) {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := slices.DeleteFunc(slices.Clone(*e.streams.Load()), func(o *Stream) bool { return o == s })
	e.streams.Store(&list)
}

// SetVolume makes the others louder or softer, in decibels, those who join later
// too; see [Stream.SetVolume].
func (e *Engine) SetVolume(db float64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.volume = db
	for _, s := range *e.streams.Load() {
		s.SetVolume(db)
	}
}

// SetMuted mutes the microphone: what is sent is silence, but it is sent.
func (e *Engine) SetMuted(muted bool) { e.muted.Store(muted) }

// SetNetwork tells what the way to the far side is like, which decides how
// sound is encoded.
func (e *Engine) SetNetwork(n Network) { e.network.Store(&n) }

// Coding is how sound is encoded now, and how often that changed since the
// microphone was opened. It takes no lock.
func (e *Engine) Coding() (c Coding, switches int) { return e.coding.get() }

// Latency is how long sound that is mixed now takes to the ear, as far as the
// speaker knows; zero before anything was played. It takes no lock.
func (e *Engine) Latency() time.Duration { return time.Duration(e.ahead.Load()) }

// Levels is what the screen shows. It takes no lock.
func (e *Engine) Levels() Levels {
	l := Levels{In: Floor, Out: decibels(float64(max(e.voice.peak.Load(), e.bell.peak.Load()))), Muted: e.muted.Load()}
	if !l.Muted {
		l.In = decibels(float64(e.peakIn.Load()))
	}
	var faults []string
	for i := range e.faults {
		if f := e.faults[i].Load(); f != nil && *f != "" {
			faults = append(faults, *f)
		}
	}
	l.Fault = strings.Join(faults, "; ")
	return l
}

// rest ends a playout loop, unless something to play came since it decided to;
// the speaker is closed by now, so that the next loop can open it.
func (e *Engine) rest(out *playout, taken *cadence) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	streams := out == &e.voice && len(*e.streams.Load()) > 0
	if !e.closed && (streams || out.order.Load() != taken) {
		return false
	}
	out.playing = false
	out.order.Store(nil)
	out.peak.Store(0)
	if out == &e.voice || e.sounding != ToneRing { // or the speaker rings for a bell that is missing
		e.fault(out.fault, "")
	}
	return true
}

// explain puts a heading before an error; no error has no text.
func explain(heading string, err error) string {
	if err == nil {
		return ""
	}
	return heading + ": " + err.Error()
}
