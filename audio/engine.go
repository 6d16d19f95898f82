package audio

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
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
	loss            atomic.Int32
	peakIn, peakOut atomic.Int32
	faults          [3]atomic.Pointer[string] // microphone, speaker, codec
	streams         atomic.Pointer[[]*Stream] // copied on write
	order           atomic.Pointer[cadence]
	badPackets      atomic.Uint64 // that the encoder refused

	mu       sync.Mutex // the control methods'; a loop takes it only to end
	closed   bool
	playing  bool
	sounding Tone // the last looping tone asked for
	capture  *capture
	sequence uint16
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
	return e
}

// now is the engine's clock: monotonic since it was made.
func (e *Engine) now() time.Duration { return time.Since(e.began) }

// Play starts a tone instead of the one that sounds. A looping tone that
// sounds already goes on unbroken; an unknown tone is silence.
func (e *Engine) Play(t Tone) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed || (t == e.sounding && t != "") {
		return
	}
	c := cadenceOf(t)
	if e.sounding = ""; c.times == 0 {
		e.sounding = t
	}
	e.order.Store(&c)
	e.startPlayout()
}

// StopTone ends whatever tone sounds, within 5 ms.
func (e *Engine) StopTone() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sounding = ""
	if e.playing {
		e.order.Store(&cadence{})
	}
}

// OpenStream opens the way of one remote device's packets to the speaker.
func (e *Engine) OpenStream(peer string) *Stream {
	decoder, err := e.codec.NewDecoder()
	e.fault(faultCodec, explain("no sound decoder", err))
	if err != nil {
		decoder = absent{}
	}
	s := &Stream{engine: e, peer: peer, receiver: newReceiver(decoder)}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		list := append(slices.Clone(*e.streams.Load()), s)
		e.streams.Store(&list)
		e.startPlayout()
	}
	return s
}

func (e *Engine) remove(s *Stream) {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := slices.DeleteFunc(slices.Clone(*e.streams.Load()), func(o *Stream) bool { return o == s })
	e.streams.Store(&list)
}

// SetMuted mutes the microphone: what is sent is silence, but it is sent.
func (e *Engine) SetMuted(muted bool) { e.muted.Store(muted) }

// SetLoss tells what share of our packets the far side loses, in percent.
func (e *Engine) SetLoss(percent int) { e.loss.Store(int32(min(max(percent, 0), 100))) }

// Levels is what the screen shows. It takes no lock.
func (e *Engine) Levels() Levels {
	l := Levels{In: Floor, Out: decibels(float64(e.peakOut.Load())), Muted: e.muted.Load()}
	if !l.Muted {
		l.In = decibels(float64(e.peakIn.Load()))
	}
	var faults []string
	for i := range e.faults {
		if f := e.faults[i].Load(); f != nil && *f != "" {
			faults = append(faults, *f)
		}
	}
	l.Fault = strings.Join(faults, "; ")
	return l
}

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
	e.tasks.Add(1)
	// The timestamps of two captures lie as far apart as the captures.
	return newCapturer(encoder, e.sequence, uint32(samples(e.now()))), nil
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

// rest ends the playout loop, unless something to play came since it decided
// to; the speaker is closed by now, so that the next loop can open it.
func (e *Engine) rest(taken *cadence) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed && (len(*e.streams.Load()) > 0 || e.order.Load() != taken) {
		return false
	}
	e.playing = false
	e.order.Store(nil)
	e.peakOut.Store(0)
	e.fault(faultSpeaker, "")
	return true
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

// explain puts a heading before an error; no error has no text.
func explain(heading string, err error) string {
	if err == nil {
		return ""
	}
	return heading + ": " + err.Error()
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
