package server

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tring/calls"
)

// ownCalls are those of the only gateway there is: in its memory, and in a journal
// from which the next start makes them again. One goroutine writes the journal, so
// that whatever comes while the disk is busy shares the next sync. An act for which
// somebody waits with the phone at the ear is written at once; all others wait a
// moment for such a one. The syncs are what a call costs most.
type ownCalls struct {
	log     *slog.Logger
	journal *journal // the writer's
	wake    chan struct{}
	ended   chan struct{}

	mu     sync.Mutex
	last   uint64 // revision
	all    map[calls.ID]*ownCall
	queue  []*ownWrite
	timer  *time.Timer // of the writes that wait
	armed  bool
	closed bool
}

// ownCall is a call as the journal has it, and the write that will change that.
type ownCall struct {
	stored
	record  []byte // of it, as it was written
	pending *ownWrite
}

// ownWrite is a record on its way. of is nil where no call waits for it.
type ownWrite struct {
	of     *ownCall
	after  stored
	record []byte
	err    error
	done   chan struct{}
}

// soonWait is how long a write that is not urgent waits for others.
const soonWait = 20 * time.Millisecond

// goneMost is how many removals wait for a write that somebody waits for.
const goneMost = 1024

// The journal, and where what was cut off of it last is kept.
const (
	journalFile = "calls.journal"
	lostSuffix  = ".lost"
)

func openOwnCalls(path string, log *slog.Logger) (*ownCalls, error) {
	o := &ownCalls{log: log, wake: make(chan struct{}, 1), ended: make(chan struct{}), all: map[calls.ID]*ownCall{}}
	journal, lost, err := openJournal(path, o.replay)
	if err != nil {
		return nil, err
	}
	if len(lost) > 0 { // by a crash, of writes that nobody was told of; or by a disk
		log.Warn("the end of the journal cannot be read and was cut off", "bytes", len(lost), "kept", path+lostSuffix)
		if err := os.WriteFile(path+lostSuffix, lost, 0o600); err != nil { // a full disk is no reason not to start
			log.Error("keep what was cut off", "err", err)
		}
	}
	o.journal = journal
	o.timer = time.AfterFunc(time.Hour, o.hurry)
	o.timer.Stop()
	go o.run()
	return o, nil
}

// urgent says whether somebody waits for this change of a call: that it rings, or
// that somebody is there.
func urgent(before, after calls.Call) bool {
	joined := func(c calls.Call) (n int) {
		for _, p := range c.Parties {
			if p.State == calls.PartyJoined {
				n++
			}
		}
		return n
	}
	return !after.Status.Terminal() && (before.Status != after.Status || joined(after) > joined(before))
}

func (o *ownCalls) put(ctx context.Context, st stored) (stored, error) {
	w, err := o.begin(ctx, st)
	if err != nil {
		return st, err
	}
	w.record, err = stateRecord(w.after)
	if err != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.settle(w, err)
		return st, err
	}
	o.enqueue(w, urgent(w.of.Call, w.after.Call))
	if err := w.wait(ctx); err != nil {
		return st, err
	}
	return w.after, nil
}

// begin takes the place of the next write of a call, with its revision.
func (o *ownCalls) begin(ctx context.Context, st stored) (*ownWrite, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	id := st.Call.ID
	c, err := o.unhurried(ctx, id)
	if err != nil {
		return nil, err
	}
	if c == nil {
		c = &ownCall{}
	}
	if c.Call.Revision != st.Call.Revision {
		return nil, fmt.Errorf("call %s: %w", id, jetstream.ErrKeyExists)
	}
	now := time.Now().UTC()
	if st.Rings.IsZero() {
		st.Rings = now
	}
	if st.Answered.IsZero() && !st.Call.AnsweredAt.IsZero() {
		st.Answered = now
	}
	o.last++
	st.Call.Revision = o.last
	c.pending = &ownWrite{of: c, after: st, done: make(chan struct{})}
	o.all[id] = c
	return c.pending, nil
}

// unhurried is a call for which no write is under way, under the lock, which it
// gives up while it waits for that; nil if there is none.
func (o *ownCalls) unhurried(ctx context.Context, id calls.ID) (*ownCall, error) {
	for {
		c := o.all[id]
		if c == nil || c.pending == nil {
			return c, nil
		}
		w := c.pending
		o.mu.Unlock()
		o.hurry()
		select {
		case <-w.done:
		case <-ctx.Done():
		}
		o.mu.Lock()
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("wait for a write: %w", err)
		}
	}
}

// enqueue hands a write to the writer.
func (o *ownCalls) enqueue(w *ownWrite, urgent bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		o.settle(w, errStoreDown)
		return
	}
	o.queue = append(o.queue, w)
	switch {
	case urgent:
		o.hurry()
	case !o.armed:
		o.armed = true
		o.timer.Reset(soonWait)
	}
}

// hurry has the writer write what there is.
func (o *ownCalls) hurry() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// wait waits until a write is durable. With ctx it gives up; the write may happen
// nevertheless.
func (w *ownWrite) wait(ctx context.Context) error {
	select {
	case <-w.done:
		return w.err
	case <-ctx.Done():
		return fmt.Errorf("write to the journal: %w", ctx.Err())
	}
}

// run is the writer; close ends it.
func (o *ownCalls) run() {
	defer close(o.ended)
	for range o.wake {
		batch, last := o.take()
		o.commit(batch)
		if last {
			return
		}
	}
}

// take empties the queue; last, if nothing comes after it.
func (o *ownCalls) take() (batch []*ownWrite, last bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	batch = o.queue
	o.queue, o.armed = nil, false
	o.timer.Stop()
	return batch, o.closed
}

// commit makes writes durable, all with one sync.
func (o *ownCalls) commit(batch []*ownWrite) {
	if len(batch) == 0 {
		return
	}
	var records []byte
	full := o.journal.full()
	if full {
		records = o.snapshot()
	}
	for _, w := range batch {
		records = appendRecord(records, w.record)
	}
	write := o.journal.append
	if full {
		write = o.journal.rewrite
	}
	err := write(records)
	if err != nil {
		err = fmt.Errorf("%w: %w", errStoreDown, err)
		o.log.Error("write calls", "writes", len(batch), "err", err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, w := range batch {
		o.settle(w, err)
	}
}

// settle says what became of a write, under the lock.
func (o *ownCalls) settle(w *ownWrite, err error) {
	w.err = err
	if c := w.of; c != nil {
		c.pending = nil
		if err == nil {
			c.stored, c.record = w.after, w.record
		} else if c.Call.Revision == 0 { // there never was such a call
			delete(o.all, w.after.Call.ID)
		}
	}
	close(w.done)
}

func (o *ownCalls) get(ctx context.Context, id calls.ID) (stored, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c, err := o.unhurried(ctx, id)
	if err != nil {
		return stored{}, err
	}
	if c == nil {
		return stored{}, errNoCall
	}
	return c.stored, nil
}

// remove waits for nothing, not even for another write unless they are many: a call
// whose removal is lost is finished once more by the next start.
func (o *ownCalls) remove(_ context.Context, batch []calls.Call) error {
	o.mu.Lock()
	var gone []*ownWrite
	for _, c := range batch {
		if known := o.all[c.ID]; known != nil && known.pending == nil && known.Call.Revision == c.Revision {
			delete(o.all, c.ID)
			gone = append(gone, &ownWrite{record: append([]byte{recordGone}, c.ID...), done: make(chan struct{})})
		}
	}
	if !o.closed {
		o.queue = append(o.queue, gone...)
	}
	many := len(o.queue) > goneMost
	o.mu.Unlock()
	if many {
		o.hurry()
	}
	return nil
}

func (o *ownCalls) ids(context.Context) ([]calls.ID, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var ids []calls.ID
	for id := range o.all {
		ids = append(ids, id)
	}
	return ids, nil
}

func (o *ownCalls) probe(ctx context.Context) error {
	record := make([]byte, probeSize)
	record[0] = recordProbe
	w := &ownWrite{record: record, done: make(chan struct{})}
	o.enqueue(w, true)
	return w.wait(ctx)
}

// close writes what is queued and ends the writer.
func (o *ownCalls) close() {
	o.mu.Lock()
	o.closed = true
	o.timer.Stop()
	o.mu.Unlock()
	o.hurry()
	<-o.ended
	if err := o.journal.close(); err != nil {
		o.log.Warn("close journal", "err", err)
	}
}
