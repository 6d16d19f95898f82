package audio

import (
	"slices"
	"strings"
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
	e.order.Store(&c)
	e.startPlayout()
}

// StopTone ends whatever tone sounds, within 5 ms.
func (e *Engine) StopTone() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sounding = ""
	if e.playing {
		e.order.Store(&cadence{})
	}
}

// OpenStream opens the way of one remote device's packets to the speaker.
func (e *Engine) OpenStream(peer string) *Stream {
	decoder, err := e.codec.NewDecoder()
	e.fault(faultCodec, explain("no sound decoder", err))
	if err != nil {
		decoder = absent{}
	}
	s := &Stream{engine: e, peer: peer, receiver: newReceiver(decoder)}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		list := append(slices.Clone(*e.streams.Load()), s)
		e.streams.Store(&list)
		e.startPlayout()
	}
	return s
}

func (e *Engine) remove(s *Stream) {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := slices.DeleteFunc(slices.Clone(*e.streams.Load()), func(o *Stream) bool { return o == s })
	e.streams.Store(&list)
}

// SetMuted mutes the microphone: what is sent is silence, but it is sent.
func (e *Engine) SetMuted(muted bool) { e.muted.Store(muted) }

// SetNetwork tells what the way to the far side is like, which decides how
// sound is encoded.
func (e *Engine) SetNetwork(n Network) { e.network.Store(&n) }

// Coding is how sound is encoded now, and how often that changed since the
// microphone was opened. It takes no lock.
func (e *Engine) Coding() (c Coding, switches int) { return e.coding.get() }

// Levels is what the screen shows. It takes no lock.
func (e *Engine) Levels() Levels {
	l := Levels{In: Floor, Out: decibels(float64(e.peakOut.Load())), Muted: e.muted.Load()}
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

// rest ends the playout loop, unless something to play came since it decided
// to; the speaker is closed by now, so that the next loop can open it.
func (e *Engine) rest(taken *cadence) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed && (len(*e.streams.Load()) > 0 || e.order.Load() != taken) {
		return false
	}
	e.playing = false
	e.order.Store(nil)
	e.peakOut.Store(0)
	e.fault(faultSpeaker, "")
	return true
}

// explain puts a heading before an error; no error has no text.
func explain(heading string, err error) string {
	if err == nil {
		return ""
	}
	return heading + ": " + err.Error()
}
