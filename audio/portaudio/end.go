package portaudio

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
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
	// steady is how many callbacks end the start, as in stream.c.
	steady = 10
)

// errRescan ends every stream of the process, so that the library can be ended
// and look for devices again: it does that at no other time.
var errRescan = errors.New("the devices are looked for again")

// end is what a microphone and a speaker have in common: the ring between the
// callback and the caller, the watch over the callback, and closing.
//
// Three parties touch it: the callback (its side of the ring, and the counters
// there), one goroutine that reads or writes (heard, idle, its side of the ring), and
// whoever closes it, at any time.
type end struct {
	name       string // for people: `microphone "USB"`
	log        *slog.Logger
	format     format
	ring       *ring
	bell       bell
	pinned     runtime.Pinner // holds what the callback knows where it is
	stream     io.Closer
	resampling audio.NewResampler // nil: none

	done  chan struct{} // closed by Close
	once  sync.Once
	delay atomic.Int64 // of the device itself, in nanoseconds
	over  atomic.Bool  // it must end
	lost  atomic.Bool  // the device stopped

	heard uint64        // callbacks, when it was looked last
	idle  time.Duration // since then, waiting for the next
	err   error         // of Close
}

func newEnd(name string, log *slog.Logger, resampling audio.NewResampler) end {
	return end{name: name, log: log, resampling: resampling, done: make(chan struct{})}
}

// share makes the ring of so many samples, and what else the callback knows.
func (e *end) share(samples int) (err error) {
	e.ring = newRing(samples)
	e.ring.channels = uint32(e.format.channels)
	if e.bell, err = newBell(e.ring.shared); err != nil {
		return fmt.Errorf("make what wakes it: %w", err)
	}
	e.pinned.Pin(e.ring.shared)
	e.pinned.Pin(e.ring.samples)
	return nil
}

func (e *end) memory() *shared { return e.ring.shared }

// release undoes prepare, once there is no callback, or none any more.
func (e *end) release() {
	e.pinned.Unpin()
	e.bell.close()
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

// await blocks until available returns n or more, the device stopped, or the end
// was closed. The callback wakes it for want samples in the ring.
func (e *end) await(n int, available func() int, want int) error {
	defer e.ring.want.Store(0)
	for {
		e.ring.want.Store(uint64(want)) // before looking: what comes later wakes
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
		if left <= 0 {
			e.lost.Store(true)
			return fmt.Errorf("%s: %w", e.name, ErrStopped)
		}
		began, step := time.Now(), min(left, watchStep)
		e.bell.wait(step)
		e.idle += min(time.Since(began), step)
	}
}

// patience returns how much longer the device may stay silent.
func (e *end) patience() time.Duration {
	beats := e.ring.beats.Load()
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
	e.bell.ring()
}

func (e *end) failed() bool { return e.lost.Load() }

// Close stops the device and wakes a waiting Read or Write. It returns within two
// seconds even when the driver hangs; the error then says so. Closing again
// returns the same.
func (e *end) Close() error {
	e.once.Do(func() {
		close(e.done)
		e.bell.ring()
		if err := e.stream.Close(); err != nil {
			e.err = fmt.Errorf("close %s: %w", e.name, err)
		}
		e.log.Info("sound device closed", "device", e.name, "gaps", e.ring.gaps.Load(), "xruns", e.ring.xruns.Load())
	})
	return e.err
}
