package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"tring/audio"
	"tring/audio/wav"
)

// fullDisk is a file that takes so many writes and no more.
type fullDisk struct {
	mu     sync.Mutex
	left   int
	closed bool
}

var errFull = errors.New("no space left on device")

func (f *fullDisk) Write([]int16) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left--; f.left < 0 {
		return errFull
	}
	return nil
}

func (f *fullDisk) Flush() error { return nil }

func (f *fullDisk) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	return nil
}

// TestFullDiskEndsTheRecordingAlone: it is told, the file is closed, and nobody
// listens to the call any more.
func TestFullDiskEndsTheRecordingAlone(t *testing.T) {
	engine := audio.NewEngine(audio.Config{Device: wav.Silence()})
	defer engine.Close()
	disk := &fullDisk{left: 2}
	r := newRecording(engine, "call", "call.wav", disk)
	failed := make(chan struct{})
	go r.run(func() { close(failed) })
	select {
	case <-failed:
	case <-time.After(patience):
		t.Fatal("a full disk is not noticed")
	}
	if err := r.end(); !errors.Is(err, errFull) {
		t.Errorf("it ends with %v", err)
	}
	if disk.mu.Lock(); !disk.closed {
		t.Error("the file is left open")
	}
	disk.mu.Unlock()
}

func TestRecordingsAreNamedByTimeAndPeer(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "recordings")
	at := time.Date(2026, 5, 17, 9, 8, 7, 0, time.UTC)
	for _, want := range []string{"2026-05-17_09.08.07_bob.opus", "2026-05-17_09.08.07_bob_2.opus", "2026-05-17_09.08.07_bob_3.opus"} {
		path, err := recordingName(folder, "bob", at)
		if err != nil || filepath.Base(path) != want {
			t.Fatalf("%q, %v; want %q", path, err, want)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if path, err := recordingName(folder, "../../etc/passwd\n", at); err != nil || filepath.Dir(path) != folder || strings.Contains(path, "\n") {
		t.Errorf("a hostile name makes the file %q, %v", path, err)
	}
	if path, err := recordingName(folder, "Zoë de la Cruz", at); err != nil || strings.ContainsFunc(filepath.Base(path), unicode.IsSpace) {
		t.Errorf("the name is %q, %v", path, err)
	}
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("others may look into the folder: %v, %v", info.Mode(), err)
	}
}

// A person reads a file below the home folder as the shell writes it.
func TestHomePath(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	for path, want := range map[string]string{
		filepath.Join(home, "a", "b.opus"): filepath.Join("~", "a", "b.opus"),
		home + "2/b.opus":                  home + "2/b.opus",
		"b.opus":                           "b.opus",
		"":                                 "",
	} {
		if got := homePath(path); got != want {
			t.Errorf("%q is shown as %q, not %q", path, got, want)
		}
	}
}
