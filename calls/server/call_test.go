package server

import (
	"testing"

	"tring/calls"
	"tring/calls/wire"
)

// A call that is placed, rings, is answered, and hung up: what each side hears
// at each step.
func TestCall(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, b := connect(t, s, alice, "A1"), connect(t, s, bob, "B1")
	id := newID()

	placed := a.act(callTo(id, "bob"))
	if placed.Call.Status != calls.Initiated || placed.RingLeft <= 0 || placed.Grant.Token == "" || len(placed.Grant.Servers) != 2 {
		t.Errorf("initiate was answered with %+v", placed)
	}
	incoming := b.hears(id, calls.IncomingCallReceived)
	if incoming.RingLeft <= 0 || incoming.Grant.Token != "" {
		t.Errorf("bob's phone rings with %+v", incoming)
	}
	b.act(wire.Ringing{CallID: on(id)})
	if e := a.hears(id, calls.CallUpdated); e.Call.Parties[1].State != calls.PartyRinging {
		t.Errorf("alice hears of the ringing as %+v", e)
	}
	accepted := b.act(wire.AcceptCall{CallID: on(id), Join: true})
	if accepted.Call.Status != calls.Ongoing || accepted.Grant.Token == "" {
		t.Errorf("accept was answered with %+v", accepted)
	}
	if e := a.hears(id, calls.OutgoingCallAccepted); e.Grant.Token == "" {
		t.Errorf("alice hears of the accept without token and servers: %+v", e)
	}
	a.act(wire.EndCall{CallID: on(id)})
	b.hears(id, calls.CallEnded)
	for _, p := range []*testPhone{a, b} {
		page, ok := p.ask(wire.History{}).(wire.HistoryPage)
		if !ok || len(page.Records) != 1 || page.Records[0].Call.Status != calls.Ended || page.MissedCount != 0 {
			t.Errorf("%s's history is %+v", p.me.User, page)
		}
	}
}
