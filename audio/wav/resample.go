package wav

import "math"

// The kernel is a sinc under a Kaiser window: 32 zero crossings to each side
// and β 9 keep images and aliases 90 dB down.
const (
	crossings = 32
	density   = 512 // kernel points between two zero crossings
	beta      = 9.0
	passband  = 0.96 // of what the lower rate can carry
)

// resample changes the rate of a whole sound; both rates are positive.
func resample(x []float32, from, to int) []float32 {
	if from == to || len(x) == 0 {
		return x
	}
	scale := passband * min(1, float64(to)/float64(from)) // of the sinc, in its crossings per sample
	table := kernel()
	y := make([]float32, int(int64(len(x))*int64(to)/int64(from)))
	reach := crossings / scale
	for n := range y {
		at := float64(n) * float64(from) / float64(to)
		first, last := max(int(math.Ceil(at-reach)), 0), min(int(at+reach), len(x)-1)
		sum, weight := 0.0, 0.0
		for k := first; k <= last; k++ {
			p := math.Abs(at-float64(k)) * scale * density
			i := int(p)
			h := table[i] + (table[i+1]-table[i])*(p-float64(i))
			sum += h * float64(x[k])
			weight += h
		}
		// At the ends, part of the kernel hangs over silence and counts too.
		if first > 0 && last < len(x)-1 {
			y[n] = float32(sum / weight)
		} else {
			y[n] = float32(sum * scale)
		}
	}
	return y
}

// kernel is one half of the windowed sinc, by zero crossings.
func kernel() []float64 {
	table := make([]float64, crossings*density+2)
	for i := range table {
		t := float64(i) / density
		if t >= crossings {
			continue
		}
		r := t / crossings
		table[i] = sinc(t) * bessel(beta*math.Sqrt(1-r*r)) / bessel(beta)
	}
	return table
}

func sinc(t float64) float64 {
	if t == 0 {
		return 1
	}
	return math.Sin(math.Pi*t) / (math.Pi * t)
}

// bessel is the modified Bessel function of the first kind and order zero.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-12; k++ {
		term *= x * x / (4 * k * k)
		sum += term
	}
	return sum
}
