package ui

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

func TestClean(t *testing.T) {
	for _, c := range []struct {
		name, in string
		width    int
		want     string
	}{
		{"a name stays", "Bob Okafor", 20, "Bob Okafor"},
		{"too long is cut and says so", "Bob Okafor", 6, "Bob O…"},
		{"cut at a space leaves none", "Bob Okafor", 5, "Bob…"},
		{"exactly as wide fits", "Bob", 3, "Bob"},
		{"one column", "Bob", 1, "…"},
		{"no room", "Bob", 0, ""},
		{"newlines become spaces", "Bob\r\n\tOkafor\n", 20, "Bob Okafor"},
		{"colours are gone", "\x1b[31mred\x1b[0m", 20, "red"},
		{"a title cannot be set", "a\x1b]0;gotcha\x07b", 20, "ab"},
		{"the clipboard cannot be set", "a\x1b]52;c;Z290Y2hh\x1b\\b", 20, "ab"},
		{"a broken sequence too", "a\x1b[", 20, "a"},
		{"C1 controls are gone", "a\u009b31mb", 20, "a31mb"},
		{"raw C1 bytes are gone", "a\x9b31mb", 20, "a\uFFFD31mb"},
		{"direction marks are gone", "\u202eevil\u2066\u200f", 20, "evil"},
		{"invisible letters are gone", "a\u200bb\u00adc\ufeffd\u2060e\u3164f", 20, "abcdef"},
		{"a hidden joiner is gone", "a\u200db", 20, "ab"},
		{"a joiner that shapes letters stays", "می\u200cخواهم", 20, "می\u200cخواهم"},
		{"wide letters count twice", "陈美玲", 5, "陈美…"},
		{"of an emoji sequence the first stays", "Zoë 👩\u200d🚀!", 20, "Zoë 👩!"},
		{"a flag stays", "🇩🇪", 20, "🇩🇪"},
		{"of what is endless only the beginning is looked at", strings.Repeat("\u200b", maxBytes) + "a", 20, ""},
		{"piled marks are taken down", "a" + strings.Repeat("\u0301", 50), 20, "a" + strings.Repeat("\u0301", maxMarks)},
		{"vowel signs stay", "क्षितिज नेगी", 20, "क्षितिज नेगी"},
		{"also in Thai", "น้ำผึ้ง", 20, "น้ำผึ้ง"},
		{"vowel signs count where terminals count them", "नेगीनेगी", 4, "नेगी…"},
		{"syllables in parts are put together", "\u1112\u1161\u11ab\u1100\u1173\u11af", 20, "한글"},
		{"a consonant that lost its syllable draws in no other", "\u1112\ud55c\uae00", 20, "\ufffd글"},
		{"of skin tones the hand stays", "👍🏽", 20, "👍"},
		{"a skin tone without a hand is nothing", "🏽x", 20, "x"},
		{"broken UTF-8 is marked", "a\xffb", 20, "a\uFFFDb"},
		{"nothing but blanks is nothing", " \u00a0\u2800\u3000 ", 20, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Clean(c.in, c.width); got != c.want {
				t.Errorf("Clean(%.80q, %d) = %+q, want %+q", c.in, c.width, got, c.want)
			}
		})
	}
}

// sequences generates what a terminal takes for commands, by their grammar
// (ECMA-48 §5.4, §8.3.89, §9; xterm's OSC ends with BEL too).
func sequences() *rapid.Generator[string] {
	chars := func(from, to rune, least, most int) *rapid.Generator[string] {
		return rapid.StringOfN(rapid.RuneFrom(nil, &unicode.RangeTable{R16: []unicode.Range16{{Lo: uint16(from), Hi: uint16(to), Stride: 1}}}), least, most, -1)
	}
	return rapid.Custom(func(t *rapid.T) string {
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0: // a control sequence: parameters, intermediates, final
			return "\x1b[" + chars('0', '?', 0, 6).Draw(t, "parameters") + chars(' ', '/', 0, 2).Draw(t, "intermediates") +
				chars('@', '~', 1, 1).Draw(t, "final")
		case 1: // a string: of the system, a device with its final, a program, private
			return "\x1b" + rapid.SampledFrom([]string{"]", "P1;2q", "P$r", "X", "^", "_"}).Draw(t, "string") +
				chars(' ', '~', 0, 12).Draw(t, "data") + "\x1b\\"
		case 2:
			return "\x1b]" + chars(' ', '~', 0, 12).Draw(t, "data") + "\a"
		case 3: // an escape sequence with intermediates, as for character sets
			return "\x1b" + chars(' ', '/', 1, 2).Draw(t, "intermediates") + chars('0', '~', 1, 1).Draw(t, "final")
		}
		return string(rapid.SampledFrom([]rune{0, 7, 8, 14, 15, 17, 24, 127, 0x80, 0x84, 0x8d, 0x90, 0x9b, 0x9c, 0x9d}).Draw(t, "control"))
	})
}

// Of whole sequences nothing is left, neither they nor what is in them, and the
// words between them stay.
func TestCleanKnowsTheGrammarOfTerminals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var dirty, want strings.Builder
		for i := range rapid.IntRange(1, 6).Draw(t, "parts") {
			word := rapid.SampledFrom([]string{"Bob", "Zoë", "陈", "x ", "👩"}).Draw(t, "word")
			sequence := sequences().Draw(t, "sequence")
			if i > 0 {
				dirty.WriteString(sequence)
			}
			dirty.WriteString(word)
			want.WriteString(word)
		}
		if got, want := Clean(dirty.String(), 200), strings.TrimSpace(want.String()); got != want {
			t.Fatalf("of %q stays %q, not %q", dirty.String(), got, want)
		}
	})
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{
		"Bob Okafor", "\x1b[31mred", "👩\u200d🚀", "陈美玲", "a\u0301\u0302", "\u202eevil", "می\u200cخواهم",
		"a\x9b31m", "🇩🇪🇫🇷", "👍🏽", "क्षि", "각", "\x1b]52;c;x\x07", "❤️\u200d🔥", "\xff\xfe", "a\u200d",
	} {
		f.Add(s, 10)
	}
	for _, n := range oddNames() {
		f.Add(n.name, 28)
	}
	f.Fuzz(func(t *testing.T, in string, width int) {
		width %= 300 // no screen is wider
		got := Clean(in, width)
		if !utf8.ValidString(got) {
			t.Fatalf("not UTF-8: %+q", got)
		}
		g, w := ansi.StringWidth(got), ansi.StringWidthWc(got)
		if max(g, w) > max(width, 0) {
			t.Fatalf("%d or %d columns, not %d: %+q", g, w, width, got)
		}
		if in := ansi.StringWidth("  " + got + "  x"); in != g+5 {
			t.Fatalf("in a row it is %d columns wide, not %d: %+q", in-5, g, got)
		}
		if g != w && !uncertain(got) {
			t.Fatalf("terminals disagree: %d or %d columns: %+q", g, w, got)
		}
		marks := 0
		for _, r := range got {
			if marks++; !unicode.Is(unicode.M, r) {
				marks = 0
			}
			if marks > maxMarks {
				t.Fatalf("more than %d marks on one letter: %+q", maxMarks, got)
			}
			hidden := unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) && !joiner(r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)
			if hidden {
				t.Fatalf("%U came through: %+q", r, got)
			}
		}
		if again := Clean(got, width); again != got {
			t.Fatalf("cleaning %+q again gives %+q", got, again)
		}
	})
}
