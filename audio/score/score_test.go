package score_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"tring/audio/score"
)

// babble is speech as far as the measures can tell: syllables of a voice with
// harmonics under moving formants and of noise, four to eight a second, and
// pauses.
func babble(seconds float64, seed uint64) []int16 {
	r := rand.New(rand.NewPCG(seed, 1))
	pcm := make([]int16, int(seconds*score.Rate))
	for at := score.Rate / 5; at < len(pcm); {
		length := score.Rate/8 + r.IntN(score.Rate/8)
		syllable(pcm[at:min(at+length, len(pcm))], r)
		if at += length; r.IntN(5) == 0 {
			at += score.Rate/4 + r.IntN(score.Rate/4)
		}
	}
	return pcm
}

func syllable(pcm []int16, r *rand.Rand) {
	pitch, formant, glide := 90+80*r.Float64(), 300+2000*r.Float64(), r.Float64()-0.5
	voiced, loud := r.IntN(4) > 0, 3000+9000*r.Float64()
	phase := 0.0
	for i := range pcm {
		u := float64(i) / float64(len(pcm))
		var v float64
		if voiced {
			phase += 2 * math.Pi * pitch * (1 + 0.2*glide*u) / score.Rate
			for h := 1.0; h*pitch < 5000; h++ {
				d := (h*pitch - formant*(1+glide*u)) / 400
				v += math.Sin(h*phase+h*h) * (math.Exp(-d*d) + 0.1/h)
			}
		} else {
			v = r.NormFloat64() / 3
		}
		pcm[i] = clip(loud * math.Sin(math.Pi*u) * v / 2)
	}
}

func clip(v float64) int16 {
	return int16(math.Round(max(-32768, min(32767, v))))
}

// noisy is pcm under noise of so many decibels less.
func noisy(pcm []int16, snr float64, seed uint64) []int16 {
	r := rand.New(rand.NewPCG(seed, 2))
	level := 32768 * math.Pow(10, (score.RMS(pcm)-snr)/20)
	out := make([]int16, len(pcm))
	for i, v := range pcm {
		out[i] = clip(float64(v) + level*r.NormFloat64())
	}
	return out
}

// later is pcm so many samples later, or earlier.
func later(pcm []int16, samples int) []int16 {
	if samples < 0 {
		return pcm[-samples:]
	}
	return append(make([]int16, samples), pcm...)
}

func louder(pcm []int16, factor float64) []int16 {
	out := make([]int16, len(pcm))
	for i, v := range pcm {
		out[i] = clip(float64(v) * factor)
	}
	return out
}

func TestTheSameIsPerfect(t *testing.T) {
	ref := babble(4, 1)
	if s := score.STOI(ref, ref); math.Abs(s-1) > 1e-6 {
		t.Errorf("STOI %v", s)
	}
	if s := score.ExtendedSTOI(ref, ref); math.Abs(s-1) > 1e-6 {
		t.Errorf("extended STOI %v", s)
	}
	if d := score.LogSpectralDistance(ref, ref); d != 0 {
		t.Errorf("spectra %v dB apart", d)
	}
}

func TestLevelDoesNotCountForIntelligibility(t *testing.T) {
	ref := babble(4, 2)
	quiet := louder(ref, 0.5)
	if s := score.STOI(ref, quiet); s < 0.9999 {
		t.Errorf("STOI %v", s)
	}
	if s := score.ExtendedSTOI(ref, quiet); s < 0.9999 {
		t.Errorf("extended STOI %v", s)
	}
	if d := score.LogSpectralDistance(ref, quiet); math.Abs(d-6.02) > 0.25 {
		t.Errorf("half the amplitude is %.2f dB apart, want 6.02", d)
	}
}

func TestMoreNoiseIsWorse(t *testing.T) {
	ref := babble(4, 3)
	stoi, extended, distance := 1.0, 1.0, 0.0
	for _, snr := range []float64{30, 20, 10, 0, -10} {
		deg := noisy(ref, snr, 4)
		s, e, d := score.STOI(ref, deg), score.ExtendedSTOI(ref, deg), score.LogSpectralDistance(ref, deg)
		t.Logf("%3.0f dB: STOI %.3f, extended %.3f, LSD %.2f dB", snr, s, e, d)
		if s >= stoi || e >= extended || d <= distance {
			t.Errorf("at %v dB: STOI %.3f (was %.3f), extended %.3f (%.3f), LSD %.2f (%.2f)", snr, s, stoi, e, extended, d, distance)
		}
		stoi, extended, distance = s, e, d
	}
	if stoi > 0.75 {
		t.Errorf("STOI %.3f under noise ten times as strong", stoi)
	}
	if s := score.STOI(ref, babble(4, 99)); s > 0.4 {
		t.Errorf("STOI of another speech is %.3f", s)
	}
}

func TestLostFramesAreWorse(t *testing.T) {
	ref := babble(4, 5)
	was := 1.0
	for _, percent := range []int{5, 10, 20, 40} {
		r := rand.New(rand.NewPCG(6, 6))
		deg := append([]int16(nil), ref...)
		for at := 0; at+960 <= len(deg); at += 960 {
			if r.IntN(100) < percent {
				clear(deg[at : at+960])
			}
		}
		s := score.STOI(ref, deg)
		if s >= was {
			t.Errorf("%d %% lost: STOI %.3f, was %.3f", percent, s, was)
		}
		was = s
	}
}

func TestDelayIsExact(t *testing.T) {
	ref := babble(1.5, 7)
	for _, want := range []int{0, 1, 17, 4801, 33333, -1, -4800} {
		for name, deg := range map[string][]int16{
			"copy": later(ref, want), "half as loud": louder(later(ref, want), 0.5),
			"with noise": noisy(later(ref, want), 15, 8),
		} {
			got, like := score.Delay(ref, deg)
			if got != want || like < 0.3 {
				t.Errorf("%s, %d samples later: %d found, likeness %.2f", name, want, got, like)
			}
		}
	}
}

func TestNothingIsKnownOfSilence(t *testing.T) {
	ref, none := babble(2, 9), make([]int16, 2*score.Rate)
	if _, like := score.Delay(ref, none); like != 0 {
		t.Errorf("silence is like speech by %v", like)
	}
	if p := score.Align(none, ref); p != nil {
		t.Errorf("%d pieces of silence", len(p))
	}
	if _, ok := score.MedianDelay(score.Align(ref, none)); ok {
		t.Error("speech was found in silence")
	}
	if s := score.STOI(none, ref); !math.IsNaN(s) {
		t.Errorf("STOI of silence is %v", s)
	}
	if d := score.LogSpectralDistance(none, ref); !math.IsNaN(d) {
		t.Errorf("LSD of silence is %v", d)
	}
	if l := score.RMS(none); l != -120 {
		t.Errorf("silence at %v dBFS", l)
	}
	for _, short := range [][]int16{nil, ref[:1], ref[:479]} {
		score.Delay(short, ref)
		score.Delay(ref, short)
		score.Straighten(short, ref, score.Align(short, ref))
		score.Straighten(ref, short, score.Align(ref, short))
		score.STOI(ref, short)
		score.Glitches(short)
	}
}

// TestMovedUtterancesAreFound: a jitter buffer lets one utterance wait longer
// than another.
func TestMovedUtterancesAreFound(t *testing.T) {
	ref := babble(8, 10)
	pieces := score.Align(ref, ref)
	if len(pieces) < 6 {
		t.Fatalf("%d pieces in 8 s", len(pieces))
	}
	moves := []int{2880, 4800, 2400, 14400, 7200}
	deg := make([]int16, len(ref)+score.Rate)
	want := map[int]int{}
	for i, p := range pieces {
		want[p.At] = moves[i*len(moves)/len(pieces)]
		to := len(ref)
		if i+1 < len(pieces) {
			to = pieces[i+1].At
		}
		copy(deg[p.At+want[p.At]:], ref[p.At:to])
	}
	deg = noisy(deg, 30, 11)
	found := score.Align(ref, deg)
	for _, p := range found {
		if off := p.Delay - want[p.At]; off < -5 || off > 5 {
			t.Errorf("the piece at %d was moved by %d samples, found at %d, likeness %.2f", p.At, want[p.At], p.Delay, p.Likeness)
		}
	}
	straight := score.Straighten(ref, deg, found)
	if len(straight) != len(ref) {
		t.Fatalf("%d samples of %d", len(straight), len(ref))
	}
	if crooked, s := score.STOI(ref, deg), score.STOI(ref, straight); s < 0.9 || crooked > 0.5 {
		t.Errorf("STOI %.3f when brought back, %.3f before", s, crooked)
	}
}

func TestMedianDelay(t *testing.T) {
	ref := babble(6, 12)
	const want = 60 * score.Rate / 1000
	deg := noisy(later(ref, want), 20, 13)
	clear(deg[2*score.Rate : 3*score.Rate]) // lost altogether
	got, ok := score.MedianDelay(score.Align(ref, deg))
	if !ok || got < want-5 || got > want+5 {
		t.Errorf("%v, want 60 ms", time.Duration(got)*time.Second/score.Rate)
	}
}

func TestGlitchesOfASine(t *testing.T) {
	const second = score.Rate
	sine := func(hz float64) []int16 {
		pcm := make([]int16, 3*second)
		for i := range pcm {
			pcm[i] = clip(10000 * math.Sin(2*math.Pi*hz*float64(i)/score.Rate))
		}
		return pcm
	}
	cut := func(pcm []int16, at, n int) []int16 { return append(append([]int16(nil), pcm[:at]...), pcm[at+n:]...) }
	whole := sine(1000)
	gap := append([]int16(nil), whole...)
	clear(gap[second : second+960])
	click := append([]int16(nil), whole...)
	click[second] += 8000
	tests := []struct {
		name string
		pcm  []int16
		want int
	}{
		{"whole", whole, 0},
		{"of an odd frequency", sine(437.31), 0},
		{"high", sine(7999), 0},
		{"with silence around", append(append(make([]int16, second), whole...), make([]int16, second/2)...), 0},
		{"under noise of −40 dB", noisy(whole, 40, 14), 0},
		{"a frame is lost", gap, 1},
		{"a sample strays", click, 1},
		{"a quarter of a period is missing", cut(whole, second, 12), 1},
		{"a whole period is missing, which nobody hears", cut(whole, second, 48), 0},
		{"three cuts", cut(cut(cut(whole, 2*second, 20), second, 20), second/2, 20), 3},
		{"silence", make([]int16, second), 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := score.Glitches(test.pcm); got != test.want {
				t.Errorf("%d glitches, want %d", got, test.want)
			}
		})
	}
}

func TestRMS(t *testing.T) {
	pcm := make([]int16, score.Rate)
	for i := range pcm {
		pcm[i] = clip(32767 * math.Sin(2*math.Pi*440*float64(i)/score.Rate))
	}
	if l := score.RMS(pcm); math.Abs(l+3.01) > 0.01 {
		t.Errorf("a sine of full scale is at %.2f dBFS, want −3.01", l)
	}
}

func BenchmarkSTOI(b *testing.B) {
	ref := babble(20, 1)
	deg := noisy(ref, 20, 1)
	for b.Loop() {
		score.STOI(ref, deg)
	}
}

func BenchmarkAlign(b *testing.B) {
	ref := babble(20, 1)
	deg := noisy(later(ref, 4800), 20, 1)
	for b.Loop() {
		score.Align(ref, deg)
	}
}
