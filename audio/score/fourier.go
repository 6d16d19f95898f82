package score

import (
	"math"
	"math/bits"
	"math/cmplx"
)

// fourier is the discrete Fourier transform of one length, a power of two.
type fourier struct {
	twiddles []complex128 // e^(−2πik/n) for half the circle
}

func newFourier(n int) *fourier {
	f := &fourier{make([]complex128, n/2)}
	for k := range f.twiddles {
		f.twiddles[k] = cmplx.Rect(1, -2*math.Pi*float64(k)/float64(n))
	}
	return f
}

// forward transforms x in place.
func (f *fourier) forward(x []complex128) {
	n := len(x)
	shift := bits.LeadingZeros64(uint64(n)) + 1
	for i := range x {
		if j := int(bits.Reverse64(uint64(i)) >> shift); n > 1 && i < j {
			x[i], x[j] = x[j], x[i]
		}
	}
	for half, step := 1, n/2; half < n; half, step = 2*half, step/2 {
		for at := 0; at < n; at += 2 * half {
			low, high := x[at:at+half], x[at+half:at+2*half]
			for k, v := range low {
				t := high[k] * f.twiddles[k*step]
				low[k], high[k] = v+t, v-t
			}
		}
	}
}

// backward undoes forward, in place.
func (f *fourier) backward(x []complex128) {
	for i, v := range x {
		x[i] = cmplx.Conj(v)
	}
	f.forward(x)
	n := complex(float64(len(x)), 0)
	for i, v := range x {
		x[i] = cmplx.Conj(v) / n
	}
}

// powerOfTwo is the least one that is not less than n.
func powerOfTwo(n int) int { return 1 << bits.Len(uint(max(n-1, 1))) }

// padded is x as complex numbers with zeros behind, n of them in all.
func padded(x []float64, n int) []complex128 {
	c := make([]complex128, n)
	for i, v := range x {
		c[i] = complex(v, 0)
	}
	return c
}

// hann is the window of n points without its two zeros.
func hann(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = 0.5 - 0.5*math.Cos(2*math.Pi*float64(i+1)/float64(n+1))
	}
	return w
}

// slow is the rate at which STOI is defined and delays are searched: 5 samples
// for each 24.
const (
	slowRate  = 10000
	up, down  = 5, 24
	crossings = 16  // of the kernel's sinc on each side
	passed    = 0.9 // of the slow rate's half
)

// slow is pcm at slowRate, in units of full scale, without a shift in time.
func slow(pcm []int16) []float64 {
	const reach = crossings * down / up
	var kernels [up][2*reach + 2]float64
	for phase := range kernels {
		offset := float64(phase*down%up) / up
		for i := range kernels[phase] {
			kernels[phase][i] = lowPass(float64(i-reach)-offset, reach+1) / 32768
		}
	}
	y := make([]float64, len(pcm)*up/down)
	for n := range y {
		kernel := &kernels[n%up]
		first := n*down/up - reach
		for i, h := range kernel {
			if at := first + i; at >= 0 && at < len(pcm) {
				y[n] += h * float64(pcm[at])
			}
		}
	}
	return y
}

// lowPass is a sinc under a Hann window that ends at reach samples of Rate.
func lowPass(t, reach float64) float64 {
	const cut = passed * slowRate / Rate // of Rate's half
	if math.Abs(t) >= reach {
		return 0
	}
	window := 0.5 + 0.5*math.Cos(math.Pi*t/reach)
	if t == 0 {
		return cut * window
	}
	return math.Sin(math.Pi*cut*t) / (math.Pi * t) * window
}
