//go:build unix

package main

import (
	"math"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"tring/audio"
	"tring/audio/wav"
)

// How near a tone must come to what was sent, and how long it may fail.
const (
	nearHz  = 5.0
	nearDB  = 1.0
	maxGap  = 50 // frames of 10 ms: a busy machine makes gaps, which the figures of sound measure on a free one
	minTone = 80 // frames: shorter is no tone
	minPure = 40 // frames without a gap: what is measured
)

// mktone FILE HZ SECONDS DBFS: a sine of this RMS level.
func makeTone(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 4, "mktone FILE HZ SECONDS DBFS")
	hz, seconds, level := number(ts, args[1]), number(ts, args[2]), number(ts, args[3])
	pcm := make([]int16, int(seconds*audio.Rate))
	amplitude := 32767 * math.Sqrt2 * math.Pow(10, level/20)
	for i := range pcm {
		pcm[i] = int16(math.Round(amplitude * math.Sin(2*math.Pi*hz*float64(i)/audio.Rate)))
	}
	ts.Check(wav.Write(ts.MkAbs(args[0]), pcm))
}

// tone FILE HZ [DBFS]: the file holds this tone, within 5 Hz and 1 dB, with no gap
// of half a second in it; without a level, it holds the tone with whatever gaps a line has
// that drops what a busy machine makes late. With ! it holds none of this frequency.
func tone(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) == 3 && !neg || len(args) == 2, "tone FILE HZ [DBFS]")
	pcm, err := wav.Read(ts.MkAbs(args[0]))
	ts.Check(err)
	hz := number(ts, args[1])
	all, pure, gap := stretch(pcm, hz)
	if neg {
		if all >= minTone {
			ts.Fatalf("%s holds %v ms of %s Hz", args[0], 10*all, args[1])
		}
		return
	}
	if all < minTone {
		ts.Fatalf("%s (%d ms) holds only %d ms of %s Hz", args[0], len(pcm)/48, 10*all, args[1])
	}
	if len(args) == 2 {
		return
	}
	if gap >= maxGap || pure.end-pure.begin < minPure {
		ts.Fatalf("the tone in %s has a gap of %d ms, and no more than %d ms without one", args[0], 10*gap, 10*(pure.end-pure.begin))
	}
	// The edges fade in and out.
	middle := pcm[(pure.begin+10)*audio.FrameSamples : (pure.end-10)*audio.FrameSamples]
	gotHz, gotDB := audio.MeasureTone(middle)
	if math.Abs(gotHz-hz) > nearHz || math.Abs(gotDB-number(ts, args[2])) > nearDB {
		ts.Fatalf("the tone in %s is %.1f Hz at %.2f dBFS, not %s Hz at %s dBFS", args[0], gotHz, gotDB, args[1], args[2])
	}
	ts.Logf("%s: %d ms of %.1f Hz at %.2f dBFS, longest gap %d ms", args[0], 10*all, gotHz, gotDB, 10*gap)
}

// unbroken is a tone without a gap, from one frame to before another.
type unbroken struct{ begin, end int }

// stretch finds how many frames there are from the first of the tone to its last,
// the longest of it without a gap, and its longest gap.
func stretch(pcm []int16, hz float64) (all int, pure unbroken, gap int) {
	first, now := -1, unbroken{}
	for i := range len(pcm) / audio.FrameSamples {
		if !sounds(pcm[i*audio.FrameSamples:(i+1)*audio.FrameSamples], hz) {
			continue
		}
		switch {
		case first < 0:
			first, now.begin = i, i
		case i > now.end:
			gap = max(gap, i-now.end)
			now.begin = i
		}
		now.end = i + 1
		if now.end-now.begin > pure.end-pure.begin {
			pure = now
		}
	}
	if first < 0 {
		return 0, unbroken{}, 0
	}
	return now.end - first, pure, gap
}

// sounds says whether most of a frame's power is at hz (Goertzel's algorithm).
func sounds(frame []int16, hz float64) bool {
	w := 2 * math.Pi * hz / audio.Rate
	var s1, s2, power float64
	for _, v := range frame {
		s := float64(v) + 2*math.Cos(w)*s1 - s2
		s1, s2 = s, s1
		power += float64(v) * float64(v)
	}
	at := (s1*s1 + s2*s2 - 2*math.Cos(w)*s1*s2) * 2 / float64(len(frame))
	loud := power/float64(len(frame)) > 100*100 // −50 dBFS
	return loud && at > 0.5*power
}

func number(ts *testscript.TestScript, text string) float64 {
	n, err := strconv.ParseFloat(text, 64)
	ts.Check(err)
	return n
}
