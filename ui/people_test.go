package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tring/calls"
)

// news lets the server tell of somebody.
func (d *desk) news(u calls.PresenceUpdate) {
	_ = d.tel.step(u)
	d.settle()
}

// chosen is the row that is marked.
func (d *desk) chosen() string {
	for _, row := range strings.Split(d.screen(), "\n") {
		if _, name, ok := strings.Cut(row, "› "); ok {
			return strings.Join(strings.Fields(name)[1:3], " ")
		}
	}
	return ""
}

// vast gives the server n people, of whom the phone hears of the first alone, and
// every tenth of whom is here.
func (d *desk) vast(n int) {
	for i := range n {
		c := contact(fmt.Sprintf("p%04d", i), fmt.Sprintf("Person %04d", i), calls.Offline)
		if i%10 == 9 {
			c.Presence = calls.Online
		}
		d.tel.people = append(d.tel.people, c)
	}
	d.tel.total = n
	d.tel.connect(d.tel.people[:1]...)
	d.settle()
}

// Whoever is drawn as chosen stays so, whoever comes to the top of the list: the
// next enter calls nobody else.
func TestTheFirstChoiceStays(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		if got := d.chosen(); got != "Bob Okafor" {
			t.Fatalf("%q is chosen", got)
		}
		d.history()
		d.tel.records = d.tel.records[2:3] // carla called last
		d.tel.ring("01JD0000000000000000000A01", "carla", calls.Audio)
		d.tel.act("01JD0000000000000000000A01", "carla", "phone", calls.Reject{Status: calls.Cancelled})
		d.settle()
		d.pass(2 * time.Second)
		if got := d.chosen(); got != "Bob Okafor" {
			t.Errorf("%q is chosen after a call that went", got)
		}
		d.press("enter")
		d.did("initiate audio bob")
		d.press("x")
	})
}

// Nobody is drawn as chosen before the order stands, and no key calls anybody.
func TestNobodyIsChosenTooEarly(t *testing.T) {
	tel := newTelephone(time.Now)
	tel.connect(fourContacts()...)
	m := New(Config{Agent: tel, Theme: ThemeDark, NewCallID: func() calls.ID { return testCall }})
	m.Init() // and no answer of the server comes
	d := &desk{t: t, tel: tel, model: m}
	m.width, m.height = 80, 24
	d.reads("Bob Okafor")
	if got := d.chosen(); got != "" {
		t.Errorf("%q is chosen", got)
	}
	m.Update(keyNamed("enter"))
	d.did()
	m.Update(readyMsg{})
	if got := d.chosen(); got != "Bob Okafor" {
		t.Errorf("%q is chosen", got)
	}
}

// What a search finds on the server comes to its place, and the choice stays.
func TestTheChoiceStaysWhileASearchComesIn(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		for _, name := range []string{"Okan Adler", "Zeno Okoye"} {
			c := contact(strings.ToLower(name[:4]), name, calls.Online)
			c.Favourite = name[0] == 'Z'
			d.tel.people = append(d.tel.people, c)
		}
		d.press("/")
		d.typed("ok")
		if got := d.chosen(); got != "Bob Okafor" {
			t.Fatalf("%q is chosen", got)
		}
		d.pass(time.Second)
		d.order("zeno", "bob", "okan", "dmitri")
		if got := d.chosen(); got != "Bob Okafor" {
			t.Errorf("%q is chosen when the answer is here", got)
		}
	})
}

// Somebody whom only a search has found has a name also in the call, and after it.
func TestWhoWasFoundHasAName(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.vast(250)
		d.search("0247")
		d.press("enter")
		d.reads("Person 0247", "stop calling")
		d.did("initiate audio p0247")
		d.tel.act(testCall, "p0247", "phone", calls.Reject{Status: calls.Busy})
		d.settle()
		d.reads("Person 0247")
		d.lacks("p0247")
	})
}

// A call names who the screen has never heard of: while it rings, in the title,
// when it is missed, and among the finished calls.
func TestACallBringsTheName(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.tel.names = map[calls.UserID]string{"zz9": "Zz\x1b[2J Nine", "bob2": "Bob Okafor"}
		const id calls.ID = "01JD0000000000000000000A01"
		d.tel.ring(id, "zz9", calls.Audio)
		d.settle()
		d.reads("Zz Nine", "is calling you")
		if got := d.model.View().WindowTitle; !strings.Contains(got, "Zz Nine") {
			t.Errorf("the title is %q", got)
		}
		d.tel.act(id, "zz9", "phone", calls.Reject{Status: calls.Cancelled})
		d.settle()
		d.reads("Missed a call from Zz Nine")
		r, _ := calls.RecordFor(d.tel.calls[id], "ada")
		d.tel.records = append(d.tel.records, r)
		d.tell(historyDueMsg{})
		d.press("tab")
		d.reads("Zz Nine")
		d.lacks("zz9")
	})
}

// Of two people who have the same name each is shown with the id: nobody passes
// for another.
func TestTwoOfTheSameName(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.tel.names = map[calls.UserID]string{"bob2": "BOB Okafor"}
		d.tel.ring("01JD0000000000000000000A01", "bob2", calls.Audio)
		d.settle()
		d.reads("BOB Okafor (bob2)", "is calling you")
		d.tel.act("01JD0000000000000000000A01", "bob2", "phone", calls.Reject{Status: calls.Cancelled})
		d.news(calls.PresenceUpdate{Contact: contact("bob2", "Böb Okafor", calls.Online), Total: 5})
		d.reads("Bob Okafor bob", "Böb Okafor bob2")
		d.press("enter")
		d.reads("Bob Okafor (bob)")
		d.press("x")
		d.news(calls.PresenceUpdate{Contact: calls.Contact{Receiver: calls.User("bob2")}, Removed: true, Total: 4})
		d.lacks("(bob)", "bob2")
	})
}

// Who comes into the directory has the right place at once; who leaves it is gone,
// wherever they came from, and cannot be called.
func TestTheDirectoryChangesWhileOneLooks(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.crowd(30)
		d.press("down", "down")
		d.news(calls.PresenceUpdate{Contact: contact("new", "Person 0003a", calls.Offline), Total: 31})
		d.reads("3 of 31")
		ids := func() []string {
			var list []string
			for _, p := range d.model.listed() {
				list = append(list, p.Receiver.ID)
			}
			return list
		}
		if got := ids()[3:6]; !slices.Equal(got, []string{"p0003", "new", "p0004"}) {
			t.Errorf("they stand in the order %v", got)
		}
		gone := func(id string, total int) {
			d.tel.people = slices.DeleteFunc(d.tel.people, func(c calls.Contact) bool { return c.Receiver.ID == id })
			d.news(calls.PresenceUpdate{Contact: calls.Contact{Receiver: calls.User(calls.UserID(id))}, Removed: true, Total: total})
		}
		gone("new", 30)
		gone("p0001", 29)
		if got := ids(); len(got) != 29 || slices.Contains(got, "new") || slices.Contains(got, "p0001") {
			t.Errorf("after two are gone: %v", got)
		}
		d.reads("2 of 29")
		gone("p0002", 28) // the chosen one
		if got := d.chosen(); got != "Person 0003" {
			t.Errorf("%q is chosen", got)
		}
	})
}

// After a connection that was away the directory is loaded anew as far as the
// choice: who is gone is gone, and the choice stays.
func TestTheDirectoryAfterAReconnect(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.crowd(350)
		d.press("G", "G", "G", "G")
		for range 100 {
			d.press("up")
		}
		was := d.chosen()
		d.tel.disconnect(calls.ErrOffline, false)
		d.settle()
		d.tel.people = slices.Delete(d.tel.people, 10, 20)
		d.tel.connect()
		d.settle()
		if got := d.chosen(); got != was {
			t.Errorf("%q is chosen, not %q", got, was)
		}
		d.press("end", "end")
		if n := len(d.model.listed()); n != 340 {
			t.Errorf("%d are listed, not 340", n)
		}
		d.press("home")
		d.reads("of 340")
	})
}

// Where the phone hears of few, the server is asked who is here: they stand before
// the others, and are asked for anew when somebody looks again.
func TestWhoIsHereComesFirst(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.vast(250)
		ids := func(n int) (list []string) {
			for _, p := range d.model.listed()[:n] {
				list = append(list, p.Receiver.ID)
			}
			return list
		}
		if got := ids(26); got[0] != "p0009" || got[24] != "p0249" || got[25] != "p0000" {
			t.Errorf("the order is %v", got)
		}
		d.press("home")
		d.reads("1 of 250")
		d.tel.people[9].Presence, d.tel.people[0].Presence = calls.Offline, calls.Offline
		d.tel.people[120].Presence = calls.Online // on no page that is loaded
		d.pass(stale + time.Second)
		d.press("down", "up")
		d.pass(holdTime + time.Second)
		if got := ids(26); got[0] != "p0019" || !slices.Contains(got[:25], "p0120") || slices.Contains(got[:25], "p0009") {
			t.Errorf("the order is %v", got)
		}
		if got := d.chosen(); got != "Person 0009" {
			t.Errorf("%q is chosen", got)
		}
	})
}

// Nobody moves under the finger: who comes or goes while somebody moves in the list
// changes places when that is over.
func TestTheListStandsWhileOneMoves(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.press("down")
		d.news(calls.PresenceUpdate{Contact: contact("dmitri", "Dmitri Sokolov", calls.Online)})
		d.news(calls.PresenceUpdate{Contact: contact("bob", "Bob Okafor", calls.Offline)})
		d.order("bob", "carla", "echo", "dmitri")
		d.reads("● Dmitri Sokolov", "· Bob Okafor")
		d.pass(holdTime - time.Second)
		d.press("up")
		d.pass(holdTime - time.Second)
		d.order("bob", "carla", "echo", "dmitri")
		d.pass(2 * time.Second)
		d.order("carla", "dmitri", "echo", "bob")
		if got := d.chosen(); got != "Bob Okafor" {
			t.Errorf("%q is chosen", got)
		}
		d.news(calls.PresenceUpdate{Contact: contact("bob", "Bob Okafor", calls.Online)})
		d.order("bob", "carla", "dmitri", "echo")
	})
}

// However long the list of those whom searches have found, few stay known.
func TestFewAreKept(t *testing.T) {
	b := newBook()
	for i := range 3 * keptMost {
		id := fmt.Sprint("p", i)
		b.take(contact(id, id, calls.Online), fromSearch, time.Time{})
		b.keep(id)
	}
	b.dropAll(fromSearch, nobody)
	if len(b.byID) != keptMost || len(b.all) != keptMost || len(b.names) != keptMost || b.byID["p95"] == nil {
		t.Errorf("%d are known", len(b.byID))
	}
}

// Test lines stand as the server has them, after the people who are here.
func TestTestLines(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		var list []calls.Contact
		for _, name := range []string{"zoe", "echo", "callback", "busy"} {
			c := contact(name, name, calls.Online)
			c.TestLine = name != "zoe"
			list = append(list, c)
		}
		d.tel.connect(append(list, contact("ann", "Ann", calls.Offline))...)
		d.settle()
		d.order("zoe", "echo", "callback", "busy", "ann")
	})
}
