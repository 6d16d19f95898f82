package cli

import (
	"context"
	"fmt"
	"io"
	"sync"

	"tring/audio"
)

// waiting is how many packets of 10 ms wait for a reader at most.
const waiting = 10

// outbox takes packets from whoever must not wait, such as a microphone, and
// writes them to whoever may be slow; the oldest makes room for the newest. It
// is safe for concurrent use; run is one goroutine's.
type outbox struct {
	mu       sync.Mutex
	packets  [waiting][]byte
	first, n int
	word     []byte // to be written before them; the newest only
	wake     chan struct{}
}

func newOutbox() *outbox {
	o := &outbox{wake: make(chan struct{}, 1)}
	for i := range o.packets {
		o.packets[i] = make([]byte, 0, 2*audio.MaxPayload)
	}
	return o
}

// put queues what build appends to an empty slice. It does not block, nor
// allocate.
func (o *outbox) put(build func([]byte) []byte) {
	o.mu.Lock()
	if o.n == waiting {
		o.first, o.n = (o.first+1)%waiting, o.n-1
	}
	at := (o.first + o.n) % waiting
	o.packets[at] = build(o.packets[at][:0])
	o.n++
	o.mu.Unlock()
	o.rouse()
}

// say queues a word that is not lost but to a newer one.
func (o *outbox) say(word []byte) {
	o.mu.Lock()
	o.word = word
	o.mu.Unlock()
	o.rouse()
}

func (o *outbox) rouse() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// take moves what comes next into b; nothing is left if that is empty.
func (o *outbox) take(b []byte) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	b = append(b[:0], o.word...)
	o.word = nil
	if o.n > 0 {
		b = append(b, o.packets[o.first]...)
		o.first, o.n = (o.first+1)%waiting, o.n-1
	}
	return b
}

// run writes until that fails, or ctx ends.
func (o *outbox) run(ctx context.Context, w io.Writer) error {
	var b []byte
	for {
		for b = o.take(b); len(b) > 0; b = o.take(b) {
			if _, err := w.Write(b); err != nil {
				return fmt.Errorf("write sound: %w", err)
			}
		}
		select {
		case <-o.wake:
		case <-ctx.Done():
			return nil
		}
	}
}
