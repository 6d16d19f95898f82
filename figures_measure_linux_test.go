package main

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tring/audio"
	"tring/audio/opus"
	"tring/audio/score"
	"tring/audio/wav"
)

// figures are what was measured of one call, from one mouth to one ear.
type figures struct {
	delay     time.Duration // the median piece's, mouth to ear
	mean      time.Duration
	pieces    []score.Piece // with their delays, mouth to ear
	spike     time.Duration // when the lone one began, in what was spoken
	found     float64       // part of the pieces
	stoi      float64
	lsd       float64
	concealed float64 // percent, as the phone says
	cpu       float64 // percent of a core, of the mean phone
}

// calm is how many packets pass before the weather begins, so that the call's
// beginning is known to the packet. Then a telephone has a moment to hear of the
// weather before it is measured.
const (
	calm    = 100
	warning = 3 * time.Second
)

// spokenText is what is spoken: half a minute of a person, or of a synthesiser where
// the recordings of alsa-utils are not installed.
func spokenText(t *testing.T) []int16 {
	t.Helper()
	pcm := make([]int16, audio.Rate/2)
	names, _ := filepath.Glob("/usr/share/sounds/alsa/*_*.wav") // without Noise.wav
	if len(names) == 0 {
		t.Log("no /usr/share/sounds/alsa (alsa-utils): espeak-ng speaks instead of a person")
		file := filepath.Join(t.TempDir(), "spoken.wav")
		text := "The quick telephone rings in the terminal. Hello Bob, this is Alice speaking. " +
			"Seventeen boats sailed slowly past our harbour, and nobody on the pier looked up."
		if out, err := exec.Command("espeak-ng", "-v", "en", "-w", file, text).CombinedOutput(); err != nil {
			t.Skipf("nobody speaks: %v\n%s", err, out)
		}
		names = []string{file}
	}
	slices.Sort(names)
	r := rand.New(rand.NewPCG(26, 11))
	for len(pcm) < 26*audio.Rate {
		// Never in the same order: what repeats could be found a round later.
		r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for _, name := range names {
			part, err := wav.Read(name)
			if err != nil {
				t.Fatal(err)
			}
			pcm = append(pcm, part...)
		}
	}
	return append(pcm[:26*audio.Rate], make([]int16, audio.Rate/2)...)
}

// judge measures what was heard of what was spoken, from a time on. The offset
// tells, for a sample of spoken, how much later sample 0 of heard was heard than
// sample 0 of spoken would have been said.
func judge(spoken, heard []int16, offset func(sample int) time.Duration, from time.Duration) figures {
	pieces := score.Align(spoken, heard)
	straight := score.Straighten(spoken, heard, pieces)
	begin := min(int(from*audio.Rate/time.Second), len(spoken))
	f := figures{stoi: score.STOI(spoken[begin:], straight[begin:]), lsd: score.LogSpectralDistance(spoken[begin:], straight[begin:])}
	for _, p := range pieces {
		if p.At >= begin {
			p.Delay += int(offset(p.At) * audio.Rate / time.Second)
			f.pieces = append(f.pieces, p)
		}
	}
	f.found = score.Found(f.pieces)
	if median, ok := score.MedianDelay(f.pieces); ok {
		f.delay = samples(median)
	}
	if mean, ok := score.MeanDelay(f.pieces); ok {
		f.mean = samples(mean)
	}
	return f
}

func samples(n int) time.Duration { return time.Duration(n) * time.Second / audio.Rate }

// errUnknownBeginning: what was sent does not look like what was spoken.
var errUnknownBeginning = errors.New("the sizes of the packets do not tell where in the file the call began")

// mouth knows when each sample of the file was said, seen from outside: the
// packets' sizes tell which of the file's packets each is, and a packet leaves
// when its last sample was said. Sound is encrypted, its size is not.
type mouth struct {
	size  int         // samples in a packet
	first int         // the first packet's number in the file
	since []time.Time // for each packet sent, when sample 0 was said by that
}

func mouthOf(spoken []int16, sent []sighting) (mouth, error) {
	if len(sent) < calm {
		return mouth{}, errUnknownBeginning
	}
	m := mouth{size: int(sent[1].time - sent[0].time)}
	sizes, err := sizesOf(spoken, m.size)
	if err != nil {
		return m, err
	}
	number := func(s sighting) int { return int(int32(s.time-sent[0].time)) / m.size }
	best := 0
	for shift := range len(sizes) - calm {
		overheads := map[int]int{}
		for _, s := range sent[5 : calm-10] {
			if at := number(s) + shift; at < len(sizes) {
				overheads[s.size-sizes[at]]++
			}
		}
		for _, count := range overheads {
			if count > best {
				best, m.first = count, shift
			}
		}
	}
	if best < calm/2 {
		return m, errUnknownBeginning
	}
	for _, s := range sent {
		m.since = append(m.since, s.at.Add(-samples((number(s)+m.first+1)*m.size)))
	}
	return m, nil
}

// saidSince is when sample 0 was said, by the packets around a sample: a phone
// that a busy machine stops for a while says the rest later.
func (m mouth) saidSince(sample int) time.Time {
	const around = 12
	at := min(max(sample/m.size-m.first, around), len(m.since)-around)
	return early(m.since[at-around : at+around])
}

// early is the time that a tenth of all are not later than: without what a busy
// machine added, and without trusting a single one.
func early(times []time.Time) time.Time {
	times = slices.Clone(times)
	slices.SortFunc(times, func(a, b time.Time) int { return cmp.Compare(a.UnixNano(), b.UnixNano()) })
	return times[len(times)/10]
}

// sizesOf are the sizes of the packets that a phone without losses makes of it.
func sizesOf(spoken []int16, size int) ([]int, error) {
	encoder, err := opus.Codec{}.NewEncoder()
	if err != nil {
		return nil, err
	}
	if err := encoder.Configure(audio.Coding{Bitrate: 32000, Complexity: 10}); err != nil {
		return nil, err
	}
	var sizes []int
	packet := make([]byte, audio.MaxPayload)
	for at := 0; at+size <= len(spoken); at += size {
		n, err := encoder.Encode(spoken[at:at+size], packet)
		if err != nil {
			return nil, err
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}

// ear watches a speaker's file grow, to know when each sample was heard.
type ear struct {
	path string
	stop chan struct{}
	done chan []time.Time // for each growth, when sample 0 was heard by that
}

func listenTo(path string) *ear {
	e := &ear{path, make(chan struct{}), make(chan []time.Time, 1)}
	go e.watch()
	return e
}

func (e *ear) watch() {
	const header = 44
	var since []time.Time
	var known int64
	tick := time.NewTicker(500 * time.Microsecond)
	defer tick.Stop()
	for {
		select {
		case <-e.stop:
			e.done <- since
			return
		case <-tick.C:
		}
		info, err := os.Stat(e.path)
		if err != nil || info.Size() == known || info.Size() <= header {
			continue
		}
		// A frame is heard from when it was written on.
		known = info.Size()
		before := int(known-header)/2 - audio.FrameSamples
		since = append(since, time.Now().Add(-samples(before)))
	}
}

// heardSince is when sample 0 of the file was heard.
func (e *ear) heardSince() (time.Time, error) {
	close(e.stop)
	times := <-e.done
	if len(times) < 50 {
		return time.Time{}, errors.New("the speaker's file did not grow")
	}
	return early(times[len(times)/4:]), nil
}
