package cli

import (
	"bytes"
	"context"
	"io"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"tring/guard"
)

// typedMost is how long a typed line may get, in bytes, as POSIX has it for
// terminals (MAX_CANON is 255 at least; Linux takes 4096).
const typedMost = 4096

// The keys with a meaning of their own (POSIX, General Terminal Interface §11.1.9).
const (
	keyInterrupt = 0x03
	keyEOF       = 0x04
	keyErase     = 0x7f
	keyKill      = 0x15
	keyEscape    = 0x1b
)

// keyboard is a terminal's line discipline for a login whose terminal has no
// system behind it: it echoes, erases, and hands over whole lines. One goroutine
// reads from it.
type keyboard struct {
	in        io.Reader
	echo      io.Writer
	interrupt func()
	lines     chan []byte // closed at the end of the input
	rest      []byte      // of the line that is being read
	line      []byte      // that is being typed
	escaped   bool        // within a key's sequence
}

// newKeyboard begins to read, in a goroutine of the guard's that ends with the input.
func newKeyboard(in io.Reader, echo io.Writer, interrupt func(), g guard.Guard) *keyboard {
	k := &keyboard{in: in, echo: echo, interrupt: interrupt, lines: make(chan []byte, 16)}
	g.Go(k.run)
	return k
}

// Read implements io.Reader.
func (k *keyboard) Read(p []byte) (int, error) {
	for len(k.rest) == 0 {
		line, ok := <-k.lines
		if !ok {
			return 0, io.EOF
		}
		k.rest = line
	}
	n := copy(p, k.rest)
	k.rest = k.rest[n:]
	return n, nil
}

func (k *keyboard) run() {
	defer close(k.lines)
	buf := make([]byte, 256)
	for over := false; !over; {
		n, err := k.in.Read(buf)
		var echo bytes.Buffer
		for _, c := range buf[:n] {
			if over = k.press(c, &echo); over {
				break
			}
		}
		_, _ = k.echo.Write(echo.Bytes()) // a terminal that is gone is noticed by the reading
		over = over || err != nil
	}
}

// press takes one byte; true when it ends the input.
func (k *keyboard) press(c byte, echo *bytes.Buffer) (over bool) {
	switch {
	case k.escaped: // to the letter that ends a cursor key's sequence (ECMA-48 §5.4)
		k.escaped = c < '@' || c == '[' || c == 'O'
	case c == keyEscape:
		k.escaped = true
	case c == keyInterrupt:
		k.interrupt()
	case c == keyEOF:
		return len(k.line) == 0
	default:
		k.line = k.take(k.line, c, echo)
	}
	return false
}

// take takes one byte that is typed, and returns the line with it.
func (k *keyboard) take(line []byte, c byte, echo *bytes.Buffer) []byte {
	switch {
	case c == '\r' || c == '\n':
		echo.WriteByte('\n')
		select {
		case k.lines <- append(line, '\n'):
		default: // nobody reads; a flood is not kept
		}
		return nil
	case c == keyErase || c == '\b':
		return erase(line, echo)
	case c == keyKill:
		for len(line) > 0 {
			line = erase(line, echo)
		}
	case c >= ' ' && len(line) < typedMost:
		echo.WriteByte(c)
		return append(line, c)
	}
	return line
}

// erase takes the last letter back.
func erase(line []byte, echo *bytes.Buffer) []byte {
	if len(line) == 0 {
		return line
	}
	_, size := utf8.DecodeLastRune(line)
	for range ansi.StringWidth(string(line[len(line)-size:])) {
		echo.WriteString("\b \b")
	}
	return line[:len(line)-size]
}

// cook gives a login with a terminal, but without a screen, a keyboard as a
// system would. An interrupt ends the context that it returns.
func (a *app) cook(ctx context.Context, args []string) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	if a.hosted.login.Terminal != nil && (len(args) > 0 || a.wantsPlain()) {
		a.in = newKeyboard(a.in, a.out, cancel, a.hosted.login.Guard)
	}
	return ctx, cancel
}
