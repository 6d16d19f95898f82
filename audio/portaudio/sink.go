package portaudio

import (
	"fmt"
	"sync/atomic"
	"time"

	"tring/audio"
)

const (
	// sinkFrames is how much sound waits in front of the device: every frame here
	// is 10 ms of delay in a conversation.
	sinkFrames = 1
	// sinkFramesMost is what that grows to after gaps, for as long as the host
	// lives: two more frames outlast a busy machine.
	sinkFramesMost = 3
	// ringFrames bounds the growth for devices that ask for many buffers at once.
	ringFrames = 8
)

// sink is a speaker. One goroutine writes; Close may come from any.
type sink struct {
	end
	resampler audio.Resampler // nil at 48 kHz
	raw, mono []int16         // what one Write gives to the device
	frame     int             // samples of 10 ms in the device's format
	limit     int             // samples that may wait in the ring; grows after a gap
	most      int             // what limit may grow to
	grown     *atomic.Int32   // by how many frames, on any sink of the host
	seen      uint64          // gaps answered by growth
	last      int             // samples of the last Write
}

// prepare sets the sink up for a format, before its stream is opened.
func (s *sink) prepare(f format) (err error) {
	s.format, s.resampler = f, nil
	if f.rate != audio.Rate {
		if s.resampler, err = s.makeResampler(audio.Rate, f.rate); err != nil {
			return err
		}
	}
	s.frame = f.buffer() * f.channels
	s.limit = min(sinkFrames+int(s.grown.Load()), sinkFramesMost) * s.frame
	if s.resampler != nil {
		s.limit += s.frame // a frame is not always as long as a callback
	}
	s.most = sinkFramesMost * s.frame
	s.raw = make([]int16, s.frame+2*f.channels)
	s.mono = make([]int16, f.buffer()+2)
	return s.share(ringFrames * s.frame)
}

// latency hears how much the device buffers itself. One with long buffers takes
// several callbacks' worth at once, which must be there.
func (s *sink) latency(d time.Duration) {
	s.delay.Store(int64(d))
	frames := int((d+audio.FrameDuration-1)/audio.FrameDuration) + 1
	s.most = min(max(frames, sinkFramesMost), ringFrames-1) * s.frame
}

// room returns how many samples may be written now.
func (s *sink) room() int { return s.limit - s.ring.fill() }

// awaitRoom waits for room for n samples: until fewer are left than that leaves out.
func (s *sink) awaitRoom(n int) error { return s.await(n, s.room, s.limit-n+1) }

// Write plays f after what was written before. It waits until there is room for the
// next frame too, so that its caller mixes that one as late as possible: what it
// would do before is 10 ms of delay. It allocates nothing.
func (s *sink) Write(f audio.Frame) error {
	if len(f) != audio.FrameSamples {
		return fmt.Errorf("%s: write %d samples: a frame has %d", s.name, len(f), audio.FrameSamples)
	}
	if gaps := s.ring.gaps.Load(); gaps != s.seen {
		s.seen = gaps
		if s.limit < s.most {
			s.limit += s.frame
			s.grown.Add(1)
		}
	}
	mono := []int16(f)
	if s.resampler != nil {
		n, _ := s.resampler.Resample(s.mono, f) // there is room for all of it
		mono = s.mono[:n]
	}
	raw := s.raw[:len(mono)*s.format.channels]
	if err := s.awaitRoom(len(raw)); err != nil {
		return err
	}
	upmix(raw, mono, s.format.channels)
	s.ring.write(raw)
	s.last = len(raw)
	s.ring.primed.Store(1)
	return s.awaitRoom(s.frame)
}

// Latency is how long it takes until the last frame is in the air: what waits in
// the ring before it, and what the device said of itself.
func (s *sink) Latency() time.Duration {
	d := time.Duration(s.delay.Load()) + s.format.span(max(s.ring.fill()-s.last, 0))
	if s.resampler != nil {
		d += s.resampler.Latency()
	}
	return d
}
