package agent_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"tring/calls"
	"tring/calls/agent"
)

// presence makes one event.
func presence(i int) calls.Input {
	return calls.PresenceUpdate{Contact: calls.Contact{Receiver: calls.User(calls.UserID(fmt.Sprint("user", i)))}}
}

func TestListenerHearsEventsInOrderWithTheirSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		var heard []calls.UserID
		r.AddCallListener("screen", func(e calls.Event) {
			if _, ok := r.Snapshot().Contact(string(e.User)); !ok {
				t.Errorf("the event about %s is ahead of the snapshot", e.User)
			}
			heard = append(heard, e.User)
		})
		for i := range 100 {
			r.Receive(presence(i))
		}
		synctest.Wait()
		if len(heard) != 100 {
			t.Fatalf("heard %d of 100 events", len(heard))
		}
		for i, u := range heard {
			if u != calls.UserID(fmt.Sprint("user", i)) {
				t.Fatalf("event %d is about %s", i, u)
			}
		}
	})
}

func TestListenerThatFallsBehindHearsOneResync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		awake := make(chan struct{})
		slow := &ear{}
		r.AddCallListener("slow", func(e calls.Event) { <-awake; slow.hear(e) })
		for i := range 300 {
			r.server.tell(presence(i))
		}
		if got := r.ear.take(); len(got) != 300 {
			t.Errorf("the quick listener heard %d of 300 events", len(got))
		}
		close(awake)
		synctest.Wait()
		resyncs := 0
		for i, e := range slow.heard {
			if e.Name == calls.Resync {
				resyncs++
				if i > 1 { // the first was being heard already
					t.Errorf("the resync is event %d, after what it replaces", i)
				}
				if e.View == nil || len(e.View.Contacts) < 256 {
					t.Error("the resync has not the full view")
				}
			}
		}
		if last := slow.heard[len(slow.heard)-1]; resyncs != 1 || len(slow.heard) > 100 || last.User != "user299" {
			t.Errorf("heard %d events, %d resyncs, the last about %q", len(slow.heard), resyncs, last.User)
		}
	})
}

func TestListenerIsReplacedAndRemovedByItsName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		first, second := &ear{}, &ear{}
		r.AddCallListener("screen", first.hear)
		r.AddCallListener("screen", second.hear)
		r.server.tell(presence(1))
		if a, b := len(first.take()), len(second.take()); a != 0 || b != 1 {
			t.Errorf("the replaced one heard %d, the new one %d", a, b)
		}
		r.RemoveCallListener("screen")
		r.RemoveCallListener("never there")
		r.server.tell(presence(2))
		if b := len(second.take()); b != 0 {
			t.Errorf("the removed one heard %d", b)
		}
	})
}

func TestListenerMayUseThePhone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.AddCallListener("robot", func(e calls.Event) {
			if e.Name == calls.IncomingCallReceived {
				r.RemoveCallListener("robot")
				if err := r.Do(t.Context(), calls.Command{Call: "nope", Act: calls.End{}}); err == nil {
					t.Error("hung up a call that is none")
				}
			}
		})
		r.server.tell(calls.Changed{State: r.incoming("c2")})
		r.hears(calls.IncomingCallReceived)
	})
}

// TestEverybodyAtOnce is for the race detector: all that may come from other
// goroutines comes together, and the phone ends in time.
func TestEverybodyAtOnce(t *testing.T) {
	s := &server{t: t}
	studio := &studio{}
	a := agent.New(agent.Config{Me: alice, Signaler: s, OpenSession: studio.open, Sound: &speaker{}})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	s.mu.Lock()
	s.up = true
	s.mu.Unlock()
	a.Receive(calls.Connected{Snapshot: calls.Snapshot{Me: alice}})
	st := s.judge(toBob, byAlice)
	var busy sync.WaitGroup
	for i := range 8 {
		busy.Go(func() {
			for j := range 100 {
				st := st
				st.Call.Revision = uint64(j)
				switch i {
				case 0:
					a.Receive(calls.Changed{State: st})
				case 1:
					a.Receive(presence(j))
				case 2:
					a.AddCallListener(fmt.Sprint(j%3), func(calls.Event) { a.Snapshot() })
				case 3:
					a.RemoveCallListener(fmt.Sprint(j % 3))
				case 4:
					_ = a.Do(ctx, calls.Command{Call: "c1", Act: calls.SetMuted{Audio: j%2 == 0}}) // whichever way it goes
				case 5:
					a.Stats()
					a.Levels()
				case 6:
					a.Known()
				case 7:
					a.Receive(calls.MediaChanged{Call: "c1", Peer: "01BOB", State: calls.MediaLost})
				}
			}
		})
	}
	busy.Wait()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
}
