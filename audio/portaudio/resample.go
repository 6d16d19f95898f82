package portaudio

import (
	"fmt"
	"math"
)

const (
	tapsPerPhase = 64  // at the lower of the two rates: 0.7 ms of delay at 48 kHz
	kaiserBeta   = 8.6 // stop band at about -85 dB, under the noise of 16 bits
	maxPhases    = 1000
)

// resampler turns one sample rate into another as the samples come: a polyphase
// filter, a windowed sinc with linear phase. It allocates only when made.
// It is for one goroutine.
type resampler struct {
	up, down int       // the ratio of the rates in lowest terms: to/from
	taps     int       // filter length in input samples
	bank     []float32 // up × taps coefficients, the oldest sample's first
	history  []float32 // the last taps input samples, twice, so that any window is one slice
	at       int       // where the next input goes
	phase    int       // the next output's place between two inputs, in 1/up
	ahead    int       // inputs to take before the next output
}

func newResampler(from, to int) (*resampler, error) {
	if from < 4000 || from > 768000 || to < 4000 || to > 768000 {
		return nil, fmt.Errorf("resample %d Hz to %d Hz: outside 4 to 768 kHz", from, to)
	}
	d := gcd(from, to)
	r := &resampler{up: to / d, down: from / d, ahead: 1}
	if r.up > maxPhases {
		return nil, fmt.Errorf("resample %d Hz to %d Hz: no simple ratio", from, to)
	}
	ratio := min(1, float64(to)/float64(from))
	r.taps = 2 * int(math.Ceil(tapsPerPhase/2/ratio))
	r.history = make([]float32, 2*r.taps)
	r.design(ratio)
	return r, nil
}

// design fills the bank. The transition band ends where the lower rate's spectrum
// does, so nothing folds back; its width follows from Kaiser's formula.
func (r *resampler) design(ratio float64) {
	const attenuation = 85
	width := (attenuation - 8) / (2.285 * 2 * math.Pi * float64(r.taps))
	cutoff := 0.5*ratio - width/2
	half := float64(r.taps) / 2
	r.bank = make([]float32, r.up*r.taps)
	row := make([]float64, r.taps)
	for p := range r.up {
		sum := 0.0
		for j := range row {
			t := half - 1 - float64(j) + float64(p)/float64(r.up)
			row[j] = sinc(2*cutoff*t) * kaiser(t/half)
			sum += row[j]
		}
		for j, v := range row {
			r.bank[p*r.taps+j] = float32(v / sum)
		}
	}
}

// inputFor returns how many inputs the next n outputs need.
func (r *resampler) inputFor(n int) int {
	if n == 0 {
		return 0
	}
	return r.ahead + (r.phase+(n-1)*r.down)/r.up
}

// outputFor returns how many outputs the next n inputs give.
func (r *resampler) outputFor(n int) int {
	if n < r.ahead {
		return 0
	}
	return ((n-r.ahead+1)*r.up-1-r.phase)/r.down + 1
}

// process takes in and returns how many samples it wrote to out. One of the two
// rules the other: in has inputFor(len(out)) samples, or out has room for
// outputFor(len(in)).
func (r *resampler) process(out, in []int16) int {
	n := r.emit(out)
	for _, x := range in {
		r.history[r.at] = float32(x)
		r.history[r.at+r.taps] = float32(x)
		if r.at++; r.at == r.taps {
			r.at = 0
		}
		r.ahead--
		n += r.emit(out[n:])
	}
	return n
}

// emit writes the outputs that need no further input, as many as there is room for,
// and returns their number.
func (r *resampler) emit(out []int16) int {
	n := 0
	for ; n < len(out) && r.ahead == 0; n++ {
		out[n] = r.output()
		r.phase += r.down
		r.ahead = r.phase / r.up
		r.phase %= r.up
	}
	return n
}

func (r *resampler) output() int16 {
	window := r.history[r.at : r.at+r.taps]
	row := r.bank[r.phase*r.taps:][:len(window)]
	var sum float32
	for i, h := range row {
		sum += h * window[i]
	}
	return int16(math.RoundToEven(float64(min(max(sum, math.MinInt16), math.MaxInt16))))
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// kaiser is the window over -1 … 1.
func kaiser(x float64) float64 {
	return bessel(kaiserBeta*math.Sqrt(max(0, 1-x*x))) / bessel(kaiserBeta)
}

// bessel is the modified Bessel function of the first kind and order zero.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= (x / 2 / k) * (x / 2 / k)
		sum += term
	}
	return sum
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
