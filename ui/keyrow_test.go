package ui

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/exp/golden"

	"tring/calls"
)

// atSmallDesk runs a test at a desk of this size and language, which can record.
func atSmallDesk(t *testing.T, width, height int, lang Language, talk Talk, test func(*desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &taper{}
		d := newDesk(t, width, height, Config{Motion: true, Theme: ThemeDark, Recorder: r, Language: lang, Talk: talk})
		r.tel = d.tel
		d.tel.connect(fourContacts()...)
		d.settle()
		defer d.leave()
		test(d)
	})
}

// talkTo is in a call with Bob, however the microphone begins.
func talkTo(d *desk) {
	d.press("enter")
	held, _ := d.model.view.Held()
	d.answer(held.Call.ID)
}

// Where there is little room, the keys that answer, end and open the microphone
// are those that stay.
func TestTheKeysThatMatterStay(t *testing.T) {
	ring := func(d *desk) {
		for i, who := range []calls.UserID{"carla", "dmitri", "bob", "echo", "mei"} {
			d.tel.ring(calls.ID(fmt.Sprintf("01JE%022d", i)), who, calls.Audio)
		}
		d.pass(time.Second)
	}
	scenes := map[string]struct {
		talk  Talk
		lead  func(*desk)
		words [2]string // English and German, as the screen has them
	}{
		"callers":   {TalkOpen, ring, [2]string{"a accept|r reject", "a annehmen|r ablehnen"}},
		"waiting":   {TalkOpen, func(d *desk) { talkTo(d); ring(d) }, [2]string{"a end|r reject|h hang up", "r ablehnen|h auflegen"}},
		"recording": {TalkOpen, func(d *desk) { talkTo(d); d.press("R", "m") }, [2]string{"m unmute|h hang up", "m Ton an|h auflegen"}},
		"push":      {TalkPush, talkTo, [2]string{"space |h hang up", "Leer |h auflegen"}},
		"talking":   {TalkPush, func(d *desk) { talkTo(d); d.press("space") }, [2]string{"space |h hang up", "Leer |h auflegen"}},
	}
	for name, s := range scenes {
		for i, lang := range []Language{{}, inGerman()} {
			for _, size := range [][2]int{{40, 12}, {30, 10}, {20, 5}} {
				if size[0] == 20 && (name == "push" || name == "talking") {
					continue // only one of the two has room, and that hangs up
				}
				t.Run(fmt.Sprintf("%s-%s-%dx%d", name, []string{"en", "de"}[i], size[0], size[1]), func(t *testing.T) {
					atSmallDesk(t, size[0], size[1], lang, s.talk, func(d *desk) {
						s.lead(d)
						d.isSane()
						d.reads(strings.Split(s.words[i], "|")...)
						golden.RequireEqual(t, trimmed(d.terminal(colorprofile.TrueColor).String()))
					})
				})
			}
		}
	}
}

// Recording is ended by a key that is there also while muted.
func TestTheKeyThatEndsTheRecordingStays(t *testing.T) {
	atSmallDesk(t, 80, 24, Language{}, TalkOpen, func(d *desk) {
		d.talk()
		d.press("R", "m")
		d.explains("m unmute", "h hang up", "R stop recording", "space talk", "? help")
		d.resize(44, 12)
		d.explains("m unmute", "h hang up", "R stop recording")
	})
}

// Whatever is pressed in a call, each key stays where it was.
func TestKeysStayInTheirPlaces(t *testing.T) {
	for _, releases := range []bool{false, true} {
		for _, talk := range []Talk{TalkOpen, TalkPush} {
			atSmallDesk(t, 100, 24, Language{}, talk, func(d *desk) {
				if releases {
					d.tell(tea.KeyboardEnhancementsMsg{Flags: 2})
				}
				talkTo(d)
				places := func() string {
					row := d.last()
					return fmt.Sprint(strings.Index(row, "h hang up"), strings.Index(row, "? help"), strings.Index(row, "R "), strings.Index(row, "m "))
				}
				want := places()
				for _, k := range []string{"m", "space", "space", "R", "m", "m", "R", "space", "m"} {
					d.press(k)
					if got := places(); got != want {
						t.Errorf("%s, releases %v: after %s the keys are at %s, not at %s: %q", talk, releases, k, got, want, d.last())
					}
				}
			})
		}
	}
}

// Who pushes to talk sees on a small screen too how the microphone is.
func TestPushToTalkSaysHowTheMicrophoneIs(t *testing.T) {
	atSmallDesk(t, 30, 10, Language{}, TalkPush, func(d *desk) {
		talkTo(d)
		d.pass(time.Second)
		d.reads("space talk", "h hang up", "you muted")
		d.press("space")
		d.pass(time.Second)
		d.reads("space done", "h hang up", "you ─")
		d.lacks("muted")
	})
}
