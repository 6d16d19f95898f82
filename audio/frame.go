package audio

import (
	"io"
	"time"
)

// The one format inside: mono, 16 bit, 48 kHz, handled 10 ms at a time and
// sent 20 ms at a time (RFC 7587 §4.2: the RTP clock of Opus is always 48 kHz).
const (
	Rate          = 48000
	FrameSamples  = 480
	FrameDuration = 10 * time.Millisecond
	PacketSamples = 960
)

// Frame is FrameSamples mono samples at Rate.
type Frame []int16

// Source is a microphone. Read blocks until 10 ms of sound are there: the
// device is the clock. Read allocates nothing and must not be called from two
// goroutines; an error means that the device is lost.
type Source interface{ Read(Frame) error }

// Sink is a speaker. Write blocks until there is room for 10 ms of sound, best
// for the next 10 ms too: the device is the clock, and what is mixed later is
// heard sooner. Write allocates nothing, keeps no reference to the
// frame and must not be called from two goroutines; an error means that the
// device is lost.
type Sink interface{ Write(Frame) error }

// SourceCloser is an opened microphone. Close may be called from any
// goroutine, any number of times, and makes a blocked Read return.
type SourceCloser interface {
	Source
	io.Closer
}

// SinkCloser is an opened speaker. Close may be called from any goroutine,
// any number of times, and makes a blocked Write return.
type SinkCloser interface {
	Sink
	io.Closer
}

// Device opens microphones and speakers. Both may be open at once and may be
// opened again after they were closed; the methods are safe for concurrent use.
type Device interface {
	OpenSource() (SourceCloser, error)
	OpenSink() (SinkCloser, error)
	// Describe is one line for people: "default microphone, default speaker".
	Describe() string
}
