package calls

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// The actors of the tests: Ada calls Bob. Each has a second phone; Eve is in no
// call of theirs.
var (
	ada       = Actor{User: "ada", Device: Device{ID: "ada-1", Label: "laptop"}}
	adaOther  = Actor{User: "ada", Device: Device{ID: "ada-2", Label: "desk"}}
	bob       = Actor{User: "bob", Device: Device{ID: "bob-1", Label: "laptop"}}
	bobOther  = Actor{User: "bob", Device: Device{ID: "bob-2", Label: "kitchen"}}
	eve       = Actor{User: "eve", Device: Device{ID: "eve-1"}}
	actors    = map[string]Actor{"ada": ada, "ada'": adaOther, "bob": bob, "bob'": bobOther, "eve": eve, "server": ByServer}
	start     = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	adaToBob  = Initiate{ID: "call", Type: Audio, Receiver: User("bob")}
	statusesT = []Status{"", Initiated, Ongoing, Rejected, Busy, Cancelled, Unanswered, Ended, Failed}
)

// acts are the acts of the transition table, by the name they have there.
var acts = map[string]Act{
	"initiate": adaToBob, "ring": Ring{}, "accept": Accept{Join: true},
	"reject": Reject{Status: Rejected}, "busy": Reject{Status: Busy}, "cancel": Reject{Status: Cancelled}, "nonsense": Reject{Status: Ended},
	"end": End{}, "leave": Leave{}, "join": Join{}, "token": Token{},
	"signal": Signal{To: "bob-1"}, "signal-back": Signal{To: "ada-1"}, "signal-self": Signal{To: "ada-1"}, "signal-eve": Signal{To: "eve-1"},
	"media": ReportMedia{Peer: "bob-1", State: MediaConnected}, "mute": SetMuted{Audio: true}, "unmute": SetMuted{}, "record": SetRecording{On: true}, "record-off": SetRecording{}, "renew": Renew{}, "invite": Invite{User: "eve"},
	"dnd": Refuse{Rejected, DoNotDisturb}, "hide": Hide{}, "server-busy": Refuse{Busy, ""}, "refuse-odd": Refuse{Ended, ""},
	"ring-timeout": RingTimeout{}, "caller-gone": CallerGone{}, "media-timeout": MediaTimeout{}, "lease-expired": LeaseExpired{Device: "bob-1"},
}

// transitions is the whole table: who does what, and what comes of it in each
// status that the call may be in. "=" is the status as it was, "!" an error.
// The terminal states are those that the shortest story leads to: bob-1
// rejected, said busy or answered; Ada cancelled or hung up.
const transitions = `
                       none             initiated        ongoing              rejected          busy              cancelled         unanswered        ended             failed
ada    initiate        initiated        =                =                    =                 =                 =                 =                 =                 =
ada'   initiate        initiated        !invalid_request !invalid_request     !invalid_request  !invalid_request  !invalid_request  !invalid_request  !invalid_request  !invalid_request
eve    initiate        initiated        !invalid_request !invalid_request     !invalid_request  !invalid_request  !invalid_request  !invalid_request  !invalid_request  !invalid_request
bob    initiate        !calling_self    !invalid_request !invalid_request     !invalid_request  !invalid_request  !invalid_request  !invalid_request  !invalid_request  !invalid_request
server initiate        !invalid_request !invalid_request !invalid_request     !invalid_request  !invalid_request  !invalid_request  !invalid_request  !invalid_request  !invalid_request

bob    ring            !call_not_found  =                =                    !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
bob'   ring            !call_not_found  =                !answered_elsewhere  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
ada    ring            !call_not_found  !not_a_party     !not_a_party         !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party

bob    accept          !call_not_found  ongoing          =                    !call_terminated  !call_terminated  !call_terminated  !call_terminated  =                 =
bob'   accept          !call_not_found  ongoing          !answered_elsewhere  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
ada    accept          !call_not_found  !not_a_party     !not_a_party         !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party
ada'   accept          !call_not_found  !not_a_party     !not_a_party         !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party

bob    reject          !call_not_found  rejected         ended                =                 =                 !call_terminated  !call_terminated  =                 =
bob'   reject          !call_not_found  rejected         !answered_elsewhere  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
bob    busy            !call_not_found  busy             ended                =                 =                 !call_terminated  !call_terminated  =                 =
bob'   busy            !call_not_found  busy             !answered_elsewhere  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
ada    reject          !call_not_found  !invalid_status  !invalid_status      !invalid_status   !invalid_status   !invalid_status   !invalid_status   !invalid_status   !invalid_status
bob    nonsense        !call_not_found  !invalid_status  !invalid_status      !invalid_status   !invalid_status   !invalid_status   !invalid_status   !invalid_status   !invalid_status
ada    cancel          !call_not_found  cancelled        ended                !call_terminated  !call_terminated  =                 !call_terminated  =                 !call_terminated
ada'   cancel          !call_not_found  !not_a_party     !not_a_party         !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party
bob    cancel          !call_not_found  !invalid_status  !invalid_status      !invalid_status   !invalid_status   !invalid_status   !invalid_status   !invalid_status   !invalid_status

ada    end             !call_not_found  !invalid_status  ended                =                 =                 =                 =                 =                 =
ada'   end             !call_not_found  !not_a_party     !not_a_party         !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party
bob    end             !call_not_found  !not_a_party     ended                !not_a_party      !not_a_party      !not_a_party      !not_a_party      =                 =
bob'   end             !call_not_found  !not_a_party     !not_a_party         !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party
ada    leave           !call_not_found  !invalid_status  ended                =                 =                 =                 =                 =                 =
bob    leave           !call_not_found  !not_a_party     ended                !not_a_party      !not_a_party      !not_a_party      !not_a_party      =                 =

ada    join            !call_not_found  =                =                    !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
ada'   join            !call_not_found  !not_a_party     !not_a_party         !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party
bob    join            !call_not_found  !not_a_party     =                    !call_terminated  !call_terminated  !not_a_party      !not_a_party      !call_terminated  !call_terminated
ada    token           !call_not_found  =                =                    !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
bob    token           !call_not_found  !not_a_party     =                    !call_terminated  !call_terminated  !not_a_party      !not_a_party      !call_terminated  !call_terminated
bob'   token           !call_not_found  !not_a_party     !not_a_party         !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party
ada    signal          !call_not_found  !invalid_status  =                    !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
bob    signal-back     !call_not_found  !not_a_party     =                    !call_terminated  !call_terminated  !not_a_party      !not_a_party      !call_terminated  !call_terminated
ada    signal-self     !call_not_found  !invalid_status  !not_a_party         !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
ada    signal-eve      !call_not_found  !invalid_status  !not_a_party         !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
ada    media           !call_not_found  !invalid_status  =                    !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
bob    media           !call_not_found  !not_a_party     =                    !call_terminated  !call_terminated  !not_a_party      !not_a_party      !call_terminated  !call_terminated
ada    mute            !call_not_found  =                =                    !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
bob    mute            !call_not_found  !not_a_party     =                    !call_terminated  !call_terminated  !not_a_party      !not_a_party      !call_terminated  !call_terminated
ada    record          !call_not_found  =                =                    !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
bob    record          !call_not_found  !not_a_party     =                    !call_terminated  !call_terminated  !not_a_party      !not_a_party      !call_terminated  !call_terminated
ada    renew           !call_not_found  =                =                    !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
bob    renew           !call_not_found  !not_a_party     =                    !call_terminated  !call_terminated  !not_a_party      !not_a_party      !call_terminated  !call_terminated
ada    invite          !call_not_found  !invalid_status  =                    !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
bob'   invite          !call_not_found  !not_a_party     !not_a_party         !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated

server dnd             !call_not_found  rejected         !invalid_status      !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
server server-busy     !call_not_found  busy             !invalid_status      !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
server refuse-odd      !call_not_found  !invalid_status  !invalid_status      !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
server ring-timeout    !call_not_found  unanswered       !invalid_status      !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
server caller-gone     !call_not_found  cancelled        !invalid_status      !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
server media-timeout   !call_not_found  !invalid_status  failed               !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
server lease-expired   !call_not_found  !invalid_status  ended                !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
server accept          !call_not_found  !invalid_request !invalid_request     !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
server hide            !call_not_found  =                !invalid_status      !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated  !call_terminated
ada    dnd             !call_not_found  !not_a_party     !not_a_party         !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party
ada    ring-timeout    !call_not_found  !not_a_party     !not_a_party         !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party
ada    caller-gone     !call_not_found  !not_a_party     !not_a_party         !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party
bob    media-timeout   !call_not_found  !not_a_party     !not_a_party         !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party
ada    lease-expired   !call_not_found  !not_a_party     !not_a_party         !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party      !not_a_party
`

// callIn leads a call to a status by the shortest story.
func callIn(t testing.TB, s Status) Call {
	t.Helper()
	stories := map[Status][]struct {
		act Act
		by  Actor
	}{
		"":         nil,
		Initiated:  {{adaToBob, ada}},
		Ongoing:    {{adaToBob, ada}, {Accept{Join: true}, bob}},
		Rejected:   {{adaToBob, ada}, {Reject{Status: Rejected}, bob}},
		Busy:       {{adaToBob, ada}, {Reject{Status: Busy}, bob}},
		Cancelled:  {{adaToBob, ada}, {Reject{Status: Cancelled}, ada}},
		Unanswered: {{adaToBob, ada}, {RingTimeout{}, ByServer}},
		Ended:      {{adaToBob, ada}, {Accept{Join: true}, bob}, {End{}, ada}},
		Failed:     {{adaToBob, ada}, {Accept{Join: true}, bob}, {MediaTimeout{}, ByServer}},
	}
	var c Call
	for i, step := range stories[s] {
		next, err := c.Apply(step.act, step.by, start.Add(time.Duration(i)*time.Second))
		if err != nil {
			t.Fatalf("lead the call to %q: %v", s, err)
		}
		next.Revision = c.Revision + 1
		c = next
	}
	return c
}

func TestTransitions(t *testing.T) {
	seen := map[string]bool{}
	for line := range strings.Lines(transitions) {
		cells := strings.Fields(line)
		if len(cells) == 0 || cells[0] == "none" {
			continue
		}
		if len(cells) != 2+len(statusesT) {
			t.Fatalf("row %q has %d cells", line, len(cells))
		}
		by, act := actors[cells[0]], acts[cells[1]]
		seen[act.Verb()] = true
		for i, from := range statusesT {
			want := cells[2+i]
			arrow := fmt.Sprintf("%s --%s by %s--> %s", orNone(from), cells[1], cells[0], want)
			t.Run(arrow, func(t *testing.T) { checkTransition(t, callIn(t, from), act, by, want) })
		}
	}
	for _, a := range acts {
		if !seen[a.Verb()] {
			t.Errorf("the table has no row for %q", a.Verb())
		}
	}
}

func checkTransition(t *testing.T, before Call, act Act, by Actor, want string) {
	t.Helper()
	kept := before.clone()
	after, err := before.Apply(act, by, start.Add(time.Minute))
	if !before.Equal(kept) {
		t.Error("Apply changed the call it was given")
	}
	if code, isErr := strings.CutPrefix(want, "!"); isErr {
		if Code(err) != code {
			t.Errorf("error %q (%v), want %q", Code(err), err, code)
		}
		if !after.Equal(before) {
			t.Error("a refused act changed the call")
		}
		return
	}
	if want == "=" {
		want = string(before.Status)
	}
	if err != nil || string(after.Status) != want {
		t.Errorf("status %q, error %v, want %q", after.Status, err, want)
	}
	repeatable := !slices.Contains([]string{"ringing", "mute", "record", "invite", "media", "hide"}, act.Verb())
	if (before.Status.Terminal() || before.Status == Status(want) && repeatable) && !after.Equal(before) {
		t.Error("an act that was no news changed the call")
	}
	if after.Status.Terminal() && after.anyCalleeIn(PartyInvited, PartyRinging, PartyJoined) {
		t.Errorf("the call is %s and somebody still rings or talks: %+v", after.Status, after.Parties)
	}
}

func orNone(s Status) string {
	if s == "" {
		return "none"
	}
	return string(s)
}

func TestInitiateIsChecked(t *testing.T) {
	for name, tc := range map[string]struct {
		act  Initiate
		want string
	}{
		"to oneself":         {Initiate{ID: "c", Type: Audio, Receiver: User("ada")}, "calling_self"},
		"without an id":      {Initiate{Type: Audio, Receiver: User("bob")}, "invalid_request"},
		"of no type":         {Initiate{ID: "c", Receiver: User("bob")}, "invalid_request"},
		"to nothing":         {Initiate{ID: "c", Type: Audio}, "invalid_request"},
		"to an empty group":  {Initiate{ID: "c", Type: Audio, Receiver: Receiver{ToGroup, "ops"}}, "unknown_receiver"},
		"ring time too long": {Initiate{ID: "c", Type: Audio, Receiver: User("bob"), RingTime: 180_001}, "invalid_request"},
		"ring time too short": {
			Initiate{ID: "c", Type: Audio, Receiver: User("bob"), RingTime: 4_999}, "invalid_request",
		},
		"ring time negative": {Initiate{ID: "c", Type: Audio, Receiver: User("bob"), RingTime: -1}, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := (Call{}).Apply(tc.act, ada, start); Code(err) != tc.want {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}

func TestRingTimeIsTheCallersTheServersOrTheDefault(t *testing.T) {
	for _, tc := range []struct{ asked, server, want Millis }{
		{0, 0, 45_000}, {0, 2_000, 2_000}, {10_000, 2_000, 10_000}, {5_000, 0, 5_000}, {180_000, 0, 180_000},
	} {
		a := adaToBob
		a.RingTime, a.DefaultRing = tc.asked, tc.server
		c, err := Call{}.Apply(a, ada, start)
		if err != nil || c.RingTime != tc.want {
			t.Errorf("asked %d, server's %d: %d (%v), want %d", tc.asked, tc.server, c.RingTime, err, tc.want)
		}
	}
}

func TestTimesStayInOrderWhenTheClockStepsBack(t *testing.T) {
	c := callIn(t, Initiated)
	c, err := c.Apply(Accept{Join: true}, bob, start.Add(-24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	c, err = c.Apply(End{}, ada, start.Add(-48*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if c.AnsweredAt.Before(c.InitiatedAt) || c.EndedAt.Before(c.AnsweredAt) {
		t.Errorf("initiated %v, answered %v, ended %v", c.InitiatedAt, c.AnsweredAt, c.EndedAt)
	}
}

// A call lasts 20 s and is connected after 10; a minute later the server hears of
// an end that was some time ago.
func TestALateEndHasItsOwnTime(t *testing.T) {
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	ongoing := callIn(t, Ongoing) // answered at 1 s
	ongoing.ConnectedAt = at(10)
	rings := callIn(t, Initiated)
	group := Initiate{ID: "g", Type: Audio, Receiver: Receiver{ToGroup, "ops"}, Members: []UserID{"ada", "bob", "eve"}}
	alone, err := Call{}.Apply(group, ada, start)
	for _, step := range []struct {
		act Act
		by  Actor
		at  int
	}{{Accept{Join: true}, bob, 1}, {Accept{Join: true}, eve, 5}, {End{}, eve, 30}, {End{Ago: 45_000}, ada, 80}} {
		if err == nil {
			alone, err = alone.Apply(step.act, step.by, at(step.at))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		call Call
		act  Act
		by   Actor
		want time.Time
	}{
		"now":                        {ongoing, End{}, ada, at(80)},
		"a minute ago":               {ongoing, End{Ago: 60_000}, ada, at(20)},
		"before the media connected": {ongoing, End{Ago: 75_000}, ada, at(10)},
		"in the future":              {ongoing, End{Ago: -60_000}, bob, at(80)},
		"before there were calls":    {ongoing, End{Ago: 1 << 62}, ada, at(10)},
		"a cancel":                   {rings, Reject{Status: Cancelled, Ago: 70_000}, ada, at(10)},
		"a cancel before the call":   {rings, Reject{Status: Cancelled, Ago: 90_000}, ada, at(0)},
		"a cancel after the accept":  {ongoing, Reject{Status: Cancelled, Ago: 60_000}, ada, at(20)},
		"a reject":                   {rings, Reject{Status: Rejected, Ago: 60_000}, bob, at(20)},
		"a reject after the accept":  {ongoing, Reject{Status: Rejected, Ago: 60_000}, bob, at(20)},
		"leaving, which has no time": {ongoing, Leave{}, ada, at(80)},
		"the last of a group":        {alone, End{Ago: 78_000}, bob, at(35)}, // Ada left at 35
	} {
		t.Run(name, func(t *testing.T) {
			c, err := tc.call.Apply(tc.act, tc.by, at(80))
			if err != nil || !c.EndedAt.Equal(tc.want) {
				t.Errorf("ended %v after the start (%v), want %v", c.EndedAt.Sub(start), err, tc.want.Sub(start))
			}
		})
	}
	long := Reject{Status: Cancelled, Ago: ToMillis(2 * MaxAgo)}
	if c, err := rings.Apply(long, ada, start.Add(5*time.Hour)); err != nil || !c.EndedAt.Equal(start.Add(5*time.Hour-MaxAgo)) {
		t.Errorf("what is too long ago ended %v after the start (%v)", c.EndedAt.Sub(start), err)
	}
	if alone.Parties[0].LeftAt != at(35) {
		t.Errorf("who left a group late left %v after the start", alone.Parties[0].LeftAt.Sub(start))
	}
}

func TestAcceptWithoutJoinAnswersAndJoinsLater(t *testing.T) {
	c, err := callIn(t, Initiated).Apply(Accept{}, bob, start)
	if err != nil {
		t.Fatal(err)
	}
	if !c.Holds(bob.Viewer()) || c.InSession(bob.Viewer()) {
		t.Error("an accept without join must win the call and not enter the session")
	}
	if _, err := c.Apply(Signal{To: "ada-1"}, bob, start); Code(err) != "invalid_status" {
		t.Errorf("a signal before the join: %v", err)
	}
	if _, err := c.Apply(Signal{To: "bob-1"}, ada, start); Code(err) != "not_a_party" {
		t.Errorf("a signal to a phone that has not joined: %v", err)
	}
	if c, err = c.Apply(Join{}, bob, start); err != nil || !c.InSession(bob.Viewer()) {
		t.Errorf("join: %v", err)
	}
}

func TestMediaConnectedNeedsBothSides(t *testing.T) {
	c := callIn(t, Ongoing)
	c, _ = c.Apply(ReportMedia{Peer: "bob-1", State: MediaConnected}, ada, start.Add(time.Minute))
	if !c.ConnectedAt.IsZero() {
		t.Error("one side's report was enough")
	}
	c, _ = c.Apply(ReportMedia{Peer: "ada-1", State: MediaConnected}, bob, start.Add(time.Minute))
	if c.ConnectedAt.IsZero() {
		t.Error("both sides reported and it is not connected")
	}
	if _, err := c.Apply(MediaTimeout{}, ByServer, start.Add(time.Hour)); Code(err) != "invalid_status" {
		t.Errorf("a media time-out after both connected: %v", err)
	}
}

func TestHiddenCallIsSecretToTheCallee(t *testing.T) {
	a := adaToBob
	a.Hidden = true
	c, err := Call{}.Apply(a, ada, start)
	if err != nil {
		t.Fatal(err)
	}
	for name, act := range acts {
		if _, err := c.Apply(act, bob, start); name != "initiate" && Code(err) != "not_a_party" {
			t.Errorf("%s by the callee who blocked: %v", name, err)
		}
	}
	if e := Events(Call{}, c, bob.Viewer()); len(e) != 0 {
		t.Errorf("the callee hears %v", e)
	}
	seen, ok := c.SeenBy(ada.Viewer())
	if !ok || seen.Hidden {
		t.Error("the caller sees that the call is hidden")
	}
	c, err = c.Apply(RingTimeout{}, ByServer, start)
	if err != nil || c.Status != Unanswered || c.Missed("bob") {
		t.Errorf("status %s, missed %v, error %v", c.Status, c.Missed("bob"), err)
	}
}

func TestGroupCall(t *testing.T) {
	group := Initiate{ID: "g", Type: Audio, Receiver: Receiver{ToGroup, "ops"}, Members: []UserID{"ada", "bob", "eve"}}
	ring := func() Call {
		c, err := Call{}.Apply(group, ada, start)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	do := func(c Call, act Act, by Actor) Call {
		t.Helper()
		next, err := c.Apply(act, by, start.Add(time.Second))
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	stateOf := func(c Call, u UserID) PartyState { p, _ := c.Party(u); return p.State }

	t.Run("the first accept makes it ongoing, the others ring on", func(t *testing.T) {
		c := do(ring(), Accept{Join: true}, bob)
		if c.Status != Ongoing || stateOf(c, "eve") != PartyInvited {
			t.Errorf("%s, eve %s", c.Status, stateOf(c, "eve"))
		}
		c = do(c, RingTimeout{}, ByServer)
		if c.Status != Ongoing || stateOf(c, "eve") != PartyUnanswered {
			t.Errorf("after the ring time: %s, eve %s", c.Status, stateOf(c, "eve"))
		}
		if c = do(c, Accept{Join: true}, eve); stateOf(c, "eve") != PartyJoined {
			t.Error("a late join was not taken")
		}
	})
	t.Run("a reject concerns one party; all rejected ends it", func(t *testing.T) {
		c := do(ring(), Reject{Status: Rejected}, bob)
		if c.Status != Initiated {
			t.Fatalf("one reject made it %s", c.Status)
		}
		if c = do(c, Reject{Status: Rejected}, eve); c.Status != Rejected {
			t.Errorf("all rejected: %s", c.Status)
		}
	})
	t.Run("what one phone rejected, another one of the same person cannot", func(t *testing.T) {
		c := do(ring(), Reject{Status: Rejected}, bob)
		if after, err := c.Apply(Reject{Status: Rejected}, bobOther, start); Code(err) != "invalid_status" || !after.Equal(c) {
			t.Errorf("rejected twice: %v", err)
		}
	})
	t.Run("busy is no answer in a group", func(t *testing.T) {
		if _, err := ring().Apply(Reject{Status: Busy}, bob, start); Code(err) != "invalid_status" {
			t.Error(err)
		}
	})
	t.Run("it ends when the last leaves", func(t *testing.T) {
		c := do(ring(), Accept{Join: true}, bob)
		if c = do(c, End{}, ada); c.Status != Ongoing || stateOf(c, "ada") != PartyLeft {
			t.Fatalf("the first leaver made it %s", c.Status)
		}
		if c = do(c, End{}, bob); c.Status != Ended {
			t.Errorf("the last leaver: %s", c.Status)
		}
	})
	t.Run("one more person is invited", func(t *testing.T) {
		c := do(callIn(t, Ongoing), Invite{User: "eve"}, ada)
		if c.TwoParty() || stateOf(c, "eve") != PartyInvited {
			t.Errorf("eve is %s", stateOf(c, "eve"))
		}
		if e := Events(callIn(t, Ongoing), c, eve.Viewer()); names(e) != "IncomingCallReceived" {
			t.Errorf("eve hears %s", names(e))
		}
	})
}

// A call names the phone that decided for each person, whatever it was.
func TestACallNamesItsPhones(t *testing.T) {
	for name, steps := range map[string][]Act{
		"accepted": {Ring{}, Accept{Join: true}}, "accepted without joining": {Accept{}},
		"rejected": {Reject{Status: Rejected}}, "busy": {Reject{Status: Busy}},
		"accepted and hung up": {Accept{Join: true}, End{}},
	} {
		c, err := Call{}.Apply(adaToBob, ada, start)
		for _, act := range steps {
			if err == nil {
				c, err = c.Apply(act, bobOther, start)
			}
		}
		if err != nil || c.Parties[0].Label != "laptop" || c.Parties[1].Label != "kitchen" {
			t.Errorf("%s: %+v, %v", name, c.Parties, err)
		}
	}
	c, err := callIn(t, Initiated).Apply(Ring{}, bob, start)
	if err != nil || c.Parties[1].Label != "" {
		t.Errorf("nobody has decided, and it is %q; %v", c.Parties[1].Label, err)
	}
}

func TestSmallPrint(t *testing.T) {
	group := Initiate{ID: "g", Type: Video, Receiver: Receiver{ToGroup, "ada"}, Members: []UserID{"ada", "bob", "eve"}}
	type step struct {
		act Act
		by  Actor
	}
	answered := []step{{group, ada}, {Accept{Join: true}, bob}}
	for name, tc := range map[string]struct {
		steps []step
		act   Act
		by    Actor
		want  string // a code, or nothing
		then  func(Call) bool
	}{
		"a group may be named as its caller": {nil, group, ada, "", func(c Call) bool { return c.Type == Video }},
		"a phone without an id is no phone":  {[]step{{adaToBob, ada}}, Token{}, Actor{User: "bob"}, "not_a_party", nil},
		"somebody else with the caller's device id": {
			[]step{{adaToBob, ada}}, adaToBob, Actor{User: "eve", Device: ada.Device}, "invalid_request", nil,
		},
		"a block hides no group's call":        {[]step{{group, ada}}, Hide{}, ByServer, "invalid_status", nil},
		"a block while it rings":               {[]step{{adaToBob, ada}}, Hide{}, ByServer, "", func(c Call) bool { return c.Hidden }},
		"a lease of a phone that is not there": {answered, LeaseExpired{Device: "x"}, ByServer, "invalid_status", nil},
		"a caller who is hidden may cancel": {
			[]step{{Initiate{ID: "h", Type: Audio, Receiver: User("bob"), Hidden: true}, ada}},
			Reject{Status: Cancelled},
			ada, "", func(c Call) bool { return c.Status == Cancelled },
		},
		"record before the join":     {[]step{{adaToBob, ada}, {Accept{}, bob}}, SetRecording{On: true}, bob, "invalid_status", nil},
		"mute before the join":       {[]step{{adaToBob, ada}, {Accept{}, bob}}, SetMuted{Audio: true}, bob, "invalid_status", nil},
		"media before the join":      {[]step{{adaToBob, ada}, {Accept{}, bob}}, ReportMedia{State: MediaLost}, bob, "invalid_status", nil},
		"media in an unknown state":  {answered, ReportMedia{State: "fine"}, bob, "invalid_status", nil},
		"a phone that left has left": {append(answered, step{End{}, bob}), Token{}, bob, "not_a_party", nil},
		"a signal to one who left": {
			append(answered, step{Accept{Join: true}, eve}, step{End{}, bob}), Signal{To: "bob-1"}, ada, "not_a_party", nil,
		},
		"one who left comes back": {append(answered, step{End{}, bob}), Accept{Join: true}, bob, "", func(c Call) bool {
			return c.InSession(bob.Viewer()) && c.Parties[1].LeftAt.IsZero()
		}},
		"another phone rings after a reject in a group": {
			append(answered, step{Reject{Status: Rejected}, eve}),
			Ring{},
			Actor{User: "eve", Device: Device{ID: "eve-2"}},
			"",
			func(c Call) bool { return c.Parties[2].State == PartyRejected },
		},
		"the last to reject does not end what others talk about": {
			answered, Reject{Status: Rejected}, eve, "", func(c Call) bool { return c.Status == Ongoing },
		},
		"a lease of a caller who only rings": {[]step{{adaToBob, ada}}, LeaseExpired{Device: "ada-1"}, ByServer, "invalid_status", nil},
		"who rang and was not answered": {
			[]step{{adaToBob, ada}, {Ring{}, bob}},
			RingTimeout{},
			ByServer, "",
			func(c Call) bool { return c.Parties[1].State == PartyUnanswered },
		},
		"one who left no longer counts as connected": {
			append(answered, step{ReportMedia{State: MediaConnected}, bob}, step{Accept{Join: true}, eve}, step{End{}, bob}),
			ReportMedia{State: MediaConnected},
			ada, "", func(c Call) bool { return c.ConnectedAt.IsZero() },
		},
		"connected once is connected": {
			[]step{{adaToBob, ada}, {Accept{Join: true}, bob}, {ReportMedia{State: MediaConnected}, bob}, {ReportMedia{State: MediaConnected}, ada}, {ReportMedia{State: MediaLost}, ada}},
			ReportMedia{State: MediaConnected},
			ada, "", func(c Call) bool { return c.ConnectedAt.Equal(start.Add(3 * time.Second)) },
		},
		"busy is written as busy":         {[]step{{adaToBob, ada}}, Reject{Status: Busy}, bob, "", func(c Call) bool { return c.Parties[1].State == PartyBusy }},
		"whoever is busy with it says so": {[]step{{adaToBob, ada}}, Refuse{Busy, ""}, ByServer, "", func(c Call) bool { return c.Parties[1].State == PartyBusy }},
	} {
		t.Run(name, func(t *testing.T) {
			var c Call
			for i, s := range tc.steps {
				next, err := c.Apply(s.act, s.by, start.Add(time.Duration(i)*time.Second))
				if err != nil {
					t.Fatalf("step %d: %v", i, err)
				}
				c = next
			}
			after, err := c.Apply(tc.act, tc.by, start.Add(time.Minute))
			if Code(err) != tc.want {
				t.Errorf("error %v, want %q", err, tc.want)
			}
			if tc.then != nil && !tc.then(after) {
				t.Errorf("became %+v", after)
			}
		})
	}
}

func TestMissed(t *testing.T) {
	missed := []Status{Cancelled, Unanswered}
	for _, s := range statusesT {
		c := callIn(t, s)
		if got, want := c.Missed("bob"), slices.Contains(missed, s); got != want {
			t.Errorf("%s: missed by the callee %v, want %v", orNone(s), got, want)
		}
		if c.Missed("ada") || c.Missed("eve") {
			t.Errorf("%s: missed by somebody who was not called", orNone(s))
		}
	}
	for name, refuse := range map[string]Refuse{"do not disturb": {Rejected, DoNotDisturb}, "server's busy": {Busy, ""}} {
		c, err := callIn(t, Initiated).Apply(refuse, ByServer, start)
		if err != nil || !c.Missed("bob") {
			t.Errorf("%s must count as missed (%v)", name, err)
		}
	}
}

func TestUserIDs(t *testing.T) {
	for id, ok := range map[UserID]bool{
		"ada": true, "a": true, "a.b-c_d": true, "0x": true, UserID(strings.Repeat("a", 64)): true,
		"": false, "Ada": false, "ädä": false, "a..b": false, ".a": false, "a.": false, "-a": false, "a b": false,
		"a/b": false, "a\x1b": false, UserID(strings.Repeat("a", 65)): false,
	} {
		if err := id.Validate(); (err == nil) != ok {
			t.Errorf("%q: %v", string(id), err)
		}
	}
}
