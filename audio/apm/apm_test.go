package apm_test

import (
	"testing"
	"time"

	"tring/audio"
	"tring/audio/apm"
	"tring/audio/score"
)

// chain is a phone's with nothing but the canceller, or a loud skip where none
// is built in.
func chain(t testing.TB) *audio.Chain {
	t.Helper()
	c, err := apm.New()
	if err != nil {
		t.Skipf("SKIPPED, nothing was tested: %v", err)
	}
	return audio.NewChain(audio.Processing{Canceller: c, Cancel: true})
}

// likeness is how well the near voice is understood while both talk.
func likeness(near, out []int16) float64 {
	ref, deg := near[farAlone:bothUntil], out[farAlone:bothUntil]
	late, _ := score.Delay(near[bothUntil:][:2*audio.Rate], out[bothUntil:][:2*audio.Rate])
	if late > 0 {
		ref, deg = ref[:len(ref)-late], deg[late:]
	}
	return score.STOI(ref, deg)
}

func TestScenes(t *testing.T) {
	for _, s := range []struct {
		name string
		scene
		erle float64 // dB, when it has settled
		stoi float64 // of the near voice while both talk
	}{
		{"a room", scene{echo: -10}, 30, .62},
		{"a small speaker turned up", scene{echo: -3, torn: true}, 30, .50},
		{"a quiet speaker, where noise is the limit", scene{echo: -22}, 25, .79},
		{"the way jumps by 37 ms", scene{echo: -10, jump: true}, 30, 0},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			c := chain(t)
			far, heard, near := s.make(t)
			out := through(c, far, heard, pathDelay)
			erle := func(from, to float64) float64 { return energy(heard, from, to) - energy(out, from, to) }
			stoi := likeness(near, out)
			t.Logf("ERLE %.1f dB at 0 to 2 s, %.1f at 2 to 5, %.1f at 5 to 15; STOI of the near voice %.3f",
				erle(0, 2), erle(2, 5), erle(5, 15), stoi)
			if got := erle(5, 15); got < s.erle {
				t.Errorf("the echo comes back %.1f dB weaker, want %.0f", got, s.erle)
			}
			if stoi < s.stoi {
				t.Errorf("STOI of the near voice is %.2f, want %.2f", stoi, s.stoi)
			}
		})
	}
}

func TestTheDelayNeedNotBeExact(t *testing.T) {
	far, heard, _ := scene{echo: -10}.make(t)
	far, heard = far[:10*audio.Rate], heard[:10*audio.Rate]
	for _, off := range []time.Duration{-40 * time.Millisecond, 40 * time.Millisecond} {
		out := through(chain(t), far, heard, pathDelay+off)
		if erle := energy(heard, 5, 10) - energy(out, 5, 10); erle < 28 {
			t.Errorf("told a delay %v off, the echo comes back %.1f dB weaker, want 28", off, erle)
		}
	}
}

func TestWithoutAnEchoTheVoiceIsLeftAlone(t *testing.T) {
	_, _, near := scene{}.make(t)
	near = near[farAlone:][:8*audio.Rate]
	out := through(chain(t), make([]int16, len(near)), near, pathDelay)
	late, _ := score.Delay(near, out)
	if late < 0 || late > audio.FrameSamples {
		t.Errorf("the voice is %d samples late, want 10 ms at most", late)
	}
	if stoi := score.STOI(near[:len(near)-late], out[late:]); stoi < .98 {
		t.Errorf("STOI of a voice alone is %.3f, want .98", stoi)
	}
}

func TestTheCancellerAllocatesNothingAndTakesAnything(t *testing.T) {
	c := chain(t)
	frame := make(audio.Frame, audio.FrameSamples)
	for i := range frame {
		frame[i] = int16(i*7919%65536 - 32768)
	}
	delays := []time.Duration{0, pathDelay, -time.Second, time.Hour}
	n := 0
	if got := testing.AllocsPerRun(200, func() {
		c.Render(frame)
		c.Capture(frame, delays[n/50%len(delays)])
		n++
	}); got != 0 {
		t.Errorf("%v allocations", got)
	}
	for _, odd := range []int{0, 1, audio.FrameSamples - 1, audio.FrameSamples + 1} {
		c.Render(make(audio.Frame, odd))
		c.Capture(make(audio.Frame, odd), 0)
	}
}

func BenchmarkCanceller(b *testing.B) {
	c := chain(b)
	far, heard, _ := scene{echo: -10}.make(b)
	frame := make(audio.Frame, audio.FrameSamples)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		at := n % 3000 * audio.FrameSamples
		copy(frame, heard[at:])
		c.Render(far[at:][:audio.FrameSamples])
		c.Capture(frame, pathDelay)
	}
}
