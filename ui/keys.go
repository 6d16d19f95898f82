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
	TabBack, People                               key.Binding
	Disturb, Remove, Trouble                      key.Binding
	SearchUp, SearchDown, SearchCall, SearchClose key.Binding
}

// newKeymap makes the keys, with those of the settings in the place of the
// usual ones. With an error, which is about one of the changed actions, the keys are
// as good as can be.
func newKeymap(l Language, changes map[string][]string) (k keymap, action string, err error) {
	b := func(show, does string, keys ...string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(l.Say(show), l.Say(does)))
	}
	k.lists(b)
	k.calls(b)
	k.rooms(b)
	action, err = k.change(changes)
	return k, action, err
}

// binder makes a binding: how it is shown, what it does, and its keys.
type binder func(show, does string, keys ...string) key.Binding

// lists are the keys of the lists, and those that are everywhere.
func (k *keymap) lists(b binder) {
	k.Up = b("↑ k", wordUp, "up", "k")
	k.Down = b("↓ j", wordDown, "down", "j")
	k.Top = b("home", wordTop, "home", "g")
	k.Bottom = b("end", wordBottom, "end", "G")

	k.Call = b("enter", wordCall, "enter", "c")
	k.CallBack = b("enter", wordCallBack, "enter", "c")
	k.Video = b("v", wordVideo, "v")
	k.Tab = b("tab", wordRecent, "tab")
	k.People = b("esc", wordPeople, "esc")
	k.Search = b("/", wordSearch, "/")

	k.Favourite = b("f", wordFavourite, "f")
	k.Filter = b("f", wordFilter, "f")
	k.Details = b("i", wordDetails, "i")

	k.Help = b("?", wordHelp, "?")
	k.Palette = b("ctrl+p", wordPalette, "ctrl+p")
	k.Quit = b("q", wordQuit, "q")
	k.Interrupt = b("ctrl+c", wordQuit, "ctrl+c")
	k.Suspend = b("ctrl+z", wordSuspend, "ctrl+z")

	k.SearchUp = b("↑", wordUp, "up")
	k.SearchDown = b("↓", wordDown, "down", "ctrl+n")
	k.SearchCall = b("enter", wordCall, "enter")
	k.SearchClose = b("esc", wordClose, "esc")
}

// calls are the keys of calls.
func (k *keymap) calls(b binder) {
	k.Accept = b("a", wordAccept, "a")
	k.Swap = b("a", wordSwap, "a")
	k.Reject = b("r", wordReject, "r")
	k.Busy = b("b", wordBusy, "b")

	k.Stop = b("x", wordStop, "x", "esc", "h")
	k.Mute = b("m", wordMute, "m")
	k.Unmute = b("m", wordUnmute, "m")
	k.HangUp = b("h", wordHangUp, "h")
	k.Record = b("R", wordRecord, "R", "shift+r")

	k.Louder = b("+", wordLouder, "+", "=")
	k.Softer = b("-", wordSofter, "-")
	k.Talk = b(wordSpace, wordTalk, "space")

	k.Again = b("enter", wordAgain, "enter", "c")
	k.Close = b("esc", wordClose, "esc", "x", "q")
	k.Yes = b("y", wordYes, "y", "enter")
	k.No = b("n", wordNo, "n", "esc", "x")
}

// rooms are the keys of the rooms, and those that open them.
func (k *keymap) rooms(b binder) {
	k.Settings = b(",", wordSettings, ",")
	k.Change = b("enter", wordChange, "enter", "space")
	k.Less = b("←", wordLess, "left", "-")
	k.More = b("→", wordMore, "right", "+")
	k.TabBack = b("shift+tab", wordLastPage, "shift+tab")
	k.Usual = b("del", wordUsual, "delete", "backspace")

	k.Account = b("A", wordAccount, "A", "shift+a")
	k.Log = b("L", wordLog, "L", "shift+l")
	k.Guide = b("W", wordGuide, "W", "shift+w")

	k.Back = b("esc", wordClose, "esc", "q")
	k.Choose = b("enter", wordChoose, "enter", "space")
	k.PageUp = b("pgup", wordPageUp, "pgup")
	k.PageDown = b("pgdown", wordPageDown, "pgdown")
	k.NextField = b("tab", wordNext, "tab", "shift+tab")
	k.Disturb = b("d", wordNoDisturb, "d")
	k.Remove = b("x", wordRemove, "x", "delete")
	k.Trouble = b("e", wordTrouble, "e")
}

// does is the binding with other words for what it does here.
func does(b key.Binding, words string) key.Binding {
	b.SetHelp(b.Help().Key, words)
	return b
}
