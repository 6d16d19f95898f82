package cli

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tring/ui"
)

// logFile is a log file with these lines; the last one is not complete yet
// where it lacks its newline.
func logFile(t *testing.T, text string) (path string, read ui.LogReader) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, readLog(path)
}

func TestLogLines(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 30, 5, 0, time.UTC)
	for _, tt := range []struct {
		line string
		want ui.LogLine
	}{
		{
			`{"time":"2026-11-22T12:30:05Z","level":"INFO","msg":"signed in","user":"ada","try":2}`,
			ui.LogLine{At: at, Text: "signed in  user=ada  try=2"},
		},
		{
			`{"time":"2026-11-22T13:30:05+01:00","level":"ERROR","msg":"connect","err":"dial: \"refused\"","at":{"a":1}}`,
			ui.LogLine{At: at, Level: slog.LevelError, Text: `connect  err=dial: "refused"  at={"a":1}`},
		},
		{`{"level":"WARN+1","msg":"late"}`, ui.LogLine{Level: slog.LevelWarn + 1, Text: "late"}},
		{`{"level":"loud","msg":"odd"}`, ui.LogLine{Text: "odd"}},
		{"ALSA lib pcm.c:2660: unknown PCM", ui.LogLine{Text: "ALSA lib pcm.c:2660: unknown PCM"}},
		{"panic: runtime error: index out of range", ui.LogLine{Level: slog.LevelError, Text: "panic: runtime error: index out of range"}},
		{`{"time":"2026-11-22T12:30:05Z","level":"INF`, ui.LogLine{At: at, Text: `{"time":"2026-11-22T12:30:05Z","level":"INF`}},
	} {
		_, read := logFile(t, tt.line+"\n")
		page, err := read(t.Context(), -1)
		if err != nil || len(page.Lines) != 1 {
			t.Fatalf("%s: %v, %d lines", tt.line, err, len(page.Lines))
		}
		got := page.Lines[0]
		if !got.At.Equal(tt.want.At) || got.Level != tt.want.Level || got.Text != tt.want.Text {
			t.Errorf("%s is read as %+v, want %+v", tt.line, got, tt.want)
		}
	}
}

// What is being written is left for the next look; a log that did not change is
// not read again.
func TestReadALogThatGrows(t *testing.T) {
	path, read := logFile(t, "one\ntw")
	page, err := read(t.Context(), -1)
	if err != nil || len(page.Lines) != 1 || page.Path != path || page.Cut {
		t.Fatalf("%+v, %v", page, err)
	}
	if again, err := read(t.Context(), page.Size); err != nil || again.Size != page.Size || again.Lines != nil {
		t.Fatalf("the same again: %+v, %v", again, err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("o\n\nthree\n"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	page, err = read(t.Context(), page.Size)
	if err != nil || len(page.Lines) != 3 || page.Lines[1].Text != "two" || page.Lines[2].Offset != 9 {
		t.Fatalf("%+v, %v", page, err)
	}
}

// Of a long log the end is read, from the beginning of a line.
func TestReadALongLog(t *testing.T) {
	var b strings.Builder
	for i := 0; b.Len() < 2*logEnd; i++ {
		fmt.Fprintf(&b, "line %06d\n", i)
	}
	text := b.String()
	_, read := logFile(t, text)
	page, err := read(t.Context(), -1)
	if err != nil || !page.Cut || len(page.Lines) < logEnd/12-1 {
		t.Fatalf("%v, cut %v, %d lines", err, page.Cut, len(page.Lines))
	}
	for _, l := range page.Lines {
		if !strings.HasPrefix(text[l.Offset:], l.Text+"\n") {
			t.Fatalf("the line at %d is %q", l.Offset, l.Text)
		}
	}
}

func TestLogsThatCannotBeRead(t *testing.T) {
	if page, err := readLog(filepath.Join(t.TempDir(), "none"))(t.Context(), -1); err != nil || len(page.Lines) != 0 {
		t.Errorf("a log that is not there yet: %+v, %v", page, err)
	}
	if _, err := readLog(t.TempDir())(t.Context(), -1); err == nil {
		t.Error("a folder was read")
	}
}
