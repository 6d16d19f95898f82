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
// any moment, over connections that delay, break and repeat, with clocks that
// are wrong by a day and step, and checks what must hold all the same:
//
//	 1  a call that is over stays so (checkAlways)
//	 2  at most one phone of the callee wins (checkConverged)
//	 3  all phones agree with the server on the outcome (checkConverged)
//	 4  media opens only on a phone whose person dialled or accepted (world.step)
//	 5  no phone is left ringing after the ring time (checkConverged)
//	 8  what is older than its ring time never rings (world.hear)
//	 9  the same event twice is once (world.deliver)
//	11  two who call each other at once have one call (checkConverged)
//	12  a phone is busy while it holds a live call, and only then (checkConverged)
//	14  missed calls are counted by the one definition (checkConverged)
//	16  what was cancelled or rejected first never connects (checkConverged)
//	19  no phone shows an older state after a newer one (world.hear)
//	24  no clock changes an outcome (skew)
//	26  somebody can end each call (checkConverged)
func TestAnythingMayHappen(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(rt, "ada", "ada'", "bob", "bob'")
		day := rapid.IntRange(-86400, 86400)
		w.skew = time.Duration(day.Draw(rt, "server's clock")) * time.Second
		for _, p := range w.phones {
			p.skew = time.Duration(day.Draw(rt, "phone's clock")) * time.Second
		}
		rt.Repeat(w.actions())
		w.checkConverged(rt)
	})
}

// actions is what may happen in the world.
func (w *world) actions() map[string]func(*rapid.T) {
	names := []string{"ada", "ada'", "bob", "bob'"}
	anyPhone := func(rt *rapid.T) *testPhone { return w.phone(rapid.SampledFrom(names).Draw(rt, "phone")) }
	n := 0
	return map[string]func(*rapid.T){
		"dial": func(rt *rapid.T) {
			p, to := anyPhone(rt), UserID("bob")
			if p.me.User == "bob" {
				to = "ada"
			}
			n++
			kind := rapid.SampledFrom([]Type{Audio, Video}).Draw(rt, "type")
			w.command(p, ID(fmt.Sprintf("call%03d", n)), Initiate{Type: kind, Receiver: User(to)})
		},
		"key": func(rt *rapid.T) {
			p := anyPhone(rt)
			name := rapid.SampledFrom([]string{"accept", "reject", "busy", "cancel", "end", "mute", "unmute"}).Draw(rt, "key")
			w.command(p, w.some(rt, p), acts[name])
		},
		"end and accept": func(rt *rapid.T) {
			p := anyPhone(rt)
			if held := p.held(""); held != nil {
				w.command(p, w.some(rt, p), Accept{Ending: held.call.ID})
			}
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
			w.step(p, MediaChanged{Call: w.some(rt, p), Peer: "x", State: state, Closed: rapid.Bool().Draw(rt, "closed")})
		},
		"offline": func(rt *rapid.T) { w.disconnect(anyPhone(rt)) },
		"online": func(rt *rapid.T) {
			if p := anyPhone(rt); !p.online {
				w.connect(p)
			}
		},
		"switched off and on": func(rt *rapid.T) { w.restart(anyPhone(rt)) },
		"time":                func(rt *rapid.T) { w.pass(time.Duration(rapid.IntRange(1, 60).Draw(rt, "s")) * time.Second) },
		"clock steps":         func(rt *rapid.T) { w.skew += time.Duration(rapid.IntRange(-86400, 86400).Draw(rt, "by")) * time.Second },
		"":                    func(rt *rapid.T) { w.checkAlways(rt) },
	}
}

// some is one of a phone's calls.
func (w *world) some(rt *rapid.T, p *testPhone) ID {
	if len(p.legs) == 0 {
		return "none"
	}
	return p.legs[rapid.IntRange(0, len(p.legs)-1).Draw(rt, "leg")].call.ID
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
	pending := 0
	for id, c := range w.calls {
		if c.Status == Initiated {
			pending++
		}
		if c.Status == Ongoing && c.joined() != 2 {
			t.Errorf("call %s is ongoing with %d joined", id, c.joined())
		}
		if !c.EndedAt.IsZero() != c.Status.Terminal() {
			t.Errorf("call %s is %s and ended at %v", id, c.Status, c.EndedAt)
		}
		if old := w.over[id]; old.Status.Terminal() && !c.Equal(old) {
			t.Errorf("call %s was %s and changed", id, old.Status)
		}
		w.over[id] = c
	}
	if pending > 1 {
		t.Errorf("%d calls ring between two people", pending)
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
	w.pass(peersTurn)
	w.settle()
	w.checkAgreed(t)
	w.pass(MaxRingTime)
	for _, p := range w.phones {
		for _, l := range slices.Clone(p.legs) {
			w.command(p, l.call.ID, End{})
		}
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
		if p.missed != w.missed(p.me.User) {
			t.Errorf("%s shows %d missed calls, want %d", p.name, p.missed, w.missed(p.me.User))
		}
	}
	for id, c := range w.calls {
		if !c.Status.Terminal() {
			t.Errorf("a ghost: %s is still %s", id, c.Status)
		}
	}
}

// checkAgreed: with no frame under way, the phones show what the server has.
func (w *world) checkAgreed(t *rapid.T) {
	for _, p := range w.phones {
		for _, l := range p.legs {
			c := w.calls[l.call.ID]
			if c.Status != l.call.Status || c.Type != l.call.Type {
				t.Errorf("%s shows %s as %s %s, the server has %s %s", p.name, c.ID, l.call.Status, l.call.Type, c.Status, c.Type)
			}
			if me, _ := c.Party(p.me.User); l.opened && me.AudioMuted != l.muted {
				t.Errorf("%s is muted: %v, by the server: %v", p.name, l.muted, me.AudioMuted)
			}
		}
		held := p.held("") != nil
		busy := slices.ContainsFunc(w.all(), func(c Call) bool { return c.Holds(p.me.Viewer()) })
		if held != busy {
			t.Errorf("%s holds a call: %v, by the server: %v", p.name, held, busy)
		}
	}
	for id, c := range w.calls {
		winners := 0
		for _, p := range w.phones {
			if p.opened[id] > 1 {
				t.Errorf("%s opened media for %s %d times", p.name, id, p.opened[id])
			}
			if p.opened[id] > 0 && c.AnsweredAt.IsZero() {
				t.Errorf("%s opened media for %s, which nobody answered", p.name, id)
			}
			if p.opened[id] > 0 && p.me.User != c.Initiator {
				winners++
			}
		}
		if winners > 1 {
			t.Errorf("%d phones won call %s", winners, id)
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
		if c.Status == Initiated && !c.Hidden {
			want = 0
		}
		if missed := told(first, c); live != want || missed != want {
			rt.Errorf("%s: told %d times live, %d times at the reconnect, want %d", c.Status, live, missed, want)
		}
	})
}
