package wav_test

import (
	"bufio"
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"tring/audio"
	"tring/audio/wav"
)

// ramps are blocks of samples that count up on the left and down on the right.
func ramps(blocks int) []int16 {
	pcm := make([]int16, blocks*audio.RecordSamples)
	for i := range pcm {
		if pcm[i] = int16(i / 2); i%2 == 1 {
			pcm[i] = -pcm[i]
		}
	}
	return pcm
}

// raw are the samples of a whole file, by its own header.
func raw(t *testing.T, path string) []int16 {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	if len(b) < 44 || le.Uint16(b[22:]) != 2 || le.Uint32(b[24:]) != audio.Rate || le.Uint16(b[34:]) != 16 {
		t.Fatalf("%d bytes, and they do not begin with the header of 16 bit stereo", len(b))
	}
	size := le.Uint32(b[40:])
	if int(size) > len(b)-44 || le.Uint32(b[4:]) != size+36 {
		t.Fatalf("the header promises %d bytes of %d", size, len(b)-44)
	}
	pcm := make([]int16, size/2)
	for i := range pcm {
		pcm[i] = int16(le.Uint16(b[44+2*i:]))
	}
	return pcm
}

func TestRecordingHoldsBothChannels(t *testing.T) {
	path := filepath.Join(t.TempDir(), "call.wav")
	r, err := wav.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	want := ramps(20)
	for block := range slices.Chunk(want, audio.RecordSamples) {
		if err := r.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if got := raw(t, path); len(got) != 0 {
		t.Errorf("before the first flush the file promises %d samples", len(got))
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(raw(t, path), want) {
		t.Error("what is read is not what was written")
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v, %v", info.Mode(), err)
	}
	if _, err := wav.Create(path); err == nil {
		t.Error("a second recording took the file of the first")
	}
	if !slices.Equal(raw(t, path), want) {
		t.Error("the second recording harmed the first")
	}
}

// TestRecordingOutlivesItsProcess kills a process that records.
func TestRecordingOutlivesItsProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "call.wav")
	if os.Getenv("RECORD_TO") != "" {
		recordForEver(t, os.Getenv("RECORD_TO"))
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestRecordingOutlivesItsProcess$")
	cmd.Env = append(os.Environ(), "RECORD_TO="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.StdinPipe(); err != nil {
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
	got := raw(t, path)
	if len(got) < 100*audio.RecordSamples || !slices.Equal(got[:100*audio.RecordSamples], ramps(100)) {
		t.Errorf("of the second that was flushed the file has %d samples", len(got))
	}
	if pcm, err := wav.Read(path); err != nil || len(pcm) < audio.Rate {
		t.Errorf("the file has %d samples, %v", len(pcm), err)
	}
}

// recordForEver is the process that is killed: it flushes a second, says so, and
// writes on.
func recordForEver(t *testing.T, path string) {
	r, err := wav.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Write(ramps(100)); err != nil {
		t.Fatal(err)
	}
	if err := r.Flush(); err != nil {
		t.Fatal(err)
	}
	_, _ = os.Stdout.WriteString("flushed\n")
	for range 1000 {
		if err := r.Write(ramps(1)); err != nil {
			t.Fatal(err)
		}
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // until the test is gone, or kills this
}
