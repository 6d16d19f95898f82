package portaudio

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"tring/audio"
)

const (
	// silenceLimit is how long a running device may stay away. Callbacks come every
	// 10 ms; a lost device is told by nothing but their absence.
	silenceLimit = 400 * time.Millisecond
	// watchStep is how often that is looked at. Time that this process slept away
	// between two looks does not count: then the machine is busy, the device not
	// lost.
	watchStep = 100 * time.Millisecond
	// startLimit is the same for a device that is just starting: a wireless headset
	// needs a moment to wake up, and a sound server that was idle may take the first
	// buffers and then finish two seconds of its own silence.
	startLimit = 3 * time.Second
	// steady is how many callbacks end the start.
	steady = 10
)

// errRescan ends every stream of the process, so that the library can be ended
// and look for devices again: it does that at no other time.
var errRescan = errors.New("the devices are looked for again")

// end is what a microphone and a speaker have in common: the ring between the
// callback and the caller, the watch over the callback, and closing.
//
// Three parties touch it: the callback (beats, broken, the counters, its side of
// the ring), one goroutine that reads or writes (timer, heard, idle, its side of the
// ring), and whoever closes it, at any time.
type end struct {
	name       string // for people: `microphone "USB"`
	log        *slog.Logger
	format     format
	ring       *ring
	stream     io.Closer
	resampling audio.NewResampler // nil: none

	wake chan struct{} // capacity 1: the callback moved samples
	done chan struct{} // closed by Close
	once sync.Once

	beats  atomic.Uint64 // callbacks so far
	broken atomic.Bool   // the callback panicked
	gaps   atomic.Uint64 // times the ring was full (microphone) or empty (speaker)
	xruns  atomic.Uint64 // times the device itself reported lost sound
	delay  atomic.Int64  // of the device itself, in nanoseconds
	over   atomic.Bool   // it must end
	lost   atomic.Bool   // the device stopped

	timer *time.Timer
	heard uint64        // callbacks, when it was looked last
	idle  time.Duration // since then, waiting for the next
	err   error         // of Close
}

func newEnd(name string, log *slog.Logger, resampling audio.NewResampler) end {
	return end{
		name: name, log: log, resampling: resampling, timer: time.NewTimer(time.Hour),
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
}

func (e *end) makeResampler(from, to int) (audio.Resampler, error) {
	if e.resampling == nil {
		return nil, fmt.Errorf("resample %d Hz to %d Hz: this program has no resampler", from, to)
	}
	return e.resampling(from, to)
}

// attach hands over the opened stream, which is about to start.
func (e *end) attach(stream io.Closer) {
	e.stream = stream
}

func (e *end) opened() {
	e.log.Info("sound device opened", "device", e.name, "rate", e.format.rate, "channels", e.format.channels)
}

// tick notes a callback and wakes the other side. Real-time: it never waits.
func (e *end) tick(xrun bool) {
	if xrun {
		e.xruns.Add(1)
	}
	e.beats.Add(1)
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// recovered is deferred by callbacks: a panic that reached the binding would end
// the process at once, with the terminal still in its screen mode. It shows as a
// stopped device instead.
func (e *end) recovered() {
	if recover() != nil {
		e.broken.Store(true)
	}
}

// await blocks until available returns n or more, the device stopped, or the end
// was closed.
func (e *end) await(n int, available func() int) error {
	for {
		select {
		case <-e.done:
			return fmt.Errorf("%s: %w", e.name, os.ErrClosed)
		default:
		}
		if e.over.Load() {
			return fmt.Errorf("%s: %w", e.name, errRescan)
		}
		if available() >= n {
			return nil
		}
		left := e.patience()
		if left <= 0 || e.broken.Load() {
			e.lost.Store(true)
			return fmt.Errorf("%s: %w", e.name, ErrStopped)
		}
		began, step := time.Now(), min(left, watchStep)
		e.timer.Reset(step)
		select {
		case <-e.wake:
		case <-e.timer.C:
		case <-e.done:
		}
		e.idle += min(time.Since(began), step)
	}
}

// patience returns how much longer the device may stay silent.
func (e *end) patience() time.Duration {
	beats := e.beats.Load()
	if beats != e.heard {
		e.heard, e.idle = beats, 0
	}
	if beats < steady {
		return startLimit - e.idle
	}
	return silenceLimit - e.idle
}

// expire makes a waiting Read or Write fail, and all that follow.
func (e *end) expire() {
	e.over.Store(true)
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

func (e *end) failed() bool { return e.lost.Load() }

// Close stops the device and wakes a waiting Read or Write. It returns within two
// seconds even when the driver hangs; the error then says so. Closing again
// returns the same.
func (e *end) Close() error {
	e.once.Do(func() {
		close(e.done)
		if err := e.stream.Close(); err != nil {
			e.err = fmt.Errorf("close %s: %w", e.name, err)
		}
		e.log.Info("sound device closed", "device", e.name, "gaps", e.gaps.Load(), "xruns", e.xruns.Load())
	})
	return e.err
}
