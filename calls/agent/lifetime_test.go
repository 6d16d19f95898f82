package agent_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tring/audio"
	"tring/calls"
	"tring/calls/agent"
	"tring/calls/wire"
)

func TestRingStopsByItselfWithTheServerGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.server.tell(calls.Changed{State: r.incoming("c2")})
		r.hears(calls.IncomingCallReceived)
		r.server.cut()
		r.hears(calls.ConnectionChanged)
		time.Sleep(49 * time.Second)
		if got := r.speaker.sounding(); got != audio.ToneRing {
			t.Fatalf("after 49 s the speaker plays %q, want the ring", got)
		}
		time.Sleep(time.Second)
		if got := r.speaker.sounding(); got != "" {
			t.Errorf("after ring time and 5 s the speaker plays %q", got)
		}
		r.hears(calls.IncomingCallCanceled)
	})
}

func TestDeviceRenewsItsLeaseEveryTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.talk()
		next[wire.Signal](r.server)
		r.studio.notify(calls.MediaChanged{Call: "c1", Peer: "01BOB", State: calls.MediaConnected})
		next[wire.MediaState](r.server)
		for range 3 {
			time.Sleep(9 * time.Second)
			if got := r.server.requests(); len(got) > 0 {
				t.Fatalf("sent %v too early", got)
			}
			time.Sleep(time.Second)
			if m, _ := next[wire.Renew](r.server); !slices.Equal(m.Hears, []calls.DeviceID{"01BOB"}) {
				t.Errorf("vouches for %v, want bob's phone", m.Hears)
			}
		}
	})
}

func TestHangUpWhileOfflineIsDeliveredOnReconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.talk()
		r.server.cut()
		if err := r.returned(r.do("c1", calls.End{})); err != nil {
			t.Fatal(err)
		}
		if got := r.studio.happened(); !slices.Contains(got, "close c1") {
			t.Errorf("the media did %v, want that the peer hears the end at once", got)
		}
		for range 2 { // the first delivery is lost with its connection
			r.server.connect(calls.CallState{Call: r.server.call})
			if got := r.server.requests(); !slices.Equal(got, []string{"call.end"}) {
				t.Fatalf("after the reconnect the phone sent %v", got)
			}
			r.server.cut()
		}
		r.server.connect(calls.CallState{Call: r.server.call})
		_, answer := next[wire.EndCall](r.server)
		ok(answer, r.server.judge(calls.End{}, byAlice))
		r.server.cut()
		r.server.connect()
		if got := r.server.requests(); len(got) > 0 {
			t.Errorf("what was answered is sent again: %v", got)
		}
	})
}

func TestAcceptWaitsAcrossAReconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		state := r.incoming("c2")
		r.server.tell(calls.Changed{State: state})
		result := r.do("c2", calls.Accept{})
		r.server.cut()
		r.waits(result)
		r.server.connect(state)
		_, answer := next[wire.AcceptCall](r.server)
		ok(answer, r.server.judge(calls.Accept{Join: true}, byAlice))
		if err := r.returned(result); err != nil {
			t.Errorf("accepted: %v", err)
		}
		if got := r.studio.happened(); !slices.Equal(got, []string{"open c2"}) {
			t.Errorf("the media did %v", got)
		}
	})
}

func TestCallGivenUpWhileOfflineIsNotPlaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.server.connect()
		dial := r.do("c9", calls.Initiate{Type: calls.Audio, Receiver: calls.User("bob")})
		r.server.cut()
		r.waits(dial)
		if err := r.returned(r.do("c9", calls.Reject{Status: calls.Cancelled})); err != nil {
			t.Fatal(err)
		}
		r.server.connect()
		if err := r.returned(dial); !errors.Is(err, calls.ErrCallTerminated) {
			t.Errorf("the call: %v", err)
		}
		if got := r.server.requests(); !slices.Equal(got, []string{"call.reject"}) {
			t.Errorf("after the reconnect the phone sent %v", got)
		}
	})
}

func TestPhoneThatIsSwitchedOffHangsUp(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(r *rig)
		answers bool
		takes   time.Duration
	}{
		{"in a call", func(r *rig) { r.talk(); next[wire.Signal](r.server) }, true, 0},
		{"in a call, the server does not answer", func(r *rig) { r.talk(); next[wire.Signal](r.server) }, false, time.Second},
		{"in a call, offline", func(r *rig) { r.talk(); r.server.cut() }, false, 0},
		{"idle", func(*rig) {}, false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				tt.prepare(r)
				began := time.Now()
				r.stop()
				if tt.answers {
					_, answer := next[wire.EndCall](r.server)
					ok(answer, r.server.judge(calls.End{}, byAlice))
				}
				if err := r.ended(); err != nil {
					t.Errorf("Run: %v, want nil", err)
				}
				if took := time.Since(began); took != tt.takes {
					t.Errorf("it took %s, want %s", took, tt.takes)
				}
				if did := r.studio.happened(); len(did) > 0 && did[len(did)-1] != "close c1" {
					t.Errorf("the media did %v, want it closed", did)
				}
				if got := r.speaker.sounding(); got != "" {
					t.Errorf("the speaker plays %q", got)
				}
				if !r.server.ended {
					t.Error("the connection outlives the phone")
				}
				if err := r.Do(t.Context(), calls.Command{Act: toBob}); !errors.Is(err, agent.ErrStopped) {
					t.Errorf("a command to a phone that is off: %v", err)
				}
			})
		})
	}
}

func TestSwitchedOffWhileACommandWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.server.tell(calls.Changed{State: r.incoming("c2")})
		result := r.do("c2", calls.Accept{})
		r.stop()
		_ = r.ended()
		if err := r.returned(result); !errors.Is(err, agent.ErrStopped) {
			t.Errorf("the command returned %v", err)
		}
	})
}

// Who gave up waiting is forgotten, though no answer ever comes.
func TestWhoGaveUpIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := r.Do(ctx, calls.Command{Call: "c1", Act: toBob}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the command returned %v", err)
		}
		synctest.Wait()
		r.stop()
		_ = r.ended()
		if n := r.Awaiting(); n != 0 {
			t.Errorf("%d still wait", n)
		}
	})
}

func TestCommandIsGivenUpWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := r.Do(ctx, calls.Command{Call: "c1", Act: toBob}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the command returned %v", err)
		}
		_, answer := next[wire.InitiateCall](r.server)
		ok(answer, r.server.judge(toBob, byAlice)) // later than anybody waits for
		if _, held := r.Snapshot().Held(); !held {
			t.Error("the call that the server took is not shown")
		}
	})
}

func TestPhoneWithoutSoundOrMedia(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{t: t}
		a := agent.New(agent.Config{Me: alice, Signaler: s})
		r := &rig{Agent: a, t: t, server: s}
		r.on()
		s.connect()
		r.talk()
		if _, ok := a.Stats(); ok {
			t.Error("there are statistics of no session")
		}
		if l := a.Levels(); l.In != audio.Floor || l.Out != audio.Floor {
			t.Errorf("levels %+v of no sound", l)
		}
		r.stop()
		_, answer := next[wire.EndCall](s)
		ok(answer, s.judge(calls.End{}, byAlice))
		if err := r.ended(); err != nil {
			t.Error(err)
		}
	})
}

func TestReconnectSaysWhichCallsThePhoneKnows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		if got := r.Known(); len(got) > 0 {
			t.Errorf("an idle phone knows %v", got)
		}
		r.talk()
		if got := r.Known(); !slices.Equal(got, []calls.ID{"c1"}) {
			t.Errorf("knows %v", got)
		}
	})
}
