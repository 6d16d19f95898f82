package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tring/calls"
	"tring/calls/wire"
)

// Calls that are over are finished many at a time, each once: also where some of
// a batch are in the history already, as after a crash or with another gateway.
func TestFinishedTogether(t *testing.T) {
	s, _ := open(t, Config{})
	const n, known = 40, 20
	ctx := t.Context()
	var batch []calls.Call
	for i := range n {
		c := endedCall(newID())
		var err error
		if c, err = kept(ctx, s.store, c); err != nil {
			t.Fatal(err)
		}
		if i%known == 0 {
			if err := s.store.addRecords(ctx, []calls.Call{c}); err != nil {
				t.Fatal(err)
			}
		}
		batch = append(batch, c)
	}
	for _, c := range batch {
		s.finisher.add(c, 0)
	}
	nothingLeft(t, s)
	info, err := s.store.history.Info(ctx)
	if err != nil || info.State.Msgs != n || info.State.NumSubjects != 0 && info.State.NumSubjects != n {
		t.Errorf("%d records of %d calls (%v)", info.State.Msgs, n, err)
	}
	for _, c := range batch {
		if got, err := s.store.record(ctx, c.ID); err != nil || !got.Equal(c) {
			t.Fatalf("the record of %s is %+v: %v", c.ID, got, err)
		}
	}
}

// kept is a call as the store keeps it.
func kept(ctx context.Context, st *store, c calls.Call) (calls.Call, error) {
	after, err := st.calls.put(ctx, stored{Call: c})
	return after.Call, err
}

// A call whose record can never be written stops neither the others nor a backup:
// it is set aside with one word in the log, and stays in the store.
func TestFinishSetsAside(t *testing.T) {
	var log bytes.Buffer
	s, stop := open(t, Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	ctx := t.Context()
	var batch []calls.Call
	for i := range 3 {
		c := endedCall(newID())
		if i == 0 {
			c.Reason = calls.Reason(strings.Repeat("long", 1<<20)) // no message of NATS is that large
		}
		var err error
		if c, err = kept(ctx, s.store, c); err != nil {
			t.Fatal(err)
		}
		s.finisher.add(c, 0)
		batch = append(batch, c)
	}
	settled, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := s.finisher.settle(settled); err != nil {
		t.Fatal(err)
	}
	for i, c := range batch {
		_, kept := s.store.calls.get(ctx, c.ID)
		_, known := s.finisher.call(c.ID)
		if aside := i == 0; known != aside || (kept == nil) != aside {
			t.Errorf("call %d: known to the finisher %v, in the store: %v", i, known, kept)
		}
	}
	stop()
	if n := strings.Count(log.String(), "cannot be finished"); n != 1 {
		t.Errorf("%d lines in the log say so", n)
	}
}

// Both ends' word that they are connected is one change of the call; one that is
// not written yet goes with the act that is.
func TestReportsAreWrittenTogether(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, b := connect(t, s, alice, "A1"), connect(t, s, bob, "B1")
	for _, waits := range []bool{true, false} {
		t.Run(fmt.Sprintf("the end waits for it: %v", waits), func(t *testing.T) {
			id := newID()
			a.act(callTo(id, "bob"))
			answered := b.act(wire.AcceptCall{CallID: on(id), Join: true}).Call
			write := reportsWait(s, id)
			a.act(wire.MediaState{CallID: on(id), Peer: "B1", State: calls.MediaConnected})
			b.act(wire.MediaState{CallID: on(id), Peer: "A1", State: calls.MediaConnected})
			if waits {
				write()
				c := a.hears(id, calls.CallUpdated).Call
				if c.ConnectedAt.IsZero() || a.count(id, calls.CallUpdated) != 1 {
					t.Errorf("alice hears of %+v", c)
				}
			}
			ended := b.act(wire.EndCall{CallID: on(id)}).Call
			if ended.ConnectedAt.IsZero() || ended.Revision <= answered.Revision {
				t.Errorf("the call ends as %+v", ended)
			}
		})
	}
	id := newID()
	a.act(callTo(id, "bob"))
	a.refused(wire.MediaState{CallID: on(id), Peer: "B1", State: calls.MediaConnected}, calls.ErrInvalidStatus)
	a.act(wire.RejectCall{CallID: on(id), Status: calls.Cancelled})
	nothingLeft(t, s)
	if n := len(s.reports.waiting); n != 0 {
		t.Errorf("reports of %d calls wait for ever", n)
	}
}

// reportsWait has a call's reports wait until they are to be written.
func reportsWait(s *Server, id calls.ID) (write func()) {
	s.reports.mu.Lock()
	defer s.reports.mu.Unlock()
	s.reports.armed[id] = true
	return func() { s.aside(func(ctx context.Context) { s.reports.write(ctx, id) }) }
}

// A store that refuses is asked again now and then, by one timer a call, and gets
// the reports when it takes them.
func TestReportsOfARefusingStore(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, b := connect(t, s, alice, "A1"), connect(t, s, bob, "B1")
	refusing := refusingCalls{s.store.calls, make(chan time.Time, 100), make(chan struct{})}
	id := newID()
	a.act(callTo(id, "bob"))
	b.act(wire.AcceptCall{CallID: on(id), Join: true})
	s.store.calls = refusing
	write := reportsWait(s, id)
	a.act(wire.MediaState{CallID: on(id), Peer: "B1", State: calls.MediaConnected})
	b.act(wire.MediaState{CallID: on(id), Peer: "A1", State: calls.MediaConnected})
	write()
	last := <-refusing.asked
	for range 3 {
		next := <-refusing.asked
		if after := next.Sub(last); after < reportAgain/2 {
			t.Errorf("asked again after %v", after)
		}
		last = next
	}
	close(refusing.takes)
	if c := a.hears(id, calls.CallUpdated).Call; c.ConnectedAt.IsZero() {
		t.Errorf("alice hears of %+v", c)
	}
}

// refusingCalls is a store that takes no updates until takes is closed.
type refusingCalls struct {
	callStore
	asked chan time.Time
	takes chan struct{}
}

func (r refusingCalls) put(ctx context.Context, st stored) (stored, error) {
	select {
	case <-r.takes:
		return r.callStore.put(ctx, st)
	default:
		r.asked <- time.Now()
		return st, errors.New("no space left on device")
	}
}
