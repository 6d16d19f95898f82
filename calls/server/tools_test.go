package server

import (
	"fmt"
	"testing"
	"time"

	"tring/calls"
	"tring/calls/wire"
)

// connectTool signs a command of the user in.
func connectTool(t *testing.T, s *Server, u testUser, device calls.DeviceID) *testPhone {
	t.Helper()
	h := helloOf(u.id, u.signer, device)
	h.Kind = wire.KindTool
	return connectWith(t, s, h, u.signer)
}

// remembered waits until an account lists a phone, which is a moment after that
// came.
func remembered(t *testing.T, s *Server, u calls.UserID, device calls.DeviceID) {
	t.Helper()
	eventually(t, string(u)+"'s phone is remembered", func() bool {
		_, is := s.accounts.get(u).Phones[device]
		return is
	})
}

// A command asks and goes: it is no phone to anybody, least of all to the phone
// whose device id it shares, and which is in a call.
func TestToolIsNoPhone(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, b := connect(t, s, alice, "A1"), connect(t, s, bob, "B1")
	id := newID()
	a.act(callTo(id, "bob"))
	b.act(wire.AcceptCall{CallID: on(id), Join: true})
	a.hears(id, calls.OutgoingCallAccepted)
	remembered(t, s, "alice", "A1")

	same, other := connectTool(t, s, alice, "A1"), connectTool(t, s, alice, "A2")
	for _, p := range []*testPhone{same, other} {
		if len(p.hello.Calls) != 0 || p.hello.Me.Name != "Alice" || len(p.hello.Contacts) != 1 {
			t.Errorf("the tool is welcomed with %+v", p.hello.Snapshot)
		}
		p.refused(callTo(newID(), "bob"), calls.ErrInvalidRequest)
		page := p.ask(wire.Phones{}).(wire.PhonesPage)
		if len(page.Phones) != 1 || page.Phones[0].Device.ID != "A1" || page.Phones[0].Kind != "phone" || !page.Phones[0].Online {
			t.Errorf("with a tool, alice's phones are %+v", page.Phones)
		}
	}
	same.refused(wire.EndCall{CallID: on(id)}, calls.ErrInvalidRequest)
	other.refused(wire.EndCall{CallID: on(id)}, calls.ErrNotAParty)
	same.hangOff()
	other.hangOff()
	if c := contactOf(b, "alice"); len(c.Phones) != 1 || c.Presence != calls.InCall {
		t.Errorf("bob sees %+v", c)
	}
	a.act(wire.EndCall{CallID: on(id)}) // its connection is there still
	if e := b.hears(id, calls.CallEnded); e.Call.Status != calls.Ended {
		t.Errorf("the call is %+v", e.Call)
	}
}

// A phone that could not tell the end of its call leaves that to a tool, which says
// how long ago it was.
func TestToolTellsALateEnd(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, b := connect(t, s, alice, "A1"), connect(t, s, bob, "B1")
	id := newID()
	a.act(callTo(id, "bob"))
	b.act(wire.AcceptCall{CallID: on(id), Join: true})
	a.hears(id, calls.OutgoingCallAccepted)
	a.hangOff()
	eventually(t, "alice's phone is gone", func() bool { return len(contactOf(b, "alice").Phones) == 0 })

	tool := connectTool(t, s, alice, "A1")
	for range 2 { // the first answer may be lost
		tool.act(wire.EndCall{CallID: on(id), Ago: calls.ToMillis(time.Minute)})
	}
	c := b.hears(id, calls.CallEnded).Call
	if c.Status != calls.Ended || c.Reason != "" || c.EndedBy.User != "alice" || !c.EndedAt.Equal(c.AnsweredAt) {
		t.Errorf("the call is %+v", c)
	}
}

// Somebody of whom only a tool is there is offline, and nothing rings.
func TestToolDoesNotRing(t *testing.T) {
	s, _ := open(t, Config{Timers: Timers{Ring: 300 * time.Millisecond}})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, tool := connect(t, s, alice, "A1"), connectTool(t, s, bob, "B1")
	if c := contactOf(a, "bob"); c.Presence != calls.Offline || len(c.Phones) != 0 {
		t.Errorf("with a tool, bob is %+v", c)
	}
	id := newID()
	a.act(callTo(id, "bob"))
	a.hears(id, calls.OutgoingCallRejected)
	tool.ask(wire.Phones{}) // whatever was sent before is here
	tool.mu.Lock()
	defer tool.mu.Unlock()
	for _, m := range tool.heard {
		if _, ok := m.(wire.CallEvent); ok {
			t.Errorf("the tool hears of a call: %+v", m)
		}
	}
}

// Tools do not take the place of phones, and are not without end themselves. They
// go with their account.
func TestManyTools(t *testing.T) {
	s, _ := open(t, Config{})
	alice := addUser(t, s, "alice")
	var tools []*testPhone
	for i := range maxTools {
		tools = append(tools, connectTool(t, s, alice, calls.DeviceID(fmt.Sprintf("T%d", i))))
	}
	for i := range maxDevices {
		connect(t, s, alice, calls.DeviceID(fmt.Sprintf("A%d", i)))
	}
	h := helloOf("alice", alice.signer, "A1")
	h.Kind = wire.KindTool
	m, err := signIn(t, dial(t, s), h, alice.signer)
	if e, ok := m.(wire.Error); err != nil || !ok || e.Code != calls.ErrTooManyDevices.Code {
		t.Errorf("one tool too many is told %+v, %v", m, err)
	}
	tools[0].hangOff()
	eventually(t, "there is room again", func() bool {
		m, err := signIn(t, dial(t, s), h, alice.signer)
		return err == nil && m.Type() == "welcome"
	})
	if err := s.Admin().RemoveUser(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	if got := tools[1].code(); got != wire.CloseRemoved {
		t.Errorf("a removed user's tool was closed with %d", got)
	}
}
