package server

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tring/calls"
)

// stored is a call as the store keeps it, and when that heard of its ringing and
// talking.
type stored struct {
	Call     calls.Call `json:"call"`
	Rings    time.Time  `json:"rings,omitzero"`
	Answered time.Time  `json:"answered,omitzero"`
}

// errNoCall is a call that is neither live nor in the history.
var errNoCall = errors.New("no such call")

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
	if c, ok := s.history.whole(id); ok {
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

// find is the call of this id: the live one, or how it ended. What it reads all
// may know from now on, so that no later answer is from an older state.
func (s *Server) find(ctx context.Context, id calls.ID) (stored, error) {
	if !validID(string(id)) {
		return stored{}, errNoCall
	}
	st, err := s.store.calls.get(ctx, id)
	switch {
	case err == nil:
		if !s.hub.knows(id, st.Call.Revision) {
			s.hub.change(st, heard)
		}
		return st, nil
	case !errors.Is(err, errNoCall):
		return stored{}, fmt.Errorf("read call %s: %w", id, err)
	}
	c, err := s.ended(ctx, id)
	if errors.Is(err, errNoCall) && s.store.embedded == nil { // another gateway may have finished it just now
		if c, err = s.store.record(ctx, id); errors.Is(err, jetstream.ErrMsgNotFound) {
			err = errNoCall
		}
	}
	return stored{Call: c}, err
}

// create stores a new call; a conflict if the id is taken.
func (s *Server) create(ctx context.Context, c calls.Call) (stored, error) {
	st, err := s.store.calls.put(ctx, stored{Call: c})
	if err != nil {
		return stored{}, fmt.Errorf("store call: %w", err)
	}
	s.hub.change(st, written)
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
// written. The reports that wait for a write go with one, and cause none.
func (s *Server) changeFrom(ctx context.Context, st stored, judge func(calls.Call) (calls.Call, error)) (stored, error) {
	if next, err := judge(st.Call); err == nil && next.Equal(st.Call) {
		return st, nil
	}
	return s.changeWith(ctx, st, judge)
}

// changeWith is changeFrom with the reports that wait.
func (s *Server) changeWith(ctx context.Context, st stored, judge func(calls.Call) (calls.Call, error)) (stored, error) {
	waiting := s.reports.out(st.Call.ID)
	after, err := s.judgeAndStore(ctx, st, func(call calls.Call) (calls.Call, error) {
		return judge(applied(call, waiting))
	})
	if err != nil {
		s.reports.back(st.Call.ID, waiting)
	}
	return after, err
}

func (s *Server) judgeAndStore(ctx context.Context, st stored, judge func(calls.Call) (calls.Call, error)) (stored, error) {
	id := st.Call.ID
	for try := 0; ; try++ {
		next, err := judge(st.Call)
		if err != nil || next.Equal(st.Call) {
			return st, err
		}
		next.Revision = st.Call.Revision
		after, err := s.store.calls.put(ctx, stored{Call: next, Rings: st.Rings, Answered: st.Answered})
		if err == nil {
			s.hub.change(after, written)
			s.others.state(after)
			return after, nil
		}
		if !conflict(err) {
			s.lookAgain(id)
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

// lookAgain finds out what became of a write whose answer was lost. With other
// gateways the watch tells.
func (s *Server) lookAgain(id calls.ID) {
	if s.store.embedded == nil {
		return
	}
	s.insistently(time.Second, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, s.store.budget)
		defer cancel()
		_, err := s.find(ctx, id)
		if errors.Is(err, errNoCall) {
			return nil
		}
		return err
	})
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

// readCalls takes what the store holds at the start, and after that, until the
// server stops, what other gateways write. ready is closed between.
func (s *Server) readCalls(ready chan<- struct{}) error {
	if own := s.store.own; own != nil {
		for _, st := range own.states() {
			s.hub.change(st, atStart)
		}
		close(ready)
		return nil
	}
	live, err := s.store.bucket.WatchAll(s.ctx)
	if err != nil {
		return fmt.Errorf("watch calls: %w", err)
	}
	s.aside(func(ctx context.Context) { s.watchCalls(ctx, live, ready) })
	return nil
}

// watchCalls follows the calls bucket until ctx ends. ready is closed after the
// state of the start.
func (s *Server) watchCalls(ctx context.Context, watch jetstream.KeyWatcher, ready chan<- struct{}) {
	from := atStart
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-watch.Updates():
			switch {
			case !ok:
				return
			case e == nil:
				from = heard
				close(ready)
			case !validID(e.Key()): // the health check's
			case s.hub.knows(calls.ID(e.Key()), e.Revision()): // an own write
			case e.Operation() == jetstream.KeyValuePut:
				st, err := decodeStored(e)
				if err != nil {
					s.log.Error("watch calls", "err", err)
					continue
				}
				s.hub.change(st, from)
			default:
				s.vanished(ctx, calls.ID(e.Key()))
			}
		}
	}
}

// vanished handles a deleted key. A watch may skip to the deletion; then the
// final state that the phones have not heard of is in the history.
func (s *Server) vanished(ctx context.Context, id calls.ID) {
	s.finisher.done(id)
	if s.history.has(id) {
		return
	}
	if c, err := s.store.record(ctx, id); err == nil {
		s.hub.change(stored{Call: c}, heard)
	}
}

// lostSequence says whether the store refused because somebody else was first.
func lostSequence(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}
