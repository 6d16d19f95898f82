package portaudio

import (
	"fmt"
	"time"

	"tring/audio"
)

// sourceFrames bounds what a late reader can catch up on. It adds no delay: the
// reader empties the ring faster than the microphone fills it. Sound servers
// deliver several buffers at once, which must fit.
const sourceFrames = 6

// source is a microphone. One goroutine reads; Close may come from any.
type source struct {
	end
	resampler audio.Resampler // nil at 48 kHz
	raw, mono []int16         // what is taken from the device at once
	rest      []int16         // of mono, not resampled yet
	begun     bool
}

// prepare sets the source up for a format, before its stream is opened.
func (s *source) prepare(f format) (err error) {
	s.format, s.resampler = f, nil
	piece := audio.FrameSamples
	if f.rate != audio.Rate {
		if s.resampler, err = s.makeResampler(f.rate, audio.Rate); err != nil {
			return err
		}
		piece = f.buffer() / 10 // 1 ms: a large piece would wait here
	}
	s.raw = make([]int16, piece*f.channels)
	s.mono = make([]int16, piece)
	return s.share(sourceFrames * f.buffer() * f.channels)
}

// latency has no say here: a microphone's ring is as empty as its reader is quick.
func (s *source) latency(d time.Duration) { s.delay.Store(int64(d)) }

// Read fills f with the next 10 ms, waiting for them. It allocates nothing. What
// was recorded before the first Read is thrown away but for the newest: it would
// be late for ever.
func (s *source) Read(f audio.Frame) error {
	if len(f) != audio.FrameSamples {
		return fmt.Errorf("%s: read %d samples: a frame has %d", s.name, len(f), audio.FrameSamples)
	}
	if !s.begun {
		s.begun = true
		s.ring.skip(s.ring.fill() - s.format.buffer()*s.format.channels)
	}
	if s.resampler == nil {
		return s.take(f)
	}
	for filled := 0; filled < len(f); {
		if len(s.rest) == 0 {
			if err := s.take(s.mono); err != nil {
				return err
			}
			s.rest = s.mono
		}
		written, read := s.resampler.Resample(f[filled:], s.rest)
		filled += written
		s.rest = s.rest[read:]
	}
	return nil
}

// take waits for as many samples of the device as mono holds.
func (s *source) take(mono []int16) error {
	if err := s.await(len(s.raw), s.ring.fill, len(s.raw)); err != nil {
		return err
	}
	s.ring.read(s.raw)
	downmix(mono, s.raw, s.format.channels)
	return nil
}

// Latency is how long ago the first sample of the last frame was in the air: what
// the device said of itself, and what passed and waits in the ring.
func (s *source) Latency() time.Duration {
	d := time.Duration(s.delay.Load()) + audio.FrameDuration + s.format.span(s.ring.fill())
	if s.resampler != nil {
		d += s.resampler.Latency()
	}
	return d
}
