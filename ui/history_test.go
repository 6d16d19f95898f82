package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tring/calls"
)

// calledBefore gives the server n finished calls with Bob, every fifth missed,
// the others in turns outgoing and incoming.
func (d *desk) calledBefore(n int) {
	for i := range n {
		began := time.Date(1999, 12, 31, 12, 0, 0, 0, time.UTC).Add(-time.Duration(i) * time.Minute)
		from, to, status := calls.UserID("ada"), calls.UserID("bob"), calls.Ended
		if i%2 == 1 || i%5 == 0 {
			from, to = to, from
		}
		c := calls.Call{
			ID: calls.ID(fmt.Sprintf("01JC%022d", 99999-i)), Type: calls.Audio, Initiator: from, Receiver: calls.User(to),
			InitiatedAt: began, EndedAt: began.Add(time.Duration(i+1) * time.Second), Status: status,
			Parties: []calls.Party{{User: from, State: calls.PartyLeft}, {User: to, State: calls.PartyLeft}},
		}
		if i%5 == 0 {
			c.Status = calls.Unanswered
		} else {
			c.AnsweredAt = began
		}
		r, ok := calls.RecordFor(c, "ada")
		if !ok {
			d.t.Fatal("no record")
		}
		d.tel.records = append(d.tel.records, r)
	}
	d.tell(historyDueMsg{})
}

func TestFilters(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.history()
		d.press("tab")
		for _, step := range []struct{ is, isNot string }{
			{"missed", "busy"}, {"1 h 2 min", "busy"}, {"busy", "1 h 2 min"}, {"1 h 2 min", "xx"},
		} {
			d.press("f")
			d.reads(step.is)
			d.lacks(step.isNot)
		}
		d.click("outgoing")
		d.reads("busy")
		d.lacks("1 h 2 min")
		d.click("all")
		d.reads("busy", "1 h 2 min")
		d.click("f missed") // the key's words
		d.lacks("busy")
		d.press("enter")
		d.did("initiate audio bob")
	})
}

func TestNoCallsOfAFilter(t *testing.T) {
	atDesk(t, 40, 12, func(d *desk) {
		d.talk()
		d.press("h")
		d.hit("esc")
		d.calledBefore(2)
		d.tel.records = d.tel.records[1:]
		d.tell(historyDueMsg{})
		d.press("tab", "f")
		d.reads("missed", "No missed calls.")
		d.press("f", "f")
		d.reads("You have called nobody.")
		d.press("enter", "i", "v", "G", "down") // none is chosen
		d.did("end")
	})
}

// Also of a filter all records can be reached, each once, and newer ones come in
// front while it is shown.
func TestManyFilteredCalls(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.calledBefore(1000)
		d.press("tab", "f", "G")
		if n := len(d.model.recent.shown().records); n != 200 {
			t.Fatalf("%d missed calls are listed, not 200", n)
		}
		d.press("f", "f", "G")
		if n := len(d.model.recent.shown().records); n != 400 {
			t.Fatalf("%d outgoing calls are listed, not 400", n)
		}
		d.press("home")
		d.talk()
		d.press("h")
		d.hit("esc")
		newest := d.tel.records[1]
		newest.Call.ID, newest.Direction, newest.Missed = "01JD000000000000000000000Z", calls.Outgoing, false
		d.tel.records = append([]calls.Record{newest}, d.tel.records...)
		d.tell(historyDueMsg{})
		seen := map[calls.ID]bool{}
		for _, r := range d.model.recent.shown().records {
			if seen[r.Call.ID] || r.Direction != calls.Outgoing {
				t.Fatalf("twice, or not outgoing: %v", r)
			}
			seen[r.Call.ID] = true
		}
		if !seen[newest.Call.ID] || len(seen) != 401 {
			t.Errorf("%d records, the newest: %v", len(seen), seen[newest.Call.ID])
		}
	})
}

// After many calls elsewhere the list begins anew, without a gap.
func TestAGapInTheHistory(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.calledBefore(300)
		older := d.tel.records
		d.tel.records = slices.Clone(older[100:])
		d.tell(historyDueMsg{})
		d.press("tab", "G", "f", "G", "f", "f", "f")
		d.tel.records = older
		d.tell(historyDueMsg{})
		d.press("G")
		if n := len(d.model.recent.shown().records); n != 300 {
			t.Errorf("%d records are listed, not 300", n)
		}
		d.press("f", "G")
		if n := len(d.model.recent.shown().records); n != 60 {
			t.Errorf("%d missed calls are listed, not 60", n)
		}
	})
}

func TestDetailsOfACall(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		began := time.Date(1999, 12, 31, 18, 0, 0, 0, time.UTC)
		c := calls.Call{
			ID: "01JC0000000000000000000042", Type: calls.Audio, Status: calls.Ended, Initiator: "bob", Receiver: calls.User("ada"),
			InitiatedAt: began, AnsweredAt: began.Add(5 * time.Second), EndedAt: began.Add(65 * time.Second),
			EndedBy: calls.Viewer{User: "bob"},
			Parties: []calls.Party{
				{User: "bob", State: calls.PartyLeft, Device: "bob-desk", Label: "the \x1b[2Jstudy", JoinedAt: began.Add(5 * time.Second), LeftAt: began.Add(65 * time.Second)},
				{
					User: "ada", State: calls.PartyLeft, Device: "ada-phone", JoinedAt: began.Add(6 * time.Second), LeftAt: began.Add(65 * time.Second),
					Ringing: []calls.Device{{ID: "ada-laptop", Label: "laptop"}, {ID: "ada-phone", Label: "the \x1b[31mkitchen"}},
				},
			},
		}
		r, _ := calls.RecordFor(c, "ada")
		d.tel.records = append(d.tel.records, r)
		d.history()
		d.press("tab", "end", "home", "i")
		d.reads("Bob Okafor", "called you, yesterday 18:00", "Bob Okafor hung up", "Bob Okafor on the study", "rang 5 s · talked 1 min",
			"from 18:00:05 to 18:01:05", "you on the kitchen", "from 18:00:06 to 18:01:05")
		d.press("down")
		d.reads("called by you, yesterday 23:40")
		d.press("down", "down", "down", "up", "v")
		d.did("initiate video carla")
	})
}

func TestDetailsClose(t *testing.T) {
	for _, key := range []string{"esc", "i", "q"} {
		for _, page := range []string{"", "tab"} {
			atDesk(t, 80, 24, func(d *desk) {
				d.history()
				d.press(strings.Fields(page + " i")...)
				if d.model.sheet == nil {
					t.Fatalf("no details:\n%s", d.screen())
				}
				d.press(key)
				if d.model.sheet != nil || d.quit {
					t.Errorf("%s does not close the details", key)
				}
			})
		}
	}
}

func TestDetailsOfAPerson(t *testing.T) {
	atDesk(t, 40, 12, func(d *desk) {
		d.history()
		d.press("i")
		d.reads("bob@phone.example", "on laptop", "yesterday 4 min 10 s")
		d.press("j")
		d.reads("Carla Weiss", "in a call", "busy")
		d.press("f")
		d.did("favourite carla true")
		d.reads("★ favourite")
		d.press("enter")
		d.did("initiate audio carla")
	})
}

// Who declined is said from this side: it was not the caller.
func TestDetailsOfADeclinedCall(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.tel.records = []calls.Record{{
			Direction: calls.Incoming,
			Call: calls.Call{
				ID: "01J", Status: calls.Rejected, Initiator: "bob", Receiver: calls.User("ada"),
				InitiatedAt: d.model.now().Add(-time.Hour), EndedAt: d.model.now().Add(-time.Hour),
			},
		}}
		d.tell(historyDueMsg{})
		d.press("tab", "i")
		d.reads("called you", "you declined")
		d.lacks("Bob Okafor declined")
	})
}

// Who opens the calls before they have come has the first one chosen, and calls that
// one although another comes.
func TestTheChosenCallStays(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.press("tab")
		d.history()
		d.reads("› ↗ Bob Okafor")
		newest := d.tel.records[0]
		newest.Call.ID, newest.Call.Receiver = calls.ID(fmt.Sprintf("01JD%022d", 1)), calls.User("carla")
		d.tel.records = append([]calls.Record{newest}, d.tel.records...)
		d.tell(historyDueMsg{})
		d.reads("› ↗ Bob Okafor", "↗ Carla Weiss")
		d.press("enter")
		d.did("initiate audio bob")
	})
}
