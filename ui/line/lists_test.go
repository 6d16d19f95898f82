package line

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tring/calls"
	"tring/ui"
)

// server notes what it is asked.
type server struct {
	asked chan string
	fails error
}

func (s server) note(format string, values ...any) error {
	s.asked <- fmt.Sprintf(format, values...)
	return s.fails
}

func (s server) MarkSeen(_ context.Context, until calls.ID) error { return s.note("seen %s", until) }

func (s server) SetAccount(_ context.Context, set calls.Settings) error {
	return s.note("account %s%s", set.Presence, set.WhenBusy)
}

func (s server) SetFavourite(_ context.Context, who calls.Receiver, on bool) error {
	return s.note("favourite %s %t", who.ID, on)
}

func (s server) SetBlocked(_ context.Context, who calls.UserID, on bool) error {
	return s.note("block %s %t", who, on)
}

func (s server) Phones(context.Context) ([]calls.PhoneInfo, error) {
	return []calls.PhoneInfo{
		{Device: calls.Device{ID: "here", Label: "desk"}, Online: true, This: true},
		{Device: calls.Device{ID: "there", Label: "kit\x07chen"}, LastSeen: noon.Add(-20 * time.Hour)},
	}, s.fails
}

func (s server) RemovePhone(_ context.Context, id calls.DeviceID) error {
	return s.note("remove %s", id)
}

func (s server) Own(context.Context) (ui.OwnAccount, error) {
	return ui.OwnAccount{
		Server: "wss://phone.example", Fingerprint: "SHA256:abc", KeyFile: "/home/ann/key",
		Saved: []ui.SavedAccount{{User: "ann", InUse: true}, {User: "ann2", Server: "wss://other.example"}},
	}, nil
}

func (s server) SetPresence(_ context.Context, p calls.Presence) error {
	return s.note("presence %s", p)
}

func (s server) Use(_ context.Context, a ui.SavedAccount) error { return s.note("use %s", a.User) }

func (s server) was(t *testing.T, want string) {
	t.Helper()
	select {
	case got := <-s.asked:
		if got != want {
			t.Errorf("the server was asked %q, want %q", got, want)
		}
	case <-time.After(time.Minute):
		t.Fatalf("the server was asked nothing, want %q", want)
	}
}

func served(c *Console) server {
	s := server{asked: make(chan string, 1)}
	c.Server, c.Accounts = s, s
	return s
}

// Ten people at a time are read out; the numbers go on.
func TestManyPeople(t *testing.T) {
	p := sitWith(t, func(_ *Console, phone *fakePhone) {
		phone.people = nil
		for i := range 12 {
			phone.people = append(phone.people, calls.Contact{Receiver: calls.User(calls.UserID(fmt.Sprintf("p%02d", i+1))), Presence: calls.Away})
		}
	})
	p.reads("Welcome.", "Type ? for help.")
	for i := range 10 {
		p.reads(fmt.Sprintf("%d. p%02d, away", i+1, i+1))
	}
	p.reads("Type n for more.")
	p.enters("n", "11. p11, away", "12. p12, away")
	p.enters("more", "There is no more.")
	p.types("12")
	p.did("initiate new audio p12")
	p.enters("l 05", "1. p05, away")
	p.types("1")
	p.did("initiate new audio p05")
	p.enters("l nobody", "Nobody of that name.")
}

// Who is called by a name that is shown, and by several people, is asked about.
func TestCallByName(t *testing.T) {
	p := sitWith(t, func(_ *Console, phone *fakePhone) {
		phone.people = []calls.Contact{
			{Receiver: calls.User("bob"), Name: "Bob Okafor", Presence: calls.InCall, Favourite: true},
			{Receiver: calls.User("bob2"), Name: "bob okafor", Presence: calls.DND, Blocked: true},
			{Receiver: calls.User("carla"), Name: "Carla Weiß", Presence: calls.Online, TestLine: true},
			{Receiver: calls.User("dan"), Name: "bob", Presence: calls.Offline, Since: noon.Add(-time.Hour)},
		}
	})
	p.reads("Welcome.", "Type ? for help.", "1. Bob Okafor (bob), in a call, favourite", "2. bob okafor (bob2), do not disturb, blocked",
		"3. Carla Weiß, test line", "4. bob, offline since today at 11:00")
	p.types("carla weiß")
	p.did("initiate new audio carla")
	p.types("video Carla Weiß")
	p.did("initiate new video carla")
	p.types("bob") // an id goes before a name
	p.did("initiate new audio bob")
	p.enters("c", "Add whom to call: a number of the list, or a name.")
	p.enters("video ", "Add whom to call: a number of the list, or a name.")
	p.enters("c Bob Okafor", "2 people have that name. Type a number to call.",
		"1. Bob Okafor (bob), in a call, favourite", "2. bob okafor (bob2), do not disturb, blocked")
	p.types("2")
	p.did("initiate new audio bob2")
}

func TestAboutPeople(t *testing.T) {
	var s server
	p := sitWith(t, func(c *Console, phone *fakePhone) {
		s = served(c)
		phone.people[0].Phones = []string{"desk\x1b", "kitchen"}
	})
	p.reads("Welcome.", "Type ? for help.", "1. Bob, online", "2. Eve, offline")
	p.enters("i 1", "Bob, online", "Name on this server: bob", "Phones: desk, kitchen")
	for line, want := range map[string][2]string{
		"f 1":           {"favourite bob true", "Bob is a favourite."},
		"unfavourite 1": {"favourite bob false", "Bob is no favourite."},
		"block 2":       {"block eve true", "Eve is blocked."},
		"unblock 2":     {"block eve false", "Eve is not blocked."},
	} {
		p.types(line)
		s.was(t, want[0])
		p.reads(want[1])
	}
	p.enters("block 3", "There is no such number in the list; type l for the list.")
}

func record(id calls.ID, from, to calls.UserID, status calls.Status, missed bool, at time.Time) calls.Record {
	c := call(status, "")
	c.ID, c.Initiator, c.Receiver, c.InitiatedAt = id, from, calls.User(to), at
	c.Parties = []calls.Party{{User: from}, {User: to}}
	if c.AnsweredAt = (time.Time{}); status == calls.Ended {
		c.AnsweredAt = at.Add(12 * time.Second)
	}
	c.EndedAt = at.Add(85 * time.Second)
	r := calls.Record{Call: c, Direction: calls.Incoming, Missed: missed}
	if from == "ann" {
		r.Direction = calls.Outgoing
	}
	return r
}

// The calls that are over: some of them, more of them, more about one, and back.
func TestRecentCalls(t *testing.T) {
	var s server
	p := sitWith(t, func(c *Console, phone *fakePhone) {
		s = served(c)
		phone.view.MissedCount, phone.missed = 2, 2
		phone.records = []calls.Record{
			record("5", "bob", "ann", calls.Cancelled, true, noon.Add(-time.Minute)),
			record("4", "ann", "eve", calls.Ended, false, noon.Add(-24*time.Hour)),
			record("3", "bob", "ann", calls.Rejected, false, noon.Add(-48*time.Hour)),
			record("2", "ann", "bob", calls.Busy, false, noon.Add(-30*24*time.Hour)),
			record("1", "ann", "bob", calls.Unanswered, false, noon.Add(-400*24*time.Hour)),
		}
		answered := phone.records[1].Call.Parties
		answered[0].Label, answered[1].Label, answered[1].Name = "laptop", "the \x1b[2Jstudy", "Eve Odd"
		for i := range 8 {
			phone.records = append(phone.records, record(calls.ID(fmt.Sprint("0", 9-i)), "ann", "bob", calls.Failed, false, noon.Add(-500*24*time.Hour)))
		}
	})
	p.reads("Welcome.", "Type ? for help.", "2 missed calls. Type t to list the calls.", "1. Bob, online", "2. Eve, offline")
	p.enters("t", "1. bob, missed, today at 11:59", "2. Eve Odd, from you, 1 minute 13 seconds, yesterday at 12:00",
		"3. bob, from them, declined, Friday at 12:00", "4. bob, from you, busy, 17 April at 12:00",
		"5. bob, from you, no answer, 12 April 2025")
	for n := 6; n <= 10; n++ {
		p.reads(fmt.Sprintf("%d. bob, from you, failed, 2 January 2025", n))
	}
	p.reads("Type n for more.")
	s.was(t, "seen 5")
	p.enters("n", "11. bob, from you, failed, 2 January 2025", "12. bob, from you, failed, 2 January 2025",
		"13. bob, from you, failed, 2 January 2025")
	p.types("2")
	p.did("initiate new audio eve")
	p.enters("i 2", "Eve Odd, from you, 1 minute 13 seconds, yesterday at 12:00", "It rang for 12 seconds.",
		"It was answered, and lasted 1 minute 13 seconds.", "The call with Eve Odd ended. You talked for 1 minute 13 seconds.",
		"Ann on laptop, Eve Odd on the study.")
	p.enters("t missed", "1. bob, missed, today at 11:59")
	s.was(t, "seen 5")
	p.enters("t in", "1. bob, missed, today at 11:59", "2. bob, from them, declined, Friday at 12:00")
	p.enters("i 2", "bob, from them, declined, Friday at 12:00", "It rang for 1 minute 25 seconds.", "You rejected the call from bob.")
	p.types("v 1")
	p.did("initiate new video bob")
	p.enters("t sideways", "Type t, or t with one of: missed, in, out.")
}

func TestReachable(t *testing.T) {
	var s server
	p := sitWith(t, func(c *Console, phone *fakePhone) {
		s = served(c)
		phone.view.Settings.Presence = calls.DND
	})
	p.reads("Welcome.", "Type ? for help.", "1. Bob, online", "2. Eve, offline")
	menu := []string{
		"You are: do not disturb.", "1. online", "2. away", "3. do not disturb", "4. a second caller rings",
		"5. a second caller hears that you are busy",
	}
	p.enters("p", menu...)
	p.types("1")
	s.was(t, "account online")
	p.reads("Set: online.")
	p.enters("1", "There is no such number in the list; type l for the list.") // a choice is made once
	p.enters("presence", menu...)
	p.types("5")
	s.was(t, "account busy")
	p.reads("Set: a second caller hears that you are busy.")
}

// A call that was over at once did not ring, as far as one can tell.
func TestACallThatDidNotRing(t *testing.T) {
	p := sitWith(t, func(_ *Console, phone *fakePhone) {
		r := record("1", "ann", "bob", calls.Busy, false, noon.Add(-time.Hour))
		r.Call.EndedAt = r.Call.InitiatedAt.Add(100 * time.Millisecond)
		phone.records = []calls.Record{r}
	})
	p.reads("Welcome.", "Type ? for help.", "1. Bob, online", "2. Eve, offline")
	p.enters("t", "1. bob, from you, busy, today at 11:00")
	p.enters("i 1", "bob, from you, busy, today at 11:00", "bob is busy.")
}

// What is named after p is set at once.
func TestReachableAs(t *testing.T) {
	for typed, want := range map[string][2]string{
		"p dnd": {"account dnd", "Set: do not disturb."}, "p do not disturb": {"account dnd", "Set: do not disturb."},
		"presence Online": {"account online", "Set: online."}, "p away": {"account away", "Set: away."},
	} {
		var s server
		p := sitWith(t, func(c *Console, _ *fakePhone) { s = served(c) })
		p.reads("Welcome.", "Type ? for help.", "1. Bob, online", "2. Eve, offline")
		p.types(typed)
		s.was(t, want[0])
		p.reads(want[1])
		p.enters("p asleep", "Type p, or p with one of: online, away, dnd.")
	}
}

// A phone is signed out only by somebody who says yes.
func TestAccount(t *testing.T) {
	var s server
	p := sitWith(t, func(c *Console, _ *fakePhone) { s = served(c) })
	p.reads("Welcome.", "Type ? for help.", "1. Bob, online", "2. Eve, offline")
	account := []string{
		"You are Ann, on this server ann.", "Server: wss://phone.example", "Key: SHA256:abc", "It is in /home/ann/key",
		"Phones of this account: 2. The number of one signs it out.", "1. desk, this one", "2. kitchen, last seen yesterday at 16:00",
		"3. another account: ann2 on wss://other.example",
	}
	p.enters("account", account...)
	p.enters("1", "That is this phone; type q to quit.")
	for _, answer := range []string{"no", ""} {
		p.enters("account", account...)
		p.enters("2", "Sign kitchen out for good? Type yes or no.")
		p.enters(answer, "Nothing was done.")
	}
	p.enters("account", account...)
	p.enters("2", "Sign kitchen out for good? Type yes or no.")
	p.types("yes")
	s.was(t, "remove there")
	p.reads("kitchen is signed out.")
	p.enters("account", account...)
	p.types("3")
	s.was(t, "use ann2")
	p.reads("Quit and start tring again to be ann2.")
}

// What a phone cannot do, it says in one line; so what fails.
func TestWithout(t *testing.T) {
	p := sit(t)
	for _, line := range []string{"p", "log", "f 1", "account", "settings"} {
		p.enters(line, "That cannot be done now.")
	}
	for _, line := range []string{"R", "+", "-", "k 5", "s", "m", "x"} {
		p.enters(line, "You are not in a call.")
	}
	held := talking("two", false)
	p.phone.tell(calls.Event{Name: calls.MediaIsConnected, Call: held.Call}, held)
	p.reads("Connected to bob.")
	for _, line := range []string{"record", "louder", "key 5"} {
		p.enters(line, "That cannot be done now.")
	}
}

func TestWhatWentWrong(t *testing.T) {
	var page ui.LogPage
	var fails error
	p := sitWith(t, func(c *Console, _ *fakePhone) {
		c.Log = func(context.Context, int64) (ui.LogPage, error) { return page, fails }
	})
	p.reads("Welcome.", "Type ? for help.", "1. Bob, online", "2. Eve, offline")
	page = ui.LogPage{Path: "/home/ann/log", Lines: []ui.LogLine{{At: noon, Text: "all is well"}}}
	p.enters("log", "Nothing went wrong lately.", "The log is /home/ann/log")
	page.Lines = append(page.Lines, ui.LogLine{At: noon, Level: slog.LevelWarn, Text: "no \x1b[31mmicrophone"})
	p.enters("log", "no microphone, today at 12:00", "The log is /home/ann/log")
	fails = errors.New("read the log: no such file")
	p.enters("log", "That did not work: read the log: no such file.")
}

// Help is about now; all of it is one word away.
func TestHelp(t *testing.T) {
	p := sit(t)
	p.types("?")
	p.reads("A number or a name calls.", "Calls:", "l or people: people; l and a part of a name searches.")
	p.until("Type ? all for everything.")
	in := ringing("one", "bob")
	p.phone.tell(calls.Event{Name: calls.IncomingCallReceived, Call: in.Call}, in)
	p.reads("bob is calling. Type a to accept, r to reject, b for busy.")
	p.enters("help", "A number or a name calls.", "When somebody calls:", "a or accept: accept; with a number where several call.",
		"r or reject: reject.", "b or busy: say that you are busy.", "Type ? all for everything.")
	p.types("? all")
	p.reads("Calls:")
	p.until("q or quit: quit, and hang up.")
}

// until reads until a line.
func (p *person) until(want string) {
	p.t.Helper()
	for got := ""; got != want; {
		got = p.line(want)
	}
}

// Nobody can type what ends the phone or calls by accident.
func TestBadInput(t *testing.T) {
	p := sit(t)
	p.types("\x1b[A") // nothing is left of it
	p.enters("wh\x00at now", "That is neither a command nor a name; type ? for help.")
	p.enters(strings.Repeat("x", 1<<20), "That is neither a command nor a name; type ? for help.")
	p.enters("-1", "There is no such number in the list; type l for the list.")
	p.enters("99999999999999999999", "There is no such number in the list; type l for the list.")
	p.types("l bob")
	p.reads("1. Bob, online")
}

// A call names somebody of whom the phone knows nothing else; where somebody known
// has that name, the id tells them apart.
func TestACallBringsTheName(t *testing.T) {
	v := calls.View{
		Me:       calls.Identity{User: "ada", Name: "Ada"},
		Contacts: []calls.Contact{{Receiver: calls.User("bob"), Name: "Bob Okafor"}},
	}
	for _, tt := range []struct {
		user calls.UserID
		name string
		want string
	}{
		{"zz9", "Zz\x1b[2J Nine", "Zz Nine is calling."},
		{"zz9", "", "zz9 is calling."},
		{"bob", "Bob, as he was called then", "Bob Okafor is calling."},
		{"bob2", "BÓB Okafor", "BÓB Okafor (bob2) is calling."},
	} {
		c := calls.Call{ID: "1", Initiator: tt.user, Receiver: calls.User("ada"), Parties: []calls.Party{{User: tt.user, Name: tt.name}, {User: "ada"}}}
		if got := Words(ui.Language{}, calls.Event{Name: calls.IncomingCallReceived, Call: c}, v); got != tt.want {
			t.Errorf("%q, not %q", got, tt.want)
		}
		if got := CallOf(c, "").Names[tt.user]; got != tt.name {
			t.Errorf("scripts read %q, not %q", got, tt.name)
		}
	}
}
