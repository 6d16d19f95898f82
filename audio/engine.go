package audio

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
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
	Codec  Codec
	Log    *slog.Logger
	// PacketDuration is 20 ms, or 10 ms for less delay at more bits for
	// headers; zero is 20 ms.
	PacketDuration time.Duration
	// DTX is whether silence is not sent.
	DTX bool
}

// Engine is one phone's sound: one playout loop while there is something to
// play, one capture loop between StartCapture and StopCapture. All methods are
// safe for concurrent use, and none but StartCapture, StopCapture and Close
// waits for a device.
type Engine struct {
	device Device
	codec  Codec
	log    *slog.Logger
	began  time.Time
	stop   chan struct{}
	tasks  sync.WaitGroup

	// Between the control methods and the loops.
	muted           atomic.Bool
	network         atomic.Pointer[Network]
	coding          coded
	peakIn, peakOut atomic.Int32
	faults          [3]atomic.Pointer[string] // microphone, speaker, codec
	streams         atomic.Pointer[[]*Stream] // copied on write
	order           atomic.Pointer[cadence]

	mu       sync.Mutex // the control methods'; a loop takes it only to end
	closed   bool
	playing  bool
	sounding Tone // the last looping tone asked for
	capture  *capture
	sequence uint16
	packet   int // samples
	dtx      bool
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
	faultCodec
)

// NewEngine makes the sound of one phone. It opens nothing and starts nothing.
func NewEngine(c Config) *Engine {
	e := &Engine{device: c.Device, codec: c.Codec, log: c.Log, began: time.Now(), stop: make(chan struct{})}
	if e.device == nil {
		e.device = absent{}
	}
	if e.codec == nil {
		e.codec = absent{}
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	e.streams.Store(&[]*Stream{})
	e.network.Store(&Network{})
	if e.packet = PacketSamples; c.PacketDuration == FrameDuration {
		e.packet = FrameSamples
	}
	e.dtx = c.DTX
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
	l := &line[SourceCloser]{
		name: "microphone", open: e.device.OpenSource, do: SourceCloser.Read,
		fault: func(s string) { e.fault(faultMicrophone, s) }, spawn: e.tasks.Go, now: e.now,
	}
	err = l.begin(askPatience, run.stop)
	go func() { // counted by beginCapture
		defer e.tasks.Done()
		defer close(run.done)
		e.captureLoop(c, l, run, send)
	}()
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
	go func() { e.tasks.Wait(); close(done) }()
	if !within(closeMost, done) {
		return errors.New("close sound: a device does not let go")
	}
	return nil
}

// fault notes or clears (empty) what is wrong with a device. The log is
// written aside: a loop does not wait for a file.
func (e *Engine) fault(which int, text string) {
	old := e.faults[which].Swap(&text)
	if text != "" && (old == nil || *old != text) {
		go e.log.Warn("audio: " + text)
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

const (
	reopenAfter = time.Second // between two tries to open a device
	stuckAfter  = time.Second // a device that takes or gives nothing for so long is lost
)

var errStuck = errors.New("it has stopped moving sound")

// line is one loop's device end, microphone or speaker, and what stands in for
// it: while the device is missing, its clock is a Pace and its sound silence,
// and every second somebody tries to open it again. It belongs to its loop's
// goroutine; opening and the watchdog run beside it.
//
//	open ─► move, move, move ─► error, or stuck ─► pace, pace … ─► open
type line[D io.Closer] struct {
	name  string // "speaker"
	open  func() (D, error)
	do    func(D, Frame) error // Read or Write
	fault func(string)         // safe from any goroutine; "" clears it
	spawn func(func())
	now   func() time.Duration

	device   D
	has      bool
	opening  bool
	opened   chan attempt[D]
	gone     chan struct{}
	untried  bool          // since it was opened
	since    time.Duration // when it was opened
	retryAt  time.Duration
	pace     Pace
	watchdog *time.Timer
	timer    *time.Timer
}

type attempt[D io.Closer] struct {
	device D
	err    error
}

// begin starts to open the device, and waits for at most patience: a speaker
// is usually there at once, and a tone should not lose its start.
func (l *line[D]) begin(patience time.Duration, stop <-chan struct{}) error {
	l.opened, l.gone = make(chan attempt[D]), make(chan struct{})
	l.pace, l.timer = Pace{}, time.NewTimer(time.Hour)
	l.reopen(0)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case a := <-l.opened:
		l.adopt(a)
		return a.err
	case <-timer.C:
		err := fmt.Errorf("open %s: no answer for %v", l.name, patience)
		l.fault(fmt.Sprintf("no %s: %v", l.name, err))
		return err
	case <-stop:
		return fmt.Errorf("open %s: closed", l.name)
	}
}

// move hands one frame to the device or gets one from it. Without a device it
// takes 10 ms, or ends at once when stop is closed, and tells false.
func (l *line[D]) move(f Frame, stop <-chan struct{}) bool {
	if !l.has {
		l.poll()
	}
	if l.has {
		began := l.now()
		l.watchdog.Reset(stuckAfter)
		err := l.do(l.device, f)
		l.watchdog.Stop()
		if err == nil {
			if l.untried {
				l.untried = false
				l.fault("")
			}
			return true
		}
		if l.now()-began >= stuckAfter {
			err = errStuck
		}
		l.lose(err)
	}
	wait, _ := l.pace.Next(l.now())
	l.timer.Reset(wait)
	select {
	case <-l.timer.C:
	case <-stop:
		l.timer.Stop()
	}
	return false
}

// poll takes over what an attempt brought, or starts the next one.
func (l *line[D]) poll() {
	select {
	case a := <-l.opened:
		l.adopt(a)
	default:
		if !l.opening && l.now() >= l.retryAt {
			l.reopen(0)
		}
	}
}

// reopen opens the device aside, after a while. One that was lost is closed
// first, for a device is often exclusive and closing may block.
func (l *line[D]) reopen(after time.Duration, lost ...D) {
	l.opening = true
	open, opened, gone := l.open, l.opened, l.gone
	l.spawn(func() {
		for _, device := range lost {
			_ = device.Close() // it failed already, and that was told
		}
		if after > 0 {
			select {
			case <-time.After(after):
			case <-gone:
				return
			}
		}
		device, err := open()
		select {
		case opened <- attempt[D]{device, err}:
		case <-gone:
			if err == nil {
				_ = device.Close() // nobody waits for it any more
			}
		}
	})
}

func (l *line[D]) adopt(a attempt[D]) {
	l.opening = false
	if a.err != nil {
		l.retryAt = l.now() + reopenAfter
		l.fault(fmt.Sprintf("no %s: %v", l.name, a.err))
		return
	}
	// A device that opens and then fails would flicker: the fault stands until
	// a frame has passed.
	l.device, l.has, l.untried, l.since = a.device, true, true, l.now()
	device, fault, name := a.device, l.fault, l.name
	l.watchdog = time.AfterFunc(stuckAfter, func() {
		fault(fmt.Sprintf("%s lost: %v", name, errStuck))
		_ = device.Close() // so that the blocked call returns, which tells the loop
	})
}

// lose gives a device up that failed, and tries again at once if it had worked
// for a while.
func (l *line[D]) lose(why error) {
	l.fault(fmt.Sprintf("%s lost: %v", l.name, why))
	var none D
	device := l.device
	l.device, l.has, l.pace = none, false, Pace{}
	l.reopen(max(l.since+reopenAfter-l.now(), 0), device)
}

// shut releases the device; begin may follow.
func (l *line[D]) shut() {
	close(l.gone)
	l.timer.Stop()
	l.opening = false
	if !l.has {
		return
	}
	l.watchdog.Stop()
	_ = l.device.Close() // nothing is left to do with it, nor to tell
	var none D
	l.device, l.has = none, false
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
