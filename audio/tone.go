package audio

import (
	"math"
	"strings"
	"time"
)

// Tone names a signal that the phone makes itself.
type Tone string

// The tones are those of ITU-T E.180 as used in most of Europe; ring is the
// bell of this phone, which E.180 leaves to the maker.
const (
	ToneRing       Tone = "ring"       // this phone is called; loops
	ToneRingback   Tone = "ringback"   // the called phone rings; loops
	ToneBusy       Tone = "busy"       // the called person talks already; three bursts
	ToneCongestion Tone = "congestion" // the call failed; six short bursts
	ToneWaiting    Tone = "waiting"    // a second call waits; loops
	ToneEnd        Tone = "end"        // the call ended; once
)

// ToneSet is how the tones of one phone sound. The zero value is that of most of
// Europe with the phone's own bell.
type ToneSet struct {
	// Country is an ISO 3166 code. One that is not in the table is Europe.
	Country string
	// Ring is the bell: one round, its pause included, mono at Rate. Nobody may
	// change it while a phone has it. Nil is the phone's own bell.
	Ring []int16
	// RingVolume is how much softer than full the bell is, in dB, 0 or less.
	RingVolume float64
}

// DTMF is the tone of a key (ITU-T Q.23): a digit, *, # or A to D.
func DTMF(key rune) (Tone, bool) {
	if _, ok := dtmfPair(key); !ok {
		return "", false
	}
	return Tone("dtmf " + string(key)), true
}

// dtmfPair is the row's and the column's frequency in Hz.
func dtmfPair(key rune) (hz [2]float64, ok bool) {
	const keys = "123A456B789C*0#D"
	i := strings.IndexRune(keys, key)
	if i < 0 {
		return hz, false
	}
	low, high := [4]float64{697, 770, 852, 941}, [4]float64{1209, 1336, 1477, 1633}
	return [2]float64{low[i/4], high[i%4]}, true
}

// burst is sound for a while, then a pause. A tone of two frequencies is
// their sum.
type burst struct {
	hz      [2]float64
	on, off time.Duration
}

// cadence is bursts in a row, given a number of times; 0 is for ever.
type cadence struct {
	bursts []burst
	times  int
	peak   float64 // of full scale
}

const ms = time.Millisecond

// cadenceOf is the table of tones. Unknown tones have no bursts.
func cadenceOf(t Tone) cadence {
	eu := [2]float64{425}
	switch t {
	case ToneRing:
		return cadence{trill(), 0, 0.3}
	case ToneRingback:
		return cadence{[]burst{{eu, 1000 * ms, 4000 * ms}}, 0, 0.2}
	case ToneBusy:
		return cadence{[]burst{{eu, 500 * ms, 500 * ms}}, 3, 0.2}
	case ToneCongestion:
		return cadence{[]burst{{eu, 250 * ms, 250 * ms}}, 6, 0.2}
	case ToneWaiting:
		return cadence{[]burst{{eu, 200 * ms, 600 * ms}, {eu, 200 * ms, 3000 * ms}}, 0, 0.15}
	case ToneEnd:
		return cadence{[]burst{{[2]float64{480}, 120 * ms, 30 * ms}, {[2]float64{400}, 200 * ms, 0}}, 1, 0.15}
	}
	return cadence{}
}

// trill is a warble of one second and three seconds of rest.
func trill() []burst {
	var b []burst
	for i := range 20 {
		hz := [2]float64{660, 1320}
		if i%2 == 1 {
			hz = [2]float64{784, 1568}
		}
		b = append(b, burst{hz: hz, on: 50 * ms})
	}
	b[len(b)-1].off = 3000 * ms
	return b
}

// toneRamp is how long a burst takes to its full level and back: without it
// each edge is a click.
const toneRamp = 5 * Rate / 1000

// tonePlayer synthesises one tone at a time. It allocates nothing in step, and
// belongs to one goroutine.
type tonePlayer struct {
	cadence  cadence
	burst    int
	sample   int // within the burst
	round    int
	phase    [2]float64
	level    float64 // 0 to 1: the ramp
	sounding bool
	then     *cadence // what follows when the ramp is down
}

// play changes over to a cadence; an empty one is silence. What sounds now is
// ramped down first.
func (t *tonePlayer) play(c *cadence) { t.then = c }

// active tells whether there is, or will be, anything to hear.
func (t *tonePlayer) active() bool { return t.then != nil || t.sounding }

// step fills the next 10 ms.
func (t *tonePlayer) step(out Frame) {
	for i := range out {
		if t.then != nil && t.level == 0 {
			*t = tonePlayer{cadence: *t.then, sounding: len(t.then.bursts) > 0}
		}
		out[i] = t.next()
	}
}

func (t *tonePlayer) next() int16 {
	if !t.sounding {
		return 0
	}
	b := &t.cadence.bursts[t.burst]
	on, all := samples(b.on), samples(b.on+b.off)
	if t.then == nil && t.sample < on-toneRamp {
		t.level = min(t.level+1.0/toneRamp, 1)
	} else if t.level -= 1.0 / toneRamp; t.level < 1e-9 {
		t.level = 0
	}
	v := 0.0
	if t.level > 0 {
		v = t.wave(b) * t.level * t.cadence.peak * 32767
	}
	if t.sample++; t.sample >= all {
		t.advance()
	}
	return int16(math.Round(v))
}

// wave is the next value of the burst's oscillators, between −1 and 1.
func (t *tonePlayer) wave(b *burst) float64 {
	v, n := 0.0, 0.0
	for i, hz := range b.hz {
		if hz == 0 {
			continue
		}
		v += math.Sin(t.phase[i])
		n++
		if t.phase[i] += 2 * math.Pi * hz / Rate; t.phase[i] > 2*math.Pi {
			t.phase[i] -= 2 * math.Pi
		}
	}
	return v / max(n, 1)
}

func (t *tonePlayer) advance() {
	t.sample, t.phase = 0, [2]float64{}
	if t.burst++; t.burst < len(t.cadence.bursts) {
		return
	}
	t.burst = 0
	if t.round++; t.cadence.times > 0 && t.round >= t.cadence.times {
		t.sounding = false
	}
}
