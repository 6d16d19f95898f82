package calls

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// effects are those of one kind.
func effects[E Effect](all []Effect) (some []E) {
	for _, e := range all {
		if e, ok := e.(E); ok {
			some = append(some, e)
		}
	}
	return some
}

// ringing is bob's phone, and a call for it.
func ringing(t *testing.T) *Phone {
	t.Helper()
	p := NewPhone(Identity{User: "bob", Device: bob.Device})
	p.Step(start, Connected{Snapshot{Me: p.me}})
	p.Step(start, Changed{CallState{Call: callIn(t, Initiated), RingLeft: 45_000}})
	return p
}

// answer lets the server answer the phone's accept.
func answer(t *testing.T, p *Phone, g Grant) []Effect {
	t.Helper()
	accept := effects[Send](p.Step(start, Command{Call: "call", Act: Accept{}}))[0]
	return p.Step(start, Answered{Send: accept, State: CallState{Call: callIn(t, Ongoing), Grant: g}})
}

func TestCredentialsAreRenewedAtHalfTheirLife(t *testing.T) {
	p := ringing(t)
	old := []Server{{URLs: []string{"turn:192.0.2.7:7433"}, Username: "1:bob"}}
	fresh := []Server{{URLs: []string{"turn:192.0.2.7:7433"}, Username: "2:bob"}}
	opened := effects[OpenMedia](answer(t, p, Grant{Token: "t", Servers: old, TTL: ToMillis(time.Hour)}))
	if len(opened) != 1 || opened[0].Servers[0].Username != "1:bob" {
		t.Fatalf("opened %+v", opened)
	}
	asks := func(at time.Duration) []Send {
		p.legs[0].renewAt = time.Time{}
		return effects[Send](p.Step(start.Add(at), Tick{}))
	}
	if sent := asks(30*time.Minute - 1); len(sent) > 0 {
		t.Errorf("asks too early: %v", sent)
	}
	sent := asks(30 * time.Minute)
	if len(sent) != 1 || sent[0].Act != (Token{}) {
		t.Fatalf("at half their life the phone sends %v, want a token", sent)
	}
	if due, ok := p.Deadline(); !ok || due != start.Add(31*time.Minute) {
		t.Errorf("without an answer it asks again at %v", due)
	}
	renewed := p.Step(start.Add(30*time.Minute), Answered{
		Send: sent[0], State: CallState{Call: p.legs[0].call, Grant: Grant{Token: "u", Servers: fresh, TTL: ToMillis(time.Hour)}},
	})
	set := effects[SetPeers](renewed)
	if len(set) != 1 || set[0].Servers[0].Username != "2:bob" || len(set[0].Peers) != 1 {
		t.Errorf("the session is told %+v", set)
	}
	if len(asks(59*time.Minute)) > 0 || len(asks(60*time.Minute)) != 1 {
		t.Error("the new ones are not renewed at half their life")
	}
}

func TestSignalsThatComeEarlyAreKept(t *testing.T) {
	p := ringing(t)
	for range maxEarly + 8 { // a flood is bounded
		if out := p.Step(start, Relayed{Call: "call", From: "ada-1", Payload: []byte("offer")}); len(out) > 0 {
			t.Fatalf("before the accept the phone does %v", out)
		}
	}
	out := answer(t, p, Grant{})
	open := slices.IndexFunc(out, func(e Effect) bool { _, ok := e.(OpenMedia); return ok })
	first := slices.IndexFunc(out, func(e Effect) bool { _, ok := e.(DeliverSignal); return ok })
	if n := len(effects[DeliverSignal](out)); n != maxEarly || open < 0 || first < open {
		t.Errorf("%d signals delivered, the first as effect %d, the session opened as %d", n, first, open)
	}
	if out := p.Step(start, Relayed{Call: "call", From: "ada-1"}); len(effects[DeliverSignal](out)) != 1 {
		t.Errorf("later ones: %v", out)
	}
}

func TestAnInviteOlderThanItsRingTimeNeverRings(t *testing.T) {
	p := NewPhone(Identity{User: "bob", Device: bob.Device})
	old := CallState{Call: callIn(t, Initiated)}
	out := p.Step(start, Connected{Snapshot{Me: p.me, Calls: []CallState{old}}})
	out = append(out, p.Step(start, Changed{old})...)
	for _, e := range out {
		if e, ok := e.(Emit); ok && e.Event.Name == IncomingCallReceived {
			t.Error("it rings")
		}
	}
	if len(effects[PlayTone](out)) > 0 || len(p.View().Calls) > 0 {
		t.Errorf("the phone does %v", out)
	}
}

func TestADialGivenUpWhileAwayIsNotPlacedLater(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	ada, bob := w.phone("ada"), w.phone("bob")
	for _, line := range []string{"ada calls", "ada offline", "ada cancel", "ada online", "deliver"} {
		w.play(strings.Fields(line))
	}
	if len(w.calls) != 0 || len(bob.legs) > 0 || len(ada.pending) > 0 {
		t.Errorf("placed %v, bob heard %v, ada keeps %v", w.calls, bob.heard, ada.pending)
	}
	w.command(ada, "second", Initiate{Type: Audio, Receiver: User("bob")})
	w.play([]string{"ada", "offline"})
	w.play([]string{"ada", "online"})
	w.settle()
	if c := w.calls["second"]; c.Status != Initiated {
		t.Errorf("a dial that was not given up is %q after the reconnect", c.Status)
	}
}

func TestGlareThatWasGivenUpIsHungUp(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	for _, line := range []string{"ada calls", "bob calls", "ada cancel", "server takes bob", "server takes ada", "server takes ada", "deliver"} {
		w.play(strings.Fields(line))
	}
	if c := w.calls["call-bob"]; c.Status != Ended || w.phone("ada").opened["call-bob"] != 0 {
		t.Errorf("ada had given up, and bob's call is %s; media opened %d times", c.Status, w.phone("ada").opened["call-bob"])
	}
}

// Who begins with the microphone closed is not heard for one instant, whoever
// called, and the others are told.
func TestACallThatBeginsMuted(t *testing.T) {
	for name, story := range map[string][]string{
		"the call is placed":                     {"ada calls"},
		"the call is answered":                   {"bob calls", "deliver", "ada accept"},
		"both call, ours counts":                 {"ada calls", "bob calls", "server takes ada"},
		"both call, the other's does":            {"ada calls", "bob calls", "server takes bob"},
		"the answer comes after a reconnect":     {"bob calls", "deliver", "ada accept", "server takes ada", "ada offline", "ada online"},
		"the other's rings already as ours goes": {"bob calls", "deliver", "ada calls"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "ada", "bob")
			ada, bob := w.phone("ada"), w.phone("bob")
			ada.closed = true
			for _, line := range append(story, "deliver") {
				w.play(strings.Fields(line))
			}
			if len(bob.opened) == 0 {
				w.command(bob, bob.legs[0].call.ID, Accept{Join: true})
				w.settle()
			}
			if len(ada.opened) != 1 || ada.spoke || !bob.spoke {
				t.Errorf("ada opened %v; she is heard: %v, bob: %v", ada.opened, ada.spoke, bob.spoke)
			}
			if me, _ := bob.legs[0].call.Party("ada"); !me.AudioMuted || !ada.View().Calls[0].Muted {
				t.Errorf("bob is told %+v, ada's screen shows %+v", me, ada.View().Calls[0])
			}
		})
	}
}

// What is done to the microphone while the server is away holds, and the others
// are told once it is back.
func TestAMicrophoneThatChangesWithoutAConnection(t *testing.T) {
	for _, muted := range []bool{false, true} {
		for _, then := range []bool{false, true} {
			for _, answered := range []bool{false, true} {
				t.Run(fmt.Sprintf("muted %v, then %v; answered before: %v", muted, then, answered), func(t *testing.T) {
					w := newWorld(t, "ada", "bob")
					ada, bob := w.phone("ada"), w.phone("bob")
					w.command(ada, "call-ada", Initiate{Type: Audio, Receiver: User("bob")})
					w.settle()
					answer := func() { w.command(bob, "call-ada", Accept{Join: true}); w.settle() }
					if answered {
						answer()
					}
					w.command(ada, "call-ada", SetMuted{Audio: muted})
					w.settle()
					w.disconnect(ada)
					w.command(ada, "call-ada", SetMuted{Audio: then})
					w.connect(ada)
					w.settle()
					if !answered {
						answer()
					}
					if me, _ := bob.legs[0].call.Party("ada"); me.AudioMuted != then || ada.View().Calls[0].Muted != then {
						t.Errorf("bob is told %v, ada's screen shows %v", me.AudioMuted, ada.View().Calls[0].Muted)
					}
				})
			}
		}
	}
}

func TestGlareIsAudioIfOneSideWantsThat(t *testing.T) {
	for _, tt := range []struct{ first, second, want Type }{
		{Audio, Audio, Audio}, {Audio, Video, Audio}, {Video, Audio, Audio}, {Video, Video, Video},
	} {
		act := adaToBob
		act.Type = tt.first
		c, err := Call{}.Apply(act, ada, start)
		if err != nil {
			t.Fatal(err)
		}
		c, err = c.Apply(Accept{Join: true, Type: tt.second}, bob, start)
		if err != nil || c.Type != tt.want {
			t.Errorf("%s meets %s: %s, %v", tt.first, tt.second, c.Type, err)
		}
		if again, _ := c.Apply(Accept{Join: true, Type: Audio}, bob, start); again.Type != tt.want {
			t.Errorf("a repeated accept makes it %s", again.Type)
		}
	}
}

func TestWhatTheAccountsPhonesShareIsPushed(t *testing.T) {
	p := NewPhone(Identity{User: "bob", Device: bob.Device})
	out := effects[Emit](p.Step(start, AccountUpdate{Settings: Settings{Presence: Away}, MissedCount: 3}))
	if v := p.View(); v.Settings.Presence != Away || v.MissedCount != 3 {
		t.Errorf("the view has %+v, %d missed", v.Settings, v.MissedCount)
	}
	if len(out) != 1 || out[0].Event.Name != AccountChanged {
		t.Errorf("told %v", out)
	}
}

func TestMediaOpensForThePhonesOfTheSession(t *testing.T) {
	p := ringing(t)
	p.send("call", Accept{}) // without joining
	c, err := callIn(t, Initiated).Apply(Accept{}, bob, start)
	if err != nil {
		t.Fatal(err)
	}
	c.Revision = 2
	if out := p.Step(start, Changed{CallState{Call: c, Grant: Grant{Token: "t"}}}); len(effects[OpenMedia](out)) > 0 {
		t.Error("media opens for a phone that has not joined")
	}
	if got := p.legs[0].grant.Token; got != "t" {
		t.Errorf("the token is %q", got)
	}
	c, err = c.Apply(Join{}, bob, start)
	if err != nil {
		t.Fatal(err)
	}
	c.Revision = 3
	open := effects[OpenMedia](p.Step(start, Changed{CallState{Call: c}}))
	if len(open) != 1 || p.legs[0].grant.Token != "t" {
		t.Errorf("after the join: %v, token %q", open, p.legs[0].grant.Token)
	}
	c.Parties[0].Device, c.Revision = "ada-2", 4 // as when a group's member comes back on another phone
	set := effects[SetPeers](p.Step(start, Changed{CallState{Call: c}}))
	if len(set) != 1 || set[0].Peers[0].Device != "ada-2" {
		t.Errorf("another peer: %v", set)
	}
}

func TestACallThatNobodyHereAskedForIsHungUp(t *testing.T) {
	taken, err := callIn(t, Initiated).Apply(Accept{Join: true}, bob, start)
	if err != nil {
		t.Fatal(err)
	}
	taken.Revision = 2
	for name, dial := range map[string]Receiver{"no dial": {}, "a dial to somebody else": User("eve")} {
		p := NewPhone(Identity{User: "bob", Device: bob.Device})
		p.Step(start, Connected{Snapshot{Me: p.me}})
		if dial.ID != "" {
			p.Step(start, Command{Call: "mine", Act: Initiate{Type: Audio, Receiver: dial}})
		}
		out := p.Step(start, Changed{CallState{Call: taken}})
		sent := effects[Send](out)
		if len(effects[OpenMedia](out)) > 0 || len(sent) != 1 || sent[0] != (Send{Call: "call", Act: End{}}) {
			t.Errorf("%s: the phone does %v", name, out)
		}
		if dial.ID != "" && p.leg("mine") == nil {
			t.Errorf("%s: the dial is gone", name)
		}
	}
}
