package audio

import (
	"math"
	"testing"
)

// hum is a quiet room: noise with a slope, at this level in dBFS.
func hum(level float64, n int) []int16 {
	pcm := make([]int16, n)
	state, v := uint32(7), 0.0
	raw := make([]float64, n)
	power := 0.0
	for i := range raw {
		state = state*1664525 + 1013904223
		v = 0.9*v + float64(int32(state))/(1<<31)
		raw[i] = v
		power += v * v
	}
	gain := 32768 * math.Pow(10, level/20) / math.Sqrt(power/float64(n))
	for i, v := range raw {
		pcm[i] = int16(math.Round(v * gain))
	}
	return pcm
}

// slope is how alike neighbouring samples are: 1 for the lowest sound, 0 for
// white noise.
func slope(pcm []int16) float64 {
	sum := 0.0
	for i := range pcm[1:] {
		sum += float64(pcm[i]) * float64(pcm[i+1])
	}
	return sum / (energy(pcm) * float64(len(pcm)))
}

// noise is a second of what follows after this was heard.
func noise(past []int16) []int16 {
	b := blend{}
	b.mix(append([]int16(nil), past...), received)
	b.mix(make([]int16, Rate), missing)
	out := make([]int16, Rate)
	b.mix(out, missing)
	return out
}

func TestComfortNoiseIsLikeTheRoom(t *testing.T) {
	for _, level := range []float64{-70, -60, -50} {
		room := hum(level, 5*Rate)
		// Words on top of it: the room is what is heard between them.
		talk := append([]int16(nil), room...)
		for i, v := range tone(300, 8000, len(talk)) {
			if i%Rate < Rate*2/3 {
				talk[i] += v
			}
		}
		got := noise(talk)
		if off := decibels(math.Sqrt(energy(got))) - level; math.Abs(off) > 3 {
			t.Errorf("room at %v dBFS: the noise is %.1f dB off", level, off)
		}
		if got, want := slope(got), slope(room); math.Abs(got-want) > 0.1 {
			t.Errorf("room at %v dBFS: a slope of %.2f, want %.2f", level, got, want)
		}
	}
}

func TestComfortNoiseIsNeverLoud(t *testing.T) {
	for name, past := range map[string][]int16{
		"a tone": tone(1000, 30000, 3*Rate), "noise": hum(-6, 3*Rate), "full scale": tone(100, 1e6, 3*Rate),
	} {
		if got := decibels(math.Sqrt(energy(noise(past)))); got > -43 {
			t.Errorf("after %s: %.1f dBFS", name, got)
		}
	}
}

func TestDigitalSilenceIsFollowedByItself(t *testing.T) {
	if got := energy(noise(make([]int16, 3*Rate))); got != 0 {
		t.Errorf("a mean square of %v", got)
	}
	if got := energy(noise(nil)); got != 0 {
		t.Errorf("a mean square of %v where nothing was ever heard", got)
	}
}
