package cli

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tring/config"
)

// A pipe whose other end nobody opens would block whoever opens it.
func TestAPipeIsNoBell(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bell.wav")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	tones, err := tonesOf(config.Sound{RingTone: path}, func(string) string { return "" })
	if err == nil || !strings.Contains(err.Error(), "not a file") || tones.Ring != nil {
		t.Errorf("%d samples, %v", len(tones.Ring), err)
	}
}
