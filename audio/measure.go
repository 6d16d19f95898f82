package audio

import (
	"math"
	"time"
)

// MeasureTone finds the strongest frequency in pcm, in hertz at Rate, and the
// level of the whole as RMS in dBFS, where a full-scale sine is −3.01. It
// wants a tenth of a second or more, without the silence around the tone; the
// frequency of silence is 0.
func MeasureTone(pcm []int16) (hz, rmsDBFS float64) {
	level := decibels(math.Sqrt(energy(pcm)))
	if level <= Floor || len(pcm) < 64 {
		return 0, level
	}
	n := 64
	for n*2 <= len(pcm) && n < 1<<16 {
		n *= 2
	}
	re, im := make([]float64, n), make([]float64, n)
	for i := range re {
		window := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(n))
		re[i] = float64(pcm[i]) * window
	}
	transform(re, im)
	best, power := 1, 0.0
	for i := 1; i < n/2-1; i++ {
		if p := re[i]*re[i] + im[i]*im[i]; p > power {
			best, power = i, p
		}
	}
	return (float64(best) + summit(re, im, best)) * Rate / float64(n), level
}

// summit is where between the bins the peak lies: a parabola through the
// logarithms of three bins, which fits the main lobe of the Hann window.
func summit(re, im []float64, at int) float64 {
	log := func(i int) float64 { return math.Log(re[i]*re[i] + im[i]*im[i] + 1e-9) }
	a, b, c := log(at-1), log(at), log(at+1)
	if a-2*b+c == 0 {
		return 0
	}
	return (a - c) / (a - 2*b + c) / 2
}

// transform is the discrete Fourier transform in place; the length is a power
// of two.
func transform(re, im []float64) {
	n := len(re)
	for i, j := 1, 0; i < n; i++ {
		bit := n >> 1
		for ; j&bit != 0; bit >>= 1 {
			j ^= bit
		}
		if j ^= bit; i < j {
			re[i], re[j] = re[j], re[i]
			im[i], im[j] = im[j], im[i]
		}
	}
	for size := 2; size <= n; size *= 2 {
		half := size / 2
		for k := range half {
			s, c := math.Sincos(-2 * math.Pi * float64(k) / float64(size))
			for i := k; i < n; i += size {
				j := i + half
				r, m := re[j]*c-im[j]*s, re[j]*s+im[j]*c
				re[j], im[j] = re[i]-r, im[i]-m
				re[i], im[i] = re[i]+r, im[i]+m
			}
		}
	}
}

// LongestGap is the longest time within pcm, between its first and its last
// sound, at which it stays under a level, in dBFS as RMS over 5 ms. Sound that
// never rises above the level has no gap.
func LongestGap(pcm []int16, under float64) time.Duration {
	const piece = Rate / 200
	longest, last := 0, -1
	for i := 0; (i+1)*piece <= len(pcm); i++ {
		if decibels(math.Sqrt(energy(pcm[i*piece:(i+1)*piece]))) < under {
			continue
		}
		if last >= 0 {
			longest = max(longest, i-last-1)
		}
		last = i
	}
	return span(int64(longest * piece))
}
