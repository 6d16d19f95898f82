package calls

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestAnythingMayHappen lets two people with two phones each press any key at
// any moment, over connections that delay, break and repeat, and checks what
// must hold all the same.
func TestAnythingMayHappen(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(rt, "ada", "ada'", "bob", "bob'")
		n := 0
		anyPhone := func(rt *rapid.T) *testPhone {
			return w.phone(rapid.SampledFrom([]string{"ada", "ada'", "bob", "bob'"}).Draw(rt, "phone"))
		}
		rt.Repeat(map[string]func(*rapid.T){
			"dial": func(rt *rapid.T) {
				p := anyPhone(rt)
				if len(w.live()) > 0 {
					rt.Skip("one call at a time: claims keep it so on a server")
				}
				to := UserID("bob")
				if p.me.User == "bob" {
					to = "ada"
				}
				n++
				w.command(p, ID(fmt.Sprint("call", n)), Initiate{Type: Audio, Receiver: User(to)})
			},
			"key": func(rt *rapid.T) {
				p := anyPhone(rt)
				name := rapid.SampledFrom([]string{"accept", "reject", "busy", "cancel", "end", "mute"}).Draw(rt, "key")
				w.command(p, w.only(p), acts[name])
			},
			"server":  func(rt *rapid.T) { w.serve(anyPhone(rt)) },
			"deliver": func(rt *rapid.T) { w.deliver(anyPhone(rt)) },
			"repeat": func(rt *rapid.T) {
				if p := anyPhone(rt); len(p.inbox) > 0 {
					if ch, ok := p.inbox[0].(Changed); ok {
						p.inbox = append(p.inbox, ch)
					}
				}
			},
			"media": func(rt *rapid.T) {
				p := anyPhone(rt)
				state := rapid.SampledFrom([]MediaState{MediaConnected, MediaLost}).Draw(rt, "state")
				w.step(p, MediaChanged{Call: w.only(p), Peer: "x", State: state, Closed: rapid.Bool().Draw(rt, "closed")})
			},
			"offline": func(rt *rapid.T) { w.disconnect(anyPhone(rt)) },
			"online": func(rt *rapid.T) {
				if p := anyPhone(rt); !p.online {
					w.connect(p)
				}
			},
			"time": func(rt *rapid.T) { w.pass(time.Duration(rapid.IntRange(1, 60).Draw(rt, "s")) * time.Second) },
			"":     func(rt *rapid.T) { w.checkAlways(rt) },
		})
		w.checkConverged(rt)
	})
}

func (w *world) live() []ID {
	var ids []ID
	for _, id := range slices.Sorted(maps.Keys(w.calls)) {
		if !w.calls[id].Status.Terminal() {
			ids = append(ids, id)
		}
	}
	for _, p := range w.phones {
		for _, l := range p.legs {
			ids = append(ids, l.call.ID)
		}
	}
	return ids
}

// checkAlways: what holds at every moment.
func (w *world) checkAlways(t *rapid.T) {
	for _, p := range w.phones {
		held := 0
		for _, l := range p.legs {
			if l.call.Holds(p.me.Viewer()) {
				held++
			}
			if l.call.Status.Terminal() {
				t.Errorf("%s keeps a call that is over", p.name)
			}
		}
		if held > 1 {
			t.Errorf("%s holds %d calls", p.name, held)
		}
	}
	for id, c := range w.calls {
		if c.Status == Ongoing && c.joined() != 2 {
			t.Errorf("call %s is ongoing with %d joined", id, c.joined())
		}
		if !c.EndedAt.IsZero() != c.Status.Terminal() {
			t.Errorf("call %s is %s and ended at %v", id, c.Status, c.EndedAt)
		}
	}
}

// checkConverged: once every frame has arrived, all phones and the server agree,
// and after the last hang-up and the ring time nothing is left of any call.
func (w *world) checkConverged(t *rapid.T) {
	for _, p := range w.phones {
		if !p.online {
			w.connect(p)
		}
	}
	w.settle()
	for _, p := range w.phones {
		for _, l := range p.legs {
			if c := w.calls[l.call.ID]; c.Status != l.call.Status {
				t.Errorf("%s shows %s as %s, the server has %s", p.name, l.call.ID, l.call.Status, c.Status)
			}
		}
	}
	for id, c := range w.calls {
		winners := 0
		for _, p := range w.phones {
			if p.opened[id] > 1 {
				t.Errorf("%s opened media for %s %d times", p.name, id, p.opened[id])
			}
			if c.Holds(p.me.Viewer()) && p.me.User != c.Initiator {
				winners++
			}
		}
		if winners > 1 {
			t.Errorf("%d phones won call %s", winners, id)
		}
	}
	w.pass(MaxRingTime)
	for _, p := range w.phones {
		w.command(p, w.only(p), End{})
	}
	w.settle()
	for _, p := range w.phones {
		if len(p.legs) > 0 || p.tone != NoTone || len(p.pending) > 0 {
			t.Errorf("%s is left with %d calls, tone %q, pending %v", p.name, len(p.legs), p.tone, p.pending)
		}
		for id, open := range p.media {
			if open {
				t.Errorf("%s left media of %s open", p.name, id)
			}
		}
	}
	for id, c := range w.calls {
		if !c.Status.Terminal() {
			t.Errorf("a ghost: %s is still %s", id, c.Status)
		}
	}
}

// TestNobodyElseCanDoAnything: whatever somebody does who is not in the call, or
// whatever a client does in the server's name, changes nothing.
func TestNobodyElseCanDoAnything(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := callIn(t, rapid.SampledFrom(statusesT[1:]).Draw(rt, "status"))
		act := acts[rapid.SampledFrom(slices.Sorted(maps.Keys(acts))).Draw(rt, "act")]
		after, err := c.Apply(act, eve, start.Add(time.Hour))
		if err == nil || !after.Equal(c) {
			rt.Errorf("%s by a stranger: %v", act.Verb(), err)
		}
	})
}

// TestTerminalStatesAbsorb: any acts by anybody in any order, and a call that is
// over stays as it is.
func TestTerminalStatesAbsorb(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := callIn(t, Initiated)
		for range rapid.IntRange(1, 40).Draw(rt, "acts") {
			act := acts[rapid.SampledFrom(slices.Sorted(maps.Keys(acts))).Draw(rt, "act")]
			by := actors[rapid.SampledFrom(slices.Sorted(maps.Keys(actors))).Draw(rt, "by")]
			after, err := c.Apply(act, by, start.Add(time.Duration(rapid.Int64Range(-1e15, 1e15).Draw(rt, "when"))))
			if c.Status.Terminal() && !after.Equal(c) {
				rt.Fatalf("%s by %s changed a call that was %s", act.Verb(), by.Device.ID, c.Status)
			}
			if err != nil && !after.Equal(c) {
				rt.Fatalf("a refused %s changed the call", act.Verb())
			}
			if after.Status == Ongoing && after.AnsweredAt.IsZero() || !after.EndedAt.IsZero() && after.EndedAt.Before(after.AnsweredAt) {
				rt.Fatalf("times out of order: %+v", after)
			}
			c = after
		}
	})
}

// TestEventsOfAMissedStretch: a phone that heard every change and one that heard
// only the last are both told exactly once that their ringing is over.
func TestEventsOfAMissedStretch(t *testing.T) {
	third := Viewer{User: "bob", Device: "bob-3"} // rings, and presses no key
	told := func(before, after Call) (n int) {
		for _, e := range Events(before, after, third) {
			if e.Name == IncomingCallCanceled || e.Name == CallEnded {
				n++
			}
		}
		return n
	}
	rapid.Check(t, func(rt *rapid.T) {
		first := callIn(t, Initiated)
		c, live := first, 0
		for range rapid.IntRange(1, 12).Draw(rt, "acts") {
			act := acts[rapid.SampledFrom(slices.Sorted(maps.Keys(acts))).Draw(rt, "act")]
			by := actors[rapid.SampledFrom(slices.Sorted(maps.Keys(actors))).Draw(rt, "by")]
			after, _ := c.Apply(act, by, start.Add(time.Minute))
			live += told(c, after)
			c = after
		}
		want := 1
		if c.Status == Initiated {
			want = 0
		}
		if missed := told(first, c); live != want || missed != want {
			rt.Errorf("%s: told %d times live, %d times at the reconnect, want %d", c.Status, live, missed, want)
		}
	})
}
