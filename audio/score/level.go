package score

import "math"

// Rate is the sample rate of all sound here, in hertz.
const Rate = 48000

// silence is the level of no sound at all, in dBFS.
const silence = -120

// RMS is the level of pcm in dBFS, where a full-scale sine is −3.01 and silence
// −120.
func RMS(pcm []int16) float64 {
	if len(pcm) == 0 {
		return silence
	}
	var sum float64
	for _, v := range pcm {
		sum += float64(v) * float64(v)
	}
	return max(silence, 10*math.Log10(sum/float64(len(pcm))/(32768*32768)+1e-30))
}

// levels is the RMS of each piece of size samples.
func levels(pcm []int16, size int) []float64 {
	all := make([]float64, len(pcm)/size)
	for i := range all {
		all[i] = RMS(pcm[i*size : (i+1)*size])
	}
	return all
}
