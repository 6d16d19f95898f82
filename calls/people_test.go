package calls

import (
	"fmt"
	"slices"
	"testing"
)

// A phone keeps whom it hears of, as many as it may, and tells who came into the
// directory and who left it.
func TestThePhoneKnowsTheDirectory(t *testing.T) {
	p := NewPhone(Identity{User: "ada", Device: Device{ID: "ada-1"}})
	p.Step(start, Connected{Snapshot{
		Me: Identity{User: "ada", Device: Device{ID: "ada-1"}}, Contacts: []Contact{{Receiver: User("bob"), Name: "Bob"}}, Total: 1,
	}})
	zoe := Contact{Receiver: User("zoe"), Name: "Zoë"}
	for _, step := range []struct {
		in    PresenceUpdate
		event EventName
		known []string
		total int
	}{
		{PresenceUpdate{Contact: zoe, Total: 2}, ContactAdded, []string{"Bob", "Zoë"}, 2},
		{PresenceUpdate{Contact: Contact{Receiver: User("zoe"), Name: "Zoë Núñez"}}, PresenceChanged, []string{"Bob", "Zoë Núñez"}, 2},
		{PresenceUpdate{Contact: Contact{Receiver: User("eve")}, Removed: true, Total: 2}, ContactRemoved, []string{"Bob", "Zoë Núñez"}, 2},
		{PresenceUpdate{Contact: Contact{Receiver: User("bob")}, Removed: true, Total: 1}, ContactRemoved, []string{"Zoë Núñez"}, 1},
		{PresenceUpdate{Contact: Contact{Receiver: User("zoe")}, Removed: true}, ContactRemoved, nil, 0},
	} {
		var heard []EventName
		for _, e := range p.Step(start, step.in) {
			if e, ok := e.(Emit); ok {
				heard = append(heard, e.Event.Name)
			}
		}
		var known []string
		for _, c := range p.View().Contacts {
			known = append(known, c.Name)
		}
		if !slices.Equal(heard, []EventName{step.event}) || !slices.Equal(known, step.known) || p.View().Total != step.total {
			t.Errorf("%+v is told as %q; %q are known, %d in all", step.in, heard, known, p.View().Total)
		}
	}
	for i := range 2 * maxContacts {
		p.Step(start, PresenceUpdate{Contact: Contact{Receiver: User(UserID(fmt.Sprint("u", i)))}, Total: i + 1})
	}
	if n, total := len(p.View().Contacts), p.View().Total; n != maxContacts || total != 2*maxContacts {
		t.Errorf("%d contacts are kept, %d are in the directory", n, total)
	}
}
