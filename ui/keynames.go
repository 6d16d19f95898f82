package ui

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
)

// scope is where a key means something. Within one scope no key may mean two
// things.
type scope uint

const (
	onPeople scope = 1 << iota
	onRecent
	onSearch
	onOutgoing
	onIncoming // the overlay, also during a call
	onTalking
	onEnded
	onQuestion
	onAccount
	onLog
	onGuide
	onSettings
	onList  = onPeople | onRecent
	onRooms = onAccount | onLog | onGuide | onSettings
	always  = onList | onRooms | onOutgoing | onTalking // and not where a key may be an answer
)

// entry is a binding by its name in the settings: [keys] accept = "a".
type entry struct {
	name    string
	scope   scope
	binding *key.Binding
}

// entries are all bindings that a person may change. Those of the search are
// fixed, for every letter is a letter there.
func (k *keymap) entries() []entry {
	return []entry{
		{"up", onList | onRooms, &k.Up},
		{"down", onList | onRooms, &k.Down},
		{"top", onList | onRooms, &k.Top},
		{"bottom", onList | onRooms, &k.Bottom},
		{"page_up", onLog, &k.PageUp},
		{"page_down", onLog, &k.PageDown},
		{"call", onPeople, &k.Call},
		{"call_back", onRecent, &k.CallBack},
		{"video", onList, &k.Video},
		{"tab", onList | onSettings, &k.Tab},
		{"tab_back", onSettings, &k.TabBack},
		{"people", onRecent, &k.People},
		{"search", onList | onLog, &k.Search},
		{"favourite", onPeople, &k.Favourite},
		{"filter", onRecent, &k.Filter},
		{"details", onList, &k.Details},
		{"accept", onIncoming, &k.Accept},
		{"swap", onIncoming, &k.Swap},
		{"reject", onIncoming, &k.Reject},
		{"busy", onIncoming, &k.Busy},
		{"stop", onOutgoing, &k.Stop},
		{"mute", onTalking | onIncoming, &k.Mute},
		{"hang_up", onTalking | onIncoming, &k.HangUp},
		{"record", onTalking, &k.Record},
		{"louder", onTalking, &k.Louder},
		{"softer", onTalking, &k.Softer},
		{"talk", onTalking | onIncoming, &k.Talk},
		{"again", onEnded, &k.Again},
		{"close", onEnded, &k.Close},
		{"yes", onQuestion, &k.Yes},
		{"no", onQuestion, &k.No},
		{"settings", onList | onRooms | onTalking, &k.Settings},
		{"change", onSettings, &k.Change},
		{"less", onSettings, &k.Less},
		{"more", onSettings, &k.More},
		{"usual", onSettings, &k.Usual},
		{"account", onList | onRooms | onSettings, &k.Account},
		{"log", onList | onRooms | onSettings, &k.Log},
		{"guide", onList | onRooms | onSettings, &k.Guide},
		{"back", onRooms, &k.Back},
		{"choose", onAccount | onGuide, &k.Choose},
		{"do_not_disturb", onAccount, &k.Disturb},
		{"remove", onAccount, &k.Remove},
		{"trouble", onLog, &k.Trouble},
		{"help", always | onEnded, &k.Help},
		{"palette", always | onEnded, &k.Palette},
		{"quit", onList | onOutgoing | onTalking, &k.Quit},
		{"interrupt", always | onIncoming | onEnded | onQuestion, &k.Interrupt},
		{"suspend", always | onIncoming | onEnded | onQuestion, &k.Suspend},
	}
}

// same are the bindings that share one meaning and so may share their keys.
func same(a, b string) bool { return a == "accept" && b == "swap" || a == "swap" && b == "accept" }

// CheckKeys refuses settings of keys that name nothing, or give one key two
// meanings in one place; the error names both.
func CheckKeys(keys map[string][]string) error {
	_, err := newKeymap(Language{}, keys)
	return err
}

// change puts the keys of the settings in.
func (k *keymap) change(keys map[string][]string) error {
	all := k.entries()
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		i := slices.IndexFunc(all, func(e entry) bool { return e.name == name })
		if i < 0 {
			errs = append(errs, fmt.Errorf("keys.%s: there is no such action; there are %s", name, names(all)))
			continue
		}
		b := all[i].binding
		list := spelt(keys[name])
		b.SetKeys(list...)
		b.SetHelp(shown(list[0]), b.Help().Desc)
		if name == "mute" {
			k.Unmute.SetKeys(list...)
			k.Unmute.SetHelp(shown(list[0]), k.Unmute.Help().Desc)
		}
	}
	return errors.Join(append(errs, clashes(all))...)
}

// spelt are keys as the terminal's are called.
func spelt(keys []string) []string {
	list := slices.Clone(keys)
	for i, k := range list {
		if k == " " {
			list[i] = "space"
		}
	}
	return list
}

func names(all []entry) string {
	var list []string
	for _, e := range all {
		list = append(list, e.name)
	}
	return strings.Join(list, ", ")
}

// clashes finds the first key that means two things in one place.
func clashes(all []entry) error {
	for i, a := range all {
		for _, b := range all[i+1:] {
			if a.scope&b.scope == 0 || same(a.name, b.name) {
				continue
			}
			for _, k := range a.binding.Keys() {
				if slices.Contains(b.binding.Keys(), k) {
					return fmt.Errorf("keys.%s and keys.%s are both %q; give one of them another key", a.name, b.name, k)
				}
			}
		}
	}
	return nil
}

// shown is a key as the rows that explain keys have it.
func shown(k string) string {
	switch k {
	case "up":
		return "↑"
	case "down":
		return "↓"
	case "left":
		return "←"
	case "right":
		return "→"
	}
	return k
}
