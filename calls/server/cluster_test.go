package server

import (
	"slices"
	"testing"

	natsserver "github.com/nats-io/nats-server/v2/server"

	"tring/calls"
	"tring/calls/wire"
)

// outsideNATS runs NATS as an administrator would beside the gateways.
func outsideNATS(t *testing.T) string {
	t.Helper()
	ns, err := natsserver.NewServer(&natsserver.Options{
		Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	t.Cleanup(func() { ns.Shutdown(); ns.WaitForShutdown() })
	if !ns.ReadyForConnections(patience) {
		t.Fatal("NATS did not start")
	}
	return ns.ClientURL()
}

// Two gateways on one NATS are one service: a call from a phone of one to a phone
// of the other, its signals, presence, and a gateway that goes away in the middle.
func TestTwoGateways(t *testing.T) {
	url := outsideNATS(t)
	timers := Timers{CallerGone: quick.CallerGone}
	left, _ := open(t, Config{NATS: []string{url}, Timers: timers})
	right, stopRight := open(t, Config{NATS: []string{url}, Timers: timers})
	eventually(t, "the gateways know each other", func() bool { return left.others.known() && right.others.known() })
	alice, bob := addUser(t, left, "alice"), addUser(t, left, "bob")
	eventually(t, "both know the accounts", func() bool { return right.accounts.get("bob") != nil })
	a, b := connect(t, left, alice, "A1"), connect(t, right, bob, "B1")
	eventually(t, "alice sees bob online", func() bool {
		c := contactOf(a, "bob")
		return c.Presence == calls.Online && slices.Equal(c.Phones, []string{"phone B1"})
	})
	id := newID()
	a.act(callTo(id, "bob"))
	b.hears(id, calls.IncomingCallReceived)
	b.act(wire.AcceptCall{CallID: on(id), Join: true})
	b.act(wire.Signal{CallID: on(id), To: "A1", Payload: []byte("offer")})
	a.hears(id, calls.OutgoingCallAccepted)
	a.until("the offer", func(m wire.Message) bool { r, ok := m.(wire.Relayed); return ok && string(r.Payload) == "offer" })
	b.act(wire.EndCall{CallID: on(id)})
	a.hears(id, calls.CallEnded)
	nothingLeft(t, left)
	for _, p := range []*testPhone{a, b} {
		theRecord(t, p)
	}
	if info, err := left.store.history.Info(t.Context()); err != nil || info.State.Msgs != 1 {
		t.Errorf("the history has %d records (%v)", info.State.Msgs, err)
	}
	// The same device signs in at the other gateway.
	again := connect(t, right, alice, "A1")
	if got := a.code(); got != wire.CloseReplaced {
		t.Errorf("the older connection was closed with %d", got)
	}
	// The caller's gateway goes away while it rings: the other one judges.
	a2 := connect(t, left, bob, "B2")
	ringing := newID()
	again.act(callTo(ringing, "bob"))
	a2.hears(ringing, calls.IncomingCallReceived)
	stopRight()
	if e := a2.hears(ringing, calls.IncomingCallCanceled); e.Reason != calls.ConnectionLost {
		t.Errorf("the ring stops because of %q", e.Reason)
	}
}
