package audio_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"tring/audio"
	"tring/audio/score"
)

// canceller answers each frame with silence, or with what was rendered last.
type canceller struct {
	last   [audio.FrameSamples]int16
	heard  int
	answer bool
}

func (c *canceller) Render(f audio.Frame) { c.heard++; copy(c.last[:], f) }

func (c *canceller) Capture(f audio.Frame, _ time.Duration) {
	if clear(f); c.answer {
		copy(f, c.last[:])
	}
}

// wave is a tone at an amplitude in dBFS, peak.
func wave(hz, db float64, n int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(math.Round(32767 * math.Pow(10, db/20) * math.Sin(2*math.Pi*hz*float64(i)/audio.Rate)))
	}
	return pcm
}

// talk is speech as far as levels can tell: syllables of a tone at a level in
// dBFS RMS while they last, and pauses, over a hiss of -70 dBFS. (The race
// detector would make it slow, and has nothing to find.)
//
//go:norace
func talk(level float64, seconds int) []int16 {
	r := rand.New(rand.NewPCG(1, 2))
	pcm := make([]int16, seconds*audio.Rate)
	// A tone under a round envelope has half the power of one at its crest.
	loud, hiss := 2*32768*math.Pow(10, level/20), 32768*math.Pow(10, -70.0/20)
	for i := range pcm {
		at := float64(i) / audio.Rate
		v := hiss * r.NormFloat64()
		if math.Mod(at, 3) < 2 {
			v += loud * math.Abs(math.Sin(math.Pi*at*4)) * math.Sin(2*math.Pi*(180+40*math.Sin(at))*at)
		}
		pcm[i] = int16(math.Round(min(max(v, -32768), 32767)))
	}
	return pcm
}

// cleaned is a sound after the chain.
func cleaned(p audio.Processor, pcm []int16) []int16 {
	out := append([]int16(nil), pcm...)
	for at := 0; at+audio.FrameSamples <= len(out); at += audio.FrameSamples {
		p.Capture(out[at:][:audio.FrameSamples], 0)
	}
	return out
}

func TestAnEmptyChainChangesNothing(t *testing.T) {
	pcm := talk(-20, 1)
	c := audio.NewChain(audio.Processing{Cancel: true})
	c.Render(pcm[:audio.FrameSamples])
	for i, v := range cleaned(c, pcm) {
		if v != pcm[i] {
			t.Fatalf("sample %d is %d, was %d", i, v, pcm[i])
		}
	}
	if c.Cancels() {
		t.Error("it says that it cancels, without a canceller")
	}
}

func TestTheHighPassTakesOutRumbleAndLeavesVoices(t *testing.T) {
	for _, c := range []struct{ hz, least, most float64 }{
		{20, -30, -22}, {50, -10, -7}, {80, -3.5, -2.5}, {160, -0.5, 0.1}, {1000, -0.1, 0.1}, {10000, -0.1, 0.1},
	} {
		t.Run(fmt.Sprintf("%.0f Hz", c.hz), func(t *testing.T) {
			in := wave(c.hz, -6, 2*audio.Rate)
			out := cleaned(audio.NewChain(audio.Processing{HighPass: true}), in)
			if got := score.RMS(out[audio.Rate:]) - score.RMS(in[audio.Rate:]); got < c.least || got > c.most {
				t.Errorf("%.1f dB, want between %.1f and %.1f", got, c.least, c.most)
			}
		})
	}
	t.Run("a constant", func(t *testing.T) {
		in := make([]int16, audio.Rate)
		for i := range in {
			in[i] = 3000
		}
		out := cleaned(audio.NewChain(audio.Processing{HighPass: true}), in)
		if last := out[len(out)-1]; last != 0 {
			t.Errorf("%d is left after a second", last)
		}
	})
}

func TestAVoiceIsLevelledByAtMost6dB(t *testing.T) {
	for _, c := range []struct{ voice, gain float64 }{
		{-35, 6}, {-25, 2}, {-21, -2}, {-9, -6},
	} {
		t.Run(fmt.Sprintf("%.0f dBFS", c.voice), func(t *testing.T) {
			in := talk(c.voice, 15)
			out := cleaned(audio.NewChain(audio.Processing{Level: true}), in)
			from, to := 12*audio.Rate, 14*audio.Rate // the last words
			got := score.RMS(out[from:to]) - score.RMS(in[from:to])
			if math.Abs(got-c.gain) > 1.2 {
				t.Errorf("the gain is %.1f dB, want %.0f", got, c.gain)
			}
			if math.Abs(got) > 6.1 {
				t.Errorf("the gain is %.1f dB: over the bound", got)
			}
		})
	}
}

func TestPausesDoNotPump(t *testing.T) {
	in := talk(-35, 6)
	in = append(in, make([]int16, 8*audio.Rate)...)
	hiss := rand.New(rand.NewPCG(5, 6))
	for i := 6 * audio.Rate; i < len(in); i++ {
		in[i] = int16(math.Round(30 * hiss.NormFloat64()))
	}
	out := cleaned(audio.NewChain(audio.Processing{Level: true}), in)
	gain := func(second int) float64 {
		from, to := second*audio.Rate, (second+1)*audio.Rate
		return score.RMS(out[from:to]) - score.RMS(in[from:to])
	}
	if begin, end := gain(7), gain(13); math.Abs(end-begin) > 0.2 {
		t.Errorf("in a pause the gain went from %.2f to %.2f dB", begin, end)
	}
}

func TestNothingButSteadyNoiseIsNotDrawnUp(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	in := make([]int16, 8*audio.Rate)
	for i := range in {
		in[i] = int16(math.Round(200 * r.NormFloat64()))
	}
	out := cleaned(audio.NewChain(audio.Processing{Level: true}), in)
	if got := score.RMS(out[7*audio.Rate:]) - score.RMS(in[7*audio.Rate:]); math.Abs(got) > 0.2 {
		t.Errorf("noise was changed by %.1f dB", got)
	}
}

func TestLoudPeaksNeitherClipNorClick(t *testing.T) {
	// Speech that was drawn up by 6 dB, and then a shout at full scale.
	quiet, shout := talk(-32, 6), wave(300, 0, audio.Rate)
	out := cleaned(audio.NewChain(audio.Processing{Level: true}), append(quiet, shout...))
	out = out[len(quiet):]
	top, step := 0, 0
	for i, v := range out {
		top = max(top, int(v), -int(v))
		if i > 0 {
			step = max(step, int(v)-int(out[i-1]), int(out[i-1])-int(v))
		}
	}
	if top > 29501 {
		t.Errorf("the loudest sample is %d, over the ceiling", top)
	}
	// A sine of 300 Hz at full scale moves by 1287 a sample at most.
	if step > 1500 {
		t.Errorf("the sound jumps by %d from one sample to the next", step)
	}
}

// TestTheCancellerIsSwitchedWithoutAClick: the canceller here makes silence of
// all, so the tone fades out and in, over a frame.
func TestTheCancellerIsSwitchedWithoutAClick(t *testing.T) {
	c := audio.NewChain(audio.Processing{Canceller: &canceller{}})
	in := wave(440, -6, 2*audio.Rate)
	out := append([]int16(nil), in...)
	for at := 0; at < len(out); at += audio.FrameSamples {
		c.Cancel(at > audio.Rate/2 && at < audio.Rate)
		c.Capture(out[at:][:audio.FrameSamples], 0)
	}
	if got := score.RMS(out[audio.Rate*3/4 : audio.Rate]); got > -90 {
		t.Errorf("switched on, it lets %.0f dBFS through", got)
	}
	for i := range out[:audio.Rate/2] {
		if out[i] != in[i] || out[len(out)-1-i] != in[len(in)-1-i] {
			t.Fatalf("switched off, it changes sample %d", i)
		}
	}
	for i := 1; i < len(out); i++ {
		if step := math.Abs(float64(out[i]) - float64(out[i-1])); step > 1100 {
			t.Fatalf("a step of %.0f at sample %d", step, i)
		}
	}
}

// hush is a suppressor that makes silence of all.
type hush struct{}

func (hush) Suppress(f audio.Frame) { clear(f) }

func TestTheSuppressorAndTheLevelerAreSwitchedWithoutAClick(t *testing.T) {
	for _, test := range []struct {
		name   string
		chain  *audio.Chain
		change func(c *audio.Chain, on bool)
		worked func(in, out []int16) bool
	}{
		{
			"suppressor", audio.NewChain(audio.Processing{Suppressor: hush{}}), (*audio.Chain).Suppress,
			func(_, out []int16) bool { return score.RMS(out) < -90 },
		},
		{
			"leveler", audio.NewChain(audio.Processing{}), (*audio.Chain).Level,
			func(in, out []int16) bool { return score.RMS(out) > score.RMS(in)+0.5 },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := talk(-35, 9)
			out := append([]int16(nil), in...)
			test.change(test.chain, false)
			test.chain.Capture(make(audio.Frame, audio.FrameSamples), 0)
			for at := 0; at < len(out); at += audio.FrameSamples {
				test.change(test.chain, at > 3*audio.Rate && at < 6*audio.Rate)
				test.chain.Capture(out[at:][:audio.FrameSamples], 0)
			}
			if !test.worked(in[4*audio.Rate:5*audio.Rate], out[4*audio.Rate:5*audio.Rate]) {
				t.Errorf("switched on, what comes out is at %.0f dBFS", score.RMS(out[4*audio.Rate:5*audio.Rate]))
			}
			for i := range out[:3*audio.Rate-audio.FrameSamples] {
				if out[i] != in[i] || out[len(out)-1-i] != in[len(in)-1-i] {
					t.Fatalf("switched off, it changes sample %d", i)
				}
			}
			for i := 1; i < len(out); i++ {
				if step := math.Abs(float64(out[i]) - float64(out[i-1])); step > 200 {
					t.Fatalf("a step of %.0f at sample %d", step, i)
				}
			}
		})
	}
}

func TestTheCancellerHearsWhatIsPlayedInOrder(t *testing.T) {
	fake := &canceller{answer: true}
	c := audio.NewChain(audio.Processing{Canceller: fake, Cancel: true})
	frame := make(audio.Frame, audio.FrameSamples)
	for n := range 100 {
		for i := range frame {
			frame[i] = int16(n)
		}
		c.Render(frame)
		c.Capture(frame, 0)
	}
	if fake.heard != 100 || frame[audio.FrameSamples-1] != 99 {
		t.Errorf("it heard %d frames, the last one %d", fake.heard, frame[audio.FrameSamples-1])
	}
}

func TestWhatWasPlayedLongBeforeTheCaptureIsForgotten(t *testing.T) {
	fake := &canceller{}
	c := audio.NewChain(audio.Processing{Canceller: fake, Cancel: true})
	frame := make(audio.Frame, audio.FrameSamples)
	for range 1000 {
		c.Render(frame)
	}
	c.Capture(frame, 0)
	c.Render(frame)
	c.Capture(frame, 0)
	if fake.heard != 1 {
		t.Errorf("it heard %d frames, want the fresh one", fake.heard)
	}
}

// TestBothLoopsAndASwitchAtOnce is for the race detector.
func TestBothLoopsAndASwitchAtOnce(t *testing.T) {
	c := audio.NewChain(audio.Processing{HighPass: true, Canceller: &canceller{}, Level: true})
	var all sync.WaitGroup
	loop := func(do func(n int, f audio.Frame)) {
		all.Go(func() {
			f := make(audio.Frame, audio.FrameSamples)
			for n := range 2000 {
				do(n, f)
			}
		})
	}
	loop(func(_ int, f audio.Frame) { c.Render(f) })
	loop(func(_ int, f audio.Frame) { c.Capture(f, 0) })
	loop(func(n int, _ audio.Frame) { c.Cancel(n%2 == 0); _ = c.Cancels() })
	all.Wait()
}

func TestTheChainAllocatesNothing(t *testing.T) {
	c := audio.NewChain(audio.Processing{HighPass: true, Canceller: &canceller{}, Cancel: true, Level: true})
	frame := audio.Frame(wave(440, -6, audio.FrameSamples))
	if n := testing.AllocsPerRun(100, func() { c.Render(frame); c.Capture(frame, 0) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkChain(b *testing.B) {
	for _, c := range []struct {
		name string
		audio.Processing
	}{
		{"HighPass", audio.Processing{HighPass: true}},
		{"Leveler", audio.Processing{Level: true}},
		{"Reference", audio.Processing{Canceller: &canceller{}, Cancel: true}},
	} {
		b.Run(c.name, func(b *testing.B) {
			chain := audio.NewChain(c.Processing)
			in, frame := talk(-30, 1), make(audio.Frame, audio.FrameSamples)
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				copy(frame, in[n%100*audio.FrameSamples:])
				chain.Render(frame)
				chain.Capture(frame, 0)
			}
		})
	}
}
