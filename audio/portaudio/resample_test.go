package portaudio

import (
	"fmt"
	"math"
	"testing"
)

// sine returns a tone of half the full scale.
func sine(hz float64, rate, n int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(math.Round(16384 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))))
	}
	return pcm
}

// fit returns the level in dB below full scale of the sine of hz in pcm, and of all
// the rest.
func fit(pcm []int16, hz float64, rate int) (tone, rest float64) {
	var c, s float64
	w := 2 * math.Pi * hz / float64(rate)
	for i, v := range pcm {
		c += float64(v) * math.Cos(w*float64(i))
		s += float64(v) * math.Sin(w*float64(i))
	}
	n := float64(len(pcm))
	c, s = 2*c/n, 2*s/n
	var error2 float64
	for i, v := range pcm {
		d := float64(v) - c*math.Cos(w*float64(i)) - s*math.Sin(w*float64(i))
		error2 += d * d
	}
	db := func(power float64) float64 { return 10 * math.Log10(power/(32768*32768)+1e-20) }
	return db((c*c + s*s) / 2), db(error2 / n)
}

// A tone keeps its level and its frequency, with noise as low as 16 bits allow, in
// both directions of every usual rate.
func TestResampleTone(t *testing.T) {
	const hz, second = 1000.0, 1
	for _, rate := range []int{8000, 11025, 16000, 22050, 32000, 44100, 88200, 96000, 192000} {
		for _, r := range [][2]int{{rate, 48000}, {48000, rate}} {
			t.Run(fmt.Sprintf("%d to %d", r[0], r[1]), func(t *testing.T) {
				from, to := r[0], r[1]
				rs, err := newResampler(from, to)
				if err != nil {
					t.Fatal(err)
				}
				out := make([]int16, rs.outputFor(second*from))
				if n := rs.process(out, sine(hz, from, second*from)); n != len(out) {
					t.Fatalf("process wrote %d samples, outputFor promised %d", n, len(out))
				}
				if len(out) != to {
					t.Errorf("one second became %d samples, want %d", len(out), to)
				}
				settled := out[to/10:][:to/2]
				tone, rest := fit(settled, hz, to)
				if want := -20*math.Log10(2) - 10*math.Log10(2); math.Abs(tone-want) > 0.02 {
					t.Errorf("the tone has %.2f dB, want %.2f", tone, want)
				}
				if rest > -85 {
					t.Errorf("the noise has %.1f dB, want below -85", rest)
				}
			})
		}
	}
}

// What lies above the lower rate's half must not fold back into the voice.
func TestResampleKeepsAliasesOut(t *testing.T) {
	for _, tt := range []struct {
		from, to int
		hz       float64
	}{{48000, 16000, 10000}, {48000, 8000, 5000}, {96000, 48000, 30000}, {48000, 44100, 22500}} {
		rs, err := newResampler(tt.from, tt.to)
		if err != nil {
			t.Fatal(err)
		}
		out := make([]int16, rs.outputFor(tt.from))
		rs.process(out, sine(tt.hz, tt.from, tt.from))
		if _, rest := fit(out[tt.to/10:], 1, tt.to); rest > -80 {
			t.Errorf("%d to %d Hz: a tone of %.0f Hz leaves %.1f dB, want below -80", tt.from, tt.to, tt.hz, rest)
		}
	}
}

// A reader asks for exactly the inputs that make its 480 samples, block after block.
func TestResampleBlocks(t *testing.T) {
	for _, from := range []int{8000, 11025, 22050, 44100, 48000, 96000} {
		rs, err := newResampler(from, 48000)
		if err != nil {
			t.Fatal(err)
		}
		total, out := 0, make([]int16, 480)
		for range 1000 {
			n := rs.inputFor(480)
			total += n
			if promised := rs.outputFor(n); promised < 480 {
				t.Fatalf("from %d Hz: inputFor(480) = %d, but outputFor(%d) = %d", from, n, n, promised)
			}
			if n := rs.process(out, make([]int16, n)); n != 480 {
				t.Fatalf("from %d Hz: a block gave %d samples, want 480", from, n)
			}
		}
		if want := from * 10; total < want-1 || total > want+1 {
			t.Errorf("from %d Hz: ten seconds took %d samples, want %d", from, total, want)
		}
	}
}

func TestResampleRefuses(t *testing.T) {
	for _, r := range [][2]int{{0, 48000}, {-1, 48000}, {44101, 48000}, {48000, 1e9}} {
		if _, err := newResampler(r[0], r[1]); err == nil {
			t.Errorf("newResampler(%d, %d) gave no error", r[0], r[1])
		}
	}
}
