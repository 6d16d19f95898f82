package host

import (
	"context"
	"io"

	"tring/audio"
)

// Lines are the lines of all logins of a host, and tie sound channels to them:
// by the connection first, then by the key, the newest login first. Safe for
// concurrent use.
type Lines struct{}

// NewLines makes a host's lines. The codec is of the channels with Opus; nil is
// none.
func NewLines(codec audio.Codec) *Lines { return &Lines{} }

// Open makes the line of a login, which closes it at its end. A line is offered
// to sound channels from the moment on that its login wants sound: that it
// watches it or opens an end of it.
func (l *Lines) Open(connection, fingerprint string) *Line { return &Line{} }

// SoundChannel is an ssh channel that carries sound. Its ends must return, with
// an error, once the channel is closed.
type SoundChannel struct {
	Connection, Fingerprint string // of the key: "SHA256:…"
	In                      io.Reader
	Out, Err                io.Writer
	Opus                    bool // framed packets; else raw s16le, 48 kHz, mono
	PTY                     bool // the client asked for a terminal
}

// Carry carries sound between a channel and the line that it belongs to until
// the channel is closed or ctx ends, and returns the exit code. It waits for a
// login that is yet to come for a while. Whoever calls it closes the channel
// then.
func (l *Lines) Carry(ctx context.Context, c SoundChannel) int { return 0 }

// SoundStats counts what a host's sound channels carried.
type SoundStats struct {
	Attached int    // channels now
	Opened   uint64 // channels
	Refused  uint64 // channels: a second one, no login, a terminal, no sound
	In, Out  uint64 // bytes
	// Dropped is sound too old to be heard, in frames of 10 ms.
	DroppedIn, DroppedOut uint64
}

// Stats are the counters since the lines were made.
func (l *Lines) Stats() SoundStats { return SoundStats{} }
