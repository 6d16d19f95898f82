package host

import (
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tring/audio"
)

// Lines are the lines of all logins of a host, and tie sound channels to them:
// by the connection first, then by the key, the newest login first. Safe for
// concurrent use.
type Lines struct {
	codec audio.Codec
	log   *slog.Logger
	count counts

	mu      sync.Mutex
	all     []*Line              // that want sound, in the order in which they did
	logins  map[string]int       // open lines of a connection, whether they want sound or not
	left    map[string]time.Time // when the last one of a connection was closed
	changed chan struct{}        // closed, and made anew, with every change
}

// counts are SoundStats as they are counted.
type counts struct {
	attached              atomic.Int64
	opened, refused       atomic.Uint64
	in, out               atomic.Uint64
	droppedIn, droppedOut atomic.Uint64
}

// SoundStats counts what a host's sound channels carried. It is a value.
type SoundStats struct {
	Attached int    // channels now
	Opened   uint64 // channels
	Refused  uint64 // channels: a second one, no login, a terminal, no sound
	In, Out  uint64 // bytes
	// Dropped is sound too old to be heard: packets that came in, frames of 10 ms
	// that were to go out.
	DroppedIn, DroppedOut uint64
}

// NewLines makes a host's lines. The codec is of the channels with Opus; nil is
// none.
func NewLines(codec audio.Codec, log *slog.Logger) *Lines {
	return &Lines{
		codec: codec, log: log,
		logins: make(map[string]int), left: make(map[string]time.Time), changed: make(chan struct{}),
	}
}

// Stats are the counters since the lines were made.
func (l *Lines) Stats() SoundStats {
	c := &l.count
	return SoundStats{
		Attached: int(c.attached.Load()), Opened: c.opened.Load(), Refused: c.refused.Load(),
		In: c.in.Load(), Out: c.out.Load(), DroppedIn: c.droppedIn.Load(), DroppedOut: c.droppedOut.Load(),
	}
}

// Open makes the line of a login, which closes it at its end. A line is offered
// to sound channels from the moment on that its login wants sound: that it
// watches it or opens an end of it.
func (l *Lines) Open(connection, fingerprint string) *Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.logins[connection]++
	delete(l.left, connection)
	return &Line{lines: l, connection: connection, fingerprint: fingerprint, watchers: make(map[*watcher]bool)}
}

// offer puts a line where sound channels look for one.
func (l *Lines) offer(line *Line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if line.wanted || line.closed {
		return
	}
	line.wanted = true
	l.all = append(l.all, line)
	l.change()
}

// leftFor is how long it is remembered that a connection had a login: a sound
// channel that belongs to it comes with it, or never. One that comes later, over a
// connection that is kept open, is of the next login.
const leftFor = 10 * time.Second

func (l *Lines) close(line *Line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if line.closed {
		return
	}
	line.closed = true
	l.all = slices.DeleteFunc(l.all, func(o *Line) bool { return o == line })
	if l.logins[line.connection]--; l.logins[line.connection] == 0 {
		delete(l.logins, line.connection)
		for connection, at := range l.left {
			if time.Since(at) >= leftFor {
				delete(l.left, connection)
			}
		}
		l.left[line.connection] = time.Now()
	}
	l.change()
}

// change wakes those who wait; the lock is held.
func (l *Lines) change() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// tie is what a sound channel has to do with the lines that there are.
type tie int

const (
	tieNone tie = iota // no line yet
	tieLine            // this one
	tieBusy            // this one, which has sound already
	tieOver            // the login of its connection has ended
)

// find looks for the line that a channel belongs to; the lock is held.
func (l *Lines) find(c *carrier) (*Line, tie) {
	line := l.newest(func(o *Line) bool { return o.connection == c.Connection })
	if line == nil {
		if at, left := l.left[c.Connection]; left && time.Since(at) < leftFor {
			return nil, tieOver
		}
		line = l.newest(func(o *Line) bool { return o.fingerprint == c.Fingerprint })
	}
	if line == nil {
		return nil, tieNone
	}
	if other := line.carrier.Load(); other != nil && other != c {
		return line, tieBusy
	}
	return line, tieLine
}

func (l *Lines) newest(fits func(*Line) bool) *Line {
	for _, line := range slices.Backward(l.all) {
		if fits(line) {
			return line
		}
	}
	return nil
}

// attach ties a channel to the line that it belongs to now. A channel stays with
// the line that it has while that is in use, or nothing better is free. What is
// to be waited for is changed.
func (l *Lines) attach(c *carrier) (line *Line, how tie, changed <-chan struct{}) {
	l.mu.Lock()
	line, how = l.find(c)
	had := c.line.Load()
	if had != nil && !had.closed && had != line && (how != tieLine || had.inUse()) {
		line, how = had, tieLine
	}
	changed = l.changed
	if how != tieLine {
		line = nil
	}
	moved := line != had
	if moved {
		if had != nil {
			had.carrier.Store(nil)
			l.count.attached.Add(-1)
		}
		if line != nil {
			line.carrier.Store(c)
			l.count.attached.Add(1)
		}
		l.change()
	}
	l.mu.Unlock()
	if moved {
		c.move(had, line)
	}
	return line, how, changed
}

// detach ends what attach began.
func (l *Lines) detach(c *carrier) {
	l.mu.Lock()
	had := c.line.Load()
	if had != nil {
		had.carrier.Store(nil)
		l.count.attached.Add(-1)
		l.change()
	}
	l.mu.Unlock()
	if had != nil {
		c.move(had, nil)
	}
}
