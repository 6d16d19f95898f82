package ui

import (
	"strings"
	"testing"
	"time"

	"tring/calls"
)

// On the smallest screen one sees who calls, and the key that matters.
func TestTheSmallestScreen(t *testing.T) {
	atDesk(t, 10, 3, func(d *desk) {
		d.tel.ring(testCall, "carla", calls.Audio)
		d.settle()
		d.hit("?")
		d.reads("Carla", "a accept")
	})
	atDesk(t, 10, 3, func(d *desk) {
		d.talk()
		d.reads("Bob", "h hang up")
	})
}

// Hanging up is explained on every screen that explains a key at all.
func TestHangingUpIsExplainedAtEverySize(t *testing.T) {
	for _, lang := range []Language{{}, LanguageOf("de", func(string) string { return "" })} {
		words := "h " + lang.Say(wordHangUp)
		atDesk(t, 80, 24, func(d *desk) {
			d.talk()
			d.model.cfg.Recorder = &taper{}
			d.model.lang, d.model.styles = lang, newStyles(true, lang)
			d.model.keys, _, _ = newKeymap(lang, nil)
			for _, talk := range []Talk{TalkOpen, TalkPush} {
				d.model.cfg.Talk = talk
				for width := 14; width <= 100; width++ {
					d.resize(width, 8)
					if !strings.Contains(d.last(), words) {
						t.Errorf("%s at %d columns: %q", talk, width, d.last())
					}
				}
			}
		})
	}
}

// Without a connection nobody knows who is there, and no note hides that.
func TestWhatIsNotKnownIsNotShown(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.reads("◐ Carla Weiss in a call")
		d.tel.disconnect(calls.ErrOffline, false)
		d.settle()
		d.reads("? Carla Weiss not known now")
		d.lacks("in a call", "laptop")
		d.model.notice = notice{"Missed a call from Ada.", true}
		d.reads("Missed a call from Ada.", "No connection to the server, trying again.")
		d.tel.connect(fourContacts()...)
		d.settle()
		d.reads("◐ Carla Weiss in a call")
	})
}

// The panel beside the list cuts no words of its own.
func TestThePanelHasRoomForItsWords(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.model.recent.records = []calls.Record{{
			Direction: calls.Incoming,
			Call: calls.Call{
				ID: "01J", Status: calls.Rejected, Initiator: "bob", Receiver: calls.User("me"),
				InitiatedAt: time.Date(1999, 12, 31, 17, 20, 0, 0, time.UTC),
			},
		}}
		d.model.recent.records[0].Call.Receiver = calls.User(d.model.view.Me.User)
		d.reads("you declined")
		if strings.Contains(d.screen(), "decli…") {
			t.Error("the panel is cut")
		}
	})
}
