package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tring/calls"
)

// stored is a call as the calls bucket keeps it. The times are the store's own
// timestamps of the entries that began ringing and talking, so that gateways
// need not agree on a clock. The entry itself carries the timestamp when it is
// the one that began; later ones carry it along.
type stored struct {
	Call     calls.Call `json:"call"`
	Rings    time.Time  `json:"rings,omitzero"`
	Answered time.Time  `json:"answered,omitzero"`
}

// errNoCall is a call that is neither live nor in the history.
var errNoCall = errors.New("no such call")

func decodeStored(e jetstream.KeyValueEntry) (stored, error) {
	var st stored
	if err := json.Unmarshal(e.Value(), &st); err != nil {
		return st, fmt.Errorf("decode call %s: %w", e.Key(), err)
	}
	st.Call.Revision = e.Revision()
	if st.Rings.IsZero() {
		st.Rings = e.Created()
	}
	if st.Answered.IsZero() && !st.Call.AnsweredAt.IsZero() {
		st.Answered = e.Created()
	}
	return st, nil
}

// recall is the call of this id as this gateway knows it. Where there are other
// gateways, what it knows may be behind what they wrote: then sure is false, and
// it is enough to try a write at its revision, not to refuse one.
func (s *Server) recall(ctx context.Context, id calls.ID) (st stored, sure bool, err error) {
	alone := s.store.embedded != nil
	if !validID(string(id)) {
		return stored{}, true, errNoCall
	}
	if st, ok := s.hub.recall(id); ok {
		return st, alone, nil
	}
	if c, ok := s.history.call(id); ok {
		return stored{Call: c}, true, nil
	}
	st, err = s.find(ctx, id)
	return st, true, err
}

// isNew says whether an id can be a new call's without a look at the store: the
// only gateway knows all calls, and if a write of its own is not back yet, the
// store refuses to create the call again.
func (s *Server) isNew(id calls.ID) bool {
	_, live := s.hub.recall(id)
	return s.store.embedded != nil && !live && !s.history.has(id) && validID(string(id))
}

// find is the call of this id: the live one, or how it ended.
func (s *Server) find(ctx context.Context, id calls.ID) (stored, error) {
	if !validID(string(id)) {
		return stored{}, errNoCall
	}
	e, err := s.store.calls.Get(ctx, string(id))
	switch {
	case err == nil:
		return decodeStored(e)
	case !errors.Is(err, jetstream.ErrKeyNotFound):
		return stored{}, fmt.Errorf("read call %s: %w", id, err)
	}
	if c, ok := s.history.call(id); ok {
		return stored{Call: c}, nil
	}
	return stored{}, errNoCall
}

// create stores a new call; errConflict if the id is taken.
func (s *Server) create(ctx context.Context, c calls.Call) (stored, error) {
	data, err := json.Marshal(stored{Call: c})
	if err != nil {
		return stored{}, fmt.Errorf("encode call: %w", err)
	}
	rev, err := s.store.calls.Create(ctx, string(c.ID), data)
	if err != nil {
		return stored{}, fmt.Errorf("store call: %w", err)
	}
	c.Revision = rev
	st := stored{Call: c}
	s.hub.change(st, true)
	s.others.state(st)
	return st, nil
}

// change reads the call and changes it; see changeFrom.
func (s *Server) change(ctx context.Context, id calls.ID, judge func(calls.Call) (calls.Call, error)) (stored, error) {
	st, sure, err := s.recall(ctx, id)
	if err == nil && !sure {
		st, err = s.find(ctx, id)
	}
	if err != nil {
		return st, err
	}
	return s.changeFrom(ctx, st, judge)
}

// changeFrom is compare-and-set: it lets judge say what becomes of a call that
// was just read, and stores that at the revision it has; if that is too old, it
// reads again. judge may run several times. On
// an error of judge the call is returned as it is. What does not change is not
// written.
func (s *Server) changeFrom(ctx context.Context, st stored, judge func(calls.Call) (calls.Call, error)) (stored, error) {
	id := st.Call.ID
	for try := 0; ; try++ {
		next, err := judge(st.Call)
		if err != nil || next.Equal(st.Call) {
			return st, err
		}
		after := stored{Call: next, Rings: st.Rings, Answered: st.Answered}
		data, err := json.Marshal(after)
		if err != nil {
			return st, fmt.Errorf("encode call: %w", err)
		}
		rev, err := s.store.calls.Update(ctx, string(id), data, st.Call.Revision)
		if err == nil {
			after.Call.Revision = rev
			s.hub.change(after, true)
			s.others.state(after)
			return after, nil
		}
		if !conflict(err) {
			return st, fmt.Errorf("store call: %w", err)
		}
		s.metrics.conflicts.Inc()
		if err := pause(ctx, rand.N(time.Millisecond<<min(try, 6))); err != nil {
			return st, fmt.Errorf("store call: %w", err)
		}
		if st, err = s.find(ctx, id); err != nil {
			return st, err
		}
	}
}

// pause waits, or says why not.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// watchCalls follows the calls bucket until ctx ends: what other gateways write,
// and what an own write failed to tell. ready is closed after the state of the
// start.
func (s *Server) watchCalls(ctx context.Context, updates <-chan jetstream.KeyValueEntry, ready chan<- struct{}) {
	fresh := false
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-updates:
			switch {
			case !ok:
				return
			case e == nil:
				fresh = true
				close(ready)
			case !validID(e.Key()): // the health check's
			case s.hub.knows(calls.ID(e.Key()), e.Revision()): // an own write
			case e.Operation() == jetstream.KeyValuePut:
				st, err := decodeStored(e)
				if err != nil {
					s.log.Error("watch calls", "err", err)
					continue
				}
				s.hub.change(st, fresh)
			default:
				s.vanished(ctx, calls.ID(e.Key()))
			}
		}
	}
}

// vanished handles a deleted key. A watch may skip to the deletion; then the
// final state that the phones have not heard of is in the history.
func (s *Server) vanished(ctx context.Context, id calls.ID) {
	if s.history.has(id) {
		return
	}
	if c, err := s.store.record(ctx, id); err == nil {
		s.hub.change(stored{Call: c}, true)
	}
}

// finishSoon does what follows a terminal state, aside.
func (s *Server) finishSoon(c calls.Call) {
	s.aside(func(ctx context.Context) {
		for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
			err := s.finishWithin(ctx, c)
			if err == nil || ctx.Err() != nil {
				return // after a stop, the next start finishes it
			}
			if silent(err) {
				s.store.doubt()
			}
			s.log.Warn("finish call; trying again", "call", c.ID, "err", err)
			if pause(ctx, wait) != nil {
				return
			}
		}
	})
}

// finishWithin bounds one try to finish a call.
func (s *Server) finishWithin(ctx context.Context, c calls.Call) error {
	ctx, cancel := context.WithTimeout(ctx, s.store.budget())
	defer cancel()
	return s.finish(ctx, c)
}

// finish writes the history, frees the claims, and deletes the call, in this
// order: whatever a crash cuts off is done again by the next one who looks. Each
// step is harmless when repeated, so any number of gateways may do it.
func (s *Server) finish(ctx context.Context, c calls.Call) error {
	if err := s.store.addRecord(ctx, c); err != nil {
		return err
	}
	if err := s.freeClaims(ctx, c); err != nil {
		return err
	}
	err := s.store.calls.Purge(ctx, string(c.ID), jetstream.LastRevision(c.Revision), jetstream.PurgeTTL(markerTTL))
	if err != nil && !conflict(err) && !lostSequence(err) {
		return fmt.Errorf("delete call: %w", err)
	}
	return nil
}

// lostSequence says whether the store refused because somebody else was first.
func lostSequence(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}
