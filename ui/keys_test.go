package ui

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"tring/calls"
)

func TestRecentCalls(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.history()
		d.reads("Recent (1 missed)")
		d.press("tab")
		d.pass(time.Second)
		d.reads("missed", "busy", "1 h 2 min", "4 min 10 s", "yesterday 18:02")
		d.lacks("(1 missed)") // they were looked at
		if len(d.tel.seen) != 1 {
			t.Errorf("the server was told %v, not once", d.tel.seen)
		}
		d.press("j", "j", "enter")
		d.did("initiate audio carla")
	})
}

func TestRecentCallsAreReadAgainAfterACall(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.press("tab")
		d.reads("No calls yet")
		d.press("tab")
		d.talk()
		d.press("h")
		d.history()
		d.hit("esc")
		d.pass(time.Second)
		d.press("tab")
		d.reads("Bob Okafor", "4 min 10 s")
	})
}

func TestQuit(t *testing.T) {
	for _, c := range []struct {
		name, keys string
		inCall     bool
		quits      bool
		did        string
	}{
		{"q", "q", false, true, ""},
		{"ctrl+c", "ctrl+c", false, true, ""},
		{"in a call it asks", "q", true, false, ""},
		{"so does ctrl+c", "ctrl+c", true, false, ""},
		{"yes hangs up", "q y", true, true, "end"},
		{"ctrl+c twice too", "ctrl+c ctrl+c", true, true, "end"},
		{"no stays", "q n", true, false, ""},
		{"esc stays", "q esc", true, false, ""},
		{"no other key does anything", "q h r", true, false, ""},
		{"but the microphone's", "q m", true, false, "mute"},
	} {
		t.Run(c.name, func(t *testing.T) {
			atDesk(t, 80, 24, func(d *desk) {
				if c.inCall {
					d.talk()
				}
				d.press(strings.Fields(c.keys)...)
				if d.quit != c.quits {
					t.Fatalf("quit is %v:\n%s", d.quit, d.screen())
				}
				if got := strings.Join(d.tel.did, "; "); got != c.did {
					t.Fatalf("the phone did %q, not %q", got, c.did)
				}
			})
		})
	}
}

func TestSuspend(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.talk()
		d.press("ctrl+z")
		if d.slept {
			t.Fatal("suspended in a call: the other side would hear nothing more")
		}
		d.reads("would stop the sound")
		d.press("h")
		d.hit("esc")
		d.press("ctrl+z")
		if !d.slept {
			t.Fatal("ctrl+z did not suspend")
		}
		d.orphan, d.slept = true, false
		d.press("ctrl+z")
		if d.slept {
			t.Fatal("suspended where nobody could let it go on")
		}
		d.reads("no shell")
	})
}

// The help names every key, and finds one by its words or itself.
func TestHelp(t *testing.T) {
	for _, closing := range []string{"esc", "enter", "?"} {
		atDesk(t, 80, 24, func(d *desk) {
			d.press("?")
			d.reads("In a call", "another caller", "find a key")
			d.press(closing)
			d.lacks("find a key")
			d.press("enter")
			d.did("initiate audio bob")
		})
	}
	atDesk(t, 80, 24, func(d *desk) {
		d.press("?")
		d.typed("MU")
		d.reads("m mute")
		d.lacks("suspend", "People Ringing")
		d.press("backspace", "backspace", "R")
		d.reads("r reject") // by its words
		d.typed("zz")
		d.reads("No action of that name.")
		d.press("esc", "?")
		d.reads("find a key")
		d.did()
	})
}

// Where not all keys fit, the arrows bring the others.
func TestHelpScrolls(t *testing.T) {
	atDesk(t, 40, 12, func(d *desk) {
		d.press("?")
		d.lacks("take it")
		for range 60 {
			d.press("down")
		}
		d.reads("call again")
		d.lacks("video")
		d.press("up", "up", "up", "up", "up", "up")
		d.reads("mute, on every page")
		d.resize(120, 60)
		d.reads("suspend", "video", "take it")
	})
}

// An idle telephone draws nothing: no tick is on its way.
func TestNothingTicksWhileIdle(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		idle := func(when string) {
			t.Helper()
			if _, moving := d.model.pace(); moving || d.model.ticking {
				t.Fatalf("it ticks %s", when)
			}
		}
		idle("among the people")
		d.talk()
		if !d.model.ticking {
			t.Fatal("nothing moves in a call")
		}
		d.press("h")
		d.pass(time.Second)
		idle("after a call")
	})
}

// Update gives commands away and never waits, however long the phone takes.
func TestUpdateNeverWaits(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.tel.block = func(ctx context.Context) { <-ctx.Done() }
		before := time.Now()
		d.press("enter")
		d.reads("calling…")
		if waited := time.Since(before); waited != 0 {
			t.Fatalf("a key press took %v", waited)
		}
		d.pass(patience + time.Second)
		d.reads("the server did not answer in time")
	})
}

// Two telephones of two people in one process share nothing.
func TestTwoScreens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newDesk(t, 80, 24, Config{Theme: ThemeDark, Motion: true})
		b := newDesk(t, 40, 12, Config{Theme: ThemeLight})
		for _, d := range []*desk{a, b} {
			d.tel.connect(fourContacts()...)
			d.settle()
		}
		a.press("j", "enter")
		b.press("/")
		b.typed("carla")
		a.settle()
		a.reads("Carla Weiss", "calling…")
		b.reads("Carla Weiss", "/ carla")
		b.lacks("Bob", "calling…")
		a.press("x")
		a.leave()
	})
}

// The terminal's own cursor stands where the next letter goes.
func TestSearchCursor(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		if d.model.View().Cursor != nil {
			t.Fatal("there is a cursor without a field")
		}
		d.press("/")
		d.typed("o陈k")
		c := d.model.View().Cursor
		if c == nil {
			t.Fatal("there is no cursor")
		}
		row := strings.Split(d.screen(), "\n")[c.Y]
		if want := "  / o陈k"; !strings.HasPrefix(row, want) || c.X != 8 {
			t.Errorf("the cursor is in column %d of %q", c.X, row)
		}
		d.press("?")
		d.reads("/ o陈k?") // letters only
	})
}

// Text that is pasted is cleaned like any other from outside.
func TestPaste(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.tell(tea.PasteMsg{Content: "q"})
		d.press("/")
		d.tell(tea.PasteMsg{Content: "bo\x1b[2J\nb"})
		d.reads("/ bo b")
	})
}

// Older calls are loaded as one goes down.
func TestManyCalls(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		for i := range 70 {
			began := time.Date(1999, 12, 31, 12, 0, 0, 0, time.UTC).Add(-time.Duration(i) * time.Hour)
			d.tel.records = append(d.tel.records, calls.Record{
				Direction: calls.Outgoing,
				Call: calls.Call{
					ID: calls.ID(fmt.Sprintf("01JC%022d", 999-i)), Status: calls.Ended, Initiator: "ada",
					Receiver: calls.User("bob"), InitiatedAt: began, AnsweredAt: began,
					EndedAt: began.Add(time.Duration(i+1) * time.Second),
				},
			})
		}
		d.press("tab")
		d.reads("1 s")
		for range 80 {
			d.press("down")
		}
		d.reads("1 min 10 s")
		if n := len(d.model.recent.records); n != 70 {
			t.Errorf("%d records are listed, not 70", n)
		}
		d.tell(historyDueMsg{}) // the newest again: the older ones stay
		d.reads("1 min 10 s")
	})
}
