package ogg_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tring/audio"
	"tring/audio/ogg"
	"tring/audio/opus"
)

// codec is the real one.
func codec(t testing.TB) audio.Codec {
	t.Helper()
	if _, err := (opus.Codec{}).NewEncoder(); err != nil {
		t.Skip("SKIPPED: ", err)
	}
	return opus.Codec{}
}

// sides are two tones beside each other: 300 Hz left, 1 kHz right.
func sides(samples int) []int16 {
	pcm := make([]int16, 2*samples)
	for i := range samples {
		pcm[2*i] = int16(8000 * math.Sin(2*math.Pi*300*float64(i)/audio.Rate))
		pcm[2*i+1] = int16(4000 * math.Sin(2*math.Pi*1000*float64(i)/audio.Rate))
	}
	return pcm
}

// record makes a file of so many samples, closed or only flushed.
func record(t testing.TB, samples int, closed bool) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "call.opus")
	r, err := ogg.Create(path, codec(t))
	if err != nil {
		t.Fatal(err)
	}
	for block := range slices.Chunk(sides(samples), audio.RecordSamples) {
		if err := r.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Flush(); err != nil {
		t.Fatal(err)
	}
	if closed {
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func decode(t testing.TB, path string, most time.Duration) [][]int16 {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	channels, err := ogg.Decode(file, codec(t), most)
	if err != nil {
		t.Fatal(err)
	}
	return channels
}

// checkSides wants 300 Hz left and 1 kHz right, at their levels.
func checkSides(t *testing.T, channels [][]int16) {
	t.Helper()
	if len(channels) != 2 {
		t.Fatalf("%d channels", len(channels))
	}
	for i, want := range []struct{ hz, level float64 }{
		{300, 20 * math.Log10(8000.0/32768/math.Sqrt2)}, {1000, 20 * math.Log10(4000.0/32768/math.Sqrt2)},
	} {
		pcm := channels[i]
		middle := pcm[len(pcm)/4 : len(pcm)*3/4]
		hz, level := audio.MeasureTone(middle)
		if math.Abs(hz-want.hz) > 2 || math.Abs(level-want.level) > 0.5 {
			t.Errorf("channel %d: %.1f Hz at %.2f dB, want %.0f at %.2f", i, hz, level, want.hz, want.level)
		}
	}
}

func TestRecordingIsReadBack(t *testing.T) {
	for _, samples := range []int{1, 960, 48000, 3*48000 + 123} {
		path := record(t, samples, true)
		channels := decode(t, path, 0)
		for i, pcm := range channels {
			if len(pcm) != samples {
				t.Errorf("channel %d has %d samples of %d", i, len(pcm), samples)
			}
		}
		if samples > 10000 {
			checkSides(t, channels)
		}
		if mono, err := ogg.Read(path, codec(t), 0); err != nil || len(mono) != samples {
			t.Errorf("in mono it has %d samples of %d, %v", len(mono), samples, err)
		}
	}
}

// TestNothingIsLate: what the encoder is behind is left out at the start.
func TestNothingIsLate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "call.opus")
	r, err := ogg.Create(path, codec(t))
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, 2*audio.Rate)
	copy(pcm[audio.Rate:], sides(audio.Rate/2)) // from the middle on
	if err := r.Write(pcm); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	for i, channel := range decode(t, path, 0) {
		onset := slices.IndexFunc(channel, func(v int16) bool { return v > 400 || v < -400 })
		if off := onset - audio.Rate/2; off < -200 || off > 200 {
			t.Errorf("channel %d begins %d samples late", i, off)
		}
	}
}

func TestReadsTheStart(t *testing.T) {
	path := record(t, 3*audio.Rate, true)
	if pcm, err := ogg.Read(path, codec(t), time.Second); err != nil || len(pcm) != audio.Rate {
		t.Errorf("of one second at most there are %d samples, %v", len(pcm), err)
	}
}

func TestRecordingIsItsOwnersAlone(t *testing.T) {
	path := record(t, 1000, true)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v, %v", info.Mode(), err)
	}
	if _, err := ogg.Create(path, codec(t)); err == nil || strings.Count(err.Error(), path) != 1 {
		t.Errorf("a second recording in the same file: %v", err)
	}
	if got := decode(t, path, 0); len(got[0]) != 1000 {
		t.Errorf("the second recording harmed the first: %d samples", len(got[0]))
	}
}

// TestHeaderIsThatOfTheStandard compares the first page with RFC 7845 §5.1, field
// by field.
func TestHeaderIsThatOfTheStandard(t *testing.T) {
	b, err := os.ReadFile(record(t, 1000, true))
	if err != nil {
		t.Fatal(err)
	}
	page := b[:27+1+23]
	if string(page[:4]) != "OggS" || page[5] != 2 || page[26] != 1 || page[27] != 23 || binary.LittleEndian.Uint64(page[6:]) != 0 {
		t.Errorf("the first page is not the one of a header: % x", page[:28])
	}
	want := "OpusHead" + "\x01" + "\x02" + "\x38\x01" + "\x80\xbb\x00\x00" + "\x00\x00" + "\x01" + "\x02\x00" + "\x00\x01"
	if got := string(page[28:]); got != want {
		t.Errorf("the header is %q, want %q", got, want)
	}
	if tags := b[len(page):]; string(tags[28:36]) != "OpusTags" || tags[5] != 0 {
		t.Errorf("the second page begins %q", tags[:40])
	}
	if last := bytes.LastIndex(b, []byte("OggS")); b[last+5] != 4 || binary.LittleEndian.Uint64(b[last+6:]) != 1312 {
		t.Errorf("the last page has the flags %d and ends at %d", b[last+5], binary.LittleEndian.Uint64(b[last+6:]))
	}
}

func TestReadsWhatIsLeftOfAFile(t *testing.T) {
	whole, err := os.ReadFile(record(t, 3*audio.Rate, true))
	if err != nil {
		t.Fatal(err)
	}
	c := codec(t)
	for cut := 400; cut < len(whole); cut += 397 {
		channels, err := ogg.Decode(bytes.NewReader(whole[:cut]), c, 0)
		if err != nil || len(channels[0]) != len(channels[1]) {
			t.Fatalf("cut at %d: %v", cut, err)
		}
	}
	damaged := bytes.Clone(whole)
	damaged[len(damaged)-200] ^= 1
	channels, err := ogg.Decode(bytes.NewReader(damaged), c, 0)
	if err != nil || len(channels[0]) == 0 || len(channels[0]) >= 3*audio.Rate {
		t.Errorf("of a file that is damaged at its end there are %d samples, %v", len(channels[0]), err)
	}
}

func TestSaysWhatIsWrongWithAFile(t *testing.T) {
	whole, err := os.ReadFile(record(t, 1000, true))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	tests := map[string]struct {
		file []byte
		want string
	}{
		"empty":             {nil, "not an Ogg file"},
		"a WAV file":        {[]byte("RIFF\x00\x00\x00\x00WAVEfmt and so on, for a while"), "not an Ogg file"},
		"a header alone":    {whole[:51], "no sound"},
		"a header cut":      {whole[:40], "cut short"},
		"not Opus":          {vorbis(), "not Opus"},
		"too many channels": {ogg.Pages(7, 0, ogg.Head(6, 312, 0), ogg.Tags()), "convert it to stereo"},
	}
	for name, test := range tests {
		path := filepath.Join(folder, "x.ogg")
		if err := os.WriteFile(path, test.file, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := ogg.Read(path, codec(t), 0)
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v; want %q", name, err, test.want)
		}
	}
	for _, path := range []string{folder, filepath.Join(folder, "none.ogg")} {
		if _, err := ogg.Read(path, codec(t), 0); err == nil || strings.Count(err.Error(), path) != 1 {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestRecordingOutlivesItsProcess kills a process that records.
func TestRecordingOutlivesItsProcess(t *testing.T) {
	codec(t)
	path := filepath.Join(t.TempDir(), "call.opus")
	if os.Getenv("RECORD_TO") != "" {
		recordUntilKilled(t, os.Getenv("RECORD_TO"))
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestRecordingOutlivesItsProcess$")
	cmd.Env = append(os.Environ(), "RECORD_TO="+path)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "flushed\n" {
		t.Errorf("it says %q, %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed, as was wanted
	channels := decode(t, path, 0)
	if len(channels[0]) < 2*audio.Rate-audio.PacketSamples {
		t.Errorf("of the two seconds that were flushed the file has %d samples", len(channels[0]))
	}
	checkSides(t, channels)
}

// recordUntilKilled flushes two seconds, says so, and writes on.
func recordUntilKilled(t *testing.T, path string) {
	r, err := ogg.Create(path, codec(t))
	if err != nil {
		t.Fatal(err)
	}
	pcm := sides(10 * audio.Rate)
	if err := r.Write(pcm[:2*2*audio.Rate]); err != nil {
		t.Fatal(err)
	}
	if err := r.Flush(); err != nil {
		t.Fatal(err)
	}
	_, _ = os.Stdout.WriteString("flushed\n")
	if err := r.Write(pcm[2*2*audio.Rate:]); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // until the test is gone, or kills this
}
