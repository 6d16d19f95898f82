package ui

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tring/calls"
)

// inACall is a desk in a call, at a terminal that reports releases or at one that
// does not.
func inACall(t *testing.T, talk Talk, releases bool, test func(*desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 80, 24, Config{Theme: ThemeDark, Talk: talk})
		d.tel.connect(fourContacts()...)
		d.settle()
		defer d.leave()
		if releases {
			d.tell(tea.KeyboardEnhancementsMsg{Flags: ansi.KittyDisambiguateEscapeCodes | ansi.KittyReportEventTypes})
		}
		d.press("enter")
		d.answer(testCall)
		d.tel.did = nil
		test(d)
	})
}

func (d *desk) down()   { d.tell(tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}) }
func (d *desk) repeat() { d.tell(tea.KeyPressMsg{Code: tea.KeySpace, Text: " ", IsRepeat: true}) }
func (d *desk) up()     { d.tell(tea.KeyReleaseMsg{Code: tea.KeySpace, Mod: tea.ModShift}) }

func TestTheScreenAsksForReleases(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		if !d.model.View().KeyboardEnhancements.ReportEventTypes {
			t.Error("the terminal is not asked for releases")
		}
	})
}

// However small the screen is, it says which of both it is, and how to hang up.
func TestTheKeyToTalkIsSaid(t *testing.T) {
	for _, c := range []struct {
		releases bool
		lang     string
		wants    []string
	}{
		{true, "en", []string{"space hold to talk", "h hang up"}},
		{false, "en", []string{"space talk", "h hang up"}},
		{true, "de", []string{"Leer halten", "h auflegen"}},
		{false, "de", []string{"Leer reden", "h auflegen"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			language := LanguageOf(c.lang, func(string) string { return "" })
			d := newDesk(t, 40, 12, Config{Talk: TalkPush, Language: language})
			d.tel.connect(fourContacts()...)
			d.settle()
			defer d.leave()
			if c.releases {
				d.tell(tea.KeyReleaseMsg{Code: 'x'})
			}
			d.press("enter")
			d.answer(testCall)
			for _, want := range c.wants {
				if !strings.Contains(d.last(), want) {
					t.Errorf("the last row is %q", d.last())
				}
			}
		})
	}
}

func TestHoldToTalk(t *testing.T) {
	inACall(t, TalkPush, true, func(d *desk) {
		d.reads("muted", "space hold to talk")
		d.down()
		d.did("unmute")
		d.reads("space let go to end")
		d.pass(500 * time.Millisecond)
		for range 20 { // the keyboard repeats, by whatever kind of stroke
			d.repeat()
			d.down()
			d.pass(30 * time.Millisecond)
		}
		d.did()
		d.up() // with shift, which was pressed meanwhile
		d.did("mute")
		d.up()
		d.did()
		d.reads("muted", "space hold to talk")
	})
}

func TestPressToTalk(t *testing.T) {
	inACall(t, TalkPush, false, func(d *desk) {
		d.reads("muted", "space talk")
		d.down()
		d.did("unmute")
		d.reads("space stop talking")
		d.pass(time.Minute)
		d.down()
		d.did("mute")
		d.pass(300 * time.Millisecond)
		d.down() // soon again
		d.did("unmute")
		d.pass(time.Second)

		// Somebody holds it all the same: the keyboard repeats it, as if pressed.
		d.down()
		d.pass(500 * time.Millisecond)
		for range 21 {
			d.down()
			d.pass(40 * time.Millisecond)
		}
		if held, _ := d.model.view.Held(); !held.Muted {
			t.Error("a held key did not count as one stroke")
		}
		d.tel.did = nil
		d.pass(time.Second)
		d.down()
		d.did("unmute")
	})
}

// The first release shows that the terminal reports them.
func TestReleasesAreNoticed(t *testing.T) {
	inACall(t, TalkPush, false, func(d *desk) {
		d.tell(tea.KeyReleaseMsg{Code: 'x'})
		d.reads("space hold to talk")
	})
}

// Without push to talk the key does something only for whoever is muted.
func TestTalkWhileMuted(t *testing.T) {
	inACall(t, TalkOpen, true, func(d *desk) {
		d.lacks("space")
		d.down()
		d.up()
		d.did()
		d.press("m")
		d.did("mute")
		d.reads("space hold to talk")
		d.down()
		d.did("unmute")
		d.up()
		d.did("mute")
		d.press("m")
		d.did("unmute")
		d.down()
		d.up()
		d.did()
	})
}

// The microphone that the key has opened is closed when nobody could release
// it: whoever looks elsewhere does not know that it is open.
func TestBlurEndsTalking(t *testing.T) {
	for _, releases := range []bool{true, false} {
		inACall(t, TalkPush, releases, func(d *desk) {
			d.down()
			d.did("unmute")
			d.tell(tea.BlurMsg{})
			d.did("mute")
			d.tell(tea.BlurMsg{})
			d.tell(tea.FocusMsg{})
			d.up()
			d.did()
			d.press("m") // opened for good
			d.did("unmute")
			d.tell(tea.BlurMsg{})
			d.did()
		})
	}
}

// Mute during talk holds, also after the key is released.
func TestMuteWhileTalking(t *testing.T) {
	inACall(t, TalkPush, true, func(d *desk) {
		d.down()
		d.press("m")
		d.did("unmute", "mute")
		d.up()
		d.did()
		d.down()
		d.did("unmute")
		d.up()
		d.did("mute")
	})
}

// A server that does not answer keeps nobody from talking.
func TestTalkWhileTheServerIsSlow(t *testing.T) {
	inACall(t, TalkPush, true, func(d *desk) {
		d.tel.slow = true
		for range 3 {
			d.down()
			d.did("unmute")
			d.up()
			d.did("mute")
		}
		d.tel.slow = false
		d.pass(patience + time.Second)
		d.reads("muted", "space hold to talk")
	})
}

// Nobody hears the moment before the screen knows of the call.
func TestTheSoundOpensClosed(t *testing.T) {
	for talk, muted := range map[Talk]bool{TalkPush: true, TalkOpen: false} {
		inACall(t, talk, true, func(d *desk) {
			d.press("h")
			d.tel.ring(otherCall, "carla", calls.Audio)
			d.settle()
			d.hit("a")
			d.settle()
			if n := len(d.tel.opened); n != 2 {
				t.Fatalf("the sound was opened %d times", n)
			}
			for i, o := range d.tel.opened {
				if o.Muted != muted {
					t.Errorf("%s, call %d: opened muted: %v", talk, i+1, o.Muted)
				}
			}
		})
	}
}

// Each call begins closed, whatever the one before was.
func TestEachCallBeginsClosed(t *testing.T) {
	inACall(t, TalkPush, true, func(d *desk) {
		d.down()
		d.tel.did = nil
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.settle()
		d.hit("a")
		d.tel.media(otherCall, "carla-phone", calls.MediaConnected)
		d.settle()
		d.did("accept muted")
		d.up() // of the key that was pressed in the other call
		d.did()
		d.reads("Carla Weiss", "muted")
	})
}

// A click has no release: it begins, and another ends.
func TestClickToTalk(t *testing.T) {
	inACall(t, TalkPush, true, func(d *desk) {
		d.click("space hold to talk")
		d.did("unmute")
		d.pass(time.Second)
		d.click("space stop talking")
		d.did("mute")
		d.press("ctrl+p")
		d.typed("talk")
		d.press("enter")
		d.did("unmute")
		d.down() // the key takes it over
		d.up()
		d.did("mute")
	})
}

// Under an incoming call one talks on; the key answers nothing.
func TestTalkUnderAnIncomingCall(t *testing.T) {
	inACall(t, TalkPush, true, func(d *desk) {
		d.down()
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.settle()
		d.repeat()
		d.up()
		d.down()
		d.pass(time.Second)
		d.repeat()
		d.up()
		d.did("unmute", "mute", "unmute", "mute")
		d.reads("is calling you")
	})
}

// Where letters are typed, space is a letter.
func TestSpaceIsALetter(t *testing.T) {
	inACall(t, TalkPush, true, func(d *desk) {
		d.press("ctrl+p")
		d.down()
		d.up()
		d.did()
	})
}
