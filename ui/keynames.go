package ui

import (
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
	help    helpPlace
	scope   scope
	binding *key.Binding
}

// entries are all bindings that a person may change. Those of the search are
// fixed, for every letter is a letter there.
func (k *keymap) entries() []entry {
	return []entry{
		{"up", helpPeople, onList | onRooms, &k.Up},
		{"down", helpPeople, onList | onRooms, &k.Down},
		{"top", helpPeople, onList | onRooms, &k.Top},
		{"bottom", helpPeople, onList | onRooms, &k.Bottom},
		{"page_up", helpRooms, onLog, &k.PageUp},
		{"page_down", helpRooms, onLog, &k.PageDown},
		{"call", helpPeople, onPeople, &k.Call},
		{"call_back", helpPeople, onRecent, &k.CallBack},
		{"video", helpPeople, onList, &k.Video},
		{"tab", helpPeople, onList | onSettings, &k.Tab},
		{"tab_back", helpRooms, onSettings, &k.TabBack},
		{"people", helpPeople, onRecent, &k.People},
		{"search", helpPeople, onList | onLog, &k.Search},
		{"favourite", helpPeople, onPeople, &k.Favourite},
		{"filter", helpPeople, onRecent, &k.Filter},
		{"details", helpPeople, onList, &k.Details},
		{"accept", helpRinging, onIncoming, &k.Accept},
		{"swap", helpRinging, onIncoming, &k.Swap},
		{"reject", helpRinging, onIncoming, &k.Reject},
		{"busy", helpRinging, onIncoming, &k.Busy},
		{"stop", helpRinging, onOutgoing, &k.Stop},
		{"mute", helpCall, onTalking | onIncoming, &k.Mute},
		{"hang_up", helpCall, onTalking | onIncoming, &k.HangUp},
		{"record", helpCall, onTalking, &k.Record},
		{"louder", helpCall, onTalking, &k.Louder},
		{"softer", helpCall, onTalking, &k.Softer},
		{"talk", helpCall, onTalking | onIncoming, &k.Talk},
		{"again", helpCall, onEnded, &k.Again},
		{"close", helpCall, onEnded, &k.Close},
		{"settings", helpAlways, onList | onRooms | onTalking, &k.Settings},
		{"change", helpRooms, onSettings, &k.Change},
		{"less", helpRooms, onSettings, &k.Less},
		{"more", helpRooms, onSettings, &k.More},
		{"usual", helpRooms, onSettings, &k.Usual},
		{"account", helpAlways, onList | onRooms, &k.Account},
		{"log", helpAlways, onList | onRooms, &k.Log},
		{"guide", helpAlways, onList | onRooms, &k.Guide},
		{"back", helpRooms, onRooms, &k.Back},
		{"choose", helpRooms, onAccount | onGuide, &k.Choose},
		{"do_not_disturb", helpRooms, onAccount, &k.Disturb},
		{"remove", helpRooms, onAccount, &k.Remove},
		{"trouble", helpRooms, onLog, &k.Trouble},
		{"help", helpAlways, always | onEnded, &k.Help},
		{"palette", helpAlways, always | onEnded, &k.Palette},
		{"quit", helpAlways, onList | onOutgoing | onTalking, &k.Quit},
		{"interrupt", helpAlways, always | onIncoming | onEnded | onQuestion, &k.Interrupt},
		{"suspend", helpAlways, always | onIncoming | onEnded | onQuestion, &k.Suspend},
		{"yes", helpAlways, onQuestion, &k.Yes},
		{"no", helpAlways, onQuestion, &k.No},
	}
}

// same are the bindings that share one meaning and so may share their keys.
func same(a, b string) bool { return a == "accept" && b == "swap" || a == "swap" && b == "accept" }

// CheckKeys refuses settings of keys that name no action or no key, give one key two
// meanings in one place, or take one that is fixed there. Action is the one of the
// settings that is at fault.
func CheckKeys(keys map[string][]string) (action string, err error) {
	_, action, err = newKeymap(Language{}, keys)
	return action, err
}

// change puts the keys of the settings in. Of several faults it tells one.
func (k *keymap) change(changes map[string][]string) (action string, err error) {
	all := k.entries()
	wrong := func(name string, e error) {
		if err == nil {
			action, err = name, e
		}
	}
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		i := slices.IndexFunc(all, func(e entry) bool { return e.name == name })
		if i < 0 {
			wrong(name, fmt.Errorf("keys.%s: there is no such action; there are %s", name, names(all)))
			continue
		}
		list, e := spelt(changes[name])
		if e != nil {
			wrong(name, fmt.Errorf("keys.%s: %w", name, e))
		}
		set(all[i].binding, list)
		_, apart := changes["swap"]
		switch {
		case name == "mute":
			set(&k.Unmute, list)
		case name == "accept" && !apart: // it accepts too
			set(&k.Swap, list)
		}
	}
	for _, e := range all {
		for _, pressed := range e.binding.Keys() {
			if what := fixed(e.scope, pressed); what != "" {
				wrong(e.name, fmt.Errorf("keys.%s is %q, which %s; give it another key", e.name, pressed, what))
			}
		}
	}
	name, e := clash(all, changes)
	if e != nil {
		wrong(name, e)
	}
	return action, err
}

func set(b *key.Binding, keys []string) {
	if len(keys) > 0 {
		b.SetKeys(keys...)
		b.SetHelp(shown(keys[0]), b.Help().Desc)
	}
}

func names(all []entry) string {
	var list []string
	for _, e := range all {
		list = append(list, e.name)
	}
	return strings.Join(list, ", ")
}

// fixed is what a key does that cannot be changed; empty: nothing.
func fixed(in scope, pressed string) string {
	switch {
	case in&onTalking != 0 && len(pressed) == 1 && strings.Contains(dialled12, pressed):
		return "dials in a call"
	case in&onIncoming != 0 && (pressed == "up" || pressed == "down"):
		return "chooses among those who call"
	}
	return ""
}

// clash finds the first key that means two things in one place, and which of those
// was written to.
func clash(all []entry, written map[string][]string) (action string, err error) {
	for i, a := range all {
		for _, b := range all[i+1:] {
			if a.scope&b.scope == 0 || same(a.name, b.name) {
				continue
			}
			for _, k := range a.binding.Keys() {
				if !slices.Contains(b.binding.Keys(), k) {
					continue
				}
				_, mine := written[a.name]
				_, theirs := written[b.name]
				switch {
				case mine && theirs:
					return a.name, fmt.Errorf("keys.%s and keys.%s are both %q; give one of them another key", a.name, b.name, k)
				case theirs:
					a, b = b, a
				}
				return a.name, fmt.Errorf("keys.%s is %q, as %s is already; give it another key", a.name, k, b.name)
			}
		}
	}
	return "", nil
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
