package server

import (
	"sync"
	"testing"
	"time"

	"tring/calls"
	"tring/calls/wire"
)

// quick are timers that a test can wait for.
var quick = Timers{
	Ring: time.Second, Media: 300 * time.Millisecond, CallerGone: 300 * time.Millisecond,
	Lease: time.Second, MediaLost: 200 * time.Millisecond, Reconnect: 300 * time.Millisecond,
}

// every outcome of a ringing call: who acts, what each side hears, and what the
// two histories say.
func TestOutcomes(t *testing.T) {
	type phones struct{ alice, bob, bob2 *testPhone }
	tests := []struct {
		name          string
		timers        Timers
		do            func(id calls.ID, p phones)
		aliceHears    calls.EventName
		bobHears      calls.EventName // on the phone that decides, or the first
		otherHears    calls.EventName // bob's second phone
		otherReason   calls.Reason
		status        calls.Status
		reason        calls.Reason
		missed        bool
		aliceDidItAll bool
	}{
		{
			name: "initiated --accept, end--> ended", status: calls.Ended,
			do: func(id calls.ID, p phones) {
				p.bob.act(wire.AcceptCall{CallID: on(id), Join: true})
				p.alice.hears(id, calls.OutgoingCallAccepted)
				p.bob2.hears(id, calls.IncomingCallCanceled)
				p.bob.act(wire.EndCall{CallID: on(id)})
			},
			aliceHears: calls.CallEnded, bobHears: calls.CallEnded,
			otherHears: calls.IncomingCallCanceled, otherReason: calls.AnsweredElsewhere,
		},
		{
			name: "initiated --reject--> rejected", status: calls.Rejected,
			do: func(id calls.ID, p phones) {
				p.bob.act(wire.RejectCall{CallID: on(id), Status: calls.Rejected})
			},
			aliceHears: calls.OutgoingCallRejected, bobHears: calls.CallUpdated,
			otherHears: calls.IncomingCallCanceled, otherReason: calls.RejectedElsewhere,
		},
		{
			name: "initiated --busy--> busy", status: calls.Busy,
			do:         func(id calls.ID, p phones) { p.bob.act(wire.RejectCall{CallID: on(id), Status: calls.Busy}) },
			aliceHears: calls.OutgoingCallRejected, bobHears: calls.CallUpdated,
			otherHears: calls.IncomingCallCanceled, otherReason: calls.RejectedElsewhere,
		},
		{
			name: "initiated --cancel--> cancelled", status: calls.Cancelled, missed: true,
			do: func(id calls.ID, p phones) {
				p.alice.act(wire.RejectCall{CallID: on(id), Status: calls.Cancelled})
			},
			aliceHears: calls.CallUpdated, bobHears: calls.IncomingCallCanceled,
			otherHears: calls.IncomingCallCanceled, otherReason: calls.Reason(calls.Cancelled),
		},
		{
			name: "initiated --ring time over--> unanswered", status: calls.Unanswered, missed: true,
			timers:     Timers{Ring: quick.Ring},
			aliceHears: calls.OutgoingCallRejected, bobHears: calls.IncomingCallCanceled,
			otherHears: calls.IncomingCallCanceled, otherReason: calls.Reason(calls.Unanswered),
		},
		{
			name: "ongoing --no media--> failed", status: calls.Failed, reason: calls.MediaFailed,
			timers: Timers{Media: quick.Media},
			do: func(id calls.ID, p phones) {
				p.bob.act(wire.AcceptCall{CallID: on(id), Join: true})
			},
			aliceHears: calls.CallEnded, bobHears: calls.CallEnded,
			otherHears: calls.IncomingCallCanceled, otherReason: calls.AnsweredElsewhere,
		},
		{
			name: "ongoing --a device gives no sign--> ended", status: calls.Ended, reason: calls.ConnectionLost,
			timers: Timers{Lease: quick.Lease},
			do: func(id calls.ID, p phones) {
				p.bob.act(wire.AcceptCall{CallID: on(id), Join: true})
			},
			aliceHears: calls.CallEnded, bobHears: calls.CallEnded,
			otherHears: calls.IncomingCallCanceled, otherReason: calls.AnsweredElsewhere,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _ := open(t, Config{Timers: tt.timers})
			alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
			p := phones{connect(t, s, alice, "A1"), connect(t, s, bob, "B1"), connect(t, s, bob, "B2")}
			id := newID()
			p.alice.act(callTo(id, "bob"))
			p.bob.hears(id, calls.IncomingCallReceived)
			p.bob2.hears(id, calls.IncomingCallReceived)
			if tt.do != nil {
				tt.do(id, p)
			}
			e := p.alice.hears(id, tt.aliceHears)
			if e.Call.Status != tt.status || e.Call.Reason != tt.reason {
				t.Errorf("alice hears %s %q, want %s %q", e.Call.Status, e.Call.Reason, tt.status, tt.reason)
			}
			p.bob.hears(id, tt.bobHears)
			if e := p.bob2.hears(id, tt.otherHears); e.Reason != tt.otherReason {
				t.Errorf("bob's other phone stops because of %q, want %q", e.Reason, tt.otherReason)
			}
			out, in := theRecord(t, p.alice), theRecord(t, p.bob)
			if out.Direction != calls.Outgoing || in.Direction != calls.Incoming || out.Missed || in.Missed != tt.missed {
				t.Errorf("the records are %+v and %+v, missed should be %v", out, in, tt.missed)
			}
			if c := in.Call; c.Status != tt.status || c.EndedAt.Before(c.InitiatedAt) || c.AnsweredAt.After(c.EndedAt) {
				t.Errorf("the record says %+v", c)
			}
			nothingLeft(t, s)
		})
	}
}

// theRecord is the one record of a user who had one call.
func theRecord(t *testing.T, p *testPhone) calls.Record {
	t.Helper()
	page, ok := p.ask(wire.History{}).(wire.HistoryPage)
	if !ok || len(page.Records) != 1 {
		t.Fatalf("%s's history is %+v, want one record", p.me.User, page)
	}
	return page.Records[0]
}

// nothingLeft waits until no call and no claim is stored any more.
func nothingLeft(t testing.TB, s *Server) {
	t.Helper()
	eventually(t, "calls and claims are deleted", func() bool {
		live, err1 := s.store.calls.ids(t.Context())
		claims, err2 := s.store.claims.keys(t.Context())
		return len(live) == 0 && len(claims) == 0 && err1 == nil && err2 == nil
	})
}

// A cancel that comes after the accept ends the call, and so does the accept of
// a second phone learn who was faster.
func TestSecondBest(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, b1, b2 := connect(t, s, alice, "A1"), connect(t, s, bob, "B1"), connect(t, s, bob, "B2")
	id := newID()
	a.act(callTo(id, "bob"))
	b1.act(wire.AcceptCall{CallID: on(id), Join: true})
	if e := b2.refused(wire.AcceptCall{CallID: on(id), Join: true}, calls.ErrAnsweredElsewhere); e.Call == nil || e.Call.Call.Status != calls.Ongoing {
		t.Errorf("the second accept was refused with %+v, want the call as it is", e)
	}
	if c := a.act(wire.RejectCall{CallID: on(id), Status: calls.Cancelled}).Call; c.Status != calls.Ended {
		t.Errorf("the late cancel made the call %s, want ended", c.Status)
	}
	b1.hears(id, calls.CallEnded)
	b2.refused(wire.AcceptCall{CallID: on(id)}, calls.ErrCallTerminated)
	// Repeated acts are answered with the call as it is.
	a.act(wire.EndCall{CallID: on(id)})
	a.act(callTo(id, "bob"))
	b1.act(wire.AcceptCall{CallID: on(id), Join: true})
	nothingLeft(t, s)
}

// Of an accept and a cancel at the same time, one holds, and everybody agrees.
func TestAcceptAgainstCancel(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, b1, b2 := connect(t, s, alice, "A1"), connect(t, s, bob, "B1"), connect(t, s, bob, "B2")
	const rounds = 100
	accepted := 0
	for range rounds {
		id := newID()
		a.act(callTo(id, "bob"))
		var wg sync.WaitGroup
		var first, second, cancel wire.Message
		wg.Go(func() { first = b1.ask(wire.AcceptCall{CallID: on(id), Join: true}) })
		wg.Go(func() { second = b2.ask(wire.AcceptCall{CallID: on(id), Join: true}) })
		wg.Go(func() { cancel = a.ask(wire.RejectCall{CallID: on(id), Status: calls.Cancelled}) })
		wg.Wait()
		final := cancel.(wire.CallResult).Call
		_, won1 := first.(wire.CallResult)
		_, won2 := second.(wire.CallResult)
		switch {
		case won1 && won2:
			t.Fatal("both of bob's phones won")
		case final.Status == calls.Ended && (won1 || won2):
			accepted++
		case final.Status == calls.Cancelled && !won1 && !won2:
		default:
			t.Fatalf("the call is %s; bob's phones were told %+v and %+v", final.Status, first, second)
		}
		for _, p := range []*testPhone{a, b1} {
			eventually(t, "the record agrees", func() bool {
				page := p.ask(wire.History{HistoryFilter: calls.HistoryFilter{Limit: 1}}).(wire.HistoryPage)
				return len(page.Records) == 1 && page.Records[0].Call.ID == id && page.Records[0].Call.Status == final.Status
			})
		}
	}
	t.Logf("accept won %d of %d", accepted, rounds)
	nothingLeft(t, s)
	info, err := s.store.history.Info(t.Context())
	if err != nil || info.State.Msgs != rounds {
		t.Errorf("the history has %d records of %d calls (%v)", info.State.Msgs, rounds, err)
	}
}

// Two who call each other at the same moment are connected: one call, and nobody
// rings.
func TestGlare(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, b := connect(t, s, alice, "A1"), connect(t, s, bob, "B1")
	a2 := connect(t, s, alice, "A2")
	for range 50 {
		ids := [2]calls.ID{newID(), newID()}
		var wg sync.WaitGroup
		var got [2]wire.Message
		video := callTo(ids[0], "bob")
		video.CallType = calls.Video
		wg.Go(func() { got[0] = a.ask(video) })
		wg.Go(func() { got[1] = b.ask(callTo(ids[1], "alice")) })
		wg.Wait()
		first, ok1 := got[0].(wire.CallResult)
		second, ok2 := got[1].(wire.CallResult)
		if !ok1 || !ok2 || first.Call.ID != second.Call.ID {
			t.Fatalf("alice got %+v, bob got %+v", got[0], got[1])
		}
		id := first.Call.ID
		caller, other := a, b
		if id == ids[1] {
			caller, other = b, a
		}
		e := caller.hears(id, calls.OutgoingCallAccepted)
		if e.Call.Type != calls.Audio {
			t.Fatalf("the call is %s, want audio", e.Call.Type)
		}
		if n := other.count(id, calls.IncomingCallReceived); id == ids[0] && n > 1 {
			t.Fatalf("the other side rang %d times", n)
		}
		if id == ids[1] {
			if e := a2.hears(id, calls.IncomingCallCanceled); e.Reason != calls.AnsweredElsewhere {
				t.Fatalf("alice's other phone hears %q", e.Reason)
			}
		}
		a.act(wire.EndCall{CallID: on(id)})
		b.hears(id, calls.CallEnded)
	}
	nothingLeft(t, s)
}

// A phone holds one call; accept with ending gives up the other in the same act.
func TestOneCallPerPhone(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob, carol := addUser(t, s, "alice"), addUser(t, s, "bob"), addUser(t, s, "carol")
	a, b, c := connect(t, s, alice, "A1"), connect(t, s, bob, "B1"), connect(t, s, carol, "C1")
	first, second := newID(), newID()
	a.act(callTo(first, "bob"))
	a.refused(callTo(newID(), "carol"), calls.ErrBusySelf)
	b.act(wire.AcceptCall{CallID: on(first), Join: true})
	c.act(callTo(second, "bob"))
	b.hears(second, calls.IncomingCallReceived)
	b.refused(wire.AcceptCall{CallID: on(second), Join: true}, calls.ErrBusySelf)
	b.act(wire.AcceptCall{CallID: on(second), Join: true, Ending: first})
	a.hears(first, calls.CallEnded)
	c.hears(second, calls.OutgoingCallAccepted)
	a.refused(wire.EndCall{CallID: on(second)}, calls.ErrCallNotFound)
	c.act(wire.EndCall{CallID: on(second)})
	a.act(callTo(newID(), "bob"))
}
