package server

import (
	"fmt"
	"slices"
	"testing"

	"tring/calls"
	"tring/calls/wire"
)

// A call says what both sides are called, so that a phone can name somebody of
// whom it knows nothing else; the record of it says so later.
func TestACallNamesItsParties(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, b := connect(t, s, alice, "A1"), connect(t, s, bob, "B1")
	a.ask(wire.SetSettings{Settings: calls.Settings{Name: "Alice Liddell"}})
	b.ask(wire.SetSettings{Settings: calls.Settings{Name: "Bob Okafor"}})
	names := func(c calls.Call) string { return c.Parties[0].Name + ", " + c.Parties[1].Name }
	const want = "Alice Liddell, Bob Okafor"
	id := newID()
	if got := names(a.act(callTo(id, "bob")).Call); got != want {
		t.Errorf("the caller reads %q", got)
	}
	if got := names(b.hears(id, calls.IncomingCallReceived).Call); got != want {
		t.Errorf("the callee reads %q", got)
	}
	a.act(wire.RejectCall{CallID: on(id), Status: calls.Cancelled})
	if got := names(theRecord(t, b).Call); got != want {
		t.Errorf("the record reads %q", got)
	}
}

// Every phone hears who came into the directory, who left it, and who has another
// name, with how many there are; on a large server too, where it hears of few.
func TestTheDirectoryIsTold(t *testing.T) {
	for _, others := range []int{0, maxContacts} {
		t.Run(fmt.Sprint(others), func(t *testing.T) {
			s, _ := open(t, Config{})
			alice := addUser(t, s, "alice")
			for i := range others {
				if err := s.Admin().AddUser(t.Context(), calls.UserID(fmt.Sprintf("m%03d", i)), "", ""); err != nil {
					t.Fatal(err)
				}
			}
			a := connect(t, s, alice, "A1")
			if got := a.hello.Total; got != others {
				t.Errorf("the directory holds %d, not %d", got, others)
			}
			is := func(what string, match func(wire.Presence) bool) {
				t.Helper()
				a.until(what, func(m wire.Message) bool {
					p, ok := m.(wire.Presence)
					return ok && p.Receiver.ID == "zoe" && match(p)
				})
			}
			zoe := addUser(t, s, "zoe")
			is("zoe came", func(p wire.Presence) bool { return p.Total == others+1 && !p.Removed && p.Presence == calls.Offline })
			z := connect(t, s, zoe, "Z1")
			z.ask(wire.SetSettings{Settings: calls.Settings{Name: "Zoë Núñez"}})
			is("zoe has another name", func(p wire.Presence) bool { return p.Name == "Zoë Núñez" && p.Total == 0 })
			if err := s.Admin().RemoveUser(t.Context(), "zoe"); err != nil {
				t.Fatal(err)
			}
			is("zoe left", func(p wire.Presence) bool { return p.Removed && p.Total == others && p.Name == "" })
		})
	}
}

// Whoever is not offline can be asked for alone; a blocked viewer finds nobody.
func TestWhoIsHere(t *testing.T) {
	s, _ := open(t, Config{})
	alice, zoe, bob := addUser(t, s, "alice"), addUser(t, s, "zoe"), addUser(t, s, "bob")
	addUser(t, s, "carol")
	a, b := connect(t, s, alice, "A1"), connect(t, s, bob, "B1")
	connect(t, s, zoe, "Z1")
	here := func(query string) []string {
		page := a.ask(wire.Directory{DirectoryQuery: calls.DirectoryQuery{Query: query, Here: true}}).(wire.DirectoryPage)
		ids := []string{}
		for _, c := range page.Contacts {
			ids = append(ids, c.Receiver.ID)
		}
		if page.Total != len(ids) {
			t.Errorf("%d of %d are here", len(ids), page.Total)
		}
		return ids
	}
	if got := here(""); !slices.Equal(got, []string{"bob", "zoe"}) {
		t.Errorf("%q are here", got)
	}
	if got := here("zo"); !slices.Equal(got, []string{"zoe"}) {
		t.Errorf("a search finds %q here", got)
	}
	b.ask(wire.SetBlocked{User: "alice", On: true})
	if got := here(""); !slices.Equal(got, []string{"zoe"}) {
		t.Errorf("%q are here for somebody whom bob has blocked", got)
	}
}
