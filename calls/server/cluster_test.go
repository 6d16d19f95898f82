package server

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"

	"tring/calls"
	"tring/calls/wire"
)

// outsideNATS runs NATS as an administrator would beside the gateways.
func outsideNATS(t *testing.T, user, password string) string {
	t.Helper()
	ns, err := natsserver.NewServer(&natsserver.Options{
		Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true,
		Username: user, Password: password, AuthTimeout: patience.Seconds(),
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
	url := outsideNATS(t, "", "")
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

// A NATS that wants a password gets it from the URL, and no error repeats it.
func TestNATSPassword(t *testing.T) {
	host := strings.TrimPrefix(outsideNATS(t, "tring", "s3cret"), "nats://")
	for url, ok := range map[string]bool{
		"nats://tring:s3cret@" + host: true, "nats://tring:wr0ng@" + host: false, "nats://" + host: false,
	} {
		s, err := Open(t.Context(), Config{Listen: "127.0.0.1:0", Data: t.TempDir(), NATS: []string{url}, Timers: unhurried(Timers{})})
		if (err == nil) != ok {
			t.Errorf("%s: %v", url, err)
		}
		if err == nil {
			s.Close()
		} else if strings.Contains(err.Error(), "wr0ng") || !strings.Contains(err.Error(), host) {
			t.Errorf("the error is %q", err)
		}
	}
}

// Three gateways on three NATS nodes: the parties are on different ones, and
// gateways and the leading node are lost in the middle.
func TestCluster(t *testing.T) {
	t.Parallel()
	timers := Timers{CallerGone: 10 * time.Second, Gateway: 2 * time.Second}
	nodes := natsCluster(t)
	one, killOne := gatewayOn(t, nodes, timers)
	two, _ := gatewayOn(t, nodes, timers)
	three, killThree := gatewayOn(t, nodes, timers)
	users := map[calls.UserID]testUser{}
	for _, u := range []calls.UserID{"alice", "bob", "carol", "dave"} {
		users[u] = addUser(t, one, u)
	}
	for _, s := range []*Server{one, two, three} {
		eventually(t, "everybody knows the accounts and each other", func() bool {
			return s.accounts.get("dave") != nil && s.others.count() == 2
		})
	}
	a, b2, b3 := connect(t, one, users["alice"], "A1"), connect(t, two, users["bob"], "B2"), connect(t, three, users["bob"], "B3")

	// Two phones of the callee at two gateways: one answers, the other stops.
	first := newID()
	a.act(callTo(first, "bob"))
	b2.hears(first, calls.IncomingCallReceived)
	b3.hears(first, calls.IncomingCallReceived)
	b3.act(wire.AcceptCall{CallID: on(first), Join: true})
	a.hears(first, calls.OutgoingCallAccepted)
	if e := b2.hears(first, calls.IncomingCallCanceled); e.Reason != calls.AnsweredElsewhere {
		t.Errorf("the other phone stops because of %q", e.Reason)
	}
	a.act(wire.EndCall{CallID: on(first)})
	b3.hears(first, calls.CallEnded)

	// The caller's gateway is killed while it rings: the caller comes back elsewhere,
	// and the call is answered. Another caller does not come back.
	second, third := newID(), newID()
	c := connect(t, one, users["carol"], "C1")
	d := connect(t, two, users["dave"], "D1")
	a.act(callTo(second, "bob"))
	c.act(callTo(third, "dave"))
	b3.hears(second, calls.IncomingCallReceived)
	d.hears(third, calls.IncomingCallReceived)
	killOne()
	a = connect(t, two, users["alice"], "A1", second)
	if len(a.hello.Calls) != 1 || a.hello.Calls[0].Call.Status != calls.Initiated {
		t.Fatalf("the caller comes back to %+v", a.hello.Calls)
	}
	if e := d.hears(third, calls.IncomingCallCanceled); e.Reason != calls.ConnectionLost {
		t.Errorf("the ring of a caller who is gone stops because of %q", e.Reason)
	}
	b3.act(wire.AcceptCall{CallID: on(second), Join: true})
	a.hears(second, calls.OutgoingCallAccepted)
	a.act(wire.MediaState{CallID: on(second), Peer: "B3", State: calls.MediaConnected})
	b3.act(wire.MediaState{CallID: on(second), Peer: "A1", State: calls.MediaConnected})

	// The callee's gateway is killed in the call: the call goes on elsewhere.
	killThree()
	b3 = connect(t, two, users["bob"], "B3", second)
	if len(b3.hello.Calls) != 1 || b3.hello.Calls[0].Call.Status != calls.Ongoing || b3.hello.Calls[0].Grant.Token == "" {
		t.Fatalf("the callee comes back to %+v", b3.hello.Calls)
	}
	b3.act(wire.Signal{CallID: on(second), To: "A1", Payload: []byte("restart")})
	a.until("the signal", func(m wire.Message) bool { r, ok := m.(wire.Relayed); return ok && string(r.Payload) == "restart" })
	eventually(t, "the lost gateways are forgotten", func() bool { return two.others.count() == 0 })
	b3.act(wire.EndCall{CallID: on(second)})
	a.hears(second, calls.CallEnded)
	nothingLeft(t, two)
	records(t, two, first, second, third)
}

// The node that leads the calls is killed while calls are placed, answered and
// ended: every act is answered, and none is lost or doubled.
func TestLeaderKilled(t *testing.T) {
	t.Parallel()
	nodes := natsCluster(t)
	left, _ := gatewayOn(t, nodes, Timers{})
	right, _ := gatewayOn(t, nodes, Timers{})
	const pairs = 4
	var callers, callees [pairs]testUser
	for i := range pairs {
		callers[i] = addUser(t, left, calls.UserID(fmt.Sprintf("caller%d", i)))
		callees[i] = addUser(t, left, calls.UserID(fmt.Sprintf("callee%d", i)))
	}
	eventually(t, "both know the accounts", func() bool { return right.accounts.get(callees[pairs-1].id) != nil })
	var from, to [pairs]*testPhone
	for i := range pairs {
		from[i], to[i] = connect(t, left, callers[i], "A1"), connect(t, right, callees[i], "B1")
	}
	kill := leaderOf(t, left, nodes)
	var ids []calls.ID
	var mu sync.Mutex
	var slowest time.Duration
	var killed sync.Once
	var busy sync.WaitGroup
	for i := range pairs {
		busy.Go(func() {
			timed := func(p *testPhone, m wire.Message) {
				began := time.Now()
				p.act(m)
				mu.Lock()
				slowest = max(slowest, time.Since(began))
				mu.Unlock()
			}
			for range 4 {
				id := newID()
				mu.Lock()
				ids = append(ids, id)
				mu.Unlock()
				timed(from[i], callTo(id, callees[i].id))
				to[i].hears(id, calls.IncomingCallReceived)
				killed.Do(kill)
				timed(to[i], wire.AcceptCall{CallID: on(id), Join: true})
				from[i].hears(id, calls.OutgoingCallAccepted)
				timed(from[i], wire.EndCall{CallID: on(id)})
				to[i].hears(id, calls.CallEnded)
			}
		})
	}
	busy.Wait()
	t.Logf("the slowest act took %v", slowest)
	nothingLeft(t, right)
	records(t, right, ids...)
	// What is told by the store alone is heard again, too: once NATS has found that
	// the watch is dead, which takes it up to 20 s.
	addUser(t, left, "late")
	eventuallyIn(t, 2*patience, "the other gateway knows a new account", func() bool { return right.accounts.get("late") != nil })
}

// leaderOf is the end of the node that leads the calls.
func leaderOf(t *testing.T, s *Server, nodes []*natsNode) (kill func()) {
	t.Helper()
	eventually(t, "a node leads the calls", func() bool {
		stream, err := s.store.js.Stream(t.Context(), "KV_tring_calls")
		if err != nil {
			return false
		}
		info := stream.CachedInfo()
		if info.Config.Replicas != 3 {
			t.Fatalf("the calls have %d copies", info.Config.Replicas)
		}
		for _, n := range nodes {
			if info.Cluster != nil && n.name == info.Cluster.Leader {
				kill = n.kill
			}
		}
		return kill != nil
	})
	return kill
}

// records says that the history has one record of each of these calls and no
// other.
func records(t *testing.T, s *Server, ids ...calls.ID) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, id := range ids {
		if _, err := s.store.record(ctx, id); err != nil {
			t.Errorf("call %s: %v", id, err)
		}
	}
	if info, err := s.store.history.Info(ctx); err != nil || int(info.State.Msgs) != len(ids) {
		t.Errorf("the history has %d records of %d calls (%v)", info.State.Msgs, len(ids), err)
	}
}
