package host

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"tring/audio"
)

// speech is a buzz at 100 Hz with two formants, in syllables, with a hiss on top:
// as much of a voice as a judge of formats has to know.
func speech(seconds, rate int) []float64 {
	period := make([]float64, rate/100)
	for i := range period {
		for k := 1; k <= 25; k++ {
			hz := 100 * float64(k)
			weight := 1/(1+math.Abs(hz-600)/200) + 0.5/(1+math.Abs(hz-1800)/300)
			period[i] += weight * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	pcm := make([]float64, seconds*rate)
	for i := range pcm {
		syllable := math.Max(0, math.Sin(2*math.Pi*1.5*float64(i)/float64(rate)))
		pcm[i] = (period[i%len(period)] + random.NormFloat64()*0.1) * 1800 * syllable
	}
	return pcm
}

// tone is a sine of 1 kHz at 48 kHz, 10 dB under the most there is.
func tone(samples int) []float64 {
	pcm := make([]float64, samples)
	for i := range pcm {
		pcm[i] = 9830 * math.Sin(2*math.Pi*float64(i%48)/48)
	}
	return pcm
}

func TestWrongFormatsAreNamed(t *testing.T) {
	le, be := binary.LittleEndian.AppendUint16, binary.BigEndian.AppendUint16
	s16 := func(put func([]byte, uint16) []byte, channels int) func([]float64) []byte {
		return func(pcm []float64) (b []byte) {
			for _, v := range pcm {
				for range channels {
					b = put(b, uint16(int16(v)))
				}
			}
			return b
		}
	}
	u8 := func(pcm []float64) (b []byte) {
		for _, v := range pcm {
			b = append(b, byte(int(v)>>8+128))
		}
		return b
	}
	f32 := func(pcm []float64) (b []byte) {
		for _, v := range pcm {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v/32768)))
		}
		return b
	}
	random := rand.New(rand.NewPCG(3, 4))
	garbage := func(pcm []float64) []byte {
		b := make([]byte, 2*len(pcm))
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	silence := func(pcm []float64) []byte { return make([]byte, 2*len(pcm)) }
	for _, c := range []struct {
		name   string
		rate   int // samples a second of each channel
		encode func([]float64) []byte
		want   string // what the complaint holds; empty: there is none
		muted  bool   // most of it
	}{
		{"as wanted", 48000, s16(le, 1), "", false},
		{"silence", 48000, silence, "", false},
		{"big endian", 48000, s16(be, 1), "big endian", true},
		{"a tone, big endian", 48000, func(pcm []float64) []byte { return s16(be, 1)(tone(len(pcm))) }, "big endian", true},
		{"8 bit", 48000, u8, "8 bit", true},
		{"8 bit at twice the rate", 96000, u8, "8 bit", true},
		{"stereo at the pace of mono", 24000, s16(le, 2), "stereo", false},
		{"stereo", 48000, s16(le, 2), "stereo", false},
		{"44.1 kHz", 44100, s16(le, 1), "44100 Hz", false},
		{"16 kHz", 16000, s16(le, 1), "16000 Hz", false},
		{"8 kHz", 8000, s16(le, 1), "8000 Hz", false},
		{"32 bit floats", 48000, f32, "32 bit", false},
		{"garbage", 48000, garbage, "noise", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			complaints, muted := judge(c.encode(speech(8, c.rate)), 8*time.Second)
			all := strings.Join(complaints, "\n")
			if (c.want == "") != (all == "") || !strings.Contains(all, c.want) {
				t.Errorf("said %q, want %q", all, c.want)
			}
			if c.muted && muted < 0.4 || c.want == "" && muted > 0 {
				t.Errorf("%.0f %% of it are not played", 100*muted)
			}
			if len(complaints) > 3 {
				t.Errorf("%d complaints", len(complaints))
			}
		})
	}
}

// judge lets a format hear b at an even pace over so long, and tells what it said
// and the share of loud frames that it would not play.
func judge(b []byte, long time.Duration) (complaints []string, muted float64) {
	var f format
	n := len(b) / frameBytes
	loud, noisy := 0, 0
	for i := range n {
		frame := b[i*frameBytes:][:frameBytes]
		complaint, noise := f.hear(frame, long*time.Duration(i)/time.Duration(n))
		if complaint != "" {
			complaints = append(complaints, complaint)
		}
		if noise {
			noisy++
		}
		if measure(frame, binary.LittleEndian.Uint16).square > faintSquare {
			loud++
		}
	}
	return complaints, float64(noisy) / float64(max(loud, 1))
}

// Spoken words are never taken for something else.
func TestAVoiceIsNoWrongFormat(t *testing.T) {
	wav, err := os.ReadFile("/usr/share/sounds/alsa/Front_Center.wav")
	if err != nil {
		t.Skip("SKIPPED: no recorded voice here (alsa-utils has one): ", err)
	}
	b := bytes.Repeat(wav[44:], 8)
	long := time.Duration(len(b)/2) * time.Second / audio.Rate
	if complaints, muted := judge(b, long); len(complaints) > 0 || muted > 0 {
		t.Errorf("said %q, and played %.1f %% of it not", complaints, 100*muted)
	}
}

// A line that stalls and catches up has a pace for a while that is not its
// format's.
func TestAStallIsNoWrongPace(t *testing.T) {
	var f format
	frame := make([]byte, frameBytes)
	for i := range 6000 {
		at := time.Duration(i) * audio.FrameDuration
		if held := at % (7 * time.Second); held > 3*time.Second {
			at += 7*time.Second - held // it comes with the next
		}
		if complaint, _ := f.hear(frame, at); complaint != "" {
			t.Fatalf("at %v it said %q", at, complaint)
		}
	}
}

// A recorder's clock wavers: what was said of its pace is not said again with
// another figure.
func TestAWrongPaceIsToldOnce(t *testing.T) {
	var f format
	var complaints []string
	frame, at := make([]byte, frameBytes), time.Duration(0)
	for i := range 12_000 {
		at += audio.FrameDuration*48_000/44_100 + time.Duration(i/200%7)*5*time.Microsecond
		if complaint, _ := f.hear(frame, at); complaint != "" {
			complaints = append(complaints, complaint)
		}
	}
	if len(complaints) != 1 || !strings.Contains(complaints[0], "44100 Hz (88") {
		t.Errorf("in two minutes it said %q", complaints)
	}
}

func TestFilesAreKnownByTheirHeaders(t *testing.T) {
	for header, want := range map[string]string{
		"RIFF\x24\xf0\xff\x7fWAVEfmt ":     "a WAV file",
		"OggS\x00\x02\x00\x00":             "an Ogg file",
		"fLaC\x00\x00\x00\x22":             "a FLAC file",
		".snd\x00\x00\x00\x1c":             "an AU file",
		"FORM\x00\x00\x00\x00AIFF":         "an AIFF file",
		SoundGreeting:                      "the sound of a tring, which belongs to the subsystem audio-opus",
		"\x00\x00\x01\x00\xff\xff\x02\x00": "",
	} {
		if got := fileType([]byte(header)); got != want {
			t.Errorf("%q is %q, want %q", header, got, want)
		}
	}
}
