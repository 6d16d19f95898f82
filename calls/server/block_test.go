package server

import (
	"testing"

	"tring/calls"
	"tring/calls/wire"
)

// Blocking whom one's phones ring for just now stops them all, as a cancel does,
// and leaves no trace: no missed call, no record, nothing to accept. The caller
// goes on seeing what an unanswered call shows.
func TestBlockedWhileItRings(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, b1, b2 := connect(t, s, alice, "A1"), connect(t, s, bob, "B1"), connect(t, s, bob, "B2")
	id := newID()
	a.act(callTo(id, "bob"))
	b1.hears(id, calls.IncomingCallReceived)
	b2.hears(id, calls.IncomingCallReceived)
	b1.act(wire.Ringing{CallID: on(id)})
	before := a.hears(id, calls.CallUpdated).Call
	b2.ask(wire.SetBlocked{User: "alice", On: true})
	for _, p := range []*testPhone{b1, b2} {
		e := p.hears(id, calls.IncomingCallCanceled)
		if e.Reason != calls.CancelledByCaller || e.Call.ID != id || e.Call.Status != calls.Cancelled || e.Call.Hidden {
			t.Errorf("a phone stops for %q, and sees %+v", e.Reason, e.Call)
		}
		p.refused(wire.AcceptCall{CallID: on(id), Join: true}, calls.ErrCallNotFound)
	}
	if c := a.act(wire.Token{CallID: on(id)}).Call; c.Status != calls.Initiated || c.Hidden || c.Parties[1].State != before.Parties[1].State {
		t.Errorf("the caller sees %+v", c)
	}
	if n := a.count(id, calls.CallUpdated); n != 1 {
		t.Errorf("the caller heard %d changes, and only one phone rang", n)
	}
	ringsOut(s, id)
	if e := a.hears(id, calls.OutgoingCallRejected); e.Call.Status != calls.Unanswered || e.Call.Hidden {
		t.Errorf("the call becomes %+v", e.Call)
	}
	if page := b1.ask(wire.History{}).(wire.HistoryPage); len(page.Records) != 0 || page.MissedCount != 0 {
		t.Errorf("bob's history has %+v", page)
	}
	if r := theRecord(t, a); r.Call.Status != calls.Unanswered || r.Call.Hidden {
		t.Errorf("alice's record is %+v", r)
	}
	nothingLeft(t, s)
}

// A block that meets the accept decides nothing: the call goes on, or it stops
// for both.
func TestBlockedWhileItIsAnswered(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, b1, b2 := connect(t, s, alice, "A1"), connect(t, s, bob, "B1"), connect(t, s, bob, "B2")
	for range 20 {
		id := newID()
		a.act(callTo(id, "bob"))
		b1.hears(id, calls.IncomingCallReceived)
		b2.hears(id, calls.IncomingCallReceived)
		blocked := make(chan wire.Message, 1)
		go func() { blocked <- b2.ask(wire.SetBlocked{User: "alice", On: true}) }()
		answer := b1.ask(wire.AcceptCall{CallID: on(id), Join: true})
		<-blocked
		switch m := answer.(type) {
		case wire.CallResult:
			b2.hears(id, calls.IncomingCallCanceled)
			b1.act(wire.EndCall{CallID: on(id)})
		case wire.Error:
			if m.Code != calls.ErrCallNotFound.Code {
				t.Fatalf("the accept is answered by %+v", m)
			}
			b1.hears(id, calls.IncomingCallCanceled)
			a.act(wire.RejectCall{CallID: on(id), Status: calls.Cancelled})
		}
		b2.ask(wire.SetBlocked{User: "alice"})
	}
	nothingLeft(t, s)
}
