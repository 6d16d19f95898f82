package portaudio

import (
	"io"
	"time"
)

// port is what the C library is connected to: a source or a sink.
type port interface {
	prepare(format) error                // before each attempt to open
	latency(time.Duration)               // what the opened device buffers itself
	attach(io.Closer)                    // the stream, just before it starts
	expire()                             // it must end, for the devices are looked for again
	failed() bool                        // whether the device disappeared
	callback(samples []int16, xrun bool) // from PortAudio's thread, every 10 ms
}

var (
	_ port = (*source)(nil)
	_ port = (*sink)(nil)
)
