package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tring/audio"
	"tring/calls"
	"tring/ui"
)

// screenRecorder records for the screen, in the person's folder of recordings.
type screenRecorder struct {
	*recorder
	folder string
}

var _ ui.Recorder = screenRecorder{}

// Record implements ui.Recorder.
func (r screenRecorder) Record(ctx context.Context, c calls.Call) (string, error) {
	path, err := recordingName(r.folder, c.Peer(r.phone.Snapshot().Me.User), time.Now())
	if err != nil {
		return "", err
	}
	return homePath(path), r.start(ctx, c.ID, path)
}

// StopRecording implements ui.Recorder.
func (r screenRecorder) StopRecording() (string, error) {
	path, err := r.stop()
	return homePath(path), err
}

// homePath is a file's name as a person reads it.
func homePath(path string) string {
	home, err := os.UserHomeDir()
	if rest, below := strings.CutPrefix(path, home+string(filepath.Separator)); err == nil && below && len(home) > 1 {
		return "~" + string(filepath.Separator) + rest
	}
	return path
}

// dialTone sends a key's tone to the other side, and lets the person hear it.
func dialTone(e *audio.Engine) func(key rune) {
	return func(key rune) {
		if tone, ok := audio.DTMF(key); ok {
			e.Play(tone)
			e.Send(tone)
		}
	}
}
