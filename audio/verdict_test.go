package audio

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestWhatARecordingSaysOfItsMicrophone(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	noise := func(amplitude float64) []int16 {
		pcm := make([]int16, 3*Rate)
		for i := range pcm {
			pcm[i] = int16(amplitude * random.NormFloat64())
		}
		return pcm
	}
	// speech is three words in three seconds, over some noise.
	speech := func(amplitude float64) []int16 {
		pcm := noise(5)
		for i := range pcm {
			if i%Rate < Rate/2 {
				at := float64(i) / Rate
				v := math.Sin(2*math.Pi*150*at)/2 + math.Sin(2*math.Pi*600*at)/2
				pcm[i] = clip(float32(float64(pcm[i]) + amplitude*v*math.Abs(math.Sin(2*math.Pi*2*at))))
			}
		}
		return pcm
	}
	tests := []struct {
		name string
		pcm  []int16
		want Verdict
	}{
		{"nothing was recorded", nil, NoSignal},
		{"digital silence", make([]int16, 3*Rate), NoSignal},
		{"the noise of an open input", noise(8), NoSignal},
		{"a single click in silence", append(make([]int16, 3*Rate), 20000, -20000), NoSignal},
		{"a voice far away", speech(300), TooQuiet},
		{"a soft voice", speech(1500), Good},
		{"a voice", speech(8000), Good},
		{"a loud voice", speech(32000), Good},
		{"a voice too loud", speech(60000), Clipping},
		{"a voice much too loud", speech(1e6), Clipping},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Judge(test.pcm); got.Verdict != test.want {
				t.Errorf("it is judged %+v, want %s", got, test.want)
			}
		})
	}
	if got := Judge(speech(8000)); got.Peak < -14 || got.Peak > -11 || got.Noise > -70 || got.Clipped != 0 {
		t.Errorf("a voice has %+v", got)
	}
}
