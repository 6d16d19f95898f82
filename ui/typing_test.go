package ui

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"tring/calls"
)

// field is a room that is nothing but a field; esc leaves it, and so may
// whatever happens.
type field struct{ text string }

func (*field) typing() bool                 { return true }
func (*field) title(*Model) string          { return "a field" }
func (*field) keys(*Model) []key.Binding    { return nil }
func (*field) take(*Model, tea.Msg) tea.Cmd { return nil }

func (f *field) rows(*Model, int, int) []string { return []string{f.text} }

func (f *field) press(_ *Model, k tea.KeyPressMsg) tea.Cmd {
	f.text += k.Text
	return nil
}

// fields are the places where letters are letters.
func fields() map[string]func(*desk) {
	return map[string]func(*desk){
		"search":            func(d *desk) { d.press("/") },
		"palette":           func(d *desk) { d.press("ctrl+p") },
		"palette in a call": func(d *desk) { d.talk(); d.press("ctrl+p") },
		"room":              func(d *desk) { d.model.enter(&field{}); d.press("x") },
	}
}

// world is what goes on while somebody types.
type world struct {
	*desk
	*rand.Rand
	ids  int
	ring []calls.ID
}

func (w *world) happens() {
	switch w.IntN(8) {
	case 0, 1, 2:
		w.ids++
		id := calls.ID(fmt.Sprintf("01JE%022d", w.ids))
		w.ring = append(w.ring, id)
		w.tel.ring(id, []calls.UserID{"carla", "dmitri", "echo"}[w.IntN(3)], calls.Audio)
	case 3, 4, 5:
		if len(w.ring) == 0 {
			return
		}
		id := w.ring[0]
		w.ring = w.ring[1:]
		switch w.IntN(3) {
		case 0:
			w.tel.act(id, w.tel.calls[id].Initiator, "phone", calls.Reject{Status: calls.Cancelled})
		case 1:
			w.tel.act(id, "ada", "kitchen", calls.Accept{Join: true})
		case 2:
			w.tel.server(id, calls.RingTimeout{})
		}
	case 6:
		if held, ok := w.tel.Snapshot().Held(); ok {
			w.tel.act(held.Call.ID, "bob", "laptop", calls.End{})
		}
	case 7:
		w.tell([]tea.Msg{tea.BlurMsg{}, tea.FocusMsg{}, SoundNote(NoSound)}[w.IntN(3)])
	}
	w.settle()
}

// However calls come, go and end: nothing that somebody types into a field is
// ever taken for a command, as long as he makes no pause.
func TestTypingIsNeverACommand(t *testing.T) {
	const letters = "abcdfghijklmnoqrstuvwxyzABGR/?,.+-=*#0123456789 "
	for name, open := range fields() {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(15) {
				atDesk(t, 80, 24, func(d *desk) {
					open(d)
					d.tel.did = nil
					w := world{desk: d, Rand: rand.New(rand.NewPCG(seed, 1))}
					for range 120 {
						if w.IntN(4) == 0 {
							w.happens()
						}
						d.press(string(letters[w.IntN(len(letters))]))
						if len(d.tel.did) > 0 || d.quit || d.slept {
							t.Fatalf("seed %d: the phone did %q, quit is %v:\n%s", seed, d.tel.did, d.quit, d.screen())
						}
						d.pass(time.Duration(10+w.IntN(int(DefaultGrace/time.Millisecond)-40)) * time.Millisecond)
					}
				})
			}
		})
	}
}

// After a pause the keys are keys again, also where the field is gone.
func TestAfterAPauseKeysAreKeys(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.model.enter(&field{})
		d.typed("qq")
		d.model.enter(nil)
		d.typed("qq")
		if d.quit {
			t.Fatal("a letter for a field that went was a command")
		}
		d.hit("q")
		if !d.quit {
			t.Fatal("q does not quit after a pause")
		}
	})
}

// A key and a click that come just as a call goes were meant for it, and do
// nothing beneath. Nor do they take away the word that it was missed.
func TestNoKeyForACallThatIsGone(t *testing.T) {
	for _, k := range []string{"a", "r", "b"} {
		atDesk(t, 80, 24, func(d *desk) {
			d.model.keys.Call.SetKeys("enter", "a", "r", "b") // as somebody may have set them
			d.tel.ring(otherCall, "carla", calls.Audio)
			d.pass(time.Second)
			d.tel.act(otherCall, "carla", "phone", calls.Reject{Status: calls.Cancelled})
			d.settle()
			d.press(k)
			d.click("Bob Okafor")
			d.click("Bob Okafor")
			d.did()
			d.reads("Missed a call from Carla Weiss")
			d.hit(k)
			d.did("initiate audio bob")
		})
	}
}

// Whoever has decided may go on at once.
func TestNoPauseAfterADecision(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.model.keys.Call.SetKeys("enter", "a")
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.settle()
		d.hit("r")
		d.press("a")
		d.did("reject rejected", "initiate audio bob")
	})
}

// A key that is held down when it begins to ring answers nothing, however long,
// and whether or not the terminal says that it repeats.
func TestAHeldKeyAnswersNothing(t *testing.T) {
	for _, repeat := range []bool{true, false} {
		atDesk(t, 80, 24, func(d *desk) {
			d.tel.ring(otherCall, "carla", calls.Audio)
			d.settle()
			for range 60 {
				d.tell(tea.KeyPressMsg{Code: 'a', Text: "a", IsRepeat: repeat})
				d.pass(40 * time.Millisecond)
			}
			d.did()
			d.hit("a")
			d.did("accept")
		})
	}
}

// What is typed on while a call comes belongs to the field.
func TestLettersOfTheGraceGoIntoTheField(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.press("/")
		d.typed("ba")
		d.typesOn("ra", 6)
		d.press("backspace")
		d.did()
		if got := d.model.people.field.Value(); got != "barararararar" {
			t.Errorf("the search is %q", got)
		}
		d.hit("r") // after a pause it answers
		d.did("reject rejected")
		d.reads("/ barara")
	})
	atDesk(t, 80, 24, func(d *desk) {
		d.press("ctrl+p")
		d.typed("vi")
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.settle()
		d.typed("deo")
		d.hit("r")
		d.did("reject rejected")
		d.reads("> video")
	})
}
