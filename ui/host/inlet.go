package host

import (
	"io"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// What a person does in a second, and at once: keys that are typed or held, and what
// a wheel turns. More waits, since each may cost a picture of some tenths of a
// millisecond. Of a text that is pasted, of a sequence, and of lines where there is
// no terminal, so many bytes count as one key.
const (
	keyRate    = 60
	keyBurst   = 256
	pasteBytes = 64
	keyBytes   = 32 // longer than any key
	lineBytes  = 16
)

// pasteMost is what may be pasted at once; the paste ends there and the rest is thrown
// away. Nobody says more in one go, and all of it waits in memory until its end.
const (
	pasteMost = 64 << 10
	pasteEnd  = "\x1b[201~"
)

// inlet is what a person types. It remembers when he did, which is what counts as
// idle: not what keep-alives and the screen's own ticking send. Keys are passed on
// whole, so that none is taken for another for want of its end. Typed is safe for
// concurrent use, Read is for one goroutine.
type inlet struct {
	from    io.Reader
	hold    func() // called at the end of what is typed, before the login hears of it
	conn    *connection
	pace    *rate.Limiter
	keys    keys
	buffer  [4 << 10]byte
	waiting []byte // of the buffer, read and not passed on
	failed  error  // of the last read

	mu    sync.Mutex
	typed time.Time
}

func newInlet(from io.Reader, c *connection, terminal bool) *inlet {
	return &inlet{
		from: from, conn: c, pace: rate.NewLimiter(keyRate, keyBurst), typed: time.Now(),
		keys: keys{lines: !terminal}, hold: func() {},
	}
}

func (i *inlet) Read(p []byte) (n int, err error) {
	for n == 0 && len(p) > 0 {
		if len(i.waiting) == 0 {
			if i.failed != nil {
				i.hold()
				return 0, i.failed
			}
			i.fill()
			continue
		}
		n = i.pass(p)
	}
	return n, nil
}

// fill reads what has come.
func (i *inlet) fill() {
	var n int
	n, i.failed = i.from.Read(i.buffer[:])
	i.waiting = i.buffer[:n]
	if n > 0 {
		i.mu.Lock()
		i.typed = time.Now()
		i.mu.Unlock()
	}
}

// pass hands on as many keys as may come now. It waits for the first; those that
// wait when the client goes are lost.
func (i *inlet) pass(p []byte) (n int) {
	paid := false
	for n < len(p) && len(i.waiting) > 0 {
		next := i.keys
		counts := next.take(i.waiting[0])
		cut := next.paste == pasteMost
		switch {
		case cut && n > 0 && len(p)-n < len(pasteEnd):
			return n // there is room next time
		case !counts || i.pace.Allow():
		case paid:
			return n
		case i.pace.Wait(i.conn.ctx) != nil:
			i.waiting, i.failed = nil, io.EOF
			return n
		}
		paid = paid || counts
		switch {
		case cut:
			n += copy(p[n:], pasteEnd)
		case max(i.keys.paste, next.paste) < pasteMost:
			p[n] = i.waiting[0]
			n++
		}
		i.keys, i.waiting = next, i.waiting[1:]
	}
	return n
}

// last is when the last key was typed.
func (i *inlet) last() time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.typed
}

// keys tells where keys begin in what a terminal sends, as far as that is needed to
// count them (ECMA-48 §5.4, and xterm's bracketed paste). It is a value.
type keys struct {
	lines  bool // there is no terminal
	state  keyState
	length int // of the sequence or text under way
	paste  int // bytes pasted so far; 0 outside of a paste
	number int // the parameter of a control sequence
}

type keyState uint8

const (
	keyNone    keyState = iota // between two keys
	keyEscape                  // after ESC
	keyControl                 // in a control sequence, after ESC [
	keySingle                  // after ESC O: one more
	keyString                  // in a string, to BEL or ESC \
	keyStringEnd
)

// take takes the next byte, and tells whether it counts.
func (k *keys) take(b byte) bool {
	every := keyBytes
	switch {
	case k.lines:
		every = lineBytes
	case k.paste > 0:
		every = pasteBytes
		k.paste = min(k.paste+1, pasteMost+1)
	case k.state == keyNone && b&0xc0 != 0x80: // else it is the rest of a letter
		k.length = 0
	}
	k.length++
	if !k.lines {
		k.step(b)
	}
	return k.length%every == 1
}

// step follows the sequence.
func (k *keys) step(b byte) {
	const bell, escape = 0x07, 0x1b
	switch k.state {
	case keyNone:
		if b == escape {
			k.state = keyEscape
		}
	case keyEscape:
		k.begin(b)
	case keyControl:
		k.control(b)
	case keySingle:
		k.state = keyNone
	case keyString:
		switch b {
		case bell:
			k.state = keyNone
		case escape:
			k.state = keyStringEnd
		}
	case keyStringEnd:
		k.state = keyNone
	}
}

// begin is for what follows an ESC. Another ESC is a key before this one.
func (k *keys) begin(b byte) {
	const escape = 0x1b
	k.state, k.number = keyNone, 0
	switch b {
	case '[':
		k.state = keyControl
	case 'O':
		k.state = keySingle
	case 'P', ']', '_', '^', 'X':
		k.state = keyString
	case escape:
		k.state, k.length = keyEscape, 1
	}
	if k.paste > 0 && k.state != keyControl {
		k.state = keyNone // a text, whatever is in it
	}
}

func (k *keys) control(b byte) {
	switch {
	case b >= '0' && b <= '9':
		k.number = min(k.number*10+int(b-'0'), 1000)
		return
	case b < 0x40 || b > 0x7e: // no final byte
		k.number = 1000
		return
	}
	k.state = keyNone
	const begins, ends = 200, 201
	switch {
	case b == '~' && k.number == begins && k.paste == 0:
		k.paste = 1
	case b == '~' && k.number == ends:
		k.paste, k.length = 0, 0
	}
}
