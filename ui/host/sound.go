package host

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"tring/audio"
	"tring/guard"
	"tring/ui"
)

const (
	// delayMost is from when on what was said is too old to be heard: what a
	// stall of the line held up.
	delayMost = 120 * time.Millisecond
	// queueMost is how many frames wait for the client at most; the oldest goes.
	queueMost = 10
	// words is how many lines for the client wait at most.
	words = 8
	// lastWords is how long the last of them may take.
	lastWords = time.Second
)

// carrier is one sound channel under way: what comes out of it goes into a
// jitter buffer, what goes into it waits in a queue where the newest wins. No
// client makes a phone wait: reading, writing and telling have a goroutine each,
// which only the client can stop.
type carrier struct {
	SoundChannel
	codec audio.Codec
	count *counts
	began time.Time
	log   *slog.Logger
	guard guard.Guard

	frames atomic.Int64 // of raw samples that came
	last   atomic.Int64 // when, in ns since it began

	line  atomic.Pointer[Line]   // that it is attached to; written by move
	fault atomic.Pointer[string] // of the client's devices

	hearing sync.Mutex // the jitter buffer's
	buffer  *audio.Reception
	dropped uint64 // of the buffer, as already counted

	speaking sync.Mutex // the queue's
	queue    [queueMost]outgoing
	first, n int
	stamp    uint32        // of the next frame
	until    time.Duration // when it is due
	talk     bool          // the phone listens
	hear     bool          // the phone speaks
	wake     chan struct{} // something to write

	saying sync.Mutex
	say    chan string
	mute   bool          // nothing is said any more
	told   chan struct{} // closed when all was said
	ended  chan struct{} // closed when nothing more comes and the channel is to end
	failed string        // why; written before ended is closed
	once   sync.Once
}

// outgoing is a frame for the client.
type outgoing struct {
	stamp uint32
	pcm   [audio.FrameSamples]int16
}

func newCarrier(s SoundChannel, codec audio.Codec, count *counts, log *slog.Logger) *carrier {
	c := &carrier{
		SoundChannel: s, codec: codec, count: count, log: log, began: time.Now(),
		wake: make(chan struct{}, 1), say: make(chan string, words), told: make(chan struct{}), ended: make(chan struct{}),
	}
	c.guard = guard.New(func(reason any, stack []byte) { // it ends this channel and nobody else's
		c.log.Error("panic in a sound channel", "error", reason, "stack", string(stack))
		c.end("the sound has failed; it is a fault of ours")
	})
	c.fault.Store(new(string))
	return c
}

func (c *carrier) now() time.Duration { return time.Since(c.began) }

// start begins to read, write and tell.
func (c *carrier) start(ctx context.Context) error {
	encoder, err := c.encoder()
	if err != nil {
		return err
	}
	c.guard.Go(c.teller)
	c.guard.Go(c.listen)
	c.guard.Go(func() { c.speak(ctx, encoder) })
	return nil
}

// move ties it to another line than before; either may be nil. One goroutine does
// so for all its life.
func (c *carrier) move(from, to *Line) {
	c.line.Store(to)
	if from != nil {
		c.want(false, false)
		from.tell()
	}
	if to != nil {
		to.used()
		to.tell()
	}
}

// setFault notes what the client says of its devices.
func (c *carrier) setFault(text string) {
	text = ui.Clean(text, faultMost)
	if was := c.fault.Swap(&text); *was == text {
		return
	}
	if l := c.line.Load(); l != nil {
		l.tell()
	}
}

// tell says something to the client, unless it does not listen or all was said.
func (c *carrier) tell(line string) {
	c.saying.Lock()
	defer c.saying.Unlock()
	if c.mute {
		return
	}
	select {
	case c.say <- "tring: " + line + "\n":
	default:
	}
}

func (c *carrier) teller() {
	defer close(c.told)
	for line := range c.say {
		if _, err := io.WriteString(c.Err, line); err != nil {
			return
		}
	}
}

// finish lets the last words out. Who listens may find something to complain about
// after that, until the channel is closed.
func (c *carrier) finish() {
	c.saying.Lock()
	c.mute = true
	close(c.say)
	c.saying.Unlock()
	select {
	case <-c.told:
	case <-time.After(lastWords):
	}
}

// end is for the reader and the writer: the channel is no good any more. A
// reason is told.
func (c *carrier) end(why string) {
	c.once.Do(func() {
		c.failed = why
		close(c.ended)
	})
}

// want tells whether the phone listens and speaks. A phone that begins to listen
// hears what comes from now on.
func (c *carrier) want(talk, hear bool) {
	c.hearing.Lock()
	if !talk {
		c.buffer = nil
	} else if c.buffer == nil {
		c.listenAnew()
	}
	c.hearing.Unlock()
	c.speaking.Lock()
	c.talk, c.hear = talk, hear
	if !hear {
		c.n = 0
	}
	c.speaking.Unlock()
	c.rouse()
}

// listenAnew makes another jitter buffer; its lock is held.
func (c *carrier) listenAnew() {
	decoder, err := c.codec.NewDecoder()
	if err != nil {
		c.log.Warn("host: no sound decoder: " + err.Error())
		return
	}
	c.buffer, c.dropped = audio.NewReception(decoder, delayMost), 0
}

func (c *carrier) rouse() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// push takes a packet from the client. Without anybody who listens it is gone.
func (c *carrier) push(p audio.Packet) {
	p.Arrived = c.now()
	c.hearing.Lock()
	defer c.hearing.Unlock()
	if c.buffer == nil {
		return
	}
	c.buffer.Push(p)
}

// pull fills the next 10 ms of what the client says.
func (c *carrier) pull(f audio.Frame) {
	c.hearing.Lock()
	defer c.hearing.Unlock()
	if c.buffer == nil {
		clear(f)
		return
	}
	c.buffer.Pull(c.now(), f)
	stats := c.buffer.Stats()
	if d := stats.Discarded + stats.Late; d > c.dropped {
		c.count.droppedIn.Add(d - c.dropped)
		c.dropped = d
	}
}

// play queues a frame for the client; the oldest one makes room for it.
func (c *carrier) play(f audio.Frame) {
	now := c.now()
	c.speaking.Lock()
	if late := now - c.until; late > delayMost {
		// Nothing was played meanwhile, which is no loss.
		c.stamp += uint32(late * audio.Rate / time.Second)
		c.until = now
	}
	if c.n == queueMost {
		c.first, c.n = (c.first+1)%queueMost, c.n-1
		c.count.droppedOut.Add(1)
	}
	out := &c.queue[(c.first+c.n)%queueMost]
	out.stamp = c.stamp
	copy(out.pcm[:], f)
	c.n++
	c.stamp += audio.FrameSamples
	c.until += audio.FrameDuration
	c.speaking.Unlock()
	c.rouse()
}

// take gets the oldest frame that waits.
func (c *carrier) take(out *outgoing) bool {
	c.speaking.Lock()
	defer c.speaking.Unlock()
	if c.n == 0 {
		return false
	}
	*out = c.queue[c.first]
	c.first, c.n = (c.first+1)%queueMost, c.n-1
	return true
}

// heard is how many frames of raw samples came, and how long ago the last did.
func (c *carrier) heard() (frames int64, ago time.Duration) {
	return c.frames.Load(), c.now() - time.Duration(c.last.Load())
}
