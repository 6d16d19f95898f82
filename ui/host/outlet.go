package host

import (
	"io"
	"sync"
	"time"

	"tring/guard"
)

// outletSize is what waits for a client at most: some frames of the largest screen.
const outletSize = 64 << 10

// outletPiece is what is written at once. A client must take one in Limits.Stalled,
// so a very slow line is no stalled client.
const outletPiece = 4 << 10

// outlet takes what a login writes and carries it to the client in a goroutine of
// its own, in order. Whoever writes waits while it is full: frames cannot be
// dropped, since each is drawn over the one before; and a terminal that its owner
// has frozen for a minute (Ctrl-S) goes on where it was. The client's window, two
// MB of OpenSSH, comes on top, so a write that blocks at all is of a client that
// has taken nothing for long. Safe for concurrent use.
type outlet struct {
	streams [2]io.Writer // output and errors
	stalled time.Duration
	stall   func()        // called when a write has blocked for so long
	done    chan struct{} // closed when the goroutine has ended

	mu     sync.Mutex
	change *sync.Cond
	queue  []byte
	stream int // of what is queued
	closed bool
	lost   bool  // whatever comes is thrown away
	err    error // of the first write that failed
}

func newOutlet(out, errors io.Writer, stalled time.Duration, stall func(), g guard.Guard) *outlet {
	o := &outlet{streams: [2]io.Writer{out, errors}, stalled: stalled, stall: stall, done: make(chan struct{})}
	o.change = sync.NewCond(&o.mu)
	g.Go(func() { o.carry(g) })
	return o
}

// spout is one of the two streams into an outlet.
type spout struct {
	outlet *outlet
	stream int
}

func (s spout) Write(p []byte) (int, error) { return s.outlet.write(s.stream, p) }

func (o *outlet) write(stream int, p []byte) (n int, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for n < len(p) {
		for o.err == nil && !o.closed && !o.lost &&
			(len(o.queue) >= outletSize || len(o.queue) > 0 && o.stream != stream) {
			o.change.Wait()
		}
		switch {
		case o.lost:
			return len(p), nil
		case o.err != nil:
			return n, o.err
		case o.closed:
			return n, io.ErrClosedPipe
		}
		piece := p[n:min(len(p), n+outletSize-len(o.queue))]
		o.queue, o.stream = append(o.queue, piece...), stream
		n += len(piece)
		o.change.Broadcast()
	}
	return n, nil
}

// carry is the goroutine.
func (o *outlet) carry(g guard.Guard) {
	defer close(o.done)
	watch := g.After(time.Hour, o.stall)
	watch.Stop()
	defer watch.Stop()
	var piece []byte
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		for len(o.queue) == 0 && !o.closed && o.err == nil {
			o.change.Wait()
		}
		if len(o.queue) == 0 || o.err != nil {
			return
		}
		n := min(len(o.queue), outletPiece)
		piece = append(piece[:0], o.queue[:n]...)
		o.queue = o.queue[:copy(o.queue, o.queue[n:])]
		to := o.streams[o.stream]
		o.change.Broadcast()
		o.mu.Unlock()
		watch.Reset(o.stalled)
		_, err := to.Write(piece)
		watch.Stop()
		o.mu.Lock()
		if err != nil {
			o.err = err
			o.change.Broadcast()
		}
	}
}

// abandon throws away what comes from now on: the client is gone, its call is not.
func (o *outlet) abandon() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lost, o.queue = true, nil
	o.change.Broadcast()
}

// close takes no more, and returns when all is carried or cannot be.
func (o *outlet) close() {
	o.mu.Lock()
	o.closed = true
	o.change.Broadcast()
	o.mu.Unlock()
	<-o.done
}
