package ui

import (
	"strings"
	"testing"
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

func TestTheWheelMovesTheChoice(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.tell(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
		d.tell(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
		d.tell(tea.MouseWheelMsg{Button: tea.MouseWheelUp})
		d.press("enter")
		d.did("initiate audio echo")
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
		d.reads("call", "video", "help", "quit")
		d.typed("vi")
		d.lacks("quit")
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

func TestKeysFromTheSettings(t *testing.T) {
	for _, tt := range []struct {
		keys map[string][]string
		want []string
	}{
		{nil, nil},
		{map[string][]string{"accept": {"y"}, "swap": {"y"}, "mute": {" "}, "talk": {"t"}}, nil},
		{map[string][]string{"mute": {" "}}, []string{"keys.mute", "keys.talk", `"space"`}},
		{map[string][]string{"accept": {"r"}}, []string{"keys.accept", "keys.reject", `"r"`}},
		{map[string][]string{"mute": {"h"}}, []string{"keys.mute", "keys.hang_up"}},
		{map[string][]string{"acept": {"y"}}, []string{"keys.acept", "no such action", "accept"}},
	} {
		err := CheckKeys(tt.keys)
		if (err != nil) != (tt.want != nil) {
			t.Errorf("%v: %v", tt.keys, err)
		}
		for _, want := range tt.want {
			if err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%v: %v lacks %q", tt.keys, err, want)
			}
		}
	}
}
