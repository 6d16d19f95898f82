package ui

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
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

func FuzzClean(f *testing.F) {
	for _, s := range []string{
		"Bob Okafor", "\x1b[31mred", "👩\u200d🚀", "陈美玲", "a\u0301\u0302", "\u202eevil", "می\u200cخواهم",
		"a\x9b31m", "🇩🇪🇫🇷", "👍🏽", "क्षि", "각", "\x1b]52;c;x\x07", "❤️\u200d🔥", "\xff\xfe", "a\u200d",
	} {
		f.Add(s, 10)
	}
	f.Fuzz(func(t *testing.T, in string, width int) {
		width %= 300 // no screen is wider
		got := Clean(in, width)
		if !utf8.ValidString(got) {
			t.Fatalf("not UTF-8: %+q", got)
		}
		if w := ansi.StringWidth(got); w > max(width, 0) {
			t.Fatalf("%d columns, not %d: %+q", w, width, got)
		}
		if g, w := ansi.StringWidth(got), ansi.StringWidthWc(got); g != w {
			t.Fatalf("terminals disagree: %d or %d columns: %+q", g, w, got)
		}
		for _, r := range got {
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
