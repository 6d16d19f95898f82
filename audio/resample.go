package audio

import "time"

// Resampler turns one sample rate into another as the samples come. It
// allocates only when it is made, and belongs to one goroutine.
type Resampler interface {
	// Resample reads from src and writes to dst until one of them is used up,
	// and tells how many samples it wrote and read. What was not read must be
	// given again, before what follows. With room for all of src at the new
	// rate, and one sample more, all of it is read.
	Resample(dst, src []int16) (written, read int)
	// Latency is how much later sound leaves than it came.
	Latency() time.Duration
}

// NewResampler makes a Resampler; rates are in Hz. An error says what is
// missing in this program, or which rate is impossible.
type NewResampler func(from, to int) (Resampler, error)
