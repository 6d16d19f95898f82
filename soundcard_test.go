//go:build unix

package main

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"

	"tring/audio"
	"tring/audio/wav"
)

// soundcard NAME: what follows has a virtual sound card of this name, which is
// made by testdata/vaudio when first named and goes when the script ends.
func soundcard(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "soundcard NAME")
	dir := ts.MkAbs("card-" + args[0])
	if _, err := os.Stat(filepath.Join(dir, "env")); err != nil {
		here, err := os.Getwd()
		ts.Check(err)
		command := append(urgently(ts), filepath.Join(here, "testdata", "vaudio"), dir)
		out, err := exec.Command(command[0], command[1:]...).CombinedOutput()
		if err != nil {
			ts.Fatalf("no virtual sound card: %v\n%s", err, out)
		}
		ts.Defer(func() { endCard(dir) })
	}
	data, err := os.ReadFile(filepath.Join(dir, "env"))
	ts.Check(err)
	for line := range strings.Lines(string(data)) {
		name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		if ok {
			ts.Setenv(name, strings.Trim(value, `"`))
		}
	}
}

func endCard(dir string) {
	data, err := os.ReadFile(filepath.Join(dir, "pid"))
	if err != nil {
		return // it never started
	}
	if pid, err := strconv.Atoi(strings.TrimSpace(string(data))); err == nil {
		_ = syscall.Kill(pid, syscall.SIGTERM) // it may have ended
	}
}

// likeness is the least correlation of two loudness curves that are the same
// speech, which is 0.9 and more, and 0.6 where a busy machine tears it; that of two
// different sentences is below 0.4.
const likeness = 0.5

// speech FILE SPOKEN: waits until what was spoken can be heard in the file, which a
// call may still be writing: its loudness rises and falls as that of the spoken file
// does, somewhere in it. With !, it does not, now.
func speech(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) == 2, "speech FILE SPOKEN")
	spoken, err := wav.Read(ts.MkAbs(args[1]))
	ts.Check(err)
	var got float64
	like := func() bool {
		heard, err := readSound(ts, args[0])
		if neg {
			ts.Check(err)
		}
		got = alike(loudness(heard), loudness(spoken))
		return got >= likeness
	}
	says := func() string {
		return fmt.Sprintf("%s is like %s by %.3f; it takes %.2f", args[0], args[1], got, likeness)
	}
	if !neg {
		waitEach(ts, listening, 3*patience, like, says)
	} else if like() {
		ts.Fatalf("%s", says())
	}
	ts.Logf("%s", says())
}

// repeat FILE TIMES OUT: what is spoken again and again, with a second between.
func repeat(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 3, "repeat FILE TIMES OUT")
	once, err := wav.Read(ts.MkAbs(args[0]))
	ts.Check(err)
	once = append(once, make([]int16, audio.Rate)...)
	ts.Check(wav.Write(ts.MkAbs(args[2]), slices.Repeat(once, int(number(ts, args[1])))))
}

// alike is the mean correlation of each second of what was spoken with what was
// heard at its place. A jitter buffer that adapts squeezes and stretches, so each
// second may lie a little beside its place.
func alike(heard, spoken []float64) float64 {
	const second, beside = 50, 8 // windows of 20 ms
	at, _ := place(heard, spoken, 0, len(heard))
	var sum, n float64
	for i := 0; i+second <= len(spoken); i += second {
		_, best := place(heard, spoken[i:i+second], at+i-beside, at+i+beside)
		sum += best
		n++
	}
	return sum / n
}

// place finds where the curve is in what was heard, from one offset to another.
func place(heard, curve []float64, from, to int) (at int, best float64) {
	for i := max(0, from); i <= min(to, len(heard)-len(curve)); i++ {
		if c := correlation(heard[i:i+len(curve)], curve); c > best {
			at, best = i, c
		}
	}
	return at, best
}

// loudness is the level of each 20 ms, in decibels over a floor of −60 dBFS.
func loudness(pcm []int16) []float64 {
	const window = 2 * audio.FrameSamples
	curve := make([]float64, len(pcm)/window)
	for i := range curve {
		var power float64
		for _, v := range pcm[i*window : (i+1)*window] {
			power += float64(v) * float64(v)
		}
		rms := math.Sqrt(power/window) / 32768
		curve[i] = max(0, 60+20*math.Log10(rms+1e-9))
	}
	return curve
}

// correlation is Pearson's, of two series of one length.
func correlation(a, b []float64) float64 {
	var ma, mb float64
	for i := range a {
		ma += a[i] / float64(len(a))
		mb += b[i] / float64(len(b))
	}
	var ab, aa, bb float64
	for i := range a {
		ab += (a[i] - ma) * (b[i] - mb)
		aa += (a[i] - ma) * (a[i] - ma)
		bb += (b[i] - mb) * (b[i] - mb)
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}
