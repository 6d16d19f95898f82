package ogg_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tring/audio/ogg"
)

// A pipe whose other end nobody opens would block whoever opens it.
func TestAPipeIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe.opus")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ogg.Read(path, nil, 0); err == nil || !strings.Contains(err.Error(), "not a file") {
		t.Errorf("it says %v", err)
	}
}
