package score

import (
	"math"
	"math/cmplx"
)

// The constants of STOI, in the paper's names where it has some.
const (
	frameSize    = 256 // 25.6 ms
	frameHop     = frameSize / 2
	frameBins    = 512
	bands        = 15    // J, a third of an octave each
	lowestBand   = 150.0 // Hz, its centre
	segment      = 30    // N frames: 384 ms
	dynamicRange = 40.0  // dB; quieter frames of the reference count as silence
	beta         = -15.0 // dB, the least signal to distortion ratio that counts
)

// STOI is the short-time objective intelligibility of deg, which must be in
// time with ref (Straighten): 1 for the same, about 0 for what has nothing of
// it. Level does not count. It is NaN when less than 384 ms of ref is sound.
//
// C. H. Taal, R. C. Hendriks, R. Heusdens, J. Jensen: An Algorithm for
// Intelligibility Prediction of Time-Frequency Weighted Noisy Speech. IEEE
// Trans. Audio, Speech, and Language Processing 19 (7), 2011; first at ICASSP
// 2010.
func STOI(ref, deg []int16) float64 {
	return overSegments(ref, deg, func(x, y *[bands][segment]float64) float64 {
		var sum float64
		for j := range bands {
			sum += bandCorrelation(&x[j], &y[j])
		}
		return sum / bands
	})
}

// ExtendedSTOI is the variant that also sees how the bands go together, which
// tells more of noise that comes and goes.
//
// J. Jensen, C. H. Taal: An Algorithm for Predicting the Intelligibility of
// Speech Masked by Modulated Noise Maskers. IEEE/ACM Trans. Audio, Speech, and
// Language Processing 24 (11), 2016.
func ExtendedSTOI(ref, deg []int16) float64 {
	return overSegments(ref, deg, func(x, y *[bands][segment]float64) float64 {
		normaliseRows(x)
		normaliseRows(y)
		var sum float64
		for m := range segment {
			var a, b [bands]float64
			for j := range bands {
				a[j], b[j] = x[j][m], y[j][m]
			}
			sum += correlation(a[:], b[:])
		}
		return sum / segment
	})
}

// overSegments is the mean of a measure over all segments of 384 ms.
func overSegments(ref, deg []int16, measure func(x, y *[bands][segment]float64) float64) float64 {
	n := min(len(ref), len(deg))
	x, y := withoutSilence(slow(ref[:n]), slow(deg[:n]))
	a, b := thirdOctaves(x), thirdOctaves(y)
	if len(a) < segment {
		return math.NaN()
	}
	var sum float64
	for at := 0; at+segment <= len(a); at++ {
		var p, q [bands][segment]float64
		for m := range segment {
			for j := range bands {
				p[j][m], q[j][m] = a[at+m][j], b[at+m][j]
			}
		}
		sum += measure(&p, &q)
	}
	return sum / float64(len(a)-segment+1)
}

// bandCorrelation is one band's part of one segment: deg at ref's level, its
// distortion limited, correlated with ref.
func bandCorrelation(x, y *[segment]float64) float64 {
	var xx, yy float64
	for m := range segment {
		xx, yy = xx+x[m]*x[m], yy+y[m]*y[m]
	}
	alpha := math.Sqrt(xx / (yy + tiny))
	limit := 1 + math.Pow(10, -beta/20)
	var clipped [segment]float64
	for m := range segment {
		clipped[m] = min(alpha*y[m], limit*x[m])
	}
	return correlation(x[:], clipped[:])
}

// tiny keeps divisions by silence finite.
const tiny = 1e-20

// correlation is Pearson's.
func correlation(a, b []float64) float64 {
	var ma, mb float64
	for i := range a {
		ma, mb = ma+a[i], mb+b[i]
	}
	ma, mb = ma/float64(len(a)), mb/float64(len(a))
	var ab, aa, bb float64
	for i := range a {
		p, q := a[i]-ma, b[i]-mb
		ab, aa, bb = ab+p*q, aa+p*p, bb+q*q
	}
	return ab / (math.Sqrt(aa*bb) + tiny)
}

func normaliseRows(x *[bands][segment]float64) {
	for j := range x {
		var mean, norm float64
		for _, v := range x[j] {
			mean += v / segment
		}
		for m := range x[j] {
			x[j][m] -= mean
			norm += x[j][m] * x[j][m]
		}
		for m := range x[j] {
			x[j][m] /= math.Sqrt(norm) + tiny
		}
	}
}

// withoutSilence leaves out, of both, the frames in which ref is silent.
func withoutSilence(ref, deg []float64) (x, y []float64) {
	window := hann(frameSize)
	var power []float64
	loudest := 0.0
	for at := 0; at+frameSize <= len(ref); at += frameHop {
		var sum float64
		for i, w := range window {
			sum += w * w * ref[at+i] * ref[at+i]
		}
		power, loudest = append(power, sum), max(loudest, sum)
	}
	floor := loudest * math.Pow(10, -dynamicRange/10)
	x, y = make([]float64, len(ref)), make([]float64, len(ref))
	end, out := 0, 0
	for frame, p := range power {
		if p <= floor {
			continue
		}
		for i, w := range window {
			x[out+i] += w * ref[frame*frameHop+i]
			y[out+i] += w * deg[frame*frameHop+i]
		}
		end, out = out+frameSize, out+frameHop
	}
	return x[:end], y[:end]
}

// thirdOctaves are the magnitudes of each frame in each band.
func thirdOctaves(x []float64) [][bands]float64 {
	f, window := newFourier(frameBins), hann(frameSize)
	edge := func(third float64) int {
		return int(math.Round(lowestBand * math.Pow(2, third/3) * frameBins / slowRate))
	}
	var all [][bands]float64
	c := make([]complex128, frameBins)
	for at := 0; at+frameSize <= len(x); at += frameHop {
		clear(c)
		for i, w := range window {
			c[i] = complex(w*x[at+i], 0)
		}
		f.forward(c)
		var frame [bands]float64
		for j := range frame {
			var sum float64
			for _, v := range c[edge(float64(j)-0.5):edge(float64(j)+0.5)] {
				sum += real(v * cmplx.Conj(v))
			}
			frame[j] = math.Sqrt(sum)
		}
		all = append(all, frame)
	}
	return all
}
