package score

import (
	"math"
	"math/cmplx"
)

// LogSpectralDistance is how far the spectrum of deg is from ref's, in decibels,
// when both are in time (Straighten): the root mean square over the twenty
// thirds of an octave from 100 Hz to 8 kHz, averaged over the frames of 21 ms in
// which ref sounds. 0 for the same; a difference in level alone is that
// difference. It is NaN when ref is silent.
//
// A. H. Gray, J. D. Markel: Distance Measures for Speech Processing. IEEE Trans.
// Acoustics, Speech, and Signal Processing 24 (5), 1976.
func LogSpectralDistance(ref, deg []int16) float64 {
	const size, hop = 1024, 512
	f, window := newFourier(size), hann(size)
	x, y := frames(ref, f, window, hop), frames(deg, f, window, hop)
	loudest := 0.0
	for _, frame := range x {
		loudest = max(loudest, sum(frame[:]))
	}
	var distance, n float64
	for i := range min(len(x), len(y)) {
		if sum(x[i][:]) <= loudest*1e-4 { // 40 dB under the loudest
			continue
		}
		var square float64
		floor := loudest * 1e-8 // what is 80 dB under the loudest is no spectrum, but rounding
		for j := range x[i] {
			d := 10 * math.Log10((x[i][j]+floor)/(y[i][j]+floor))
			square += d * d
		}
		distance += math.Sqrt(square / thirds)
		n++
	}
	return distance / n
}

// thirds are the bands from 100 Hz to 8 kHz.
const thirds = 20

// frames are the powers of each frame in each third of an octave.
func frames(pcm []int16, f *fourier, window []float64, hop int) [][thirds]float64 {
	size := len(window)
	edge := func(third float64) int {
		return int(math.Round(100 * math.Pow(2, third/3) * float64(size) / Rate))
	}
	var all [][thirds]float64
	c := make([]complex128, size)
	for at := 0; at+size <= len(pcm); at += hop {
		for i, w := range window {
			c[i] = complex(w*float64(pcm[at+i]), 0)
		}
		f.forward(c)
		var frame [thirds]float64
		for j := range frame {
			low := edge(float64(j) - 0.5)
			for _, v := range c[low:max(low+1, edge(float64(j)+0.5))] {
				frame[j] += real(v * cmplx.Conj(v))
			}
		}
		all = append(all, frame)
	}
	return all
}

func sum(x []float64) (s float64) {
	for _, v := range x {
		s += v
	}
	return s
}
