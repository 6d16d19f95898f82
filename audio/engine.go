package audio

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"tring/guard"
)

const (
	linger       = 100                    // frames of nothing to play before the speaker is released: 1 s
	openPatience = 500 * time.Millisecond // a tone waits so long for the speaker
	askPatience  = 3 * time.Second        // and StartCapture for the microphone
	closeMost    = 3 * time.Second        // a device that does not let go by then is left behind
)

// Config is what an Engine is made of. The zero value is a phone without
// sound: everything works, silently, and Levels says why.
type Config struct {
	Device Device
	// Ring is a device whose speaker the bell goes to instead; nil is none.
	Ring  Device
	Codec Codec
	Log   *slog.Logger
	// Processor cleans what the microphone hears; nil is nothing.
	Processor Processor
	// Gain of the microphone, before the Processor, in dB.
	Gain  float64
	Tones ToneSet
	// PacketDuration is 20 ms, or 10 ms for less delay at more bits for
	// headers; zero is 20 ms.
	PacketDuration time.Duration
	// DTX is whether silence is not sent.
	DTX bool
	// Complexity is how much encoding may cost at most, 5 to 10 as libopus counts;
	// zero is 10. A machine that is too slow for it goes lower by itself.
	Complexity int
	// DelayMost is from when on received sound is too late to be played; zero
	// leaves that to what the network is like. It is for ways that lose nothing
	// but stall, such as TCP.
	DelayMost time.Duration
	// Guard runs the goroutines of the engine.
	Guard guard.Guard
}

// Engine is one phone's sound: one playout loop while there is something to
// play, another while the bell has a device of its own and rings, one capture
// loop between StartCapture and StopCapture. All methods are safe for
// concurrent use, and none but StartCapture, StopCapture and Close waits for a
// device.
type Engine struct {
	codec     Codec
	delayMost time.Duration
	effort    int // complexity at most
	tones     ToneSet
	processor Processor
	log       *slog.Logger
	guard     guard.Guard
	began     time.Time
	stop      chan struct{}
	tasks     sync.WaitGroup

	// Between the control methods and the loops.
	muted   atomic.Bool
	network atomic.Pointer[Network]
	coding  coded
	device  atomic.Pointer[Device] // never nil
	ringing atomic.Pointer[Device] // the bell's, while it rings; else anything
	gain    atomic.Uint32          // of the microphone, a factor: bits of a float32
	tap     atomic.Pointer[Tap]
	dialled atomic.Pointer[cadence]
	dtx     atomic.Bool
	ahead   atomic.Int64 // how long before it is heard a frame was rendered, ns
	peakIn  atomic.Int32
	faults  [4]atomic.Pointer[string]
	streams atomic.Pointer[[]*Stream] // copied on write
	voice   playout
	bell    playout

	mu       sync.Mutex // the control methods'; a loop takes it only to end
	closed   bool
	ring     *Device // the bell's, nil for none of its own
	sounding Tone    // the last looping tone asked for
	volume   float64 // of every stream, dB
	capture  *capture
	sequence uint16
	packet   int // samples
}

// capture is one run of the capture loop.
type capture struct {
	once sync.Once
	stop chan struct{}
	done chan struct{}
}

func (c *capture) end() { c.once.Do(func() { close(c.stop) }) }

// Whose fault it is.
const (
	faultMicrophone = iota
	faultSpeaker
	faultBell
	faultCodec
)

// NewEngine makes the sound of one phone. It opens nothing and starts nothing.
func NewEngine(c Config) *Engine {
	e := &Engine{
		codec: c.Codec, delayMost: c.DelayMost, effort: cmp.Or(c.Complexity, complexityMost),
		processor: c.Processor, log: c.Log, guard: c.Guard,
		began: time.Now(), stop: make(chan struct{}),
	}
	e.SetDevice(c.Device)
	e.SetRing(c.Ring)
	e.SetGain(c.Gain)
	e.SetTones(c.Tones)
	if e.codec == nil {
		e.codec = absent{}
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	e.voice.name, e.voice.fault, e.voice.device = "speaker", faultSpeaker, &e.device
	e.bell.name, e.bell.fault, e.bell.device = "bell", faultBell, &e.ringing
	e.streams.Store(&[]*Stream{})
	e.network.Store(&Network{})
	e.SetPackets(c.PacketDuration, c.DTX)
	return e
}

// now is the engine's clock: monotonic since it was made.
func (e *Engine) now() time.Duration { return time.Since(e.began) }

// StartCapture opens the microphone and calls send with each packet of 20 ms,
// from the capture goroutine; the payload is valid until send returns, and
// send must neither block nor call StopCapture.
//
// An error that the device gave means that the microphone is missing: silence
// is sent until it can be opened, which is tried every second, and StopCapture
// is still due. With ErrNotCapturing nothing runs.
func (e *Engine) StartCapture(send func(Packet)) error {
	run := &capture{stop: make(chan struct{}), done: make(chan struct{})}
	c, err := e.beginCapture(run)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotCapturing, err)
	}
	l := e.microphone()
	err = l.begin(askPatience, run.stop)
	e.guard.Go(func() { // counted by beginCapture
		defer e.tasks.Done()
		defer close(run.done)
		e.captureLoop(c, l, run, send)
	})
	return err
}

// ErrNotCapturing marks errors of StartCapture after which nothing is sent.
var ErrNotCapturing = errors.New("not capturing")

func (e *Engine) beginCapture(run *capture) (*capturer, error) {
	encoder, err := e.codec.NewEncoder()
	if err != nil {
		return nil, fmt.Errorf("make encoder: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed || e.capture != nil {
		return nil, errors.New("the engine is closed or captures already")
	}
	e.capture = run
	e.coding.reset()
	e.dialled.Store(nil) // for nobody
	e.tasks.Add(1)
	// The timestamps of two captures lie as far apart as the captures.
	return newCapturer(encoder, e.packet, e.sequence, uint32(samples(e.now()))), nil
}

// StopCapture releases the microphone; send is not called after it returned.
func (e *Engine) StopCapture() {
	e.mu.Lock()
	run := e.capture
	e.mu.Unlock()
	if run == nil {
		return
	}
	run.end()
	within(closeMost, run.done)
}

// endCapture is the capture loop's last word.
func (e *Engine) endCapture(run *capture, sequence uint16) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.capture == run {
		e.capture, e.sequence = nil, sequence
	}
}

// Close ends all sound and releases the devices. It is idempotent.
func (e *Engine) Close() error {
	e.mu.Lock()
	if !e.closed {
		e.closed = true
		close(e.stop)
	}
	run := e.capture
	e.mu.Unlock()
	if run != nil {
		run.end()
	}
	done := make(chan struct{})
	e.guard.Go(func() { e.tasks.Wait(); close(done) })
	if !within(closeMost, done) {
		return errors.New("close sound: a device does not let go")
	}
	return nil
}

// spawn runs f in a goroutine that Close waits for.
func (e *Engine) spawn(f func()) { e.guard.Join(&e.tasks, f) }

// fault notes or clears (empty) what is wrong with a device. The log is
// written aside: a loop does not wait for a file.
func (e *Engine) fault(which int, text string) {
	old := e.faults[which].Swap(&text)
	if text != "" && (old == nil || *old != text) {
		e.guard.Go(func() { e.log.Warn("audio: " + text) })
	}
}

// within tells whether done was closed in time.
func within(most time.Duration, done <-chan struct{}) bool {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// coded publishes the Coding in force. It is written by the capture loop and
// read by anybody.
type coded struct {
	now      atomic.Pointer[Coding]
	switches atomic.Int64
}

func (c *coded) set(now Coding) {
	if c.now.Swap(&now) != nil {
		c.switches.Add(1)
	}
}

// reset is for the beginning of another capture.
func (c *coded) reset() { c.now.Store(nil); c.switches.Store(0) }

func (c *coded) get() (Coding, int) {
	if now := c.now.Load(); now != nil {
		return *now, int(c.switches.Load())
	}
	return Coding{}, 0
}
