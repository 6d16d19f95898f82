package server

import (
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tring/calls"
	"tring/calls/wire"
)

// Invariant 7: no device is expired while it gives signs or somebody vouches for
// it within the lease, also if the server was away for less than that; and it is
// expired once the lease is over. The signs are what Renew leaves.
func TestNoLiveDeviceIsExpired(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		timers := Timers{}.withDefaults()
		zero := noon
		at := func(name string, most time.Duration) time.Time {
			return zero.Add(time.Duration(rapid.Int64Range(0, int64(most)).Draw(rt, name)))
		}
		call := ongoing("call")
		call.ConnectedAt = zero
		start := at("start of this server", time.Hour)
		e := &entry{
			stored: stored{Call: call}, first: at("seen first", time.Hour), answered: zero,
			signs: map[calls.DeviceID]time.Time{"A1": at("sign of A1", time.Hour), "B1": at("sign of B1", time.Hour)},
			gone:  map[calls.DeviceID]time.Time{}, lost: map[calls.DeviceID]time.Time{},
		}
		if rapid.Bool().Draw(rt, "A1 is away") {
			e.gone["A1"] = at("gone", time.Hour)
		} else if rapid.Bool().Draw(rt, "the peer misses A1") {
			e.lost["A1"] = at("lost", time.Hour)
		}
		next, ok := e.due(timers, start)
		expiry, is := next.act.(calls.LeaseExpired)
		if !ok || !is {
			rt.Fatalf("the timers say %+v", next)
		}
		sign := later(later(e.signs[expiry.Device], e.first), start)
		if next.at != sign.Add(timers.Lease) {
			rt.Errorf("%s is expired %v after its last sign, want %v", expiry.Device, next.at.Sub(sign), timers.Lease)
		}
	})
}

// ongoing is a call between A1 and B1 that was answered.
func ongoing(id calls.ID) calls.Call {
	a := calls.Actor{User: "alice", Device: calls.Device{ID: "A1"}}
	b := calls.Actor{User: "bob", Device: calls.Device{ID: "B1"}}
	c, _ := calls.Call{}.Apply(calls.Initiate{ID: id, Type: calls.Audio, Receiver: calls.User("bob")}, a, noon)
	c, _ = c.Apply(calls.Accept{Join: true}, b, noon)
	return c
}

// Invariant 13: the other phones stop within half a second of an answer, and
// nobody missed the call.
func TestOtherPhonesStopAtOnce(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, b1, b2 := connect(t, s, alice, "A1"), connect(t, s, bob, "B1"), connect(t, s, bob, "B2")
	for _, answer := range []wire.Message{wire.AcceptCall{Join: true}, wire.RejectCall{Status: calls.Rejected}} {
		id := newID()
		a.act(callTo(id, "bob"))
		b2.hears(id, calls.IncomingCallReceived)
		want := calls.AnsweredElsewhere
		switch m := answer.(type) {
		case wire.AcceptCall:
			m.CallID = on(id)
			answer = m
		case wire.RejectCall:
			m.CallID = on(id)
			answer, want = m, calls.RejectedElsewhere
		}
		b1.act(answer)
		if e := b2.hears(id, calls.IncomingCallCanceled); e.Reason != want {
			t.Errorf("the other phone stopped because of %q", e.Reason)
		}
		a.ask(wire.EndCall{CallID: on(id)})
		eventually(t, "the call is in the history", func() bool {
			page := b2.ask(wire.History{}).(wire.HistoryPage)
			return len(page.Records) > 0 && page.Records[0].Call.ID == id && !page.Records[0].Missed
		})
	}
}

// Invariant 17: a hang-up that was kept while its phone was away is delivered,
// and harmless if it comes late or twice.
func TestLateHangUp(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, b := connect(t, s, alice, "A1"), connect(t, s, bob, "B1")
	kept, late := newID(), newID()
	talk(t, a, b, kept)
	a.hangOff()
	a = connect(t, s, alice, "A1", kept)
	a.act(wire.EndCall{CallID: on(kept)})
	if e := b.hears(kept, calls.CallEnded); e.Call.EndedBy.Device != "A1" {
		t.Errorf("bob hears %+v", e.Call)
	}
	talk(t, a, b, late)
	a.hangOff()
	leaseIsOver(s, func() {})
	if e := b.hears(late, calls.CallEnded); e.Call.Reason != calls.ConnectionLost {
		t.Errorf("bob hears %+v", e.Call)
	}
	nothingLeft(t, s)
	a = connect(t, s, alice, "A1", late)
	for range 2 {
		if c := a.act(wire.EndCall{CallID: on(late)}).Call; c.Reason != calls.ConnectionLost {
			t.Errorf("a late hang-up made of the call %+v", c)
		}
	}
	if n := b.count(late, calls.CallEnded); n != 1 {
		t.Errorf("bob heard of the end %d times", n)
	}
}

// Invariants 6 and 22: when both phones are gone, the call is gone within the
// lease, with one record.
func TestNobodyLeft(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, b := connect(t, s, alice, "A1"), connect(t, s, bob, "B1")
	talk(t, a, b, newID())
	a.hangOff()
	b.hangOff()
	leaseIsOver(s, func() {})
	nothingLeft(t, s)
	if r := theRecord(t, connect(t, s, alice, "A1")); r.Call.Reason != calls.ConnectionLost {
		t.Errorf("the record is %+v", r)
	}
}

// Invariants 12 and 21: after any number of calls, however they went, everything
// is back at the baseline, and each phone is free at once.
func TestNothingAccumulates(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, b := connect(t, s, alice, "A1"), connect(t, s, bob, "B1")
	outcomes := []func(id calls.ID){
		func(id calls.ID) { a.act(wire.RejectCall{CallID: on(id), Status: calls.Cancelled}) },
		func(id calls.ID) { b.act(wire.RejectCall{CallID: on(id), Status: calls.Rejected}) },
		func(id calls.ID) {
			b.act(wire.AcceptCall{CallID: on(id), Join: true})
			a.refused(callTo(newID(), "bob"), calls.ErrBusySelf) // each holds a claim
			b.refused(callTo(newID(), "carol"), calls.ErrUnknownReceiver)
			a.act(wire.EndCall{CallID: on(id)})
		},
	}
	play := func(n int) {
		for i := range n {
			id := newID()
			a.act(callTo(id, "bob"))
			outcomes[i%len(outcomes)](id)
		}
		nothingLeft(t, s)
	}
	play(10) // what is made once is made
	before := inventory(t, s)
	play(120)
	var after []int
	eventually(t, "all is back at the baseline", func() bool {
		after = inventory(t, s)
		return !slices.ContainsFunc([]int{0, 1, 2, 3, 4}, func(i int) bool { return after[i] > before[i] })
	})
	t.Logf("goroutines, descriptors, subscriptions, live calls, users with calls: before %v, after %v", before, after)
}

// inventory counts what calls could leave behind.
func inventory(t *testing.T, s *Server) []int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Logf("file descriptors are not counted here: %v", err)
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return []int{runtime.NumGoroutine(), len(files), s.store.nc.NumSubscriptions(), len(s.hub.live), len(s.hub.byUser)}
}

// What the phones of an account share reaches all of them: settings, presence, a
// missed call that rang nowhere, and that it was looked at.
func TestAccountIsPushed(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, b1, b2 := connect(t, s, alice, "A1"), connect(t, s, bob, "B1"), connect(t, s, bob, "B2")
	hears := func(what string, match func(wire.AccountEvent) bool) {
		t.Helper()
		for _, p := range []*testPhone{b1, b2} {
			p.until(what, func(m wire.Message) bool { e, ok := m.(wire.AccountEvent); return ok && match(e) })
		}
	}
	b1.ask(wire.SetSettings{Settings: calls.Settings{WhenBusy: calls.AnswerBusy}})
	hears("when_busy", func(e wire.AccountEvent) bool { return e.Settings.WhenBusy == calls.AnswerBusy })
	b1.ask(wire.SetPresence{Presence: calls.DND})
	hears("do not disturb", func(e wire.AccountEvent) bool { return e.Settings.Presence == calls.DND && e.MissedCount == 0 })
	id := newID()
	a.act(callTo(id, "bob"))
	hears("a missed call", func(e wire.AccountEvent) bool { return e.MissedCount == 1 })
	b2.ask(wire.MarkSeen{Until: id})
	eventually(t, "the look at it is told", func() bool {
		b1.mu.Lock()
		defer b1.mu.Unlock()
		last := wire.AccountEvent{MissedCount: -1}
		for _, m := range b1.heard {
			if e, ok := m.(wire.AccountEvent); ok {
				last = e
			}
		}
		return last.MissedCount == 0
	})
	a.mu.Lock()
	defer a.mu.Unlock()
	if slices.ContainsFunc(a.heard, func(m wire.Message) bool { return m.Type() == "account.event" }) {
		t.Error("somebody else heard of it")
	}
}

// A phone that was removed is gone at once, and does not come back.
func TestRemovedPhoneIsGone(t *testing.T) {
	s, _ := open(t, Config{})
	bob := addUser(t, s, "bob")
	b1, b2 := connect(t, s, bob, "B1"), connect(t, s, bob, "B2")
	eventually(t, "the phone is listed and removed", func() bool { return b1.ask(wire.RemovePhone{Device: "B2"}).Type() == "ok" })
	if code := b2.code(); code != wire.CloseRemoved {
		t.Errorf("closed with %d", code)
	}
	ws := dial(t, s)
	if m, _ := signIn(t, ws, helloOf("bob", bob.signer, "B2"), bob.signer); m == nil || m.Type() == "welcome" {
		t.Errorf("it came back: %v", m)
	}
	eventually(t, "only the other phone is listed", func() bool { // which was not remembered yet, perhaps
		page := b1.ask(wire.Phones{}).(wire.PhonesPage)
		return len(page.Phones) == 1 && page.Phones[0].This
	})
}
