package wav

import (
	"fmt"
	"sync"
	"time"

	"tring/audio"
)

// Echo is a device whose microphone hears what its speaker plays, so much
// later (in steps of 10 ms, at least one), as of a caller who repeats
// everything.
func Echo(delay time.Duration) audio.Device {
	ticks := max(int64(delay/audio.FrameDuration), 1)
	return &echo{
		began: time.Now(), delay: delay, ticks: ticks,
		frames: make([]echoFrame, 2*ticks+100),
	}
}

type echo struct {
	began time.Time
	delay time.Duration
	ticks int64

	mu     sync.Mutex
	frames []echoFrame // by tick, in a ring
}

type echoFrame struct {
	tick int64 // at which it is heard
	pcm  [audio.FrameSamples]int16
}

func (e *echo) OpenSource() (audio.SourceCloser, error) {
	return &echoSource{newClock(e.began), e}, nil
}

func (e *echo) OpenSink() (audio.SinkCloser, error) {
	return &echoSink{newClock(e.began), e}, nil
}

func (e *echo) Describe() string { return fmt.Sprintf("echo after %v", e.delay) }

func (e *echo) at(tick int64) *echoFrame { return &e.frames[tick%int64(len(e.frames))] }

type echoSource struct {
	*clock
	echo *echo
}

func (s *echoSource) Read(f audio.Frame) error {
	tick, err := s.wait()
	if err != nil {
		return err
	}
	s.echo.mu.Lock()
	defer s.echo.mu.Unlock()
	if frame := s.echo.at(tick); frame.tick == tick {
		copy(f, frame.pcm[:])
	} else {
		clear(f)
	}
	return nil
}

type echoSink struct {
	*clock
	echo *echo
}

func (s *echoSink) Write(f audio.Frame) error {
	tick, err := s.wait()
	if err != nil {
		return err
	}
	s.echo.mu.Lock()
	defer s.echo.mu.Unlock()
	frame := s.echo.at(tick + s.echo.ticks)
	frame.tick = tick + s.echo.ticks
	copy(frame.pcm[:], f)
	return nil
}
