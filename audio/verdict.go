package audio

import (
	"math"
	"slices"
)

// Verdict is what a recording of a voice says of its microphone.
type Verdict string

// Serialised as they are.
const (
	NoSignal Verdict = "no signal" // nothing, or noise alone
	TooQuiet Verdict = "too quiet"
	Clipping Verdict = "clipping" // too loud: the peaks are cut off
	Good     Verdict = "good"
)

// Recording is what Judge found.
type Recording struct {
	Verdict Verdict
	Peak    float64 // dBFS
	Speech  float64 // dBFS, RMS: of the loudest twentieth of the time
	Noise   float64 // dBFS, RMS: of the quietest tenth
	Clipped int     // samples at the end of the scale, three or more in a row
}

const (
	judgeFrame   = 2 * FrameSamples // 20 ms
	fullScale    = 32700
	noSignalDBFS = -60 // a speaking person is well above, the noise of a live microphone is not
	tooQuietDBFS = -42 // telephone speech lies about −26 dBov (ITU-T P.56); 16 dB less is hard to hear
	clippedMost  = 20
)

// Judge tells how well a microphone heard the person who spoke meanwhile: a
// second or more, as it came from the device, before any processing.
func Judge(pcm []int16) Recording {
	r := Recording{Peak: Floor, Speech: Floor, Noise: Floor, Clipped: clipped(pcm)}
	var levels []float64
	for i := 0; i+judgeFrame <= len(pcm); i += judgeFrame {
		levels = append(levels, decibels(math.Sqrt(energy(pcm[i:i+judgeFrame]))))
	}
	if len(levels) > 0 {
		slices.Sort(levels)
		r.Speech, r.Noise = levels[len(levels)*95/100], levels[len(levels)/10]
	}
	for _, v := range pcm {
		r.Peak = max(r.Peak, decibels(math.Abs(float64(v))))
	}
	switch {
	case r.Speech < noSignalDBFS:
		r.Verdict = NoSignal
	case r.Clipped > clippedMost:
		r.Verdict = Clipping
	case r.Speech < tooQuietDBFS:
		r.Verdict = TooQuiet
	default:
		r.Verdict = Good
	}
	return r
}

// clipped counts the samples of peaks that were cut off: a wave that merely
// touches the end of the scale leaves it at once.
func clipped(pcm []int16) (count int) {
	run := 0
	for _, v := range pcm {
		if v < fullScale && v > -fullScale {
			run = 0
			continue
		}
		if run++; run == 3 {
			count += 3
		} else if run > 3 {
			count++
		}
	}
	return count
}
