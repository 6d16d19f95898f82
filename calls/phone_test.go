package calls

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the transcripts in testdata anew")

// TestStories plays each script of testdata/stories and compares what happened
// with the transcript below it. The scripts are the services of RFC 5359 that a
// ringing service has, and the troubles between.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/stories/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			script, want, _ := strings.Cut(string(data), "---\n")
			w := newWorld(t, "ada", "ada'", "bob", "bob'")
			for line := range strings.Lines(script) {
				w.play(strings.Fields(line))
			}
			if got := w.story(); got != want {
				if *update {
					if err := os.WriteFile(file, []byte(script+"---\n"+got), 0o644); err != nil {
						t.Fatal(err)
					}
					return
				}
				t.Errorf("happened:\n%s\nwanted:\n%s", got, want)
			}
		})
	}
}

// play does one line of a script: "ada calls", "bob accept", "bob offline",
// "deliver" (all that is under way), "server takes ada" (one frame, whose answer
// stays under way), "5s".
func (w *world) play(words []string) {
	if len(words) == 0 || words[0] == "#" {
		return
	}
	if words[0] == "deliver" {
		w.settle()
		return
	}
	if words[0] == "server" {
		w.serve(w.phone(words[2]))
		return
	}
	if d, err := time.ParseDuration(words[0]); err == nil {
		w.pass(d)
		w.settle()
		return
	}
	p := w.phone(words[0])
	switch words[1] {
	case "calls":
		to := UserID("bob")
		if p.me.User == "bob" {
			to = "ada"
		}
		w.command(p, ID("call-"+p.name), Initiate{Type: Audio, Receiver: User(to)})
	case "offline":
		w.disconnect(p)
	case "restarts":
		w.restart(p)
	case "online":
		w.connect(p)
	case "hears-peer":
		w.step(p, MediaChanged{Call: w.only(p), Peer: "x", State: MediaConnected})
	case "peer-closes":
		w.step(p, MediaChanged{Call: w.only(p), Peer: "x", Closed: true})
	default:
		w.command(p, w.only(p), acts[words[1]])
	}
}

// only is the call that a phone has, the oldest of several.
func (w *world) only(p *testPhone) ID {
	if len(p.legs) == 0 {
		return "none"
	}
	return p.legs[0].call.ID
}

func TestViewShowsTheTruth(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	stage := func(p *testPhone) Stage {
		if v := p.View(); len(v.Calls) > 0 {
			return v.Calls[0].Stage
		}
		return "none"
	}
	check := func(when string, adaWant, bobWant Stage) {
		t.Helper()
		if a, b := stage(w.phone("ada")), stage(w.phone("bob")); a != adaWant || b != bobWant {
			t.Errorf("%s: ada %s, bob %s; want %s, %s", when, a, b, adaWant, bobWant)
		}
	}
	check("before", "none", "none")
	w.play([]string{"ada", "calls"})
	check("the key was pressed", StageCalling, "none")
	w.serve(w.phone("ada"))
	w.deliver(w.phone("ada"))
	check("no phone was reached yet", StageCalling, "none")
	w.deliver(w.phone("bob"))
	check("bob's phone rings, ada does not know", StageCalling, StageIncoming)
	w.settle()
	check("ada knows", StageRinging, StageIncoming)
	if on := w.phone("ada").View().Calls[0].RingingOn; len(on) != 1 || on[0] != "laptop" {
		t.Errorf("ringing on %v", on)
	}
	w.play([]string{"bob", "accept"})
	check("the accept is on its way", StageRinging, StageAnswering)
	w.settle()
	check("answered", StageConnecting, StageConnecting)
	w.play([]string{"ada", "hears-peer"})
	w.play([]string{"bob", "hears-peer"})
	check("connected", StageTalking, StageTalking)
	w.play([]string{"ada", "end"})
	check("ada hung up: at once on her phone", "none", StageTalking)
	w.settle()
	check("bob was told", "none", "none")
}

func TestCommandsThatAPhoneRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		before string // script lines, separated by ;
		act    Act
		id     ID
		want   string
	}{
		"accept nothing":             {"", Accept{}, "none", "call_not_found"},
		"call while calling":         {"ada calls;deliver", Initiate{Type: Audio, Receiver: User("bob")}, "second", "busy_self"},
		"call oneself":               {"", Initiate{Type: Audio, Receiver: User("ada")}, "second", "calling_self"},
		"call without a connection":  {"ada offline", Initiate{Type: Audio, Receiver: User("bob")}, "second", "offline"},
		"accept one's own call":      {"ada calls;deliver", Accept{}, "call-ada", "invalid_status"},
		"reject one's own call":      {"ada calls;deliver", Reject{Status: Rejected}, "call-ada", "invalid_status"},
		"end somebody's ring":        {"bob calls;deliver", End{}, "call-bob", "invalid_status"},
		"mute a call that rings":     {"bob calls;deliver", SetMuted{Audio: true}, "call-bob", "invalid_status"},
		"record a call that rings":   {"bob calls;deliver", SetRecording{On: true}, "call-bob", "invalid_status"},
		"an act that is no command":  {"ada calls;deliver", RingTimeout{}, "call-ada", "not_supported"},
		"answer twice":               {"bob calls;deliver;ada accept;deliver", Accept{}, "call-bob", "invalid_status"},
		"reject what was answered":   {"bob calls;deliver;ada accept;deliver", Reject{Status: Busy}, "call-bob", "invalid_status"},
		"hang up what is over":       {"bob calls;deliver;ada accept;deliver;bob end;deliver", End{}, "call-bob", "call_not_found"},
		"an odd word for a reject":   {"bob calls;deliver", Reject{Status: Ended}, "call-bob", "invalid_status"},
		"call somebody who is not a": {"", Initiate{Type: "smell", Receiver: User("bob")}, "second", "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "ada", "bob")
			for line := range strings.SplitSeq(tc.before, ";") {
				w.play(strings.Fields(line))
			}
			var got error
			for _, e := range w.phone("ada").Step(w.now, Command{Call: tc.id, Act: tc.act}) {
				if r, ok := e.(Refused); ok {
					got = r.Err
				}
			}
			if Code(got) != tc.want {
				t.Errorf("refused with %v, want %q", got, tc.want)
			}
		})
	}
}

func TestARingStopsByItselfWithTheServerGone(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	w.play([]string{"ada", "calls"})
	w.settle()
	for _, p := range w.phones {
		w.disconnect(p)
	}
	w.now = w.now.Add(DefaultRingTime + ringGrace - time.Millisecond)
	w.tick()
	if len(w.phone("bob").legs) != 1 || len(w.phone("ada").legs) != 1 {
		t.Fatal("a ring stopped too early")
	}
	w.now = w.now.Add(time.Millisecond)
	w.tick()
	if len(w.phone("bob").legs)+len(w.phone("ada").legs) != 0 {
		t.Error("a ring goes on for ever with the server gone")
	}
}

func TestRingThatTheServerDidNotHearIsToldAgain(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	w.play([]string{"ada", "calls"})
	w.play([]string{"server", "takes", "ada"})
	bob := w.phone("bob")
	w.deliver(bob)
	for range 2 { // lost each time with the connection
		w.play([]string{"bob", "offline"})
		w.play([]string{"bob", "online"})
		w.deliver(bob)
		if len(bob.outbox) != 1 || bob.outbox[0].Act != (Ring{}) {
			t.Fatalf("after the reconnect bob's phone sends %v, want one ringing", bob.outbox)
		}
	}
	w.settle()
	w.play([]string{"bob", "offline"})
	w.play([]string{"bob", "online"})
	w.deliver(bob)
	if len(bob.outbox) != 0 {
		t.Errorf("the server knows, and bob's phone sends %v", bob.outbox)
	}
}

func TestALateFrameRevivesNothing(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	w.play([]string{"ada", "calls"})
	w.settle()
	old := Changed{w.state(w.calls["call-ada"])}
	w.play([]string{"ada", "cancel"})
	w.settle()
	heard := len(w.phone("bob").heard)
	w.step(w.phone("bob"), old)
	if len(w.phone("bob").legs) != 0 || len(w.phone("bob").heard) != heard {
		t.Error("an old frame made a phone ring for a dead call")
	}
}

func TestMissedCountGrowsOncePerMissedCall(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	w.play([]string{"ada", "calls"})
	w.settle()
	w.play([]string{"ada", "cancel"})
	w.settle()
	if n := w.phone("bob").View().MissedCount; n != 1 {
		t.Errorf("missed %d, want 1", n)
	}
	w.play([]string{"bob", "calls"})
	w.settle()
	w.play([]string{"ada", "reject"})
	w.settle()
	if n := w.phone("ada").View().MissedCount; n != 0 {
		t.Errorf("a rejected call counts as missed: %d", n)
	}
}

func TestJoinedPhonesRenewTheirLease(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	for _, line := range []string{"ada calls", "deliver", "bob accept", "deliver", "ada hears-peer"} {
		w.play(strings.Fields(line))
	}
	w.settle()
	w.now = w.now.Add(10 * time.Second)
	p := w.phone("ada")
	due, ok := p.Deadline()
	if !ok || due.After(w.now) {
		t.Fatalf("deadline %v, %v", due, ok)
	}
	w.step(p, Tick{})
	if len(p.outbox) != 1 {
		t.Fatalf("sent %v", p.outbox)
	}
	r, ok := p.outbox[0].Act.(Renew)
	if !ok || len(r.Hears) != 1 || r.Hears[0] != "bob-1" {
		t.Errorf("renews with %+v", p.outbox[0])
	}
}

// What a phone says of a call's length comes from one clock, however wrong the
// other is: the server's stamps, and what has passed here.
func TestTalkTimeIsByOneClock(t *testing.T) {
	for name, skew := range map[string]time.Duration{"right": 0, "behind": -5 * time.Minute, "ahead": 5 * time.Minute} {
		for _, how := range []string{"ada end", "ada peer-closes"} {
			t.Run(name+", "+how, func(t *testing.T) {
				w := newWorld(t, "ada", "bob")
				p := w.phone("ada")
				p.skew = skew
				for _, line := range []string{"ada calls", "deliver", "3s", "bob accept", "deliver", "ada hears-peer", "deliver", "10s"} {
					w.play(strings.Fields(line))
				}
				w.play(strings.Fields(how))
				last := p.heard[len(p.heard)-1].Call
				if got := last.Talked(w.now); last.Status != Ended || got != 10*time.Second {
					t.Errorf("%s after %v; want 10s", last.Status, got)
				}
			})
		}
	}
}

func TestARingThatTheServerLeftAloneCountsAsMissed(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	w.play([]string{"ada", "calls"})
	w.settle()
	w.disconnect(w.phone("bob"))
	w.now = w.now.Add(DefaultRingTime + ringGrace)
	w.tick()
	if n := w.phone("bob").View().MissedCount; n != 1 {
		t.Errorf("missed %d, want 1", n)
	}
}

// A hang-up without a connection is of when the key was pressed, however late the
// server hears of it, and whether or not the phone was switched off in between.
func TestALateHangUpEndsTheCallWhenItWas(t *testing.T) {
	for name, how := range map[string]string{
		"hang-up":                    "ada offline;10s;ada end;20s;ada online",
		"hang-up, and switched off":  "ada offline;10s;ada end;5s;ada restarts;15s;ada online",
		"switched off":               "ada offline;10s;ada restarts;20s;ada online",
		"the first delivery is lost": "ada offline;10s;ada end;20s;ada online;ada offline;ada online",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "ada", "bob")
			for line := range strings.SplitSeq("ada calls;deliver;3s;bob accept;deliver;"+how+";deliver", ";") {
				w.play(strings.Fields(line))
			}
			c := w.calls["call-ada"]
			if c.Status != Ended || c.Reason != "" || c.Talked(w.now) != 10*time.Second {
				t.Errorf("%s %s after %v, want ended after 10s", c.Status, c.Reason, c.Talked(w.now))
			}
			if left := w.phone("ada").View().Unsent; len(left) > 0 {
				t.Errorf("still unsent: %+v", left)
			}
		})
	}
}

func TestALateCancelEndsTheRingWhenItWas(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	for line := range strings.SplitSeq("ada calls;deliver;ada offline;10s;ada cancel;5s;ada restarts;15s;ada online;deliver", ";") {
		w.play(strings.Fields(line))
	}
	if c := w.calls["call-ada"]; c.Status != Cancelled || c.Rang() != 10*time.Second {
		t.Errorf("%s after %v, want cancelled after 10s", c.Status, c.Rang())
	}
}

func TestUnsentEndsGrowStale(t *testing.T) {
	u := Unsent{Call: "c", At: start}
	if u.Stale(start.Add(MaxAgo)) || !u.Stale(start.Add(MaxAgo+time.Second)) || u.Stale(start.Add(-time.Hour)) {
		t.Error("an end is news for MaxAgo")
	}
}

// Who accepts and thinks better of it before the server knows: the call ends, and
// no media is opened, whichever of the two frames is lost.
func TestAnAcceptThatIsTakenBackOpensNothing(t *testing.T) {
	for name, tc := range map[string]struct {
		how  string
		want Status
	}{
		"at once":                       {"bob accept;bob reject;deliver", Ended},
		"as busy":                       {"bob accept;bob busy;deliver", Ended},
		"the accept was taken":          {"bob accept;server takes bob;bob reject;deliver", Ended},
		"away":                          {"bob offline;bob accept;bob reject;bob online;deliver", Rejected},
		"the accept's answer is lost":   {"bob accept;server takes bob;bob offline;bob reject;bob online;deliver", Ended},
		"the accept is lost":            {"bob accept;bob offline;bob reject;bob online;deliver", Rejected},
		"and switched off":              {"bob accept;server takes bob;bob offline;bob reject;bob restarts;bob online;deliver", Ended},
		"and the caller cancels":        {"bob accept;bob reject;ada cancel;deliver", Cancelled},
		"and another phone is quicker":  {"bob accept;bob reject;bob' accept;server takes bob';deliver", Ongoing},
		"and then calls back in a wink": {"bob accept;bob reject;bob calls;deliver", Ended},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "ada", "bob", "bob'")
			for line := range strings.SplitSeq("ada calls;deliver;"+tc.how, ";") {
				w.play(strings.Fields(line))
			}
			bob := w.phone("bob")
			if c := w.calls["call-ada"]; c.Status != tc.want {
				t.Errorf("the call is %s, want %s", c.Status, tc.want)
			}
			if bob.opened["call-ada"] > 0 || len(bob.View().Unsent) > 0 || bob.leg("call-ada") != nil {
				t.Errorf("bob's phone opened media %d times, keeps %+v", bob.opened["call-ada"], bob.legs)
			}
		})
	}
}

// The server ends what a removed phone was in, and cannot tell it any more.
func TestARemovedPhoneEndsItsCalls(t *testing.T) {
	for name, answered := range map[string]bool{"talking": true, "ringing": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "ada", "bob")
			w.play([]string{"ada", "calls"})
			w.settle()
			if answered {
				w.play([]string{"bob", "accept"})
				w.settle()
			}
			for _, p := range w.phones {
				w.step(p, Disconnected{Err: fmt.Errorf("sign in: %w", ErrRemoved), Final: true})
				if len(p.legs) != 0 || p.link != LinkClosed {
					t.Errorf("%s has %d calls, its link is %s\n%s", p.me.User, len(p.legs), p.link, w.story())
				}
			}
		})
	}
}
