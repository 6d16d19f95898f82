package portaudio

import (
	"io"
	"time"
)

// port is what the C library is connected to: a source or a sink.
type port interface {
	prepare(format) error  // before each attempt to open
	memory() *shared       // for the callback, until release
	latency(time.Duration) // what the opened device buffers itself
	attach(io.Closer)      // the stream, just before it starts
	expire()               // it must end, for the devices are looked for again
	failed() bool          // whether the device disappeared
	release()              // nothing calls back any more, or the attempt failed
}

var (
	_ port = (*source)(nil)
	_ port = (*sink)(nil)
)
