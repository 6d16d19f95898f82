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
	resampler *resampler // nil at 48 kHz
	raw, mono []int16    // as much as one Read takes from the device
}

// prepare sets the source up for a format, before its stream is opened.
func (s *source) prepare(f format) error {
	s.format, s.resampler = f, nil
	if f.rate != audio.Rate {
		r, err := newResampler(f.rate, audio.Rate)
		if err != nil {
			return err
		}
		s.resampler = r
	}
	most := f.buffer() + tapsPerPhase
	s.raw = make([]int16, most*f.channels)
	s.mono = make([]int16, most)
	s.ring = newRing(sourceFrames * most * f.channels)
	return nil
}

// latency has no say here: a microphone's ring is as empty as its reader is quick.
func (s *source) latency(time.Duration) {}

// callback takes what the device recorded. Real-time: it copies, counts and wakes;
// it allocates nothing and never waits.
func (s *source) callback(in []int16, xrun bool) {
	defer s.recovered()
	if s.ring.write(in) < len(in) {
		s.gaps.Add(1)
	}
	s.tick(xrun)
}

// Read fills f with the next 10 ms, waiting for them. It allocates nothing.
func (s *source) Read(f audio.Frame) error {
	if len(f) != audio.FrameSamples {
		return fmt.Errorf("%s: read %d samples: a frame has %d", s.name, len(f), audio.FrameSamples)
	}
	frames := len(f)
	if s.resampler != nil {
		frames = s.resampler.inputFor(len(f))
	}
	raw := s.raw[:frames*s.format.channels]
	if err := s.await(len(raw), s.ring.fill); err != nil {
		return err
	}
	s.ring.read(raw)
	if s.resampler == nil {
		downmix(f, raw, s.format.channels)
		return nil
	}
	downmix(s.mono[:frames], raw, s.format.channels)
	s.resampler.process(f, s.mono[:frames])
	return nil
}
