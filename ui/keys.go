package ui

import (
	"charm.land/bubbles/v2/key"
)

// keymap is every key of the screen. The rows that explain keys are made of it.
type keymap struct {
	Up, Down, Top, Bottom                         key.Binding
	Call, CallBack, Video, Tab, Search            key.Binding
	Favourite, Filter, Details                    key.Binding
	Accept, Swap, Reject, Busy                    key.Binding
	Stop, Mute, Unmute, HangUp, Record            key.Binding
	Louder, Softer, Talk                          key.Binding
	Again, Close, Yes, No                         key.Binding
	Settings, Change, Less, More, Usual           key.Binding
	Help, Palette, Quit, Interrupt, Suspend       key.Binding
	Account, Log, Guide                           key.Binding
	Back, Choose, PageUp, PageDown, NextField     key.Binding
	Disturb, Remove, Trouble                      key.Binding
	SearchUp, SearchDown, SearchCall, SearchClose key.Binding
}

// newKeymap makes the keys, with those of the settings in the place of the
// usual ones. With an error the keys are as good as can be.
func newKeymap(l Language, changes map[string][]string) (keymap, error) {
	b := func(show, does string, keys ...string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(show, l.Say(does)))
	}
	k := keymap{
		Up:     b("↑ k", wordUp, "up", "k"),
		Down:   b("↓ j", wordDown, "down", "j"),
		Top:    b("home", wordTop, "home", "g"),
		Bottom: b("end", wordBottom, "end", "G"),

		Call:     b("enter", wordCall, "enter", "c"),
		CallBack: b("enter", wordCallBack, "enter", "c"),
		Video:    b("v", wordVideo, "v"),
		Tab:      b("tab", wordRecent, "tab"),
		Search:   b("/", wordSearch, "/"),

		Favourite: b("f", wordFavourite, "f"),
		Filter:    b("f", wordFilter, "f"),
		Details:   b("i", wordDetails, "i"),

		Accept: b("a", wordAccept, "a"),
		Swap:   b("a", wordSwap, "a"),
		Reject: b("r", wordReject, "r"),
		Busy:   b("b", wordBusy, "b"),

		Stop:   b("x", wordStop, "x", "esc", "h"),
		Mute:   b("m", wordMute, "m"),
		Unmute: b("m", wordUnmute, "m"),
		HangUp: b("h", wordHangUp, "h"),
		Record: b("R", wordRecord, "R", "shift+r"),

		Louder: b("+", wordLouder, "+", "="),
		Softer: b("-", wordSofter, "-"),
		Talk:   b(l.Say(wordSpace), wordTalk, "space"),

		Again: b("enter", wordAgain, "enter", "c"),
		Close: b("esc", wordClose, "esc", "x", "q"),
		Yes:   b("y", wordYes, "y", "enter"),
		No:    b("n", wordNo, "n", "esc", "x"),

		Settings: b(",", wordSettings, ","),
		Change:   b("enter", wordChange, "enter", "space"),
		Less:     b("←", wordLess, "left", "-"),
		More:     b("→", wordMore, "right", "+"),
		Usual:    b("del", wordUsual, "delete", "backspace"),

		Help:      b("?", wordHelp, "?"),
		Palette:   b("ctrl+p", wordPalette, "ctrl+p"),
		Quit:      b("q", wordQuit, "q"),
		Interrupt: b("ctrl+c", wordQuit, "ctrl+c"),
		Suspend:   b("ctrl+z", wordSuspend, "ctrl+z"),

		Account: b("A", wordAccount, "A", "shift+a"),
		Log:     b("L", wordLog, "L", "shift+l"),
		Guide:   b("W", wordGuide, "W", "shift+w"),

		Back:      b("esc", wordClose, "esc", "q"),
		Choose:    b("enter", wordChoose, "enter", "space"),
		PageUp:    b("pgup", wordPageUp, "pgup"),
		PageDown:  b("pgdown", wordPageDown, "pgdown"),
		NextField: b("tab", wordNext, "tab", "shift+tab"),
		Disturb:   b("d", wordNoDisturb, "d"),
		Remove:    b("x", wordRemove, "x", "delete"),
		Trouble:   b("e", wordTrouble, "e"),

		SearchUp:    b("↑", wordUp, "up"),
		SearchDown:  b("↓", wordDown, "down", "ctrl+n"),
		SearchCall:  b("enter", wordCall, "enter"),
		SearchClose: b("esc", wordClose, "esc"),
	}
	err := k.change(changes)
	return k, err
}

// does is the binding with other words for what it does here.
func does(b key.Binding, words string) key.Binding {
	b.SetHelp(b.Help().Key, words)
	return b
}
