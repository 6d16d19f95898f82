package host

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"tring/audio"
)

// wantedSound is what a channel of raw samples carries, in words and as stock
// tools are told.
const wantedSound = "wanted is raw 16 bit little endian, 48000 Hz, one channel (-t raw -f S16_LE -r 48000 -c 1)"

// frameBytes is a frame as raw samples.
const frameBytes = 2 * audio.FrameSamples

// magics are the first bytes of formats that people send by mistake.
var magics = []struct{ first, name string }{ // a constant in all but syntax
	{"RIFF", "a WAV file"},
	{"RIFX", "a WAV file"},
	{"RF64", "a WAV file"},
	{"OggS", "an Ogg file"},
	{"fLaC", "a FLAC file"},
	{"ID3", "an MP3 file"},
	{"FORM", "an AIFF file"},
	{".snd", "an AU file"},
	{"caff", "a CAF file"},
	{"\x1aE\xdf\xa3", "a Matroska or WebM file"},
	{SoundGreeting[:8], "the sound of a tring, which belongs to the subsystem audio-opus"},
}

// magicMost is how many bytes are enough to know them all.
const magicMost = 8

// fileType names the format whose header this is; empty is none that is known.
func fileType(first []byte) string {
	for _, m := range magics {
		if bytes.HasPrefix(first, []byte(m.first)) {
			return m.name
		}
	}
	return ""
}

// What sound looks like. Neighbouring samples of speech at 48 kHz are close to
// each other; those of noise are not, and their differences have twice its
// power.
const (
	loudSquare   = 6000.0 * 6000   // −15 dBFS
	overSquare   = 23600.0 * 23600 // a full sine has 23170
	rough        = 1.2
	swappedRough = 8 // so much smoother is sound when its bytes are swapped back
	faintSquare  = 100.0 * 100
	judged       = 50 // loud enough frames that are judged together: half a second of sound
	most         = judged * 6 / 10
)

// format watches raw samples for being something else. It is pure, allocates
// nothing but its complaints, and belongs to one goroutine.
type format struct {
	frames, swapped, narrow, paired, noisy int

	said  map[string]bool
	paced pace
}

// hear judges a frame of 10 ms. Noise is what must not be played: it is as loud
// as sound gets, and none. A complaint is told once, whatever the figure in it.
func (j *format) hear(frame []byte, now time.Duration) (complaint string, noise bool) {
	if rate := j.paced.count(len(frame), now); rate > 0 {
		return j.once(paceName(rate), fmt.Sprintf(" (%.0f bytes a second, not %d)", rate, 2*audio.Rate)), false
	}
	little := measure(frame, binary.LittleEndian.Uint16)
	big := measure(frame, binary.BigEndian.Uint16)
	swapped := little.square > loudSquare && big.roughness() < little.roughness()/swappedRough
	noise = swapped || little.square > loudSquare && little.roughness() > rough || little.square+little.mean*little.mean > overSquare
	if little.square+little.mean*little.mean < faintSquare {
		return "", noise
	}
	j.frames++
	if noise {
		j.noisy++
	}
	if swapped {
		j.swapped++
	}
	if noise && around128(frame) {
		j.narrow++
	}
	if little.within < little.between/8 {
		j.paired++
	}
	if j.frames < judged {
		return "", noise
	}
	return j.once(j.verdict(), ""), noise
}

// verdict is what the frames counted so far are, if that is wrong; they are
// counted anew then.
func (j *format) verdict() string {
	defer func() { j.frames, j.swapped, j.narrow, j.paired, j.noisy = 0, 0, 0, 0, 0 }()
	switch {
	case j.narrow > most:
		return "8 bit"
	case j.swapped > most:
		return "big endian, or a byte was lost"
	case j.paired > most:
		return "stereo"
	case j.noisy > most:
		return "noise at full level, which nobody is made to hear"
	}
	return ""
}

func (j *format) once(what, figure string) string {
	if what == "" || j.said[what] {
		return ""
	}
	if j.said == nil {
		j.said = make(map[string]bool)
	}
	j.said[what] = true
	return "what comes is " + what + figure + "; " + wantedSound
}

// measured is what a frame looks like, read as samples in some way.
type measured struct {
	mean, square    float64 // the square about the mean
	differences     float64 // mean square of the differences of neighbours
	within, between float64 // the same of the samples 0 and 1, and of 1 and 2, and so on
}

func (m measured) roughness() float64 { return m.differences / max(m.square, 1) }

func measure(frame []byte, read func([]byte) uint16) (m measured) {
	n := float64(len(frame) / 2)
	last := 0.0
	for i := 0; i+1 < len(frame); i += 2 {
		v := float64(int16(read(frame[i:])))
		m.mean += v
		m.square += v * v
		if d := (v - last) * (v - last); i%4 == 2 {
			m.within += d
		} else if i > 0 {
			m.between += d
		}
		last = v
	}
	m.mean /= n
	m.square = max(m.square/n-m.mean*m.mean, 0)
	m.differences = (m.within + m.between) / n
	return m
}

// around128 tells whether the bytes are samples of 8 bit without a sign.
func around128(frame []byte) bool {
	near := 0
	for _, b := range frame {
		if math.Abs(float64(b)-128) < 64 {
			near++
		}
	}
	return near > len(frame)*95/100
}

// pace finds out how many samples a second come.
type pace struct {
	began   time.Duration
	bytes   int
	windows int // in a row that agreed with the one before
	rate    float64
	set     bool
}

const (
	paceWindow = 2 * time.Second
	paceSame   = 0.03 // two windows of the same pace differ by less
	paceWrong  = 0.05 // and of the wrong one by more
	paceSure   = 3    // windows in a row
)

// count takes bytes, and tells how many come in a second once it is sure that they
// are too many or too few. What is held up and comes later makes two windows
// differ, and proves nothing.
func (p *pace) count(n int, now time.Duration) (wrong float64) {
	if !p.set {
		p.began, p.set = now, true
		return 0 // what piled up before
	}
	p.bytes += n
	long := now - p.began
	if long < paceWindow {
		return 0
	}
	rate := float64(p.bytes) / long.Seconds()
	if math.Abs(rate-p.rate) < paceSame*p.rate && math.Abs(rate/(2*audio.Rate)-1) > paceWrong {
		p.windows++
	} else {
		p.windows = 1
	}
	p.rate, p.began, p.bytes = rate, now, 0
	if p.windows < paceSure {
		return 0
	}
	p.windows = 0
	return rate
}

// paceName explains a wrong pace by the format that has it.
func paceName(rate float64) string {
	for _, known := range []struct {
		rate float64
		name string
	}{
		{16000, "8000 Hz"},
		{32000, "16000 Hz"},
		{44100, "22050 Hz, or 44100 Hz with 8 bit"},
		{48000, "24000 Hz, or has 8 bit"},
		{64000, "32000 Hz"},
		{88200, "44100 Hz"},
		{176400, "44100 Hz in stereo"},
		{192000, "stereo, or has 32 bit"},
		{384000, "stereo of 32 bit"},
	} {
		if math.Abs(rate/known.rate-1) < paceSame {
			return known.name
		}
	}
	if rate > 2*audio.Rate {
		return "faster than sound"
	}
	return "slower than sound"
}
