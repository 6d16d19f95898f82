package calls

import (
	"strings"
	"testing"
)

func names(events []Event) string {
	var n []string
	for _, e := range events {
		s := string(e.Name)
		if e.Reason != "" {
			s += ":" + string(e.Reason)
		}
		n = append(n, s)
	}
	return strings.Join(n, " ")
}

// TestEvents: what each of the four phones hears, from one status to another.
// The same table serves for a phone that was there and for one that reconnects.
func TestEvents(t *testing.T) {
	for _, tc := range []struct{ from, to, ada, adaOther, bob, bobOther string }{
		{"none", "initiated", "Initiated", "", "IncomingCallReceived", "IncomingCallReceived"},
		{"initiated", "ongoing", "OutgoingCallAccepted UserJoined", "", "CallUpdated", "IncomingCallCancelled:answered_elsewhere"},
		{"initiated", "rejected", "OutgoingCallRejected", "", "CallUpdated", "IncomingCallCancelled:rejected_elsewhere"},
		{"initiated", "busy", "OutgoingCallRejected", "", "CallUpdated", "IncomingCallCancelled:rejected_elsewhere"},
		{"initiated", "cancelled", "CallUpdated", "", "IncomingCallCancelled:cancelled", "IncomingCallCancelled:cancelled"},
		{"initiated", "unanswered", "OutgoingCallRejected", "", "IncomingCallCancelled:unanswered", "IncomingCallCancelled:unanswered"},
		{"ongoing", "ended", "CallEnded", "", "CallEnded:ended_by_peer", ""},
		{"ongoing", "failed", "CallEnded:media_failed", "", "CallEnded:media_failed", ""},
		// A phone that missed what was between:
		{"initiated", "ended", "CallEnded", "", "CallEnded:ended_by_peer", "IncomingCallCancelled:answered_elsewhere"},
		{"none", "ongoing", "Initiated OutgoingCallAccepted UserJoined", "", "CallUpdated UserJoined", ""},
		{"none", "cancelled", "Initiated CallUpdated", "", "", ""},
		{"none", "unanswered", "Initiated OutgoingCallRejected", "", "", ""},
		// Nothing new is nothing to hear:
		{"initiated", "initiated", "", "", "", ""},
		{"ongoing", "ongoing", "", "", "", ""},
		{"ended", "ended", "", "", "", ""},
	} {
		t.Run(tc.from+" --> "+tc.to, func(t *testing.T) {
			before, after := callIn(t, status(tc.from)), callIn(t, status(tc.to))
			for _, ear := range []struct {
				who  Actor
				want string
			}{{ada, tc.ada}, {adaOther, tc.adaOther}, {bob, tc.bob}, {bobOther, tc.bobOther}, {eve, ""}} {
				if got := names(Events(before, after, ear.who.Viewer())); got != ear.want {
					t.Errorf("%s hears %q, want %q", ear.who.Device.ID, got, ear.want)
				}
			}
		})
	}
}

func status(s string) Status {
	if s == "none" {
		return ""
	}
	return Status(s)
}

func TestEventsTellTheRest(t *testing.T) {
	initiated, ongoing := callIn(t, Initiated), callIn(t, Ongoing)
	ringing, _ := initiated.Apply(Ring{}, bob, start)
	muted, _ := ongoing.Apply(SetMuted{Audio: true}, bob, start)
	records, _ := ongoing.Apply(SetRecording{On: true}, bob, start)
	both, _ := records.Apply(SetMuted{Audio: true}, bob, start)
	recorded, _ := records.Apply(End{}, bob, start)
	hungUp, _ := ongoing.Apply(End{}, bob, start)
	lapsed, _ := ongoing.Apply(LeaseExpired{Device: bob.Device.ID}, ByServer, start)
	gone, _ := initiated.Apply(CallerGone{}, ByServer, start)
	hidden, _ := ringing.Apply(Hide{}, ByServer, start)
	over, _ := hidden.Apply(RingTimeout{}, ByServer, start)
	dnd, _ := initiated.Apply(Refuse{Rejected, DoNotDisturb}, ByServer, start)
	for name, tc := range map[string]struct {
		before, after Call
		who           Actor
		want          string
	}{
		"the caller learns that a phone rings":      {initiated, ringing, ada, "CallUpdated"},
		"a ringing phone does not care":             {initiated, ringing, bobOther, ""},
		"the other side is muted":                   {ongoing, muted, ada, "CallUpdated"},
		"the other side records":                    {ongoing, records, ada, "RecordingStarted"},
		"who records hears only that it is so":      {ongoing, records, bob, "CallUpdated"},
		"still recording is no news":                {records, both, ada, "CallUpdated"},
		"the other side records no more":            {records, ongoing, ada, "RecordingStopped"},
		"back in a call that is recorded":           {Call{}, records, ada, "Initiated OutgoingCallAccepted UserJoined RecordingStarted"},
		"a recorded call is over":                   {records, recorded, ada, "CallEnded:ended_by_peer"},
		"the callee hangs up":                       {ongoing, hungUp, ada, "CallEnded:ended_by_peer"},
		"the callee hears of the own hang-up":       {ongoing, hungUp, bob, "CallEnded"},
		"a callee who vanished":                     {ongoing, lapsed, ada, "CallEnded:connection_lost"},
		"a callee who vanished is back":             {ongoing, lapsed, bob, "CallEnded:connection_lost"},
		"the other phone of the callee":             {ongoing, records, bobOther, ""},
		"a caller who vanished":                     {initiated, gone, bob, "IncomingCallCancelled:connection_lost"},
		"blocked while it rings: it stops":          {ringing, hidden, bob, "IncomingCallCancelled:cancelled"},
		"blocked while it rings: the caller":        {ringing, hidden, ada, ""},
		"blocked and over, for who missed it":       {ringing, over, bobOther, "IncomingCallCancelled:cancelled"},
		"blocked and over":                          {hidden, over, bob, ""},
		"blocked and over, for the caller":          {ringing, over, ada, "OutgoingCallRejected"},
		"do not disturb: the caller is told":        {Call{}, dnd, ada, "Initiated OutgoingCallRejected:do_not_disturb"},
		"do not disturb: nothing rings":             {Call{}, dnd, bob, ""},
		"a phone that was ringing when it was said": {initiated, dnd, bob, "IncomingCallCancelled:do_not_disturb"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := names(Events(tc.before, tc.after, tc.who.Viewer())); got != tc.want {
				t.Errorf("hears %q, want %q", got, tc.want)
			}
		})
	}
}

func TestEventsOfAGroup(t *testing.T) {
	group := Initiate{ID: "g", Type: Audio, Receiver: Receiver{ToGroup, "ops"}, Members: []UserID{"ada", "bob", "eve"}}
	then := func(c Call, act Act, by Actor) Call {
		t.Helper()
		next, err := c.Apply(act, by, start)
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	rings := then(Call{}, group, ada)
	answered := then(rings, Accept{Join: true}, bob)
	left := then(answered, End{}, bob)
	recorded := then(then(then(rings, Accept{Join: true}, bob), SetRecording{On: true}, bob), End{}, bob)
	declined := then(rings, Reject{Status: Rejected}, eve)
	for name, tc := range map[string]struct {
		before, after Call
		who           Actor
		want          string
	}{
		"one answers, the others ring on":              {rings, answered, eve, ""},
		"one leaves, the others hear it":               {answered, left, ada, "UserLeft"},
		"who recorded and left records no more":        {Call{}, recorded, ada, "Initiated OutgoingCallAccepted"},
		"the ring time is over for one":                {answered, then(answered, RingTimeout{}, ByServer), eve, "IncomingCallCancelled:unanswered"},
		"who rejected hears nothing of the rest":       {declined, then(declined, Accept{Join: true}, bob), eve, ""},
		"who left hears nothing of the end":            {left, then(left, End{}, ada), bob, ""},
		"who missed it all hears that it is over":      {rings, then(left, End{}, ada), eve, "IncomingCallCancelled:ended"},
		"a party's second phone stops with its reject": {rings, declined, Actor{User: "eve", Device: Device{ID: "eve-2"}}, "IncomingCallCancelled:rejected_elsewhere"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := names(Events(tc.before, tc.after, tc.who.Viewer())); got != tc.want {
				t.Errorf("hears %q, want %q", got, tc.want)
			}
		})
	}
}

func TestEventsCarryNoSecret(t *testing.T) {
	a := adaToBob
	a.Hidden = true
	hidden, _ := Call{}.Apply(a, ada, start)
	for _, e := range Events(Call{}, hidden, ada.Viewer()) {
		if e.Call.Hidden {
			t.Error("the caller is told that the callee blocked")
		}
	}
}
