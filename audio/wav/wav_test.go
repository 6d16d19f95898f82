package wav_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tring/audio"
	"tring/audio/wav"
	"tring/guard/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// layout is how a test writes a file.
type layout struct {
	tag, channels, bits, rate int
	extensible                bool
}

// file writes a tone of 1 kHz at half of full scale, as laid out.
func (l layout) file(seconds float64) []byte {
	var data []byte
	le := binary.LittleEndian
	for i := range int(seconds * float64(l.rate)) {
		v := 0.5 * math.Sin(2*math.Pi*1000*float64(i)/float64(l.rate))
		for range l.channels {
			switch {
			case l.tag == 3 && l.bits == 64:
				data = le.AppendUint64(data, math.Float64bits(v))
			case l.tag == 3:
				data = le.AppendUint32(data, math.Float32bits(float32(v)))
			case l.bits == 8:
				data = append(data, byte(128+math.Round(v*127)))
			case l.bits == 16:
				data = le.AppendUint16(data, uint16(int16(v*32767)))
			case l.bits == 24:
				n := int32(v * (1<<23 - 1))
				data = append(data, byte(n), byte(n>>8), byte(n>>16))
			default:
				data = le.AppendUint32(data, uint32(int32(v*(1<<31-1))))
			}
		}
	}
	return riff(chunk("fmt ", l.format()), chunk("data", data))
}

func (l layout) format() []byte {
	tag := l.tag
	if l.extensible {
		tag = 0xFFFE
	}
	le := binary.LittleEndian
	b := le.AppendUint16(nil, uint16(tag))
	b = le.AppendUint16(b, uint16(l.channels))
	b = le.AppendUint32(b, uint32(l.rate))
	b = le.AppendUint32(b, uint32(l.rate*l.channels*l.bits/8))
	b = le.AppendUint16(b, uint16(l.channels*l.bits/8))
	b = le.AppendUint16(b, uint16(l.bits))
	if l.extensible {
		b = le.AppendUint16(b, 22)
		b = le.AppendUint16(b, uint16(l.bits))
		b = le.AppendUint32(b, 0)
		b = le.AppendUint16(b, uint16(l.tag))
		b = append(b, "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"...)
	}
	return b
}

func chunk(id string, body []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(id), uint32(len(body)))
	if b = append(b, body...); len(body)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

func riff(chunks ...[]byte) []byte {
	body := append([]byte("WAVE"), bytes.Join(chunks, nil)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// save puts bytes into a file of the test.
func save(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.wav")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var plain = layout{tag: 1, channels: 1, bits: 16, rate: 48000}

func TestReadsWhatOthersWrite(t *testing.T) {
	tests := []struct {
		name string
		layout
	}{
		{"16 bit 48 kHz", plain},
		{"8 bit", layout{tag: 1, channels: 1, bits: 8, rate: 48000}},
		{"24 bit", layout{tag: 1, channels: 1, bits: 24, rate: 48000}},
		{"32 bit", layout{tag: 1, channels: 1, bits: 32, rate: 48000}},
		{"float", layout{tag: 3, channels: 1, bits: 32, rate: 48000}},
		{"float of 64 bits", layout{tag: 3, channels: 1, bits: 64, rate: 48000}},
		{"stereo", layout{tag: 1, channels: 2, bits: 16, rate: 48000}},
		{"six channels, extensible", layout{tag: 1, channels: 6, bits: 24, rate: 48000, extensible: true}},
		{"telephone rate", layout{tag: 1, channels: 1, bits: 16, rate: 8000}},
		{"compact disc", layout{tag: 1, channels: 2, bits: 16, rate: 44100}},
		{"studio", layout{tag: 3, channels: 2, bits: 32, rate: 96000, extensible: true}},
		{"an odd rate", layout{tag: 1, channels: 1, bits: 16, rate: 12345}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			pcm, err := wav.Read(save(t, test.file(0.5)))
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(float64(len(pcm))-audio.Rate/2) > 10 {
				t.Errorf("%d samples of half a second", len(pcm))
			}
			middle := pcm[len(pcm)/10 : len(pcm)*9/10]
			hz, level := audio.MeasureTone(middle)
			if math.Abs(hz-1000) > 1 || math.Abs(level+9.03) > 0.1 {
				t.Errorf("%.2f Hz at %.2f dBFS, want 1000 at −9.03", hz, level)
			}
			if noise := residue(middle, 1000); noise > -40 || (test.bits > 8 && noise > -75) {
				t.Errorf("noise at %.1f dB under the tone", noise)
			}
		})
	}
}

// residue is what is left beside the tone, in dB relative to it.
func residue(pcm []int16, hz float64) float64 {
	var s, c, all float64
	n := len(pcm) / audio.FrameSamples * audio.FrameSamples // whole periods
	for i, v := range pcm[:n] {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / audio.Rate)
		s, c, all = s+float64(v)*sin, c+float64(v)*cos, all+float64(v)*float64(v)
	}
	tone := 2 * (s*s + c*c) / float64(n)
	return 10 * math.Log10((math.Abs(all-tone)+1)/tone)
}

func TestReadsOddFiles(t *testing.T) {
	whole := plain.file(0.1)
	samples := whole[44:]
	unfinished := bytes.Clone(whole)
	copy(unfinished[40:], "\x00\x00\x00\x00")
	tests := []struct {
		name string
		file []byte
		want int // samples
	}{
		{"other chunks before, of odd size", riff(chunk("LIST", []byte("odd")), chunk("fmt ", plain.format()), chunk("fact", []byte("1234")), chunk("data", samples)), 4800},
		{"other chunks behind", riff(chunk("fmt ", plain.format()), chunk("data", samples), chunk("LIST", make([]byte, 40))), 4800},
		{"cut short", whole[:44+2001], 1000},
		{"a size of 4 GB", append(bytes.Clone(whole[:40]), append([]byte("\xff\xff\xff\xff"), samples...)...), 4800},
		{"a size never filled in", unfinished, 4800},
		{"no samples, but a chunk behind", riff(chunk("fmt ", plain.format()), chunk("data", nil), chunk("LIST", make([]byte, 40))), 0},
		{"header alone", whole[:44], 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			pcm, err := wav.Read(save(t, test.file))
			if err != nil || len(pcm) != test.want {
				t.Errorf("%d samples, %v; want %d", len(pcm), err, test.want)
			}
		})
	}
}

func TestSaysWhatIsWrongWithAFile(t *testing.T) {
	folder := t.TempDir()
	good := save(t, plain.file(0.1))
	law := layout{tag: 7, channels: 1, bits: 8, rate: 8000}
	tests := []struct {
		name, in, out, want string
	}{
		{"missing", filepath.Join(folder, "no.wav"), "", "no such file or directory"},
		{"a folder", folder, "", "not a file"},
		{"empty", save(t, nil), "", `not a WAV file (it begins with "")`},
		{"text", save(t, []byte("hello, telephone")), "", `not a WAV file (it begins with "hello, telep")`},
		{"no format", save(t, riff(chunk("LIST", nil))), "", "it has no format"},
		{"no samples", save(t, riff(chunk("fmt ", plain.format()))), "", "no samples"},
		{"samples first", save(t, riff(chunk("data", nil), chunk("fmt ", plain.format()))), "", "before their format"},
		{"format cut short", save(t, riff(chunk("fmt ", []byte("short")))), "", "cut short"},
		{"µ-law", save(t, riff(chunk("fmt ", law.format()), chunk("data", nil))), "", "convert it to 16 bit PCM"},
		{"no channels", save(t, riff(chunk("fmt ", layout{tag: 1, bits: 16, rate: 48000}.format()))), "", "no channels"},
		{"no rate", save(t, riff(chunk("fmt ", layout{tag: 1, channels: 1, bits: 16}.format()))), "", "rate is 0 Hz"},
		{"speaker in no folder", "", filepath.Join(folder, "no", "out.wav"), "no such file or directory"},
		{"speaker is a folder", "", folder, "is a directory"},
		{"speaker over microphone", good, good, "name another"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := wav.Open(test.in, test.out)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("it says %v, want %q", err, test.want)
			}
			name := test.in
			if test.out != "" {
				name = test.out
			}
			if strings.Count(err.Error(), name) != 1 || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q does not name the file once, in one line", err)
			}
		})
	}
	if pcm, err := wav.Read(good); err != nil || len(pcm) != 4800 {
		t.Errorf("the microphone's file was harmed: %d samples, %v", len(pcm), err)
	}
}

func TestWriteAndReadAgree(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.wav")
	want := []int16{0, 1, -1, math.MaxInt16, math.MinInt16, 12345}
	if err := wav.Write(path, want); err != nil {
		t.Fatal(err)
	}
	got, err := wav.Read(path)
	if err != nil || len(got) != len(want) {
		t.Fatalf("%v, %v", got, err)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("sample %d is %d, was %d", i, got[i], want[i])
		}
	}
}

func TestReadsTheStart(t *testing.T) {
	path := save(t, layout{tag: 1, channels: 2, bits: 16, rate: 8000}.file(2))
	for most, want := range map[time.Duration]int{time.Second: audio.Rate, 0: 2 * audio.Rate, time.Minute: 2 * audio.Rate} {
		if pcm, err := wav.ReadStart(path, most); err != nil || len(pcm) != want {
			t.Errorf("of %v at most there are %d samples, %v; want %d", most, len(pcm), err, want)
		}
	}
}

// TestNumbersThatAreNone: what a float file holds beside sound is no noise.
func TestNumbersThatAreNone(t *testing.T) {
	float := layout{tag: 3, channels: 1, bits: 32, rate: 44100}
	var data []byte
	for range 1000 {
		for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e38, -1e38, 0} {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(v)))
		}
	}
	pcm, err := wav.Read(save(t, riff(chunk("fmt ", float.format()), chunk("data", data))))
	if err != nil || len(pcm) != 6000*480/441 {
		t.Fatalf("%d samples, %v", len(pcm), err)
	}
	for _, none := range []string{"\xff\xff\xff\x7f", "\x00\x00\x80\x7f", "\x00\x00\x80\xff"} { // NaN, +Inf, −Inf
		file := riff(chunk("fmt ", float.format()), chunk("data", bytes.Repeat([]byte(none), 1000)))
		if pcm, err = wav.Read(save(t, file)); err != nil || len(pcm) == 0 {
			t.Fatalf("%d samples, %v", len(pcm), err)
		}
		for i, v := range pcm {
			if v != 0 {
				t.Fatalf("sample %d of no numbers is %d", i, v)
			}
		}
	}
}

// FuzzRead feeds arbitrary files: an error or sound, never a panic, and never
// more sound than the bytes can hold.
func FuzzRead(f *testing.F) {
	f.Add(plain.file(0.001))
	f.Add(layout{tag: 3, channels: 2, bits: 32, rate: 44100, extensible: true}.file(0.001))
	f.Add(riff(chunk("fmt ", layout{tag: 1, channels: 65535, bits: 8, rate: 384000}.format()), chunk("data", []byte("abc"))))
	f.Add([]byte("RIFF\xff\xff\xff\xffWAVEdata\xff\xff\xff\xff"))
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<9 {
			return // a few samples at 1 kHz become many; the size adds nothing
		}
		path := filepath.Join(folder, "fuzz.wav")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		pcm, err := wav.Read(path)
		if err == nil && len(pcm) > 48*len(b) {
			t.Errorf("%d samples of %d bytes", len(pcm), len(b))
		}
	})
}

func BenchmarkReadMinuteOf44100(b *testing.B) {
	path := save(b, layout{tag: 1, channels: 1, bits: 16, rate: 44100}.file(60))
	for b.Loop() {
		if _, err := wav.Read(path); err != nil {
			b.Fatal(err)
		}
	}
}

// elapse lets virtual time pass.
func elapse(d time.Duration) { <-time.After(d) }
