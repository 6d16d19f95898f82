package ui

import (
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestLogLevels(t *testing.T) {
	inHouse(t, 80, 24, Config{}, func(d *desk, _ *house) {
		d.press("L")
		d.reads("12 lines", "attempt 10:", "no microphone device=9", "warning", "error")
		d.explains("e problems")
		d.press("e")
		d.reads("4 problems", "no microphone device=9")
		d.lacks("attempt 10:")
		d.explains("e errors")
		d.press("e")
		d.reads("2 errors", "attempt 11:")
		d.lacks("microphone")
		d.explains("e everything")
		d.press("e")
		d.reads("12 lines")
	})
}

func TestNothingWentWrong(t *testing.T) {
	inHouse(t, 80, 24, Config{}, func(d *desk, h *house) {
		h.log = someLog(3)
		d.press("L", "e")
		d.reads("Nothing went wrong.", "0 problems")
		d.press("/")
		d.typed("x")
		d.reads("No line like that.")
	})
}

func TestLogSearch(t *testing.T) {
	inHouse(t, 80, 24, Config{}, func(d *desk, _ *house) {
		d.press("L", "/")
		d.typed("Microphone")
		d.reads("2 lines", "device=3", "› 12-31 23:09:00")
		d.press("up")
		d.reads("› 12-31 23:03:00")
		d.press("enter", "e") // from here on letters are keys again
		d.reads("2 problems")
		d.press("esc")
		d.reads("4 problems")
		d.press("esc")
		d.reads("Bob Okafor")
		d.press("L", "/")
		d.tell(pasted("no such\nline"))
		d.reads("/ no such line", "No line like that.")
		d.press("esc")
		d.reads("12 lines")
	})
}

// The chosen line stays where it is while others come; at the end the newest is
// followed.
func TestTheLogGrows(t *testing.T) {
	inHouse(t, 80, 24, Config{}, func(d *desk, h *house) {
		grow := func(text string) {
			h.log.Lines = append(h.log.Lines, LogLine{Offset: h.log.Size, At: time.Now(), Level: slog.LevelInfo, Text: text})
			h.log.Size += 100
			d.pass(logEvery + time.Second)
		}
		d.press("L")
		grow("the first new line")
		d.reads("› 01-01 00:00:00 the first new line")
		d.press("k")
		grow("the second new line")
		d.reads("› 12-31 23:11:00", "the second new line", "14 lines")
		d.press("G")
		grow("the third new line")
		d.reads("the third new line", "15 lines")
		if !strings.Contains(d.screen(), "› 01-01 00:00:0") {
			t.Errorf("the newest is not followed:\n%s", d.screen())
		}
		d.press("esc")
		d.pass(2 * logEvery)
		reads := h.reads
		d.pass(5 * logEvery)
		if h.reads != reads {
			t.Error("the log is read though nobody looks")
		}
	})
}

// A long log shows as much as there is room for, and every line can be reached.
func TestScrollTheLog(t *testing.T) {
	inHouse(t, 80, 24, Config{}, func(d *desk, h *house) {
		h.log = someLog(300)
		h.log.Cut = true
		d.press("L")
		d.reads("the last 300 lines", "attempt 299:")
		d.press("g")
		d.reads("attempt 0:")
		d.lacks("attempt 299:")
		d.press("pgdown")
		d.reads("attempt 16:")
		d.press("pgup")
		d.reads("attempt 0:")
		d.press("end")
		d.reads("attempt 299:")
		for i := range 299 {
			d.press("up")
			if want := h.log.Lines[298-i]; d.model.room.(*logRoom).chosen != want.Offset {
				t.Fatalf("after %d steps up another line is chosen than %q", i+1, want.Text)
			}
		}
		d.press("up")
		d.reads("attempt 0:")
	})
}

func TestTheLogCannotBeRead(t *testing.T) {
	inHouse(t, 80, 24, Config{}, func(d *desk, h *house) {
		h.refuse = errDisk
		d.press("L")
		d.reads("Could not read the log: open log: permission denied.")
		h.refuse = nil
		d.pass(logEvery)
		d.reads("attempt 10:")
	})
}

func TestClicksInTheLog(t *testing.T) {
	inHouse(t, 80, 24, Config{Mouse: true}, func(d *desk, _ *house) {
		d.press("L")
		d.click("microphone device=3")
		d.reads("› 12-31 23:03:00")
		d.click("e problems")
		d.reads("4 problems")
	})
}
