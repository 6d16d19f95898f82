package agent

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"tring/audio"
	"tring/calls"
	"tring/calls/wire"
	"tring/guard"
)

// Receiver takes what the server tells; the agent is one. It has the method set
// of the Receiver in package signaling.
type Receiver = interface {
	Receive(in calls.Input)
	Known() []calls.ID
}

// Answer takes the answer to one request (see package signaling).
type Answer = func(m wire.Message, err error)

// Signaler is the connection to the server. Run keeps it up until ctx ends. Send
// never blocks; frames leave in the order of the calls.
type Signaler interface {
	Run(ctx context.Context, r Receiver) error
	Send(m wire.Message, answer Answer)
}

// Session is the media of one call. The agent calls it from one goroutine at a
// time, except Stats, which must be safe at any time, also after Close.
type Session interface {
	Signal(from calls.DeviceID, payload []byte) error
	// SetPeers says who is in the session now. The servers are for the paths that
	// are looked for from now on.
	SetPeers(peers []calls.Peer, servers []calls.Server)
	SetMuted(muted bool)
	Stats() calls.MediaStats
	Close() error
}

// OpenSession opens the media of a call. What happens to it later is posted with
// notify, from any goroutine: MediaChanged and MediaSignal.
type OpenSession func(o calls.OpenMedia, notify func(calls.Input)) (Session, error)

// Sound plays the phone's own tones. All methods must return at once and be safe
// for concurrent use.
type Sound interface {
	Play(t audio.Tone)
	StopTone()
	Levels() audio.Levels
}

// Config is what a phone is made of. Without OpenSession it has no media,
// without Sound it is silent; a nil Log discards. Unsent is what the former run of
// this phone left: it is told to the server first of all.
type Config struct {
	Me          calls.Identity
	Signaler    Signaler
	OpenSession OpenSession
	Sound       Sound
	Unsent      []calls.Unsent
	Log         *slog.Logger
	Guard       guard.Guard // runs the goroutines beside that of Run
}

// ErrStopped is a command to a phone that was switched off.
var ErrStopped = errors.New("the phone is switched off")

// Agent is one telephone at work. Its methods are safe for concurrent use; Run
// is called once.
type Agent struct {
	config Config
	log    *slog.Logger
	inbox  *mailbox[letter]
	view   atomic.Pointer[calls.View]
	media  *media
	done   chan struct{} // closed when Run has ended

	// These belong to the goroutine of Run.
	phone    *calls.Phone
	timer    *time.Timer
	awaiting []waiter
	parting  []chan<- error // who waits until the server knows of every end
	parted   bool           // somebody did
	// unanswered counts the acts that the server has not answered yet; settled,
	// when the phone is ending, is called once there are none.
	unanswered int
	settled    func()

	hearing   sync.WaitGroup // listeners that have something to hear
	mu        sync.Mutex
	listeners map[string]*listener
	stopped   bool // nothing more is told
}

// New makes a phone that is not connected yet.
func New(c Config) *Agent {
	log := c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	a := &Agent{
		config: c, log: log, phone: calls.NewPhone(c.Me),
		inbox: newMailbox[letter](), done: make(chan struct{}), listeners: map[string]*listener{},
	}
	a.phone.Recall(c.Unsent)
	a.media = newMedia(c.OpenSession, a, log)
	a.publish()
	return a
}

// Receive implements Receiver. It never blocks.
func (a *Agent) Receive(in calls.Input) { a.inbox.put(letter{input: in}) }

// Known implements Receiver.
func (a *Agent) Known() []calls.ID {
	var ids []calls.ID
	for _, c := range a.Snapshot().Calls {
		ids = append(ids, c.Call.ID)
	}
	return ids
}

// Snapshot is the phone as it is now. Nobody changes the value any more, nor may
// the caller. A listener's event is in it already.
func (a *Agent) Snapshot() calls.View { return *a.view.Load() }

// Levels are the sound levels of this moment.
func (a *Agent) Levels() audio.Levels {
	if a.config.Sound == nil {
		return audio.Silence()
	}
	return a.config.Sound.Levels()
}

// Stats are the statistics of the open media session; false if there is none.
func (a *Agent) Stats() (calls.MediaStats, bool) { return a.media.stats() }

// Run is the phone's life: until ctx ends, then it hangs up what it holds,
// closes the media, and returns nil. A refusal of the server that is final does
// not end it; the view's link says so.
func (a *Agent) Run(ctx context.Context) error {
	linkCtx, unlink := context.WithCancel(context.WithoutCancel(ctx)) // outlives ctx by the hang-up
	defer unlink()
	var parts sync.WaitGroup
	a.config.Guard.Join(&parts, func() {
		if err := a.config.Signaler.Run(linkCtx, a); err != nil {
			a.log.Warn("the connection is closed for good", "err", err)
		}
	})
	a.config.Guard.Join(&parts, a.media.run)
	a.timer = time.NewTimer(0)
	defer a.timer.Stop()
	// Also after a panic the microphone is let go, and who waits for the phone knows.
	defer func() {
		a.media.stop()
		unlink()
		if !a.within(3*patience, parts.Wait) {
			a.log.Warn("the media or the connection does not end")
		}
		if a.config.Sound != nil {
			a.config.Sound.StopTone()
		}
		a.finish()
	}()
	a.loop(ctx)
	a.hangUp()
	return nil
}

// loop handles what comes until ctx ends.
func (a *Agent) loop(ctx context.Context) {
	for {
		a.wind()
		select {
		case <-ctx.Done():
			return
		case <-a.timer.C:
			a.step(calls.Tick{})
		case <-a.inbox.ready:
			letters, _ := a.inbox.take()
			for _, l := range letters {
				a.handle(l)
			}
			a.part()
		}
	}
}

// wind sets the timer to the phone's next deadline.
func (a *Agent) wind() {
	if due, ok := a.phone.Deadline(); ok {
		a.timer.Reset(time.Until(due))
	} else {
		a.timer.Stop()
	}
}

// finish lets the listeners hear the end, and whoever still waits know it.
func (a *Agent) finish() {
	a.inbox.close()
	close(a.done)
	a.mu.Lock()
	a.stopped = true
	a.mu.Unlock()
	if !a.within(patience, a.hearing.Wait) {
		a.log.Warn("a listener does not return")
	}
}

// within says whether f returned in time.
func (a *Agent) within(d time.Duration, f func()) bool {
	done := make(chan struct{})
	a.config.Guard.Go(func() { f(); close(done) })
	select {
	case <-done:
		return true
	case <-time.After(d):
		return false
	}
}
