package server

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"tring/calls"
	"tring/calls/wire"
	"tring/guard/leak"
)

func TestMain(m *testing.M) {
	if !serveAsProcess() {
		leak.Main(m)
	}
}

// A server that is told to stop while it still starts does so at once, and says
// what it was doing; the next start finds everything in order.
func TestStartIsInterrupted(t *testing.T) {
	cfg := Config{Listen: "127.0.0.1:0", Data: folder(t), Timers: Timers{Stop: patience}}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	s, err := Open(stopped, cfg)
	if err == nil {
		s.Close()
	}
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "open store in") {
		t.Errorf("the start ended with %v", err)
	}
	open(t, cfg)
}

// A restart in mid-ring: the ring goes on with what is left of its time, can be
// answered, and ends when its time is over.
func TestRestartWhileRinging(t *testing.T) {
	cfg := Config{Data: t.TempDir()}
	s, stop := open(t, cfg)
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	carol, dave := addUser(t, s, "carol"), addUser(t, s, "dave")
	answered, unanswered := newID(), newID()
	connect(t, s, alice, "A1").act(callTo(answered, "bob"))
	connect(t, s, carol, "C1").act(callTo(unanswered, "dave"))
	began := time.Now()
	stop()

	s, _ = open(t, cfg)
	back := func(u testUser, device calls.DeviceID, known ...calls.ID) *testPhone {
		rung := time.Since(began) - 5*time.Millisecond // the server goes by another clock
		p := connect(t, s, u, device, known...)
		if n := len(p.hello.Calls); n != 1 {
			t.Fatalf("%s's snapshot holds %d calls, want the one that rings", p.me.User, n)
		}
		if left := p.hello.Calls[0].RingLeft.Duration(); left > calls.MaxRingTime-rung || left <= 0 {
			t.Errorf("%s's call rings for another %v", p.me.User, left)
		}
		return p
	}
	a, b := back(alice, "A1", answered), back(bob, "B1")
	c, d := back(carol, "C1", unanswered), back(dave, "D1")
	b.act(wire.AcceptCall{CallID: on(answered), Join: true})
	a.hears(answered, calls.OutgoingCallAccepted)
	ringsOut(s, unanswered)
	if e := c.hears(unanswered, calls.OutgoingCallRejected); e.Call.Status != calls.Unanswered {
		t.Errorf("the other call became %s", e.Call.Status)
	}
	d.hears(unanswered, calls.IncomingCallCanceled)
	a.act(wire.EndCall{CallID: on(answered)})
	nothingLeft(t, s)
}

// leaseIsOver lets the lease pass of every device that gives no sign again.
func leaseIsOver(s *Server, signs func()) {
	h, lease := s.hub, s.timers.Lease
	h.mu.Lock()
	h.start = h.start.Add(-lease)
	for _, e := range h.live {
		e.first = e.first.Add(-lease)
		for device, at := range e.signs {
			e.signs[device] = at.Add(-lease)
		}
	}
	h.mu.Unlock()
	signs()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.live {
		h.schedule(e)
	}
}

// ringsOut lets the ring time of a call be over.
func ringsOut(s *Server, id calls.ID) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	e := s.hub.live[id]
	e.ringUntil = time.Now()
	s.hub.schedule(e)
}

// A restart in mid-call: the call is there afterwards, phones that come back keep
// it, and its record is written once. A phone that never comes back loses it.
func TestRestartInCall(t *testing.T) {
	cfg := Config{Data: folder(t), Timers: Timers{Reconnect: time.Millisecond}}
	s, stop := open(t, cfg)
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	carol, dave := addUser(t, s, "carol"), addUser(t, s, "dave")
	kept, lost := newID(), newID()
	talk(t, connect(t, s, alice, "A1"), connect(t, s, bob, "B1"), kept)
	talk(t, connect(t, s, carol, "C1"), connect(t, s, dave, "D1"), lost)
	stop()

	s, _ = open(t, cfg)
	a, b := connect(t, s, alice, "A1", kept), connect(t, s, bob, "B1", kept)
	c := connect(t, s, carol, "C1", lost)
	for _, p := range []*testPhone{a, b, c} {
		if len(p.hello.Calls) != 1 || p.hello.Calls[0].Call.Status != calls.Ongoing || p.hello.Calls[0].Grant.Token == "" {
			t.Fatalf("%s's snapshot is %+v", p.me.User, p.hello.Calls)
		}
	}
	a.refused(callTo(newID(), "carol"), calls.ErrBusySelf) // its claim is there again
	leaseIsOver(s, func() {
		a.act(wire.Renew{CallID: on(kept), Hears: []calls.DeviceID{"B1"}}) // alice renews for both: she hears bob
		c.act(wire.Renew{CallID: on(lost)})
	})
	if e := c.hears(lost, calls.CallEnded); e.Call.Reason != calls.ConnectionLost {
		t.Errorf("carol's call ended because of %q", e.Call.Reason)
	}
	if a.count(kept, calls.CallEnded) > 0 {
		t.Error("a call that was renewed ended")
	}
	b.act(wire.EndCall{CallID: on(kept)})
	a.hears(kept, calls.CallEnded)
	nothingLeft(t, s)
	if info, err := s.store.history.Info(t.Context()); err != nil || info.State.Msgs != 2 {
		t.Errorf("the history has %d records of 2 calls (%v)", info.State.Msgs, err)
	}
}

// talk brings a call between two phones to connected media.
func talk(t *testing.T, from, to *testPhone, id calls.ID) {
	t.Helper()
	from.act(callTo(id, to.me.User))
	to.act(wire.AcceptCall{CallID: on(id), Join: true})
	from.act(wire.MediaState{CallID: on(id), Peer: to.me.Device, State: calls.MediaConnected})
	to.act(wire.MediaState{CallID: on(id), Peer: from.me.Device, State: calls.MediaConnected})
}

// What a crash left between the terminal state and the deleted key is finished
// by the next start, with exactly one record.
func TestCrashWhileFinishing(t *testing.T) {
	for _, recorded := range []bool{false, true} {
		cfg := Config{Data: folder(t), Timers: unhurried(Timers{})}
		s, stop := open(t, cfg)
		alice := addUser(t, s, "alice")
		addUser(t, s, "bob")
		id := newID()
		ended := endedCall(id)
		stop()

		st, err := openStore(t.Context(), cfg, s.log)
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		if ended, err = kept(ctx, st, ended); err != nil {
			t.Fatal(err)
		}
		if recorded {
			if err := st.addRecords(ctx, []calls.Call{ended}); err != nil {
				t.Fatal(err)
			}
		}
		st.close()

		s, stop = open(t, cfg)
		a := connect(t, s, alice, "A1", id)
		if len(a.hello.Calls) != 1 || a.hello.Calls[0].Call.Status != calls.Ended {
			t.Errorf("a phone that knew the call is told %+v", a.hello.Calls)
		}
		nothingLeft(t, s)
		theRecord(t, a)
		if info, err := s.store.history.Info(ctx); err != nil || info.State.Msgs != 1 {
			t.Errorf("the history has %d records (%v)", info.State.Msgs, err)
		}
		stop()
	}
}

func endedCall(id calls.ID) calls.Call {
	now := time.Now()
	a := calls.Actor{User: "alice", Device: calls.Device{ID: "A1"}}
	b := calls.Actor{User: "bob", Device: calls.Device{ID: "B1"}}
	c, _ := calls.Call{}.Apply(calls.Initiate{ID: id, Type: calls.Audio, Receiver: calls.User("bob")}, a, now)
	c, _ = c.Apply(calls.Accept{Join: true}, b, now)
	c, _ = c.Apply(calls.End{}, a, now)
	return c
}

// The caller is killed while it rings: the callee's ring stops. And in a call:
// the peer that hears nothing any more is released.
func TestKilledPhone(t *testing.T) {
	s, _ := open(t, Config{Timers: Timers{CallerGone: quick.CallerGone, MediaLost: quick.MediaLost}})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, b := connect(t, s, alice, "A1"), connect(t, s, bob, "B1")
	ringing, talking := newID(), newID()
	a.act(callTo(ringing, "bob"))
	b.hears(ringing, calls.IncomingCallReceived)
	a.hangOff()
	if e := b.hears(ringing, calls.IncomingCallCanceled); e.Call.Status != calls.Cancelled || e.Reason != calls.ConnectionLost {
		t.Errorf("bob hears %s, %q", e.Call.Status, e.Reason)
	}
	a = connect(t, s, alice, "A1", ringing)
	if len(a.hello.Calls) != 1 || a.hello.Calls[0].Call.Status != calls.Cancelled {
		t.Errorf("the caller comes back to %+v", a.hello.Calls)
	}
	talk(t, a, b, talking)
	a.hangOff()
	b.act(wire.MediaState{CallID: on(talking), Peer: "A1", State: calls.MediaLost})
	if e := b.hears(talking, calls.CallEnded); e.Call.Reason != calls.ConnectionLost {
		t.Errorf("bob's call ended because of %q", e.Call.Reason)
	}
	nothingLeft(t, s)
}

// A phone that comes online while it rings, rings; one that was away when a call
// ended is told.
func TestReconnect(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a := connect(t, s, alice, "A1")
	id := newID()
	a.act(callTo(id, "bob"))
	b := connect(t, s, bob, "B1")
	if len(b.hello.Calls) != 1 || b.hello.Calls[0].RingLeft <= 0 {
		t.Fatalf("a phone that comes online is welcomed with %+v", b.hello.Calls)
	}
	b.act(wire.Ringing{CallID: on(id)})
	b.hangOff()
	a.act(wire.RejectCall{CallID: on(id), Status: calls.Cancelled})
	nothingLeft(t, s)
	b = connect(t, s, bob, "B1", id)
	if len(b.hello.Calls) != 1 || b.hello.Calls[0].Call.Status != calls.Cancelled || b.hello.MissedCount != 1 {
		t.Errorf("after the call ended, the phone is welcomed with %+v", b.hello)
	}
	if b2 := connect(t, s, bob, "B2"); len(b2.hello.Calls) != 0 {
		t.Errorf("a phone that never knew the call is told %+v", b2.hello.Calls)
	}
	if m := b.ask(wire.MarkSeen{Until: id}); m.Type() != "ok" {
		t.Errorf("mark seen: %+v", m)
	}
	if page := b.ask(wire.History{}).(wire.HistoryPage); page.MissedCount != 0 {
		t.Errorf("%d missed calls after looking", page.MissedCount)
	}
}

// The server stops, tells its phones to come back, and leaves calls
// as they are.
func TestStop(t *testing.T) {
	cfg := Config{Data: t.TempDir()}
	s, stop := open(t, cfg)
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, b := connect(t, s, alice, "A1"), connect(t, s, bob, "B1")
	talk(t, a, b, newID())
	stop()
	for _, p := range []*testPhone{a, b} {
		if got := p.code(); got != wire.CloseGoingAway {
			t.Errorf("%s's connection was closed with %d", p.me.User, got)
		}
	}
	s, _ = open(t, cfg)
	if a = connect(t, s, alice, "A1"); len(a.hello.Calls) != 1 || a.hello.Calls[0].Call.Status != calls.Ongoing {
		t.Errorf("after the restart the call is %+v", a.hello.Calls)
	}
}

// Who is in the middle of a sign-in delays the stop no longer than it may.
func TestStopDuringASignIn(t *testing.T) {
	s, stop := open(t, Config{Timers: Timers{Stop: 200 * time.Millisecond}})
	dial(t, s)
	stop()
}
