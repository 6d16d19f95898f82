package line

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tring/calls"
	"tring/ui"
)

var noon = time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC)

func call(status calls.Status, reason calls.Reason) calls.Call {
	c := calls.Call{
		ID: "01J", Type: calls.Audio, Status: status, Reason: reason, Initiator: "ann", Receiver: calls.User("bob"),
		RingTime: 45_000, InitiatedAt: noon,
	}
	if status == calls.Ongoing || status == calls.Ended {
		c.AnsweredAt = noon.Add(2 * time.Second)
	}
	if status.Terminal() {
		c.EndedAt = noon.Add(72 * time.Second)
	}
	return c
}

// The lines of --json are a promise to scripts.
func TestJSON(t *testing.T) {
	tests := []struct {
		name  string
		event calls.Event
		want  string
	}{
		{
			"a call is placed",
			calls.Event{Name: calls.Initiation, Call: call(calls.Initiated, "")},
			`{"time":"2026-05-17T12:00:00Z","event":"Initiated","call":{"id":"01J","type":"audio","status":"initiated",` +
				`"initiator":"ann","receiver":{"kind":"user","id":"bob"},"initiated_at":"2026-05-17T12:00:00Z"}}`,
		},
		{
			"a call is over",
			calls.Event{Name: calls.CallEnded, Call: call(calls.Ended, ""), Reason: calls.EndedByPeer},
			`{"time":"2026-05-17T12:00:00Z","event":"CallEnded","call":{"id":"01J","type":"audio","status":"ended",` +
				`"reason":"ended_by_peer","initiator":"ann","receiver":{"kind":"user","id":"bob"},` +
				`"initiated_at":"2026-05-17T12:00:00Z","answered_at":"2026-05-17T12:00:02Z",` +
				`"ended_at":"2026-05-17T12:01:12Z","duration_ms":70000}}`,
		},
		{
			"somebody joined",
			calls.Event{Name: calls.UserJoined, User: "bob"},
			`{"time":"2026-05-17T12:00:00Z","event":"UserJoined","user":"bob"}`,
		},
		{
			"somebody records",
			calls.Event{Name: calls.RecordingStarted, User: "bob"},
			`{"time":"2026-05-17T12:00:00Z","event":"RecordingStarted","user":"bob"}`,
		},
		{
			"the connection",
			calls.Event{Name: calls.ConnectionChanged, Err: calls.ErrOffline},
			`{"time":"2026-05-17T12:00:00Z","event":"ConnectionChanged","link":"disconnected",` +
				`"error":{"code":"offline","text":"there is no connection to the server"}}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			if err := NewJSON(&out, func() time.Time { return noon }).Event(tt.event, calls.LinkDown, nil); err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSuffix(out.String(), "\n"); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// The names of the statistics are a promise, too.
func TestJSONStats(t *testing.T) {
	all := calls.MediaStats{
		Sent: 50, Received: 49, Lost: 6, Late: 1, Concealed: 1, Recovered: 2, Redundant: 3, CopiesSent: 98,
		LossPercent: 2, LossRun: 1.5, PeerLossPercent: 3, PeerLossRun: 2.504, ConcealedPercent: 0.1,
		Jitter: 3 * time.Millisecond, RoundTrip: 1500 * time.Microsecond, BufferTime: 40 * time.Millisecond,
		Delay: 80 * time.Millisecond, BitrateSent: 31000, BitrateReceived: 32000, Available: 90000, Relayed: true,
		Coding: calls.MediaCoding{Bitrate: 32000, FEC: true, Complexity: 10}, Copies: 2, Switches: 4,
		Level: -20, PeerLevel: -18.5, Rating: 90, RatingLately: 80, PeerRating: 70, MOS: 4.3, MOSLately: 4.02,
	}
	want := `{"sent":50,"received":49,"lost":6,"late":1,"concealed":1,"recovered":2,"redundant":3,"redundant_sent":98,` +
		`"loss_percent":2,"loss_run":1.5,"peer_loss_percent":3,"peer_loss_run":2.5,"concealed_percent":0.1,` +
		`"jitter_ms":3,"round_trip_ms":1.5,"buffer_ms":40,"delay_ms":80,"relayed":true,` +
		`"bitrate_sent":31000,"bitrate_received":32000,"bitrate_available":90000,` +
		`"coding":{"bitrate":32000,"fec":true,"dtx":false,"complexity":10,"red_copies":2,"switches":4},` +
		`"level_dbfs":-20,"peer_level_dbfs":-18.5,` +
		`"estimated_r":90,"estimated_mos":4.3,"estimated_mos_lately":4.02,"peer_estimated_r":70}`
	print := func(do func(*JSON) error) string {
		var out strings.Builder
		if err := do(NewJSON(&out, func() time.Time { return noon })); err != nil {
			t.Fatal(err)
		}
		return strings.TrimSuffix(out.String(), "\n")
	}
	sample := print(func(j *JSON) error { return j.Stats(call(calls.Ongoing, ""), all) })
	if !strings.Contains(sample, `"event":"Stats"`) || !strings.HasSuffix(sample, `"stats":`+want+"}") {
		t.Errorf("got  %s\nwant %s", sample, want)
	}
	over := calls.Event{Name: calls.CallEnded, Call: call(calls.Ended, ""), Reason: calls.EndedByPeer}
	end := print(func(j *JSON) error { return j.Event(over, "", &all) })
	if !strings.Contains(end, `"event":"CallEnded"`) || !strings.HasSuffix(end, `"stats":`+want+"}") {
		t.Errorf("the end: %s", end)
	}
	if bare := print(func(j *JSON) error { return j.Stats(calls.Call{}, calls.MediaStats{}) }); strings.Contains(bare, "estimated") {
		t.Errorf("what nobody estimated is told: %s", bare)
	}
}

type closedPipe struct{}

func (closedPipe) Write([]byte) (int, error) { return 0, errors.New("nobody reads") }

func TestJSONToNobodyIsAnError(t *testing.T) {
	if err := NewJSON(closedPipe{}, time.Now).Event(calls.Event{Name: calls.Initiation}, "", nil); err == nil {
		t.Error("no error")
	}
}

// What a person reads of each end, on both sides.
func TestOutcomes(t *testing.T) {
	ended := func(by calls.UserID) calls.Call {
		c := call(calls.Ended, "")
		c.EndedBy = calls.Viewer{User: by}
		return c
	}
	tests := []struct {
		me     calls.UserID
		call   calls.Call
		reason calls.Reason
		want   string
	}{
		{"ann", call(calls.Rejected, ""), "", "Bob rejected the call."},
		{"ann", call(calls.Rejected, calls.DoNotDisturb), "", "Bob does not want to be disturbed."},
		{"ann", call(calls.Busy, ""), "", "Bob is busy."},
		{"ann", call(calls.Unanswered, ""), "", "No answer from Bob after 45 seconds."},
		{"ann", call(calls.Cancelled, ""), "", "Cancelled."},
		{"ann", ended("ann"), "", "You hung up. You talked for 1 minute 10 seconds."},
		{"ann", ended("bob"), "", "Bob hung up. You talked for 1 minute 10 seconds."},
		{"ann", call(calls.Ended, ""), calls.EndedByPeer, "Bob hung up. You talked for 1 minute 10 seconds."},
		{"ann", call(calls.Ended, calls.ConnectionLost), "", "The connection to Bob was lost. You talked for 1 minute 10 seconds."},
		{"ann", call(calls.Failed, calls.MediaFailed), "", "The sound did not come through; the call is over."},
		{"bob", call(calls.Cancelled, ""), calls.Reason(calls.Cancelled), "You missed a call from ann."},
		{"bob", call(calls.Unanswered, ""), calls.Reason(calls.Unanswered), "You missed a call from ann."},
		{"bob", call(calls.Ongoing, ""), calls.AnsweredElsewhere, "Answered on another phone of yours."},
		{"bob", call(calls.Rejected, ""), calls.RejectedElsewhere, "Rejected on another phone of yours."},
	}
	for _, tt := range tests {
		v := calls.View{Me: calls.Identity{User: tt.me}, Contacts: []calls.Contact{{Receiver: calls.User("bob"), Name: "Bob"}}}
		if got := Outcome(ui.Language{}, calls.Event{Call: tt.call, Reason: tt.reason}, v); got != tt.want {
			t.Errorf("%s, %s %s %s: got %q, want %q", tt.me, tt.call.Status, tt.call.Reason, tt.reason, got, tt.want)
		}
	}
}

// A name is what another person chose, and may try to take over the terminal.
func TestWordsOfARecording(t *testing.T) {
	v := calls.View{Contacts: []calls.Contact{{Receiver: calls.User("bob"), Name: "Bob\x1b[31m Okafor"}}}
	for name, want := range map[calls.EventName]string{
		calls.RecordingStarted: "Bob Okafor records this call.", calls.RecordingStopped: "Bob Okafor records no longer.",
	} {
		if got := Words(ui.Language{}, calls.Event{Name: name, User: "bob"}, v); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestNamesAreCleaned(t *testing.T) {
	v := calls.View{Contacts: []calls.Contact{{Receiver: calls.User("eve"), Name: "Eve\x1b[2J\nTring: you won"}}}
	if got := Name(v, "eve"); strings.ContainsAny(got, "\x1b\n") {
		t.Errorf("got %q", got)
	}
	v.Contacts[0].Name = "\u200b\u200b"
	if got := Name(v, "eve"); got != "eve" {
		t.Errorf("a name that nobody can see became %q", got)
	}
}
