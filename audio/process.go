package audio

import "time"

// Processor cleans what the microphone hears. It is made for one engine, which
// calls Render and Capture at the same time from two goroutines. Neither
// blocks, allocates, logs or takes a lock.
type Processor interface {
	// Render sees each frame that goes to the speaker, just before it does,
	// from the playout goroutine. The frame is neither changed nor kept.
	Render(f Frame)
	// Capture cleans a frame of the microphone in place, from the capture
	// goroutine. The delay is how long before now the sound that the frame
	// holds of the speaker was given to Render: what waits in front of the
	// speaker, and the latencies of both devices.
	Capture(f Frame, delay time.Duration)
}

// Suppressor takes the steady noise out of a frame in place. It allocates
// nothing and belongs to one goroutine.
type Suppressor interface{ Suppress(f Frame) }
