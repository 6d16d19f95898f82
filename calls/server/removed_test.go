package server

import (
	"testing"

	"tring/calls"
	"tring/calls/wire"
)

// Who is removed leaves nobody behind in a call: the other side hears of the end at
// once, and not when the lease is over.
func TestRemovedInACall(t *testing.T) {
	remove := func(user calls.UserID) func(*testing.T, *Server, *testPhone) {
		return func(t *testing.T, s *Server, _ *testPhone) {
			if err := s.Admin().RemoveUser(t.Context(), user); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name     string
		answered bool
		remove   func(t *testing.T, s *Server, bob *testPhone)
		whose    calls.UserID // phone that is closed; the other one hears
		hears    calls.EventName
		status   calls.Status
	}{
		{"the caller, talking", true, remove("alice"), "alice", calls.CallEnded, calls.Ended},
		{"the callee, talking", true, remove("bob"), "bob", calls.CallEnded, calls.Ended},
		{"the caller, while it rings", false, remove("alice"), "alice", calls.IncomingCallCanceled, calls.Cancelled},
		{"the callee, while it rings", false, remove("bob"), "bob", calls.OutgoingCallRejected, calls.Unanswered},
		{"a phone of the callee, talking", true, func(t *testing.T, s *Server, _ *testPhone) {
			other := connect(t, s, addUser(t, s, "bob"), "B2")
			remembered(t, s, "bob", "B1")
			if m, is := other.ask(wire.RemovePhone{Device: "B1"}).(wire.Error); is {
				t.Fatal(m)
			}
		}, "bob", calls.CallEnded, calls.Ended},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := open(t, Config{})
			phones := map[calls.UserID]*testPhone{
				"alice": connect(t, s, addUser(t, s, "alice"), "A1"),
				"bob":   connect(t, s, addUser(t, s, "bob"), "B1"),
			}
			id := newID()
			phones["alice"].act(callTo(id, "bob"))
			phones["bob"].hears(id, calls.IncomingCallReceived)
			if tt.answered {
				phones["bob"].act(wire.AcceptCall{CallID: on(id), Join: true})
				phones["alice"].hears(id, calls.OutgoingCallAccepted)
			}
			tt.remove(t, s, phones["bob"])
			if got := phones[tt.whose].code(); got != wire.CloseRemoved {
				t.Errorf("the removed phone was closed with %d", got)
			}
			delete(phones, tt.whose)
			for _, left := range phones {
				if e := left.hears(id, tt.hears); e.Call.Status != tt.status {
					t.Errorf("the other side hears %s, the call is %s", tt.hears, e.Call.Status)
				}
			}
		})
	}
}
