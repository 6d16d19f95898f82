package ui

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	tea "charm.land/bubbletea/v2"

	"tring/calls"
)

// What is wrong is told of the action that the person wrote to, and of no other.
func TestKeysFromTheSettings(t *testing.T) {
	for _, tt := range []struct {
		keys   map[string][]string
		action string
		want   []string
	}{
		{nil, "", nil},
		{map[string][]string{"accept": {"y"}, "swap": {"Y"}, "mute": {" "}, "talk": {"t"}}, "", nil},
		{map[string][]string{"accept": {"A"}, "reject": {"a"}}, "", nil}, // swap follows accept
		{map[string][]string{"accept": {"CTRL+A", "Return", "shift+F5", "é"}}, "", nil},
		{map[string][]string{"mute": {" "}}, "mute", []string{"keys.mute", `"space"`, "as talk is already"}},
		{map[string][]string{"accept": {"r"}}, "accept", []string{"keys.accept", `"r"`, "as reject is already"}},
		{map[string][]string{"mute": {"h"}}, "mute", []string{"keys.mute", "as hang_up is already"}},
		{map[string][]string{"hang_up": {"M"}, "mute": {"M"}}, "mute", []string{"keys.mute and keys.hang_up", `"M"`}},
		{map[string][]string{"acept": {"y"}}, "acept", []string{"keys.acept", "no such action", "accept"}},
		{map[string][]string{"accept": {"bogus"}}, "accept", []string{"keys.accept", `no key "bogus"`, "enter, esc", "ctrl+"}},
		{map[string][]string{"accept": {"y", "ctrl+"}}, "accept", []string{`no key "ctrl+"`}},
		{map[string][]string{"accept": {"\x01"}}, "accept", []string{"no key"}},
		{map[string][]string{"mute": {"5"}}, "mute", []string{"keys.mute", `"5"`, "dials in a call"}},
		{map[string][]string{"settings": {"*"}}, "settings", []string{"dials in a call"}},
		{map[string][]string{"details": {"5"}}, "", nil}, // there is no call among the people
		{map[string][]string{"reject": {"down"}}, "reject", []string{"keys.reject", "chooses among those who call"}},
	} {
		action, err := CheckKeys(tt.keys)
		if action != tt.action || (err != nil) != (tt.want != nil) {
			t.Errorf("%v: %q, %v", tt.keys, action, err)
		}
		for _, want := range tt.want {
			if err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%v: %v lacks %q", tt.keys, err, want)
			}
		}
		if err != nil && strings.Contains(err.Error(), "keys.swap") {
			t.Errorf("%v: %v names what nobody wrote", tt.keys, err)
		}
	}
}

func TestNamesOfKeys(t *testing.T) {
	for written, want := range map[string]string{
		"a": "a", "A": "A", "+": "+", " ": "space", "Space": "space", "ESC": "esc", "Escape": "esc", "Return": "enter",
		"PageUp": "pgup", "del": "delete", "F11": "f11", "CTRL+A": "ctrl+a", "shift+Tab": "shift+tab",
		"alt+ctrl+x": "ctrl+alt+x", "ctrl++": "ctrl++", "ä": "ä", "陈": "陈",
		"": "", "ab": "", "ctrl+": "", "ctrl+ab": "", "f99": "", "\t": "", "hyper+a": "",
	} {
		got, ok := speltKey(written)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q is %q, %v; want %q", written, got, ok, want)
		}
		if ok {
			if pressed := keyNamed(got).String(); pressed != got {
				t.Errorf("%q presses %q", got, pressed)
			}
		}
	}
}

// Who gives accept another key accepts with it during a call, too.
func TestSwapFollowsAccept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 80, 24, Config{Theme: ThemeDark, Keys: map[string][]string{"accept": {"Y"}}})
		d.tel.connect(fourContacts()...)
		d.settle()
		defer d.leave()
		d.talk()
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.settle()
		d.reads("Y end the call with Bob Okafor and accept")
		d.hit("Y")
		d.did("accept")
	})
}

// A key is what it is however it was written.
func TestAKeyWrittenInCapitals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 80, 24, Config{Theme: ThemeDark, Keys: map[string][]string{"accept": {"CTRL+A"}}})
		d.tel.connect(fourContacts()...)
		d.settle()
		defer d.leave()
		d.tel.ring(testCall, "carla", calls.Audio)
		d.settle()
		d.reads("ctrl+a accept")
		d.hit("a")
		d.did()
		d.hit("ctrl+a")
		d.did("accept")
	})
}

// The help has every key there is, under what it does and under itself.
func TestTheHelpHasEveryKey(t *testing.T) {
	inHouse(t, 80, 24, Config{Recorder: &taper{}, Dial: func(rune) {}, Settings: newPhoneSettings()}, func(d *desk, _ *house) {
		var all []string
		for _, g := range d.model.helpGroups() {
			for _, b := range g.keys {
				all = append(all, strings.Join(b.Keys(), " "))
			}
		}
		for _, e := range d.model.keys.entries() {
			if !slices.Contains(all, strings.Join(e.binding.Keys(), " ")) {
				t.Errorf("%s is not in the help", e.name)
			}
		}
		for typed, want := range map[string]string{
			"first": "home first", "last": "end last", "page": "pgup page up", "choose": "enter choose", "again": "enter call again",
			"dial": "0–9*# dial", "quit": "ctrl+c quit", "ctrl+z": "ctrl+z suspend", "take it": "enter take it", "G": "end last",
			"shift+tab": "shift+tab page before", "record": "R record", "yes": "y answer yes",
		} {
			d.press("?")
			d.tell(tea.PasteMsg{Content: typed})
			d.reads(want)
			d.lacks("No action")
			d.press("esc")
		}
	})
}
