package audio

import "math"

// toneRamp is how long a burst takes to its full level and back: without it
// each edge is a click.
const toneRamp = 5 * Rate / 1000

// modulation is how deep a modulated tone is (E.180 Supplement 2 gives 0.85 and
// more where it gives a figure).
const modulation = 0.9

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
			*t = tonePlayer{cadence: *t.then, sounding: !t.then.empty()}
		}
		out[i] = t.next()
	}
}

func (t *tonePlayer) next() int16 {
	if !t.sounding {
		return 0
	}
	on, all := t.length()
	if t.then == nil && t.sample < on-toneRamp {
		t.level = min(t.level+1.0/toneRamp, 1)
	} else if t.level -= 1.0 / toneRamp; t.level < 1e-9 {
		t.level = 0
	}
	v := 0.0
	if t.level > 0 {
		v = t.wave() * t.level * t.cadence.peak * 32767
	}
	if t.sample++; t.sample >= all {
		t.advance()
	}
	return int16(math.Round(v))
}

// length is how long the burst sounds, and how long it is with its pause.
func (t *tonePlayer) length() (on, all int) {
	if n := len(t.cadence.recorded); n > 0 {
		return n, n
	}
	b := &t.cadence.bursts[t.burst]
	return samples(b.on), samples(b.on + b.off)
}

// wave is the next value of the recording or of the burst's oscillators,
// between −1 and 1.
func (t *tonePlayer) wave() float64 {
	if len(t.cadence.recorded) > 0 {
		return float64(t.cadence.recorded[t.sample]) / 32768
	}
	b := &t.cadence.bursts[t.burst]
	first, second := t.oscillate(0, b.hz[0]), t.oscillate(1, b.hz[1])
	switch {
	case b.modulated:
		return first * (1 + modulation*second) / (1 + modulation)
	case b.hz[1] != 0:
		return (first + second) / 2
	}
	return first
}

func (t *tonePlayer) oscillate(i int, hz float64) float64 {
	if hz == 0 {
		return 0
	}
	v := math.Sin(t.phase[i])
	if t.phase[i] += 2 * math.Pi * hz / Rate; t.phase[i] > 2*math.Pi {
		t.phase[i] -= 2 * math.Pi
	}
	return v
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
