package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
	"pgregory.net/rapid"

	"tring/calls"
)

// oddNames are what people are called, and what others call themselves.
func oddNames() []struct{ kind, name string } {
	return []struct{ kind, name string }{
		{"plain", "Bob Okafor"},
		{"wide", "陈美玲"},
		{"wide and narrow", "山田 Taro 太郎"},
		{"korean, in parts", "\u1112\u1161\u11ab\u1100\u1173\u11af"},
		{"emoji", "🎉 Party 🎉"},
		{"joined emoji", "Zoë 👩\u200d🚀 Núñez"},
		{"a family", "👨\u200d👩\u200d👧\u200d👦 Müller"},
		{"a flag", "🇩🇪 Anna 🇫🇷"},
		{"half a flag", "🇩 Anna"},
		{"skin tones", "👍🏽 Ok 👋🏿"},
		{"keycap and selector", "1\ufe0f\u20e3 ❤\ufe0f ☎\ufe0e"},
		{"right to left", "שלום עולם"},
		{"arabic", "محمد عبد الله"},
		{"persian, joined", "می\u200cخواهم"},
		{"both ways", "abc שלום def"},
		{"hindi", "क्षितिज नेगी"},
		{"thai", "น้ำผึ้ง ที่รัก"},
		{"marks", "Jose\u0301 N\u0303"},
		{"piled marks", "Z" + strings.Repeat("\u0335\u0321\u034f\u0489", 40) + "algo"},
		{"only marks", strings.Repeat("\u0301", 20)},
		{"long", strings.Repeat("Maximilian ", 6)[:64]},
		{"long and wide", strings.Repeat("長", 64)},
		{"empty", ""},
		{"blank", " \u00a0\u3000\u2800 "},
		{"escapes", "\x1b[2J\x1b[Hevil\x1b[31m\x1b]0;title\x07\x1bPq\x1b\\"},
		{"c1", "\u009b2Jevil\u009d0;t\u009c\x9b31m"},
		{"bidi", "\u202eevil\u2066\u2067x\u2069\u200f\u061c"},
		{"lines", "one\ntwo\r\nthree\u2028four\x85five\vsix"},
		{"tabs", "a\tb\t\tc"},
		{"hidden", "a\u200bb\u2060c\ufeffd\u00ade\u180ef\U000e0041"},
		{"broken", "a\xff\xfe\xc3(\xe2\x82 b"},
		{"private", "\ue000\U000f0000x"},
		{"tags", "🏴\U000e0067\U000e0062\U000e007f"},
		{"nul", "a\x00b\x7fc"},
	}
}

// oddContacts have these names, but for those that terminals do not agree on:
// vowel signs (see agreed), and marks on ASCII letters, which the emulator gives a
// column of their own now and then.
func oddContacts() []calls.Contact {
	var list []calls.Contact
	for i, n := range oddNames() {
		if n.kind == "marks" || n.kind == "piled marks" || uncertain(Clean(n.name, 100)) {
			continue
		}
		c := contact(fmt.Sprintf("odd%02d", i), n.name, calls.Online, n.name)
		c.Favourite = i%3 == 0
		list = append(list, c)
	}
	return list
}

// unmarked is a screen without the marks on its letters: the emulator drops some
// of them.
func unmarked(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Mn, unicode.Me) || joiner(r) {
			return -1
		}
		return r
	}, s)
}

// Whatever people are called, the bytes that reach the terminal leave on it what
// the model drew, at every size: no name moves, wraps or hides anything.
func TestOddNamesOnATerminal(t *testing.T) {
	for _, size := range []struct{ width, height int }{{40, 12}, {80, 24}, {120, 40}, {200, 60}} {
		t.Run(fmt.Sprintf("%dx%d", size.width, size.height), func(t *testing.T) {
			t.Parallel()
			onTerminal(t, size.width, size.height, oddContacts(), func(t *testing.T, r *running) {
				r.shows(t, "Bob Okafor")
				r.agrees(t, "people")
				for i := range oddNames() {
					if r.press(t, "j"); i%8 == 0 {
						r.agrees(t, "choosing")
					}
				}
				for _, keys := range []string{"i", "/e"} { // the details, the search
					r.press(t, keys)
					r.shows(t, "close")
					r.agrees(t, keys)
					r.press(t, "\x1b")
					r.hides(t, "close")
				}
				for _, i := range []int{5, 11, 12, 21, 24, 26} {
					id := calls.ID(fmt.Sprintf("01JD0000000000000000000A%02d", i))
					who := calls.UserID(fmt.Sprintf("odd%02d", i))
					r.tel.ring(id, who, calls.Video)
					r.shows(t, "accept")
					r.agrees(t, "incoming")
					r.tel.act(id, who, "phone", calls.Reject{Status: calls.Cancelled})
					r.shows(t, "Missed")
					r.agrees(t, "missed")
				}
			})
		})
	}
}

// The same of the model alone, where names are combined at random.
func TestRandomNamesFitEverySize(t *testing.T) {
	var parts []string
	for _, n := range oddNames() {
		parts = append(parts, n.name)
		for _, r := range n.name {
			parts = append(parts, string(r))
		}
	}
	name := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 12).Draw(t, "parts"), "")
	})
	rapid.Check(t, func(t *rapid.T) {
		tel := newTelephone(time.Now)
		m := New(Config{Agent: tel, Motion: true, Theme: ThemeDark, NewCallID: func() calls.ID { return testCall }})
		var list []calls.Contact
		for i := range 4 {
			c := contact(fmt.Sprintf("p%d", i), name.Draw(t, "name"), calls.Online, name.Draw(t, "phone"))
			c.Favourite = i == 3
			list = append(list, c)
		}
		tel.connect(list...)
		width, height := rapid.IntRange(1, 210).Draw(t, "width"), rapid.IntRange(1, 62).Draw(t, "height")
		m.Update(tea.WindowSizeMsg{Width: width, Height: height})
		for _, keys := range []string{"", "j", "f", "i", "esc", "/", "a", "e", "esc"} {
			if keys != "" {
				m.Update(keyNamed(keys))
			}
			rows := strings.Split(m.View().Content, "\n")
			if len(rows) != height {
				t.Fatalf("%d rows at %d×%d", len(rows), width, height)
			}
			for _, row := range rows {
				plain := ansi.Strip(row)
				a, b := ansi.StringWidth(plain), ansi.StringWidthWc(plain)
				if max(a, b) > width || a != b && !uncertain(plain) {
					t.Fatalf("%d or %d columns at %d×%d: %+q", a, b, width, height, plain)
				}
			}
		}
	})
}

// What became of each name, to be looked at.
func TestOddNamesDrawn(t *testing.T) {
	for _, size := range []struct{ width, height int }{{40, 48}, {120, 48}} {
		t.Run(fmt.Sprintf("%dx%d", size.width, size.height), func(t *testing.T) {
			onTerminal(t, size.width, size.height, oddContacts(), func(t *testing.T, r *running) {
				r.shows(t, "› ")
				r.agrees(t, "people")
				golden.RequireEqual(t, r.screen())
			})
		})
	}
}
