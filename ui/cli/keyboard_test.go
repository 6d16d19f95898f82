package cli

import (
	"bytes"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
)

// A login whose terminal has no system behind it is typed at like any other.
func TestKeyboard(t *testing.T) {
	for _, tt := range []struct{ name, typed, lines, echo string }{
		{"a line", "bob\r", "bob\n", "bob\n"},
		{"a line feed ends one too", "bob\n", "bob\n", "bob\n"},
		{"a letter taken back", "bop\x7fb\r", "bob\n", "bop\b \bb\n"},
		{"nothing to take back", "\x7f\x7fb\r", "b\n", "b\n"},
		{"a wide letter taken back", "あ\x7fa\r", "a\n", "あ\b \b\b \ba\n"},
		{"a whole line taken back", "ab\x15c\r", "c\n", "ab\b \b\b \bc\n"},
		{"cursor keys are no letters", "a\x1b[A\x1bOBb\r", "ab\n", "ab\n"},
		{"other controls neither", "a\x07\x00b\r", "ab\n", "ab\n"},
		{"the end of the input", "a\r\x04b\r", "a\n", "a\n"},
		{"no end within a line", "a\x04b\r", "ab\n", "ab\n"},
		{"an unfinished line is none", "a\rb", "a\n", "a\nb"},
		{"a line beyond all measure", strings.Repeat("x", 3*typedMost) + "\r", strings.Repeat("x", typedMost) + "\n", strings.Repeat("x", typedMost) + "\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for how, in := range map[string]io.Reader{
				"at once": strings.NewReader(tt.typed), "byte by byte": iotest.OneByteReader(strings.NewReader(tt.typed)),
			} {
				var echo bytes.Buffer
				lines, err := io.ReadAll(newKeyboard(in, &echo, func() { t.Error("interrupted") }, nil))
				if err != nil || string(lines) != tt.lines {
					t.Errorf("%s: read %q, %v; want %q", how, lines, err, tt.lines)
				}
				if echo.String() != tt.echo {
					t.Errorf("%s: echoed %q, want %q", how, echo.String(), tt.echo)
				}
			}
		})
	}
}

// An interrupt is heard by whoever reads no lines, too.
func TestKeyboardInterrupts(t *testing.T) {
	var times atomic.Int32
	k := newKeyboard(strings.NewReader(strings.Repeat("flood\r", 1000)+"\x03"), io.Discard, func() { times.Add(1) }, nil)
	until(t, "the interrupt is heard", func() bool { return times.Load() == 1 })
	if got, err := io.ReadAll(k); err != nil || len(got) > 20*len("flood\n") {
		t.Errorf("of a flood %d bytes are kept, %v", len(got), err)
	}
}
