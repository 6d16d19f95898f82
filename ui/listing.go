package ui

import (
	"cmp"
	"slices"
	"strings"

	"tring/calls"
)

// recentPeople is how many of those one called or was called by lately stand
// before the others.
const recentPeople = 5

// listing is whom the list shows, in its order. It is made anew when something
// changed that it is made of, not for each frame: there may be thousands.
type listing struct {
	of    uint64 // people.changed of which known is made
	known []person
	place map[string]int // in known, by id

	made ofList
	list []calls.Contact
}

// person is a contact, and its name and id as a search sees them.
type person struct {
	calls.Contact
	folded string
	found  bool // by the server's search
}

// ofList is what a list is made of.
type ofList struct {
	changed  uint64
	past     pastKey
	query    string
	foundFor string
}

// heard compares the phone's contacts before and after a look at it.
func (p *people) heard(was, is calls.View) {
	same := func(a, b calls.Contact) bool {
		return a.Receiver == b.Receiver && a.Name == b.Name && a.Presence == b.Presence && a.Since.Equal(b.Since) &&
			a.Favourite == b.Favourite && a.Blocked == b.Blocked && a.TestLine == b.TestLine && slices.Equal(a.Phones, b.Phones)
	}
	if was.Me.User != is.Me.User || !slices.EqualFunc(was.Contacts, is.Contacts, same) {
		p.changed++
	}
}

// everybody is whom the phone knows of. What it hears live comes before what the
// directory said.
func (m *Model) everybody() *listing {
	l := &m.people.listing
	if l.of == m.people.changed && l.place != nil {
		return l
	}
	was := *l
	l.of, l.known, l.place = m.people.changed, nil, map[string]int{}
	me := calls.User(m.view.Me.User)
	for i, list := range [][]calls.Contact{m.view.Contacts, m.people.directory.contacts, m.people.found.contacts} {
		for _, c := range list {
			if c.Receiver.Kind != calls.ToUser || c.Receiver == me {
				continue
			}
			at, known := l.place[c.Receiver.ID]
			if !known {
				at = len(l.known)
				l.place[c.Receiver.ID] = at
				l.known = append(l.known, m.people.person(c, &was))
			}
			l.known[at].found = l.known[at].found || i == 2
		}
	}
	return l
}

// person is a contact as the list keeps it: with what the person wanted of it
// last, and its folded name of before where it still has the same.
func (p *people) person(c calls.Contact, was *listing) person {
	if on, asked := p.wanted[c.Receiver]; asked {
		c.Favourite = on
	}
	if i, ok := was.place[c.Receiver.ID]; ok && was.known[i].Name == c.Name {
		return person{Contact: c, folded: was.known[i].folded}
	}
	return person{Contact: c, folded: fold(Clean(c.Name, longName)) + "\n" + fold(c.Receiver.ID)}
}

// longName is more columns than any row gives a name.
const longName = 200

// listed are the contacts to show: favourites by name, then those of the last
// calls, the newest first, then all others in the server's order.
func (m *Model) listed() []calls.Contact {
	l := m.everybody()
	now := ofList{m.people.changed, m.recent.key(), fold(m.people.query()), m.people.foundFor}
	if l.made == now && l.list != nil {
		return l.list
	}
	past := m.pastCalls()
	var favourites, others []calls.Contact
	var lately []person
	for _, p := range l.known {
		_, called := past.rank[p.Receiver.ID]
		switch {
		case now.query != "" && !strings.Contains(p.folded, now.query) && !(p.found && m.people.foundFor == m.people.query()):
		case p.Favourite:
			favourites = append(favourites, p.Contact)
		case called:
			lately = append(lately, p)
		default:
			others = append(others, p.Contact)
		}
	}
	slices.SortStableFunc(favourites, func(a, b calls.Contact) int {
		return strings.Compare(l.known[l.place[a.Receiver.ID]].folded, l.known[l.place[b.Receiver.ID]].folded)
	})
	slices.SortFunc(lately, func(a, b person) int {
		return cmp.Compare(past.rank[a.Receiver.ID], past.rank[b.Receiver.ID])
	})
	list := make([]calls.Contact, 0, len(l.known))
	list = append(list, favourites...)
	for _, p := range lately {
		list = append(list, p.Contact)
	}
	l.made, l.list = now, append(list, others...)
	return l.list
}

// contact is what is known of somebody.
func (m *Model) contact(id string) (calls.Contact, bool) {
	l := m.everybody()
	if i, ok := l.place[id]; ok {
		return l.known[i].Contact, true
	}
	return m.view.Contact(id)
}
