package score

import (
	"math"
	"math/cmplx"
	"slices"
)

// How Glitches looks at a sine.
const (
	lookSize = Rate / 100
	lookHop  = lookSize / 2
	jumped   = 0.2  // rad between two looks
	strayed  = 0.25 // of the amplitude, of one sample beside the sine
	faded    = 0.3  // of the amplitude, of a whole look
)

// look is 10 ms of a sine: its amplitude and phase, and the farthest that a
// sample is beside it.
type look struct {
	at    complex128
	stray float64
}

// Glitches counts where a sine breaks: where its phase jumps, a sample strays, or
// it fades away. What breaks within 20 ms is one glitch, and so is a gap; the
// first and the last 20 ms, where a tone begins and ends, do not count. Silence has
// none. The frequency is found, and may be from 150 Hz to 12 kHz.
func Glitches(sine []int16) int {
	sine = sounding(sine)
	if len(sine) < 8*lookSize {
		return 0
	}
	looks := looksOf(sine, frequency(sine))
	amplitudes, turns := make([]float64, len(looks)), make([]float64, len(looks)-1)
	for i, l := range looks {
		amplitudes[i] = cmplx.Abs(l.at)
		if i > 0 {
			turns[i-1] = cmplx.Phase(l.at * cmplx.Conj(looks[i-1].at))
		}
	}
	amplitude, turn := median(amplitudes), median(turns)
	glitches, last := 0, math.MinInt/2
	for i := 4; i < len(looks)-4; i++ {
		jump := math.Abs(math.Remainder(turns[i-1]-turn, 2*math.Pi))
		if jump < jumped && looks[i].stray < strayed*amplitude && math.Abs(amplitudes[i]/amplitude-1) < faded {
			continue
		}
		if i-last > 4 {
			glitches++
		}
		last = i
	}
	return glitches
}

// sounding is sine without the silence around it.
func sounding(sine []int16) []int16 {
	loud := levels(sine, lookHop)
	if len(loud) == 0 || slices.Max(loud) <= silence {
		return nil
	}
	floor := slices.Max(loud) - 20
	heard := func(l float64) bool { return l > floor }
	first := slices.IndexFunc(loud, heard)
	slices.Reverse(loud)
	return sine[first*lookHop : (len(loud)-slices.IndexFunc(loud, heard))*lookHop]
}

// frequency of a sine, in radians a sample: the highest bin of its spectrum, made
// finer by a parabola through its logarithm.
func frequency(sine []int16) float64 {
	n := min(powerOfTwo(len(sine)+1)/2, 1<<16)
	c, window := make([]complex128, n), hann(n)
	for i, w := range window {
		c[i] = complex(w*float64(sine[i]), 0)
	}
	newFourier(n).forward(c)
	best := 1
	for k := 1; k < n/2-1; k++ {
		if cmplx.Abs(c[k]) > cmplx.Abs(c[best]) {
			best = k
		}
	}
	a, b, d := math.Log(cmplx.Abs(c[best-1])+1), math.Log(cmplx.Abs(c[best])+1), math.Log(cmplx.Abs(c[best+1])+1)
	summit := (a - d) / (a - 2*b + d) / 2
	return 2 * math.Pi * (float64(best) + summit) / float64(n)
}

// looksOf fits a sine of this frequency to each 10 ms, every 5.
func looksOf(sine []int16, w float64) []look {
	window := hann(lookSize)
	weight := sum(window)
	var looks []look
	for at := 0; at+lookSize <= len(sine); at += lookHop {
		var l look
		for i, h := range window {
			l.at += cmplx.Rect(2*h*float64(sine[at+i])/weight, -w*float64(at+i))
		}
		for i := range window {
			fit := real(l.at * cmplx.Rect(1, w*float64(at+i)))
			l.stray = max(l.stray, math.Abs(float64(sine[at+i])-fit))
		}
		looks = append(looks, l)
	}
	return looks
}

func median(x []float64) float64 {
	x = slices.Clone(x)
	slices.Sort(x)
	return x[len(x)/2]
}
