//go:build unix

package main

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"tring/audio"
	"tring/audio/wav"
)

// How near a tone must come to what was sent, and how long it may fail.
const (
	nearHz  = 5.0
	nearDB  = 1.0
	maxGap  = 50  // frames of 10 ms: a busy machine makes gaps, which the figures of sound measure on a free one
	longGap = 200 // frames: no busy machine makes such a one
	minTone = 80  // frames: shorter is no tone
	minPure = 40  // frames without a gap: what is measured
)

// listening is how long it is between two looks at a file of sound, which take time.
const listening = 300 * time.Millisecond

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

// tone FILE HZ [DBFS]: waits until the file, which a call may still be writing, holds
// this tone within 5 Hz and 1 dB, with no gap of half a second in it; without a level,
// until it holds the tone with whatever gaps a line has that drops what a busy machine
// makes late. With ! it holds none of this frequency, now.
func tone(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) == 3 && !neg || len(args) == 2, "tone FILE HZ [DBFS]")
	hz := number(ts, args[1])
	if neg {
		pcm, err := readSound(ts, args[0])
		ts.Check(err)
		if all := length(stretches(pcm, hz)); all >= minTone {
			ts.Fatalf("%s holds %v ms of %s Hz", args[0], 10*all, args[1])
		}
		return
	}
	missing := ""
	waitEach(ts, listening, patience, func() bool {
		pcm, err := readSound(ts, args[0])
		switch {
		case err != nil: // it may not have begun
			missing = err.Error()
		case len(args) == 2:
			missing = shorter(length(stretches(pcm, hz)))
		default:
			missing = lacking(pcm, hz, number(ts, args[2]))
		}
		return missing == ""
	}, func() string { return args[0] + " does not hold the tone: " + missing })
}

// shorter says that so many frames are no tone; nothing where they are.
func shorter(all int) string {
	if all >= minTone {
		return ""
	}
	return fmt.Sprintf("there are only %d ms of it", 10*all)
}

// lacking says what the best of the sound lacks to be a tone of this level without a
// long gap; nothing where it lacks nothing.
func lacking(pcm []int16, hz, level float64) string {
	missing := shorter(0)
	for _, s := range stretches(pcm, hz) {
		switch {
		case s.end-s.begin < minTone:
			continue
		case s.pure.end-s.pure.begin < minPure:
			missing = fmt.Sprintf("no more than %d ms are without a gap", 10*(s.pure.end-s.pure.begin))
			continue
		}
		// The edges fade in and out.
		middle := pcm[(s.pure.begin+10)*audio.FrameSamples : (s.pure.end-10)*audio.FrameSamples]
		gotHz, gotDB := audio.MeasureTone(middle)
		if math.Abs(gotHz-hz) <= nearHz && math.Abs(gotDB-level) <= nearDB {
			return ""
		}
		missing = fmt.Sprintf("it is %.1f Hz at %.2f dBFS", gotHz, gotDB)
	}
	return missing
}

// unbroken FILE HZ: from its first to its last there is no gap of two seconds in the
// tone: a busy machine makes shorter ones.
func unbroken(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) == 2 && !neg, "unbroken FILE HZ")
	pcm, err := readSound(ts, args[0])
	ts.Check(err)
	all := stretches(pcm, number(ts, args[1]))
	for i := 1; i < len(all); i++ {
		if gap := all[i].begin - all[i-1].end; gap >= longGap {
			ts.Fatalf("the tone in %s has a gap of %d ms", args[0], 10*gap)
		}
	}
}

// frames are those of a tone, from one to before another.
type frames struct{ begin, end int }

// stretch is a tone without a gap of half a second, and the longest of it without
// any.
type stretch struct {
	frames
	pure frames
}

// stretches finds the tone in what was heard.
func stretches(pcm []int16, hz float64) (all []stretch) {
	var now frames
	for i := range len(pcm) / audio.FrameSamples {
		if !sounds(pcm[i*audio.FrameSamples:(i+1)*audio.FrameSamples], hz) {
			continue
		}
		last := len(all) - 1
		if last < 0 || i-now.end >= maxGap {
			all, last = append(all, stretch{frames: frames{begin: i}}), last+1
		}
		if i > now.end || now.end == 0 {
			now.begin = i
		}
		now.end, all[last].end = i+1, i+1
		if now.end-now.begin > all[last].pure.end-all[last].pure.begin {
			all[last].pure = now
		}
	}
	return all
}

// length is how many frames there are from the first of the tone to its last.
func length(all []stretch) int {
	if len(all) == 0 {
		return 0
	}
	return all[len(all)-1].end - all[0].begin
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
