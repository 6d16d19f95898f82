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

func TestTheEndThatThePeerDoesNotTellIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.talk()
		next[wire.Signal](r.server)
		r.studio.notify(calls.MediaChanged{Call: "c1", Peer: "01BOB", State: calls.MediaLost, Closed: true})
		if got := r.server.requests(); len(got) > 0 {
			t.Fatalf("told %v at once: the peer shall be the first", got)
		}
		left := r.farewell(time.Minute)
		time.Sleep(2 * time.Second)
		end, answer := next[wire.EndCall](r.server)
		if end.Call != "c1" || end.Ago != 2_000 {
			t.Errorf("the server hears %+v, want c1 2 s ago", end)
		}
		ok(answer, r.server.judge(calls.End{}, byAlice))
		if rest := <-left; len(rest) != 0 {
			t.Errorf("left to tell: %+v", rest)
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

// farewell begins to say farewell with so much time; its result comes on the
// channel.
func (r *rig) farewell(d time.Duration) chan []calls.Unsent {
	left := make(chan []calls.Unsent, 1)
	go func() {
		ctx, cancel := context.WithTimeout(r.t.Context(), d)
		defer cancel()
		left <- r.Farewell(ctx)
	}()
	synctest.Wait()
	return left
}

func TestFarewell(t *testing.T) {
	t.Run("with nothing to tell", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			if left := r.farewell(time.Minute); len(left) != 1 || len(<-left) != 0 {
				t.Error("an idle phone has something to tell")
			}
		})
	})
	t.Run("the server hears it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			r.talk()
			next[wire.Signal](r.server)
			left := r.farewell(time.Minute)
			if len(left) > 0 {
				t.Fatal("the server did not answer yet")
			}
			_, answer := next[wire.EndCall](r.server)
			ok(answer, r.server.judge(calls.End{}, byAlice))
			if rest := <-left; len(rest) != 0 {
				t.Errorf("left to tell: %+v", rest)
			}
		})
	})
	t.Run("the server comes back", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			r.talk()
			r.server.cut()
			left := r.farewell(time.Minute)
			time.Sleep(20 * time.Second)
			r.server.connect(calls.CallState{Call: r.server.call})
			end, answer := next[wire.EndCall](r.server)
			if end.Ago != 20_000 {
				t.Errorf("it was %d ms ago, want 20000", end.Ago)
			}
			ok(answer, r.server.judge(calls.End{}, byAlice))
			if rest := <-left; len(rest) != 0 {
				t.Errorf("left to tell: %+v", rest)
			}
		})
	})
	t.Run("the server stays away, and the next run tells it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			r.talk()
			r.server.cut()
			hungUp := time.Now()
			rest := <-r.farewell(3 * time.Second)
			if len(rest) != 1 || rest[0].Call != "c1" || rest[0].Status != "" || !rest[0].At.Equal(hungUp) {
				t.Fatalf("left to tell: %+v", rest)
			}
			r.stop()
			_ = r.ended()

			r.Agent = agent.New(agent.Config{Me: alice, Signaler: r.server, Unsent: rest})
			r.on()
			time.Sleep(7 * time.Second)
			r.server.connect(calls.CallState{Call: r.server.call})
			if calls := r.Snapshot().Calls; len(calls) > 0 {
				t.Errorf("the call that is over is shown: %+v", calls)
			}
			end, answer := next[wire.EndCall](r.server)
			if end.Call != "c1" || end.Ago != 10_000 {
				t.Errorf("the server hears %+v, want c1 10 s ago", end)
			}
			ok(answer, r.server.judge(calls.End{}, byAlice))
			if rest := <-r.farewell(time.Minute); len(rest) > 0 {
				t.Errorf("left to tell: %+v", rest)
			}
		})
	})
	t.Run("while the accept is on its way", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			r.server.tell(calls.Changed{State: r.incoming("c2")})
			r.do("c2", calls.Accept{})
			next[wire.Ringing](r.server)
			_, accepted := next[wire.AcceptCall](r.server)
			left := r.farewell(time.Minute)
			_, rejected := next[wire.RejectCall](r.server)
			ok(accepted, r.server.judge(calls.Accept{Join: true}, byAlice))
			st := r.server.judge(calls.Reject{Status: calls.Rejected}, byAlice)
			ok(rejected, st)
			if rest := <-left; len(rest) > 0 || st.Call.Status != calls.Ended {
				t.Errorf("the call is %s, left to tell: %+v", st.Call.Status, rest)
			}
			if did := r.studio.happened(); len(did) > 0 {
				t.Errorf("the media did %v", did)
			}
		})
	})
	t.Run("of a phone that is off", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			r.stop()
			_ = r.ended()
			if rest := <-r.farewell(time.Minute); len(rest) > 0 {
				t.Errorf("left to tell: %+v", rest)
			}
		})
	})
}

// Nobody waits for an accept that its person took back while there was no
// connection: it is not sent any more.
func TestAcceptThatIsTakenBackWhileOffline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		state := r.incoming("c2")
		r.server.tell(calls.Changed{State: state})
		r.server.cut()
		accepted := r.do("c2", calls.Accept{})
		rejected := r.do("c2", calls.Reject{Status: calls.Rejected})
		r.waits(accepted)
		r.server.connect(state)
		if err := r.returned(accepted); !errors.Is(err, calls.ErrCallTerminated) {
			t.Errorf("the accept: %v", err)
		}
		_, answer := next[wire.RejectCall](r.server)
		ok(answer, r.server.judge(calls.Reject{Status: calls.Rejected}, byAlice))
		if err := r.returned(rejected); err != nil {
			t.Errorf("the reject: %v", err)
		}
		if did := r.studio.happened(); len(did) > 0 {
			t.Errorf("the media did %v", did)
		}
	})
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
