package ui

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"tring/calls"
)

func TestClicks(t *testing.T) {
	tests := []struct {
		arrow  string
		clicks []string
		did    []string
		reads  string
	}{
		{"a person, once → chosen", []string{"Carla Weiss"}, nil, "carla"},
		{"a person, twice → called", []string{"◐ Carla Weiss", "◐ Carla Weiss"}, []string{"initiate audio carla"}, "calling"},
		{"the words of a key → pressed", []string{"v video"}, []string{"initiate video bob"}, "calling"},
		{"the other tab → opened", []string{"Recent"}, nil, "No calls yet"},
		{"a call → its words end it", []string{"enter call", "x stop calling"}, []string{"initiate audio bob", "reject cancelled"}, ""},
		{"nothing → nothing", []string{"online"}, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.arrow, func(t *testing.T) {
			atDesk(t, 80, 24, func(d *desk) {
				for _, words := range tt.clicks {
					d.click(words)
				}
				d.did(tt.did...)
				d.reads(tt.reads)
			})
		})
	}
}

func TestTheOverlayIsClicked(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.settle()
		d.click("a accept")
		d.did() // a click that was on its way
		d.pass(DefaultGrace)
		d.click("Bob Okafor") // what lies beneath
		d.did()
		d.click("r reject")
		d.did("reject rejected")
	})
}

func TestSlowClicksAreTwo(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.click("◐ Carla Weiss")
		d.pass(time.Second)
		d.click("◐ Carla Weiss")
		d.did()
	})
}

// The list moves so that more is seen around whom a click chose. The second click is
// for the same one all the same.
func TestTheSecondClickIsForTheSame(t *testing.T) {
	crowd := fourContacts()
	for i := range 60 {
		crowd = append(crowd, contact(fmt.Sprintf("p%02d", i), fmt.Sprintf("Person %02d", i), calls.Online))
	}
	for _, size := range [][2]int{{80, 24}, {40, 12}, {24, 6}} {
		atDesk(t, size[0], size[1], func(d *desk) {
			d.tel.connect(crowd...)
			d.settle()
			for range 20 {
				d.press("down")
			}
			rows := strings.Split(d.screen(), "\n")
			y := len(rows) - 1
			for !strings.Contains(rows[y], "● Person") {
				y--
			}
			name := regexp.MustCompile(`Person \d\d`).FindString(rows[y])
			d.tell(tea.MouseClickMsg{X: 8, Y: y, Button: tea.MouseLeft})
			d.reads("› ● " + name)
			d.tell(tea.MouseClickMsg{X: 8, Y: y, Button: tea.MouseLeft})
			d.did("initiate audio p" + strings.TrimPrefix(name, "Person "))
		})
	}
}

// Two clicks on a row of a box, one of which closes it, are not two on the page.
func TestTheSecondClickFallsOnNobody(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		crowd := fourContacts()
		for i := range 60 {
			crowd = append(crowd, contact(fmt.Sprintf("p%02d", i), fmt.Sprintf("Person %02d", i), calls.Online))
		}
		d.tel.connect(crowd...)
		d.press("ctrl+p")
		d.typed("go to the last")
		y := slices.IndexFunc(strings.Split(d.screen(), "\n"), func(row string) bool { return strings.Contains(row, "› go") })
		for range 2 {
			d.tell(tea.MouseClickMsg{X: 16, Y: y, Button: tea.MouseLeft})
		}
		d.did()
		d.lacks("go to the last")
	})
}

func TestTheWheelMovesTheChoice(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.tell(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
		d.tell(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
		d.tell(tea.MouseWheelMsg{Button: tea.MouseWheelUp})
		d.press("enter")
		d.did("initiate audio carla")
	})
}

// Wherever and however one clicks, at any size: nothing breaks.
func TestClicksEverywhere(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {40, 12}, {12, 3}, {1, 1}} {
		atDesk(t, size[0], size[1], func(d *desk) {
			for y := -1; y <= size[1]; y++ {
				for x := -1; x <= size[0]; x += 7 {
					d.tell(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
					d.isSane()
				}
			}
		})
	}
}

func TestThePalette(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.press("ctrl+p")
		d.reads("call", "video call", "show recent calls", "↓")
		d.typed("vi")
		d.lacks("recent calls")
		d.press("enter")
		d.did("initiate video bob")
		d.reads("calling")
		d.press("ctrl+p")
		d.typed("stop")
		d.press("enter")
		d.did("reject cancelled")
		d.pass(time.Second)
		d.press("esc", "ctrl+p")
		d.typed("zzz")
		d.reads("No action of that name.")
		d.press("enter", "esc")
		d.lacks("No action")
	})
}

// Where there is little room the palette has actions, not empty rows.
func TestThePaletteWithLittleRoom(t *testing.T) {
	for _, size := range [][2]int{{20, 5}, {30, 8}, {30, 10}} {
		atDesk(t, size[0], size[1], func(d *desk) {
			d.press("ctrl+p")
			d.reads("› call", "video c", "details")
		})
	}
}

// A click is for what the person saw, even if it is another picture by now.
func TestAClickIsForThePictureThatWasSeen(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.reads("◐ Carla Weiss")
		y := slices.IndexFunc(strings.Split(d.screen(), "\n"), func(row string) bool { return strings.Contains(row, "Carla Weiss") })
		who := append(fourContacts(), contact("aaron", "Aaron", calls.Online), contact("abel", "Abel", calls.Online))
		d.tel.connect(who...) // nothing was painted since
		d.model.take(tea.MouseClickMsg{X: 6, Y: y, Button: tea.MouseLeft})
		d.reads("› ◐ Carla Weiss")
		last := strings.Count(d.screen(), "\n")
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.model.take(tea.MouseClickMsg{X: 4, Y: last, Button: tea.MouseLeft}) // enter call
		d.did()
	})
}

// What the palette offers while one types does what it says, and types nothing.
func TestThePaletteInASearch(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.press("/", "b", "ctrl+p")
		d.reads("call", "close", "quit", "suspend")
		d.lacks("video", "favourite", "help")
		d.typed("video")
		d.press("enter", "esc")
		if got := d.model.people.field.Value(); got != "b" {
			t.Errorf("the search is %q", got)
		}
		d.press("ctrl+p")
		d.typed("call")
		d.press("enter")
		d.did("initiate audio bob")
	})
}

// The palette is no way around the grace of an incoming call, and what is typed
// into it answers none.
func TestThePaletteAnswersNoCall(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.press("ctrl+p")
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.settle()
		for range 20 {
			d.press("a")
			d.pass(DefaultGrace / 2)
		}
		d.did()
	})
}

// A name that reads like a key is a name: a click on it presses nothing.
func TestANameIsNoKey(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.tel.connect(append(fourContacts(), contact("eve", "enter call v video", calls.Online), contact("fay", "a accept", calls.Online))...)
		d.settle()
		d.click("● enter call v video")
		d.did()
		d.reads("› ● enter call v video")
		d.click(" v video   tab") // the key itself
		d.did("initiate video eve")
		d.press("x")
		d.did("reject cancelled")
		d.hit("esc")
		d.tel.ring(otherCall, "fay", calls.Audio)
		d.pass(time.Second)
		d.click("a accept") // the caller's name, which stands above the key
		d.did()
		d.reads("is calling you")
	})
	atDesk(t, 80, 24, func(d *desk) {
		d.tel.connect(append(fourContacts(), contact("gus", "r reject, b busy", calls.Online))...)
		d.settle()
		d.click("● r reject, b busy")
		d.press("enter")
		d.tel.act(testCall, "gus", "phone", calls.Accept{Join: true})
		d.tel.ring("01JD000000000000000000000Y", "carla", calls.Audio)
		d.pass(time.Second)
		d.did("initiate audio gus")
		d.click("r reject, b busy and accept") // a part of "end the call with …"
		d.did("accept")
	})
}

// The wheel and the second click press no keys, which may be others.
func TestTheMouseNeedsNoKeys(t *testing.T) {
	keys := map[string][]string{"up": {"h"}, "down": {"k"}, "call": {"c"}, "call_back": {"c"}, "again": {"c"}}
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 80, 24, Config{Theme: ThemeDark, Keys: keys})
		d.tel.connect(fourContacts()...)
		d.settle()
		defer d.leave()
		wheel := func(b tea.MouseButton) { d.tell(tea.MouseWheelMsg{Button: b}) }
		wheel(tea.MouseWheelDown)
		wheel(tea.MouseWheelDown)
		d.reads("› ● Echo")
		d.click("● Echo")
		d.click("● Echo")
		d.did("initiate audio echo")
		wheel(tea.MouseWheelUp) // h hangs up in a call
		wheel(tea.MouseWheelDown)
		d.did()
		d.press("x")
		d.hit("esc")
		d.press("?")
		wheel(tea.MouseWheelDown)
		d.lacks("start")
		d.press("esc", "ctrl+p")
		wheel(tea.MouseWheelDown)
		d.reads("› video call")
	})
}

// The rows of whatever lies on top take clicks.
func TestRowsOfBoxesAreClicked(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.history()
		d.click("↙ Bob Okafor  ") // the missed call beneath the people
		d.pass(time.Second)
		d.reads("People Recent", "› ↙ Bob Okafor")
		d.press("ctrl+p")
		for _, x := range []int{2, 77} { // beside the box
			d.tell(tea.MouseClickMsg{X: x, Y: 8, Button: tea.MouseLeft})
		}
		d.reads("show people")
		d.click("show people")
		d.reads("enter call")
		for i, who := range []calls.UserID{"carla", "dmitri", "bob"} {
			d.tel.ring(calls.ID("01JD000000000000000000000"+string(rune('X'+i))), who, calls.Audio)
		}
		d.settle()
		d.click("  Dmitri Sokolov      ") // too early
		d.reads("› Carla Weiss")
		d.pass(time.Second)
		d.click("     Dmitri Sokolov")
		d.reads("› Dmitri Sokolov")
	})
}

// Every action is found, wherever one is, and does what it says.
func TestThePaletteHasEveryAction(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.press("ctrl+p")
		d.tell(tea.PasteMsg{Content: "show mis\x1b[2Jsed"})
		d.reads("› show missed calls")
		d.press("enter")
		d.reads("No missed calls.")
		d.press("ctrl+p")
		d.typed("all calls")
		d.press("enter", "ctrl+p")
		d.typed("people")
		d.press("enter")
		d.reads("Bob Okafor")
	})
	inHouse(t, 80, 24, Config{}, func(d *desk, _ *house) {
		d.press("ctrl+p")
		d.typed("disturb")
		d.press("enter")
		d.reads("do not disturb")
		d.press("L", "ctrl+p")
		d.typed("page u")
		d.reads("page up")
		d.press("esc", "ctrl+p")
		d.typed("quit")
		d.press("enter")
		if !d.quit {
			t.Error("quit in a room only closes it")
		}
	})
	atDesk(t, 80, 24, func(d *desk) {
		d.press("enter")
		d.tel.act(testCall, "bob", "laptop", calls.Reject{Status: calls.Busy})
		d.pass(time.Second)
		d.press("ctrl+p")
		d.typed("quit")
		d.press("enter")
		if !d.quit {
			t.Error("quit after a call only closes what it says")
		}
	})
}

// What has no answer is not offered.
func TestAnEmptySearchOffersNothing(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.press("/", "z", "!", "!")
		d.pass(time.Second)
		if got := d.last(); got != "esc close" {
			t.Errorf("the last row is %q", got)
		}
		d.press("backspace", "backspace", "z")
		d.explains("enter call", "esc close")
	})
}
