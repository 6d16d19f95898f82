package speex_test

import (
	"math"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"tring/audio"
	"tring/audio/score"
	"tring/audio/speex"
	"tring/audio/wav"
)

// made returns what a constructor made, or skips loudly where the library is
// missing.
func made[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Skipf("SKIPPED, nothing was tested: %v", err)
		}
		return v
	}
}

func resampler(t testing.TB, from, to int) audio.Resampler {
	t.Helper()
	return made[audio.Resampler](t)(speex.NewResampler(from, to))
}

func tone(hz, amplitude float64, rate, n int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(math.Round(amplitude * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))))
	}
	return pcm
}

// run gives the resampler blocks of 10 ms, as a device does.
func run(t *testing.T, r audio.Resampler, in []int16, block int) []int16 {
	t.Helper()
	var out []int16
	buffer := make([]int16, 10*audio.FrameSamples)
	for len(in) >= block {
		written, read := r.Resample(buffer, in[:block])
		if read != block {
			t.Fatalf("read %d of %d samples though there was room", read, block)
		}
		out = append(out, buffer[:written]...)
		in = in[block:]
	}
	return out
}

// purity is how much a tone of known frequency stands over all else, in dB.
func purity(pcm []int16, hz float64, rate int) float64 {
	var c, s, total float64
	for i, v := range pcm {
		x, at := float64(v), 2*math.Pi*hz*float64(i)/float64(rate)
		c, s, total = c+x*math.Cos(at), s+x*math.Sin(at), total+x*x
	}
	wanted := 2 * (c*c + s*s) / float64(len(pcm))
	return 10 * math.Log10(wanted/max(total-wanted, 1e-9))
}

func TestATonePassesAtEveryRate(t *testing.T) {
	for _, rate := range []int{8000, 11025, 16000, 22050, 24000, 32000, 44100, 88200, 96000, 192000} {
		for _, pair := range [][2]int{{rate, audio.Rate}, {audio.Rate, rate}} {
			from, to := pair[0], pair[1]
			out := run(t, resampler(t, from, to), tone(1000, 16000, from, from), from/100)
			if most := math.Abs(float64(len(out) - to)); most > float64(to/50) {
				t.Errorf("%d to %d Hz: a second became %d samples", from, to, len(out))
				continue
			}
			// A whole number of periods away from the filter's start.
			if snr := purity(out[to/10:to/10+to*8/10], 1000, to); snr < 80 {
				t.Errorf("%d to %d Hz: the tone stands %.1f dB over its noise, want 80", from, to, snr)
			}
		}
	}
}

func TestWhatIsNotReadIsGivenAgain(t *testing.T) {
	whole := run(t, resampler(t, 44100, audio.Rate), tone(440, 9000, 44100, 44100), 441)
	r := resampler(t, 44100, audio.Rate)
	in, out := tone(440, 9000, 44100, 44100), make([]int16, 0, audio.Rate)
	frame := make([]int16, audio.FrameSamples)
	for len(in) > 0 {
		filled := 0
		for filled < len(frame) && len(in) > 0 {
			written, read := r.Resample(frame[filled:], in[:min(len(in), 100)])
			filled, in = filled+written, in[read:]
		}
		out = append(out, frame[:filled]...)
	}
	if len(out) < len(whole)-1 {
		t.Fatalf("%d samples by frames, %d by blocks", len(out), len(whole))
	}
	for i := range min(len(out), len(whole)) {
		if out[i] != whole[i] {
			t.Fatalf("sample %d is %d by frames, %d by blocks", i, out[i], whole[i])
		}
	}
}

func TestEmptyAndImpossibleResamplers(t *testing.T) {
	r := resampler(t, 44100, audio.Rate)
	for _, c := range [][2][]int16{{nil, nil}, {nil, {1}}, {{0}, nil}} {
		if written, read := r.Resample(c[0], c[1]); written != 0 || read != 0 {
			t.Errorf("moved %d and %d of nothing", written, read)
		}
	}
	for _, rate := range []int{-1, 0, 1, 3999, 768001} {
		if _, err := speex.NewResampler(rate, audio.Rate); err == nil {
			t.Errorf("%d Hz was taken", rate)
		}
		if _, err := speex.NewResampler(audio.Rate, rate); err == nil {
			t.Errorf("%d Hz was taken", rate)
		}
	}
}

func TestTheResamplersLatencyIsTrue(t *testing.T) {
	r := resampler(t, 44100, audio.Rate)
	in := make([]int16, 4410)
	in[1000] = 20000
	out := run(t, r, in, 441)
	peak := 0
	for i, v := range out {
		if v > out[peak] {
			peak = i
		}
	}
	late := float64(peak)/audio.Rate - 1000.0/44100
	if told := r.Latency().Seconds(); math.Abs(late-told) > 0.0001 {
		t.Errorf("an impulse is %.2f ms late, Latency tells %.2f ms", late*1000, told*1000)
	}
}

func TestTheToolsAllocateNothing(t *testing.T) {
	r, s := resampler(t, 44100, audio.Rate), made[audio.Suppressor](t)(speex.NewSuppressor())
	in, out := tone(440, 9000, 44100, 441), make([]int16, 2*audio.FrameSamples)
	frame := audio.Frame(tone(440, 9000, audio.Rate, audio.FrameSamples))
	if n := testing.AllocsPerRun(100, func() { r.Resample(out, in); s.Suppress(frame) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// noisy is pink-like noise at a level in dBFS RMS, always the same.
func noisy(level float64, n int) []float64 {
	r := rand.New(rand.NewPCG(7, 7))
	out := make([]float64, n)
	slow, sum := 0.0, 0.0
	for i := range out {
		slow += 0.1 * (r.NormFloat64() - slow)
		out[i] = slow
		sum += slow * slow
	}
	scale := 32768 * math.Pow(10, level/20) / math.Sqrt(sum/float64(n))
	for i := range out {
		out[i] *= scale
	}
	return out
}

// speech is a spoken sentence between two seconds of silence, at -23 dBFS RMS.
func speech(t *testing.T) []int16 {
	t.Helper()
	file := filepath.Join(t.TempDir(), "speech.wav")
	text := "The north wind and the sun were arguing which of them was the stronger, when a traveller came along."
	if out, err := exec.Command("espeak-ng", "-v", "en-gb", "-w", file, text).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED, nothing was tested: espeak-ng does not speak: %v %s", err, out)
	}
	words, err := wav.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	scale := math.Pow(10, (-23-score.RMS(words))/20)
	for i, v := range words {
		words[i] = int16(math.Round(scale * float64(v)))
	}
	silence := make([]int16, 2*audio.Rate)
	whole := slices.Concat(silence, words, silence)
	return whole[:len(whole)/audio.FrameSamples*audio.FrameSamples]
}

func TestSteadyNoiseIsTakenDownAndSpeechStays(t *testing.T) {
	s := made[audio.Suppressor](t)(speex.NewSuppressor())
	clean := speech(t)
	mixed := make([]int16, len(clean))
	for i, v := range noisy(-33, len(clean)) {
		mixed[i] = int16(math.Round(float64(clean[i]) + v))
	}
	out := slices.Clone(mixed)
	for at := 0; at < len(out); at += audio.FrameSamples {
		s.Suppress(out[at:][:audio.FrameSamples])
	}
	pause := func(pcm []int16) float64 { return score.RMS(pcm[len(pcm)-audio.Rate:]) }
	if got := pause(mixed) - pause(out); got < 9 {
		t.Errorf("noise in a pause is taken down by %.1f dB, want 9", got)
	}
	late, _ := score.Delay(mixed, out)
	if late < 0 || late > audio.FrameSamples {
		t.Errorf("the voice is %d samples late, want a frame at most", late)
	}
	before, after := score.STOI(clean, mixed), score.STOI(clean[:len(clean)-late], out[late:])
	t.Logf("noise %.1f dB, STOI %.3f to %.3f, %d samples late", pause(out)-pause(mixed), before, after, late)
	if after < before {
		t.Errorf("STOI fell from %.3f to %.3f", before, after)
	}
}

func BenchmarkResampler(b *testing.B) {
	r := resampler(b, 44100, audio.Rate)
	in, out := tone(440, 9000, 44100, 441), make([]int16, 2*audio.FrameSamples)
	b.ReportAllocs()
	for b.Loop() {
		r.Resample(out, in)
	}
}

func BenchmarkSuppressor(b *testing.B) {
	s := made[audio.Suppressor](b)(speex.NewSuppressor())
	frame := make(audio.Frame, audio.FrameSamples)
	noise := noisy(-40, audio.FrameSamples)
	b.ReportAllocs()
	for b.Loop() {
		for i, v := range noise {
			frame[i] = int16(v)
		}
		s.Suppress(frame)
	}
}
