package calls

import (
	"strings"
	"testing"
	"time"
)

// Who hung up is who hung up, whichever way is the quicker: a phone that hears its
// peer's good-bye leaves it to the peer to tell the server, and tells it in the
// peer's place where that does not happen.
func TestWhoHungUp(t *testing.T) {
	for name, tc := range map[string]struct {
		how string
		by  UserID
	}{
		"the media is the quicker way":  {"ada end;bob peer-closes;server takes bob;deliver", "ada"},
		"the server is":                 {"ada end;server takes ada;bob peer-closes;deliver", "ada"},
		"the peer is slow":              {"ada end;bob peer-closes;server takes bob;1s", "ada"},
		"the peer is cut off":           {"ada offline;ada end;bob peer-closes;deliver;2s", "bob"},
		"and comes back in time":        {"ada offline;ada end;bob peer-closes;deliver;1s;ada online;deliver", "ada"},
		"and comes back late":           {"ada offline;ada end;bob peer-closes;deliver;2s;ada online;deliver", "bob"},
		"who hears it is cut off":       {"bob offline;ada end;bob peer-closes;deliver;10s;bob online;deliver", "ada"},
		"both are, this one comes back": {"ada offline;bob offline;ada end;bob peer-closes;9s;bob online;deliver;1s;ada online;deliver", "ada"},
		"both are, the other is late":   {"ada offline;bob offline;ada end;bob peer-closes;9s;bob online;deliver;2s;ada online;deliver", "bob"},
		"who hears it is switched off":  {"ada offline;ada end;bob peer-closes;bob restarts;bob online;deliver", "bob"},
		"who hears it hangs up as well": {"ada end;bob peer-closes;bob end;server takes bob;deliver", "ada"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "ada", "bob")
			for line := range strings.SplitSeq("ada calls;deliver;bob accept;deliver;3s;"+tc.how, ";") {
				w.play(strings.Fields(line))
			}
			c := w.calls["call-ada"]
			if c.Status != Ended || c.EndedBy.User != tc.by || c.Talked(w.now) > 4*time.Second {
				t.Errorf("%s by %q after %v, want ended by %q after 3s", c.Status, c.EndedBy.User, c.Talked(w.now), tc.by)
			}
			if left := w.phone("bob").View().Unsent; len(left) > 0 {
				t.Errorf("still unsent: %+v", left)
			}
		})
	}
}

func TestAnEndIsLeftToThePeerForAMoment(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	for line := range strings.SplitSeq("ada calls;deliver;bob accept;deliver;ada offline;ada end;bob peer-closes;deliver", ";") {
		w.play(strings.Fields(line))
	}
	bob := w.phone("bob")
	if due, ok := bob.Deadline(); !ok || due != w.now.Add(peersTurn) {
		t.Errorf("it is sent at %v, want in %v", due, peersTurn)
	}
	if sent := effects[Send](bob.Step(w.now.Add(peersTurn-1), Tick{})); len(sent) > 0 {
		t.Errorf("sent too early: %v", sent)
	}
	w.disconnect(bob)
	if due, ok := bob.Deadline(); ok {
		t.Errorf("without a connection something is due at %v", due)
	}
	if sent := effects[Send](bob.Step(w.now.Add(peersTurn), Tick{})); len(sent) > 0 {
		t.Errorf("sent without a connection: %v", sent)
	}
	w.connect(bob)
	w.settle()
	sent := effects[Send](bob.Step(w.now.Add(peersTurn), Tick{}))
	if len(sent) != 1 || sent[0] != (Send{Call: "call-ada", Act: End{Ago: ToMillis(peersTurn)}}) {
		t.Errorf("sent %v, want an end of %v ago", sent, peersTurn)
	}
	if sent := effects[Send](bob.Step(w.now.Add(peersTurn), Tick{})); len(sent) > 0 {
		t.Errorf("sent again: %v", sent)
	}
	if due, ok := bob.Deadline(); ok {
		t.Errorf("once it is sent, something is due at %v", due)
	}
}

// To the server, a call whose end is left to the peer still holds this phone: the
// next call waits for nothing.
func TestTheNextCallAfterAPeerHungUp(t *testing.T) {
	for name, tc := range map[string]struct {
		how  string
		next ID
		want Status
	}{
		"is placed at once":                {"bob calls;deliver", "call-bob", Initiated},
		"is answered at once":              {"ada' calls;deliver;bob accept;deliver", "call-ada'", Ongoing},
		"is answered without a connection": {"ada' calls;deliver;bob offline;bob accept;bob online;deliver", "call-ada'", Ongoing},
		"rings meanwhile":                  {"ada' calls;deliver;2s", "call-ada'", Initiated},
		"is rejected meanwhile":            {"ada' calls;deliver;bob reject;deliver;2s", "call-ada'", Rejected},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "ada", "ada'", "bob")
			for line := range strings.SplitSeq("ada calls;deliver;bob accept;deliver;ada offline;ada end;bob peer-closes;"+tc.how, ";") {
				w.play(strings.Fields(line))
			}
			if first, next := w.calls["call-ada"], w.calls[tc.next]; first.Status != Ended || next.Status != tc.want {
				t.Errorf("the first call is %s, the next %q, want %s", first.Status, next.Status, tc.want)
			}
		})
	}
}
