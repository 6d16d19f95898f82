package calls

import (
	"encoding/json"
	"testing"
	"time"
)

// FuzzApply lets anybody do anything to one call, three bytes at a time: the act,
// who does it, and how far the clock moves (back, too). What holds for every call
// holds after each act.
func FuzzApply(f *testing.F) {
	for _, script := range []string{
		"",
		"\x00\x00\x00" + "\x01\x02\x01" + "\x02\x02\x05" + "\x09\x00\x01" + "\x09\x02\x01" + "\x05\x00\x20", // a whole call
		"\x00\x00\x00" + "\x03\x02\x01",                  // rejected
		"\x00\x00\x00" + "\x04\x00\x01",                  // cancelled
		"\x00\x00\x00" + "\x10\x05\x7f",                  // unanswered
		"\x00\x00\x00" + "\x02\x02\x01" + "\x02\x03\x01", // two phones answer
		"\x00\x00\x00" + "\x02\x02\x01" + "\x13\x05\x7f", // a lease runs out
		"\x00\x00\x00" + "\x05\x04\x01" + "\x02\x04\x01", // a stranger
		"\x00\x00\x00" + "\x02\x02\x01" + "\x1b\x00\x3c", // hung up a while ago
		"\x00\x00\x00" + "\x1c\x00\x3c",                  // cancelled before there was time
		"\x00\x00\x00" + "\x02\x02\x01" + "\x03\x02\x01", // an accept that was taken back
	} {
		f.Add([]byte(script))
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		var c Call
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		for len(script) >= 3 {
			act, by := fuzzActs[int(script[0])%len(fuzzActs)], fuzzActors[int(script[1])%len(fuzzActors)]
			now = now.Add(time.Duration(int8(script[2])) * time.Second)
			script = script[3:]
			next, err := c.Apply(act, by, now)
			checkStep(t, c, next, act, by, err)
			if err == nil && !by.Server {
				again, err := next.Apply(act, by, now.Add(time.Second))
				if err != nil || !again.Equal(next) {
					t.Fatalf("%s by %s twice: %v, %+v became %+v", act.Verb(), by.Device.ID, err, next, again)
				}
			}
			c = next
		}
	})
}

var fuzzActors = []Actor{
	{User: "ada", Device: Device{ID: "A1"}},
	{User: "ada", Device: Device{ID: "A2"}},
	{User: "bob", Device: Device{ID: "B1"}},
	{User: "bob", Device: Device{ID: "B2"}},
	{User: "eve", Device: Device{ID: "E1"}},
	ByServer,
}

// fuzzActs are numbered by the scripts above and by those of the corpus: new ones
// go to the end.
var fuzzActs = []Act{
	Initiate{ID: "X", Type: Audio, Receiver: User("bob")},
	Ring{},
	Accept{Join: true},
	Reject{Status: Rejected},
	Reject{Status: Cancelled},
	End{},
	Reject{Status: Busy},
	Accept{},
	Join{},
	ReportMedia{Peer: "A1", State: MediaConnected},
	ReportMedia{Peer: "B1", State: MediaLost},
	Leave{},
	SetMuted{Audio: true},
	Renew{Hears: []DeviceID{"A1"}},
	Token{},
	Signal{To: "B1"},
	RingTimeout{},
	CallerGone{},
	MediaTimeout{},
	LeaseExpired{Device: "B1"},
	LeaseExpired{Device: "A1"},
	Refuse{Status: Rejected, Reason: DoNotDisturb},
	Refuse{Status: Busy},
	Invite{User: "eve"},
	Reject{Status: Ended},
	Initiate{ID: "X", Type: Audio, Receiver: User("bob"), Hidden: true},
	Hide{},
	End{Ago: 20_000},
	Reject{Status: Cancelled, Ago: 1 << 62},
	Reject{Status: Rejected, Ago: -1 << 62},
	SetRecording{On: true},
}

// checkStep is what holds for every act on every call.
func checkStep(t *testing.T, before, after Call, act Act, by Actor, err error) {
	t.Helper()
	bad := func(what string) {
		t.Helper()
		t.Fatalf("%s: %s by %q: %v\nbefore %+v\nafter  %+v", what, act.Verb(), by.Device.ID, err, before, after)
	}
	if err != nil && !after.Equal(before) {
		bad("a refused act changed the call")
	}
	if before.Status.Terminal() && !after.Equal(before) {
		bad("a call that was over changed")
	}
	if before.Status == Ongoing && after.Status != Ongoing && after.Status != Ended && after.Status != Failed {
		bad("an answered call went another way")
	}
	if before.Status == Initiated && (after.Status == Ended || after.Status == Failed) {
		bad("a call ended without an answer")
	}
	if p, _ := before.Party(by.User); before.Status != "" && p.User == "" && !by.Server && err == nil {
		bad("a stranger's act was taken")
	}
	for _, p := range before.Parties {
		q, _ := after.Party(p.User)
		if q.User == "" || p.Device != "" && q.Device != p.Device {
			bad("another phone took the place of the one that won")
		}
	}
	if after.Status.Terminal() == after.EndedAt.IsZero() && after.Status != "" {
		bad("a call is over without an end, or ended without being over")
	}
	if after.Status == Ongoing && after.AnsweredAt.IsZero() {
		bad("a call goes on without an answer")
	}
	last := after.InitiatedAt
	for _, at := range []time.Time{after.AnsweredAt, after.ConnectedAt, after.EndedAt} {
		if at.IsZero() {
			continue
		}
		if at.Before(last) {
			bad("times go back")
		}
		last = at
	}
	for _, p := range after.Parties {
		if !p.LeftAt.IsZero() && (p.LeftAt.Before(p.JoinedAt) || !after.EndedAt.IsZero() && after.EndedAt.Before(p.LeftAt)) {
			bad("somebody left before they came, or after the end")
		}
	}
	data, jsonErr := json.Marshal(after)
	var stored Call
	if jsonErr != nil || json.Unmarshal(data, &stored) != nil || !stored.Equal(after) {
		bad("the store would not keep it as it is")
	}
}
