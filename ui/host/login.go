package host

import (
	"io"
	"sync"
	"time"

	"tring/calls"
	"tring/guard"
)

// Login is one session of a person who came by ssh: one channel with one
// command. Whoever runs it (Config.Run) owns it until he returns; InCall is safe
// for concurrent use.
type Login struct {
	User        calls.UserID
	Fingerprint string // of the key: "SHA256:…"
	Session     string // of this login, for logs: a few letters
	Address     string // of the client, without its port
	// Args is the command; empty is the phone itself.
	Args []string
	// In is what the person types; io.EOF when the client is gone or sends no more.
	In io.Reader
	// Out and Err never block for longer than the login lasts: they fail with its end.
	// With a terminal, "\n" becomes "\r\n". Out may hold back Err and the other way
	// round, so the two come in the order in which they were written.
	Out, Err io.Writer
	// Getenv knows TERM, LANG, LC_*, COLORTERM, NO_COLOR, ACCESSIBLE and TZ, as the
	// client said them and cleaned, and nothing of the host's own environment.
	Getenv func(string) string
	// Terminal is the person's; nil without a pty.
	Terminal *Terminal
	// Line is the sound of this login: an audio.Device whether a sound channel is
	// attached or not.
	Line *Line
	// Leaving brings, once, how long the call may still go on: the host stops. For a
	// login without a call that is 0; it is ended a moment later.
	Leaving <-chan time.Duration
	// Guard runs the goroutines of the login: whatever panics in one ends this login
	// only.
	Guard guard.Guard

	mu     sync.Mutex
	inCall bool
	calls  chan struct{} // told when inCall changes; nil in a login that no host made
}

// InCall tells the host whether this login's phone is in a call: then it is not
// idle, and ends last when the host stops.
func (l *Login) InCall(yes bool) {
	l.mu.Lock()
	changed := l.inCall != yes
	l.inCall = yes
	l.mu.Unlock()
	if changed && l.calls != nil {
		select {
		case l.calls <- struct{}{}:
		default: // it is told already, and will look
		}
	}
}

// talking says what InCall said last.
func (l *Login) talking() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.inCall
}

// Size is a terminal's, in cells.
type Size struct{ Width, Height int }

// Terminal is what the client said of its terminal, held within bounds.
type Terminal struct {
	Size Size // when the login began
	// Resized carries new sizes, the newest only.
	Resized <-chan Size
}
