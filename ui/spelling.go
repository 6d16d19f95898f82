package ui

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// dialled12 are the keys that send a tone in a call.
const dialled12 = "0123456789*#"

// specialKeys are the keys with names, as the terminal's are called.
var specialKeys = map[string]rune{ //nolint:gochecknoglobals // a table
	"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "space": tea.KeySpace,
	"up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight,
	"home": tea.KeyHome, "end": tea.KeyEnd, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown,
	"backspace": tea.KeyBackspace, "delete": tea.KeyDelete, "insert": tea.KeyInsert,
	"f1": tea.KeyF1, "f2": tea.KeyF2, "f3": tea.KeyF3, "f4": tea.KeyF4, "f5": tea.KeyF5, "f6": tea.KeyF6,
	"f7": tea.KeyF7, "f8": tea.KeyF8, "f9": tea.KeyF9, "f10": tea.KeyF10, "f11": tea.KeyF11, "f12": tea.KeyF12,
}

// otherNames are what people call some of them too.
var otherNames = map[string]string{ //nolint:gochecknoglobals // a table
	" ": "space", "escape": "esc", "return": "enter", "del": "delete", "ins": "insert",
	"pageup": "pgup", "page_up": "pgup", "pagedown": "pgdown", "page_down": "pgdown",
}

// spelt are keys as the terminal's are called.
func spelt(keys []string) ([]string, error) {
	list := make([]string, 0, len(keys))
	for _, k := range keys {
		s, ok := speltKey(k)
		if !ok {
			return nil, fmt.Errorf("there is no key %q; a key is a letter or a sign, or one of enter, esc, tab, space, backspace, "+
				"delete, insert, up, down, left, right, home, end, pgup, pgdown, f1 to f12, also after ctrl+, alt+ or shift+", k)
		}
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list, nil
}

// speltKey is one key: "CTRL+A" is "ctrl+a", and "A" another than "a".
func speltKey(written string) (string, bool) {
	rest := written
	var ctrl, alt, shift bool
	for again := true; again; {
		again = false
		for prefix, on := range map[string]*bool{"ctrl+": &ctrl, "alt+": &alt, "shift+": &shift} {
			if len(rest) > len(prefix) && strings.EqualFold(rest[:len(prefix)], prefix) {
				rest, *on, again = rest[len(prefix):], true, true
			}
		}
	}
	name := strings.ToLower(rest)
	if other, ok := otherNames[name]; ok {
		name = other
	}
	_, special := specialKeys[name]
	r, size := utf8.DecodeRuneInString(rest)
	switch {
	case special:
	case size != len(rest) || !unicode.IsGraphic(r) || r == utf8.RuneError:
		return "", false
	case !ctrl && !alt && !shift:
		name = rest
	}
	for _, mod := range []struct {
		on     bool
		prefix string
	}{{shift, "shift+"}, {alt, "alt+"}, {ctrl, "ctrl+"}} { // the terminal's order, from the end
		if mod.on {
			name = mod.prefix + name
		}
	}
	return name, true
}
