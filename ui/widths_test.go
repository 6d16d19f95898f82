package ui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tring/calls"
)

// Names with vowel signs: in Devanagari, Tamil, Bengali, Thai, Khmer and Burmese.
func vowelNames() []string {
	return []string{"क्षितिज नेगी", "ப்ரியா", "নির্মলা কৌর", "น้ำผึ้ง", "ក្រុង ខ្មែរ", "မြန်မာ"}
}

// Whichever way the terminal counts such a name, what stands behind it stands in
// one column, and the box over the screen has straight edges.
func TestVowelSignsMoveNothing(t *testing.T) {
	for name, way := range map[string]struct {
		report tea.ModeReportMsg
		width  func(string) int
	}{
		"letter by letter": {tea.ModeReportMsg{Mode: ansi.ModeUnicodeCore, Value: ansi.ModeNotRecognized}, ansi.StringWidthWc},
		"by clusters":      {tea.ModeReportMsg{Mode: ansi.ModeUnicodeCore, Value: ansi.ModeReset}, ansi.StringWidth},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, 80, 24, func(d *desk) {
				d.tell(way.report)
				list := []calls.Contact{contact("bob", "Bob Okafor", calls.Online, "laptop")}
				for i, n := range vowelNames() {
					list = append(list, contact(fmt.Sprint("v", i), n, calls.Online, "study"))
				}
				d.tel.connect(list...)
				d.settle()
				stands := func(what string, least int) {
					t.Helper()
					columns := map[int]int{}
					for _, row := range strings.Split(d.screen(), "\n") {
						if way.width(row) > 80 {
							t.Errorf("%d columns: %q", way.width(row), row)
						}
						for at := 0; ; {
							i := strings.Index(row[at:], what)
							if i < 0 {
								break
							}
							columns[way.width(row[:at+i])]++
							at += i + len(what)
						}
					}
					for column, n := range columns {
						if n < least {
							t.Errorf("%q stands %d times in column %d:\n%s", what, n, column, d.screen())
						}
					}
					if len(columns) == 0 {
						t.Errorf("no %q:\n%s", what, d.screen())
					}
				}
				stands("study", len(vowelNames()))
				d.reads(vowelNames()...)
				d.tel.ring(otherCall, "v0", calls.Audio)
				d.settle()
				d.reads(vowelNames()[0], "is calling you")
				stands("│", 5)
			})
		})
	}
}

// A name at the end of a row takes the blanks before it.
func TestSettle(t *testing.T) {
	for _, c := range []struct{ row, want string }{
		{"नि    x", "नि   x"},
		{"\x1b[1mनि\x1b[m    x", "\x1b[1mनि\x1b[m   x"},
		{"नि x    y", "नि x   y"},
		{"ab   नि", "ab  नि"},
		{"नि x", "नि x"},
		{"ab    cd", "ab    cd"},
	} {
		if got := settle(c.row, ansi.StringWidth(c.row)); got != c.want {
			t.Errorf("%q becomes %q, not %q", c.row, got, c.want)
		}
	}
}
