package host

import (
	"io"

	"tring/calls"
)

// Login is one session of a person who came by ssh: one channel with one
// command. Whoever runs it (Config.Run) owns it until he returns.
type Login struct {
	User        calls.UserID
	Fingerprint string // of the key: "SHA256:…"
	Session     string // of this login, for logs: a few letters
	// Args is the command; empty is the phone itself.
	Args     []string
	In       io.Reader
	Out, Err io.Writer
	// Getenv knows TERM, LANG, LC_*, COLORTERM, NO_COLOR and ACCESSIBLE, as the
	// client said them and cleaned, and nothing of the host's own environment.
	Getenv func(string) string
	// Terminal is the person's; nil without a pty.
	Terminal *Terminal
	// Line is the sound of this login: an audio.Device whether a sound channel is
	// attached or not.
	Line *Line
}

// Size is a terminal's, in cells.
type Size struct{ Width, Height int }

// Terminal is what the client said of its terminal, held within bounds.
type Terminal struct {
	Size Size // when the login began
	// Resized carries new sizes, the newest only.
	Resized <-chan Size
}
