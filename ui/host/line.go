package host

import (
	"os"
	"sync"
	"sync/atomic"
	"time"

	"tring/audio"
)

// Line is the sound of one login: an audio.Device whose microphone is silent and
// whose speaker is heard by nobody while no sound channel is attached. Both are
// on time either way, so that a call goes on. The methods are safe for
// concurrent use.
//
//	phone: Source.Read ◄─ pull ◄─ jitter buffer ◄─ carrier ◄─ ssh channel
//	phone: Sink.Write ──► play ─► newest wins ───► carrier ─► ssh channel
type Line struct {
	lines                   *Lines
	connection, fingerprint string

	carrier        atomic.Pointer[carrier] // written under the lines' lock
	wanted, closed bool                    // under the lines' lock
	sources, sinks atomic.Int32            // open now

	using, telling sync.Mutex // one at a time, so that the last word is the truth
	mu             sync.Mutex
	watchers       map[*watcher]bool
}

type watcher struct{ f func(attached bool) }

var _ audio.Device = (*Line)(nil)

// Attached tells whether a sound channel is attached.
func (l *Line) Attached() bool { return l.carrier.Load() != nil }

// Watch calls f whenever a sound channel was attached or is gone, or its fault
// changed, until stop is called. It does not call f for what is already so. f
// must neither block nor watch.
func (l *Line) Watch(f func(attached bool)) (stop func()) {
	w := &watcher{f}
	l.mu.Lock()
	l.watchers[w] = true
	l.mu.Unlock()
	l.lines.offer(l)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.watchers, w)
	}
}

// tell calls those who watch.
func (l *Line) tell() {
	l.telling.Lock()
	defer l.telling.Unlock()
	l.mu.Lock()
	all := make([]*watcher, 0, len(l.watchers))
	for w := range l.watchers {
		all = append(all, w)
	}
	l.mu.Unlock()
	for _, w := range all {
		w.f(l.Attached())
	}
}

// Fault is what is wrong with the devices at the person's end, in one line, as
// far as that end tells; empty is nothing. Whoever watches is called when it
// changes.
func (l *Line) Fault() string {
	if c := l.carrier.Load(); c != nil {
		return *c.fault.Load()
	}
	return ""
}

// Describe is one line for people.
func (l *Line) Describe() string {
	c := l.carrier.Load()
	switch {
	case c == nil:
		return "no sound attached"
	case c.Opus:
		return "sound over ssh (Opus)"
	}
	return "sound over ssh (raw samples)"
}

// OpenSource opens what the person says.
func (l *Line) OpenSource() (audio.SourceCloser, error) {
	l.lines.offer(l)
	s := &source{line: l, end: newEnd(&l.sources)}
	l.used()
	return s, nil
}

// OpenSink opens what the person hears.
func (l *Line) OpenSink() (audio.SinkCloser, error) {
	l.lines.offer(l)
	s := &sink{line: l, end: newEnd(&l.sinks)}
	l.used()
	return s, nil
}

// used tells the far end whether the phone listens and speaks.
func (l *Line) used() {
	l.using.Lock()
	defer l.using.Unlock()
	if c := l.carrier.Load(); c != nil {
		c.want(l.sources.Load() > 0, l.sinks.Load() > 0)
	}
}

func (l *Line) inUse() bool { return l.sources.Load()+l.sinks.Load() > 0 }

// Close is for the end of the login. It never fails.
func (l *Line) Close() error {
	l.lines.close(l)
	return nil
}

// end is an opened end of a line.
type end struct {
	open  *atomic.Int32
	began time.Time
	timer *time.Timer
	once  sync.Once
	stop  chan struct{}
}

func newEnd(open *atomic.Int32) end {
	open.Add(1)
	return end{open: open, began: time.Now(), timer: time.NewTimer(time.Hour), stop: make(chan struct{})}
}

func (e *end) now() time.Duration { return time.Since(e.began) }

// wait returns after so long, or with os.ErrClosed.
func (e *end) wait(long time.Duration) error {
	e.timer.Reset(long)
	select {
	case <-e.stop:
		e.timer.Stop()
		return os.ErrClosed
	case <-e.timer.C:
		return nil
	}
}

func (e *end) close() (first bool) {
	e.once.Do(func() {
		first = true
		close(e.stop)
		e.open.Add(-1)
	})
	return first
}

// source is a microphone whose clock is the host's.
type source struct {
	end
	line *Line
	pace audio.Pace
}

// Read waits for the next 10 ms, and takes what has come by then.
func (s *source) Read(f audio.Frame) error {
	wait, _ := s.pace.Next(s.now())
	if err := s.wait(wait); err != nil {
		return err
	}
	if c := s.line.carrier.Load(); c != nil {
		c.pull(f)
	} else {
		clear(f)
	}
	return nil
}

func (s *source) Close() error {
	if s.close() {
		s.line.used()
	}
	return nil
}

// sink is a speaker whose clock follows the samples that the client sends.
type sink struct {
	end
	line   *Line
	keeper keeper
}

// Write hands the frame on at once, and waits until it is time for the next.
func (s *sink) Write(f audio.Frame) error {
	select {
	case <-s.stop:
		return os.ErrClosed
	default:
	}
	var trim time.Duration
	if c := s.line.carrier.Load(); c != nil {
		c.play(f)
		trim = s.keeper.trim(c.heard())
	}
	return s.wait(s.keeper.next(s.now(), trim))
}

func (s *sink) Close() error {
	if s.close() {
		s.line.used()
	}
	return nil
}
