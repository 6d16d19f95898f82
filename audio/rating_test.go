package audio

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The impairment by loss, for what STOI was measured for.
func TestRatingFitsWhatWasMeasured(t *testing.T) {
	for name, tt := range map[string]struct {
		heard Heard
		fell  float64 // STOI
	}{
		"5 % concealed":             {Heard{Guessed: 5, Burst: 1.05}, .018},
		"10 % concealed":            {Heard{Guessed: 10, Burst: 1.1}, .038},
		"20 % concealed":            {Heard{Guessed: 20, Burst: 1.25}, .077},
		"20 % in bursts of 3":       {Heard{Guessed: 20, Burst: 3}, .099},
		"5 % random, rebuilt":       {Heard{Guessed: .25, Rebuilt: 4.75, Burst: 1.05}, .002},
		"10 % random, rebuilt":      {Heard{Guessed: 1, Rebuilt: 9, Burst: 1.1}, .005},
		"20 % random, rebuilt":      {Heard{Guessed: 4, Rebuilt: 16, Burst: 1.25}, .018},
		"20 % bursts of 3, rebuilt": {Heard{Guessed: 13.3, Rebuilt: 6.7, Burst: 2}, .065},
		"nothing":                   {Heard{}, 0},
		"bursts of nothing":         {Heard{Burst: 3}, 0},
	} {
		want := ratingBest - 95*tt.fell/(tt.fell+0.04)
		if got := tt.heard.Rating(); math.Abs(got-want) > 3 {
			t.Errorf("%s: %.1f, want %.1f", name, got, want)
		}
	}
}

// Delay costs what G.107 says, and MOS is its curve.
func TestRatingOfDelay(t *testing.T) {
	for _, tt := range []struct {
		delay       time.Duration
		rating, mos float64
	}{
		{0, 93.2, 4.41},
		{100 * time.Millisecond, 90.8, 4.36},
		{177300 * time.Microsecond, 88.9, 4.31},
		{400 * time.Millisecond, 59.1, 3.05},
	} {
		r := Heard{Delay: tt.delay}.Rating()
		if math.Abs(r-tt.rating) > 0.1 || math.Abs(MOS(r)-tt.mos) > 0.02 {
			t.Errorf("%v: R %.1f, MOS %.2f; want %.1f, %.2f", tt.delay, r, MOS(r), tt.rating, tt.mos)
		}
	}
}

// Nothing bad makes it better, and it stays within its scale.
func TestRatingIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := Heard{
			Delay:   time.Duration(rapid.IntRange(0, 5000).Draw(t, "ms")) * time.Millisecond,
			Guessed: rapid.Float64Range(0, 50).Draw(t, "guessed"), Rebuilt: rapid.Float64Range(0, 50).Draw(t, "rebuilt"),
		}
		worse := h
		worse.Delay += 10 * time.Millisecond
		worse.Guessed++
		worse.Rebuilt++
		a, b := h.Rating(), worse.Rating()
		if b > a || b < 0 || a > ratingBest || MOS(b) > MOS(a) || MOS(b) < 1 || MOS(a) > 4.5 {
			t.Fatalf("%+v: R %v, MOS %v; worse: %v, %v", h, a, MOS(a), b, MOS(b))
		}
	})
}
