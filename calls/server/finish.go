package server

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tring/calls"
)

// finisher does what follows a terminal state: it writes the history, frees the
// claims and deletes the call. The terminal state itself is stored already, and
// all that a phone asks for is in memory, so nobody waits for it; it takes many
// calls at a time, which then share their synced writes. Safe for concurrent use.
type finisher struct {
	server *Server

	mu    sync.Mutex
	queue map[calls.ID]finishing
	wake  chan struct{}
}

// finishing is a call that is over, and when it is to be finished here: one that
// another gateway ended is finished by that one, if it lives.
type finishing struct {
	call    calls.Call
	at      time.Time
	refused int // how often in a store that took other writes
}

// setAside says that the store will never take what finishes this call. It stays
// in the store, and the next start tries again.
func (w finishing) setAside() bool { return w.refused >= refusals }

// finishEvery is how long the finisher waits for more, finishRest how long it rests
// after it has finished all there was: a batch has its own price. foreignFinish is
// how long it leaves to another gateway.
const (
	finishEvery   = 500 * time.Millisecond
	finishRest    = 2 * time.Second
	foreignFinish = 3 * time.Second
)

// A call that a sound store refuses is tried so many times, so far apart.
const (
	refusals     = 3
	refusedPause = 2 * time.Second // longer than the finisher rests after an error: others come first
)

func newFinisher(s *Server) *finisher {
	return &finisher{server: s, queue: map[calls.ID]finishing{}, wake: make(chan struct{}, 1)}
}

func (f *finisher) add(c calls.Call, wait time.Duration) {
	if own, ok := f.server.store.claims.(*ownClaims); ok {
		own.free(c)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue[c.ID] = finishing{call: c, at: time.Now().Add(wait)}
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// done forgets a call that somebody has finished.
func (f *finisher) done(id calls.ID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.queue, id)
}

// settle waits until nothing is left to finish but what is set aside; with ctx it
// gives up.
func (f *finisher) settle(ctx context.Context) error {
	for {
		f.mu.Lock()
		left := f.left()
		f.mu.Unlock()
		if left == 0 {
			return nil
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("finish %d calls: %w", left, err)
		}
	}
}

// left counts the calls that are to be finished, under the lock.
func (f *finisher) left() (n int) {
	for _, w := range f.queue {
		if !w.setAside() {
			n++
		}
	}
	return n
}

// call is a call that is not finished yet.
func (f *finisher) call(id calls.ID) (calls.Call, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w, ok := f.queue[id]
	return w.call, ok
}

// due are at most so many calls that are to be finished now, and whether there are
// any more at all. One that was refused comes alone, so that it stops no others.
func (f *finisher) due(most int) (batch []calls.Call, more bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	for _, w := range f.queue {
		switch {
		case w.setAside() || w.at.After(now):
		case w.refused > 0:
			return []calls.Call{w.call}, f.left() > 1
		default:
			batch = append(batch, w.call)
		}
	}
	// The history is in the order in which calls ended.
	slices.SortFunc(batch, func(a, b calls.Call) int { return cmp.Compare(a.Revision, b.Revision) })
	batch = batch[:min(len(batch), most)]
	return batch, f.left() > len(batch)
}

// run is the finisher's goroutine; it ends with ctx. What it leaves then, the next
// start finishes. A store that is too slow for a batch is given smaller ones.
func (f *finisher) run(ctx context.Context) {
	most := maxBatch
	var rested time.Time // when it may begin at the earliest
	for wait := finishEvery; ; {
		select {
		case <-ctx.Done():
			return
		case <-f.wake:
		}
		if pause(ctx, max(wait, time.Until(rested))) != nil {
			return
		}
		batch, more := f.due(most)
		wait, most = finishEvery, min(2*most, maxBatch)
		if err := f.finish(ctx, batch); err != nil && ctx.Err() == nil {
			if silent(err) {
				f.server.store.doubt()
			}
			f.server.log.Warn("finish calls; trying again", "calls", len(batch), "err", err)
			if len(batch) == 1 {
				f.refuse(ctx, batch[0].ID, err)
			}
			wait, more, most = time.Second, true, max(len(batch)/4, 1)
		}
		if !more {
			rested = time.Now().Add(finishRest)
			continue
		}
		select {
		case f.wake <- struct{}{}:
		default:
		}
	}
}

// refuse lets others pass a call that the store refuses, and at last sets it aside.
// An error that may go away, or a store that takes nothing, is not the call's own.
func (f *finisher) refuse(ctx context.Context, id calls.ID, why error) {
	ctx, cancel := context.WithTimeout(ctx, f.server.timers.Probe)
	defer cancel()
	if passing(why) || f.server.store.probe(ctx) != nil {
		return
	}
	f.mu.Lock()
	w, waits := f.queue[id]
	if waits {
		w.refused++
		w.at = time.Now().Add(refusedPause)
		f.queue[id] = w
	}
	f.mu.Unlock()
	if waits && w.setAside() {
		f.server.log.Error("a call cannot be finished; it is tried again when the server starts", "call", id, "err", why)
	}
}

// finish does it all, in this order: whatever a crash cuts off is done again by
// the next one who looks. Each step is harmless when repeated, so any number of
// gateways may do it.
func (f *finisher) finish(ctx context.Context, batch []calls.Call) error {
	if len(batch) == 0 {
		return nil
	}
	st := f.server.store
	ctx, cancel := context.WithTimeout(ctx, st.budget)
	defer cancel()
	if err := st.addRecords(ctx, batch); err != nil {
		return err
	}
	for _, c := range batch {
		if err := f.server.freeClaims(ctx, c); err != nil {
			return err
		}
	}
	if err := st.calls.remove(ctx, batch); err != nil {
		return err
	}
	for _, c := range batch {
		f.done(c.ID)
	}
	return nil
}

// addRecords appends finished calls to the history, each unless it is there: the
// stream expects the call's subject to be empty.
func (st *store) addRecords(ctx context.Context, batch []calls.Call) error {
	return st.storeEach(ctx, batch, "write history", func(c calls.Call) (*nats.Msg, error) {
		data, err := json.Marshal(c)
		if err != nil {
			return nil, fmt.Errorf("encode record: %w", err)
		}
		m := nats.NewMsg(historySubject + string(c.ID))
		m.Data = data
		m.Header.Set(jetstream.ExpectedLastSubjSeqHeader, "0")
		return m, nil
	})
}

// storeEach stores one message for each call, but those that somebody else was
// faster with.
func (st *store) storeEach(ctx context.Context, batch []calls.Call, act string, message func(calls.Call) (*nats.Msg, error)) error {
	messages := make([]*nats.Msg, len(batch))
	for i, c := range batch {
		var err error
		if messages[i], err = message(c); err != nil {
			return err
		}
	}
	if err := st.storeAll(ctx, messages); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	return nil
}

// storeAll stores messages together. Where somebody was faster with one of them
// the batch is refused, and each half tries alone.
func (st *store) storeAll(ctx context.Context, messages []*nats.Msg) error {
	if st.batched(ctx, messages) {
		return nil
	}
	if half := len(messages) / 2; half >= minBatch {
		if err := st.storeAll(ctx, messages[:half]); err != nil {
			return err
		}
		return st.storeAll(ctx, messages[half:])
	}
	for _, m := range messages {
		for _, h := range []string{"Nats-Batch-Id", "Nats-Batch-Sequence", "Nats-Batch-Commit"} {
			m.Header.Del(h)
		}
		_, err := insist(ctx, func(ctx context.Context) (*jetstream.PubAck, error) { return st.js.PublishMsg(ctx, m) })
		if err != nil && !lostSequence(err) {
			return err
		}
	}
	return nil
}
