package calls

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// step is one act of a random story of a call, and what came of it.
type step struct {
	act           Act
	by            Actor
	before, after Call
	err           error
}

// story lets anybody do anything to a call, in any order, by a clock that steps
// back and forth.
func story(t testing.TB, rt *rapid.T, first Call, names ...string) []step {
	t.Helper()
	c, now := first, start
	verbs := slices.DeleteFunc(slices.Sorted(maps.Keys(acts)), func(name string) bool { return name == "invite" }) // of strangers: no stranger any more
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(actors))
	}
	var steps []step
	for range rapid.IntRange(1, 30).Draw(rt, "acts") {
		now = now.Add(time.Duration(rapid.IntRange(-86400, 86400).Draw(rt, "seconds")) * time.Second)
		act := acts[rapid.SampledFrom(verbs).Draw(rt, "act")]
		by := actors[rapid.SampledFrom(names).Draw(rt, "by")]
		after, err := c.Apply(act, by, now)
		after.Revision = c.Revision + 1
		steps = append(steps, step{act, by, c, after, err})
		c = after
	}
	return steps
}

// Invariants 2, 3 and 16: at most one phone of the callee ever wins, a call has
// one outcome, and of accept, reject, cancel and time-out the first one holds:
// the others are told by an error.
func TestOneWinnerAndOneOutcome(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		winners, outcomes := map[DeviceID]bool{}, map[Status]bool{}
		for _, s := range story(t, rt, callIn(t, Initiated)) {
			if p, _ := s.after.Party("bob"); p.State == PartyJoined {
				winners[p.Device] = true
			}
			if s.after.Status.Terminal() {
				outcomes[s.after.Status] = true
			}
			_, accept := s.act.(Accept)
			if accept && s.err == nil && !s.before.Holds(s.by.Viewer()) && s.before.Status != Initiated && !s.after.Equal(s.before) {
				rt.Fatalf("an accept of %s by %s held", s.before.Status, s.by.Device.ID)
			}
			if accept && s.before.Status.Terminal() && s.before.AnsweredAt.IsZero() && s.err == nil {
				rt.Fatalf("%s accepted a call that was %s, and was not told", s.by.Device.ID, s.before.Status)
			}
			if s.after.Status == Cancelled && !s.after.AnsweredAt.IsZero() {
				rt.Fatal("a call is answered and cancelled")
			}
		}
		if len(winners) > 1 || len(outcomes) > 1 {
			rt.Errorf("winners %v, outcomes %v", winners, outcomes)
		}
	})
}

// Invariant 14: missed is what its definition says, told here in other words: the
// story is over, and in it no phone of Bob accepted or rejected, nor did he block.
func TestMissedIsWhatNobodyTookOrRefused(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		taken, over := false, false
		for _, s := range story(t, rt, callIn(t, Initiated)) {
			changed := s.err == nil && !s.after.Equal(s.before)
			switch a := s.act.(type) {
			case Accept, Hide:
				taken = taken || changed
			case Reject:
				taken = taken || changed && s.by.User == "bob" && a.Status != Cancelled
			}
			over = s.after.Status.Terminal()
			if got, want := s.after.Missed("bob"), over && !taken; got != want {
				rt.Fatalf("%s after %s: missed %v, want %v", s.after.Status, s.act.Verb(), got, want)
			}
			if s.after.Missed("ada") || s.after.Missed("eve") {
				rt.Fatal("missed by somebody who was not called")
			}
		}
	})
}

// Invariant 15: whatever the clock does, ring ≤ answer ≤ end, and each party
// joins before it leaves.
func TestTimesOfARecordAreInOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		for _, s := range story(t, rt, callIn(t, Initiated)) {
			c := s.after
			if !c.AnsweredAt.IsZero() && c.AnsweredAt.Before(c.InitiatedAt) ||
				!c.EndedAt.IsZero() && (c.EndedAt.Before(c.InitiatedAt) || c.EndedAt.Before(c.AnsweredAt)) {
				rt.Fatalf("initiated %v, answered %v, ended %v", c.InitiatedAt, c.AnsweredAt, c.EndedAt)
			}
			for _, p := range c.Parties {
				if !p.LeftAt.IsZero() && p.LeftAt.Before(p.JoinedAt) {
					rt.Fatalf("%s joined at %v and left at %v", p.User, p.JoinedAt, p.LeftAt)
				}
			}
			if c.Talked(start.Add(-time.Hour)) < 0 {
				rt.Fatal("talked for less than nothing")
			}
		}
	})
}

// Invariant 18: to somebody who is not in the call, no error tells one state of
// it from another, and no event is told.
func TestAStrangerLearnsNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := story(t, rt, callIn(t, Initiated))
		act := acts[rapid.SampledFrom(slices.Sorted(maps.Keys(acts))).Draw(rt, "stranger's act")]
		_, want := steps[0].before.Apply(act, eve, start)
		for _, s := range steps {
			if _, got := s.after.Apply(act, eve, start); Code(got) != Code(want) {
				rt.Fatalf("%s by a stranger: %v, and before %v", act.Verb(), got, want)
			}
			if _, ok := s.after.SeenBy(eve.Viewer()); ok || len(Events(s.before, s.after, eve.Viewer())) > 0 {
				rt.Fatal("a stranger sees the call")
			}
		}
	})
}

// Invariant 25: a caller whom the callee blocked hears, at each step, exactly
// what the caller of somebody offline hears.
func TestABlockLooksLikeBeingOffline(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		offline := callIn(t, Initiated)
		blocked := offline
		blocked.Hidden = true
		for _, s := range story(t, rt, offline, "ada", "ada'", "eve") { // nobody acts for who is offline
			before := blocked
			var err error
			blocked, err = before.Apply(s.act, s.by, s.after.EndedAt)
			if Code(err) != Code(s.err) {
				rt.Fatalf("%s: blocked %v, offline %v", s.act.Verb(), err, s.err)
			}
			blocked.Revision, blocked.EndedAt = s.after.Revision, s.after.EndedAt
			for i := range blocked.Parties {
				blocked.Parties[i].LeftAt, blocked.Parties[i].JoinedAt = s.after.Parties[i].LeftAt, s.after.Parties[i].JoinedAt
			}
			seen, _ := blocked.SeenBy(ada.Viewer())
			if !seen.Equal(s.after) {
				rt.Fatalf("blocked: %+v, offline: %+v", seen, s.after)
			}
			got, want := Events(before, blocked, ada.Viewer()), Events(s.before, s.after, ada.Viewer())
			if len(got) != len(want) {
				rt.Fatalf("blocked hears %v, offline %v", got, want)
			}
			if _, ok := blocked.SeenBy(bob.Viewer()); ok || len(Events(before, blocked, bob.Viewer())) > 0 || blocked.Missed("bob") {
				rt.Fatal("who blocks hears of the call")
			}
			// What is tried on a hidden call in the callee's name is refused as for
			// a stranger.
			if _, err := blocked.Apply(Accept{}, bob, start); !errors.Is(err, ErrNotAParty) {
				rt.Fatalf("a hidden call was accepted: %v", err)
			}
		}
	})
}

// Invariant 26: whatever has happened, somebody can end the call that is live.
func TestSomebodyCanEndEachCall(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := story(t, rt, callIn(t, Initiated))
		c := steps[len(steps)-1].after
		if c.Status.Terminal() {
			return
		}
		for _, by := range []Actor{ada, adaOther, bob, bobOther} {
			if !c.Holds(by.Viewer()) {
				continue
			}
			after, err := c.Apply(giveUp(c), by, start)
			if err != nil || c.TwoParty() && !after.Status.Terminal() {
				rt.Errorf("%s cannot end a call that is %s: %v", by.Device.ID, c.Status, err)
			}
		}
		if after, err := c.Apply(RingTimeout{}, ByServer, start); c.Status == Initiated && (err != nil || !after.Status.Terminal()) {
			rt.Errorf("the ring time does not end it: %v", err)
		}
	})
}

// Invariant 10: in whatever order the states of a call reach a phone, it ends up
// where the right order leads to.
func TestOrderOfDeliveryDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		states := []Call{callIn(t, Initiated)}
		for _, s := range story(t, rt, states[0]) {
			if s.err == nil && !s.after.Equal(s.before) {
				states = append(states, s.after)
			}
		}
		who := rapid.SampledFrom([]Actor{bob, bobOther}).Draw(rt, "phone")
		play := func(order []Call) (legs []Call, open bool) {
			p := NewPhone(Identity{User: who.User, Device: who.Device})
			p.Step(start, Connected{Snapshot{Me: p.me}})
			p.pending = []unanswered{{Send: Send{Call: "call", Act: Accept{Join: true}}}} // the person accepted
			for _, c := range order {
				for _, e := range p.Step(start, Changed{CallState{Call: c, RingLeft: 1000}}) {
					switch e.(type) {
					case OpenMedia:
						open = true
					case CloseMedia:
						open = false
					}
				}
			}
			for _, l := range p.legs {
				legs = append(legs, l.call)
			}
			return legs, open
		}
		want, wantOpen := play(states)
		got, gotOpen := play(rapid.Permutation(states).Draw(rt, "order"))
		if len(got) != len(want) || gotOpen != wantOpen || len(got) == 1 && !got[0].Equal(want[0]) {
			rt.Errorf("out of order: %v, media %v; in order: %v, media %v", got, gotOpen, want, wantOpen)
		}
	})
}
