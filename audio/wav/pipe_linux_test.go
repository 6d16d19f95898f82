package wav_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tring/audio"
	"tring/audio/wav"
)

// pipe is a named pipe whose other end nobody opens: to open it blocks.
func pipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe.wav")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhatIsNoFileIsRefused(t *testing.T) {
	path := pipe(t)
	good := save(t, plain.file(0.1))
	for name, open := range map[string]func() error{
		"a pipe as sound":        func() error { _, err := wav.Read(path); return err },
		"a pipe as microphone":   func() error { _, err := wav.Open(path, ""); return err },
		"a pipe as speaker":      func() error { _, err := wav.Open(good, path); return err },
		"a device as speaker":    func() error { _, err := wav.Open("", "/dev/zero"); return err },
		"no sound as microphone": func() error { _, err := wav.Open("/dev/zero", ""); return err },
	} {
		if err := open(); err == nil || !strings.Contains(err.Error(), "not a file") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What becomes a pipe while nothing was played yet does not block the sound loop.
func TestASpeakerFileThatBecomesAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.wav")
	s := sink(t, open(t, "", path))
	if err := os.Rename(pipe(t), path); err != nil {
		t.Fatal(err)
	}
	var err error
	for range 20 {
		if err = s.Write(make(audio.Frame, audio.FrameSamples)); err != nil {
			break
		}
	}
	if err == nil || !strings.Contains(err.Error(), "not a file") {
		t.Errorf("writing: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestTheNullDeviceIsASpeaker(t *testing.T) {
	s := sink(t, open(t, "", os.DevNull))
	speak(t, s, 7, 25)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
