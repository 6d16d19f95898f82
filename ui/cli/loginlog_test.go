package cli

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// A login's log is its own, and of its end only so much is kept.
func TestLoginLog(t *testing.T) {
	log := &loginLog{}
	logger := slog.New(slog.NewJSONHandler(log, nil))
	logger.Info("first")
	page, err := log.read(context.Background(), -1)
	if err != nil || len(page.Lines) != 1 || page.Cut || !strings.HasPrefix(page.Lines[0].Text, "first") {
		t.Fatalf("one line is read as %+v, %v", page, err)
	}
	if again, _ := log.read(context.Background(), page.Size); len(again.Lines) != 0 || again.Size != page.Size {
		t.Errorf("nothing new is read as %+v", again)
	}
	for i := range 2000 {
		logger.Warn(fmt.Sprintf("line %d", i), "words", strings.Repeat("x", i%100))
	}
	page, err = log.read(context.Background(), page.Size)
	if err != nil || !page.Cut || len(page.Lines) < 50 {
		t.Fatalf("after a flood: %d lines, cut %v, %v", len(page.Lines), page.Cut, err)
	}
	for i, line := range page.Lines {
		if want := fmt.Sprintf("line %d", 2000-len(page.Lines)+i); !strings.HasPrefix(line.Text, want) {
			t.Fatalf("line %d is %q, want %q", i, line.Text, want)
		}
	}
	if len(log.data) > loginLogMost {
		t.Errorf("%d bytes are kept", len(log.data))
	}
}
