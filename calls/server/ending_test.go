package server

import (
	"testing"

	"tring/calls"
	"tring/calls/wire"
)

// An end-and-accept that comes too late ends nothing, and the phone still holds
// the call that it would have given up.
func TestEndAndAcceptTooLate(t *testing.T) {
	s, _ := open(t, Config{Limits: Limits{Initiates: 1000, InitiateBurst: 1000}})
	alice, bob, carol := addUser(t, s, "alice"), addUser(t, s, "bob"), addUser(t, s, "carol")
	a, b, c := connect(t, s, alice, "A1"), connect(t, s, bob, "B1"), connect(t, s, carol, "C1")
	for range 40 {
		first, second := newID(), newID()
		a.act(callTo(first, "bob"))
		b.act(wire.AcceptCall{CallID: on(first), Join: true})
		c.act(callTo(second, "bob"))
		b.hears(second, calls.IncomingCallReceived)
		cancelled := make(chan struct{})
		go func() {
			defer close(cancelled)
			c.ask(wire.RejectCall{CallID: on(second), Status: calls.Cancelled})
		}()
		answer := b.ask(wire.AcceptCall{CallID: on(second), Join: true, Ending: first})
		<-cancelled
		if _, late := answer.(wire.Error); late {
			e, refused := b.ask(callTo(newID(), "carol")).(wire.Error)
			if !refused || e.Code != calls.ErrBusySelf.Code {
				t.Fatalf("a phone in a call may place another: %+v", e)
			}
		}
		b.ask(wire.EndCall{CallID: on(first)})
		b.ask(wire.EndCall{CallID: on(second)})
	}
}
