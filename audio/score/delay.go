package score

import (
	"math"
	"math/cmplx"
)

// The band in which delays are searched, in hertz: where speech is.
const searchLow, searchHigh = 150, 4500

// Delay is by how many samples deg is later than ref, which may be less than
// nothing, and how alike they are then: 1 for a copy, near 0 for another sound.
// It is one figure for the whole, exact to the sample; for sound that a jitter
// buffer moved about see Align. Of silence nothing is known: 0, 0.
//
// C. H. Knapp, G. C. Carter: The Generalized Correlation Method for Estimation
// of Time Delay. IEEE Trans. Acoustics, Speech, and Signal Processing 24 (4),
// 1976, with the phase transform.
func Delay(ref, deg []int16) (samples int, likeness float64) {
	x, y := slow(ref), slow(deg)
	n := powerOfTwo(len(x) + len(y))
	f := newFourier(n)
	cross, bins := phases(f, x, y, n)
	if bins == 0 {
		return 0, 0
	}
	c := append([]complex128(nil), cross...)
	f.backward(c)
	best := 0
	for i := range c {
		if real(c[i]) > real(c[best]) && (i < len(y) || i > n-len(x)) {
			best = i
		}
	}
	if best > n/2 && best > n-len(x) {
		best -= n
	}
	// The peak between the slow samples, at each sample of Rate.
	around := int(math.Round(float64(best) * down / up))
	for lag := around - down/up - 1; lag <= around+down/up+1; lag++ {
		if at := correlationAt(cross, float64(lag)*up/down) / bins; at > likeness {
			samples, likeness = lag, at
		}
	}
	return samples, likeness
}

// phases is the cross spectrum of x and y with each bin of the searched band at
// the magnitude 1, and the number of bins on one side.
func phases(f *fourier, x, y []float64, n int) (cross []complex128, bins float64) {
	a, b := padded(x, n), padded(y, n)
	f.forward(a)
	f.forward(b)
	low, high := searchLow*n/slowRate, searchHigh*n/slowRate
	cross = make([]complex128, n)
	for k := low; k < high; k++ {
		v := cmplx.Conj(a[k]) * b[k]
		if size := cmplx.Abs(v); size > tiny {
			cross[k] = v / complex(size, 0)
			cross[n-k] = cmplx.Conj(cross[k])
			bins++
		}
	}
	return cross, bins
}

// correlationAt is the correlation of a cross spectrum at any lag.
func correlationAt(cross []complex128, lag float64) (sum float64) {
	n := len(cross)
	for k := searchLow * n / slowRate; k < searchHigh*n/slowRate; k++ {
		sin, cos := math.Sincos(2 * math.Pi * float64(k) * lag / float64(n))
		sum += real(cross[k])*cos - imag(cross[k])*sin
	}
	return sum
}
