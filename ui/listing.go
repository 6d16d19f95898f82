package ui

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"tring/calls"
)

// recentPeople is how many of those one called or was called by lately stand
// before the others.
const recentPeople = 5

// holdTime is how long after a key nobody moves in the list because they come or
// go.
const holdTime = 3 * time.Second

// releaseMsg ends a hold.
type releaseMsg struct{}

// The groups of the list, from the top.
const (
	favouritesHere = iota
	favouritesAway
	lastCalls
	othersHere
	others
)

// listing is whom the list shows, in its order. It is made anew when something
// changed that it is made of, not for each frame: there may be thousands.
type listing struct {
	made ofList
	list []*person
	past pastKey // of which the order is made
}

// ofList is what a list is made of.
type ofList struct {
	version  uint64
	past     pastKey
	query    string
	foundFor string
	whole    bool
}

// order puts everybody in order: favourites, then those of the last calls, the
// newest first, then all others; of favourites and others those who are here
// first. A group is by name, and at its end are the test lines, as the server has
// them.
func (m *Model) order() {
	b, l, past := &m.people.book, &m.people.listing, m.pastCalls()
	if b.ordered && l.past == past.key {
		return
	}
	for _, p := range b.all {
		rank, called := past.rank[p.Receiver.ID]
		p.rank = 0
		switch {
		case p.Favourite && p.here:
			p.group = favouritesHere
		case p.Favourite:
			p.group = favouritesAway
		case called:
			p.group, p.rank = lastCalls, rank
		case p.here:
			p.group = othersHere
		default:
			p.group = others
		}
	}
	b.all = slices.Clone(b.all) // a list of before may be shown
	slices.SortFunc(b.all, before)
	b.ordered, l.past = true, past.key
	b.version++
}

func before(a, b *person) int {
	if a.group != b.group {
		return a.group - b.group
	}
	if a.rank != b.rank {
		return a.rank - b.rank
	}
	if a.TestLine != b.TestLine {
		if a.TestLine {
			return 1
		}
		return -1
	}
	if a.TestLine {
		return cmp.Compare(a.met, b.met)
	}
	return cmp.Or(strings.Compare(cmp.Or(a.name, a.id), cmp.Or(b.name, b.id)), strings.Compare(a.id, b.id))
}

// listed are the people to show.
func (m *Model) listed() []*person {
	m.order()
	b, l := &m.people.book, &m.people.listing
	now := ofList{b.version, l.past, fold(m.people.query()), m.people.foundFor, m.people.directory.whole}
	if l.made == now && l.list != nil {
		return l.list
	}
	from := b.all
	if was := l.made; was.version == now.version && was.query != "" && strings.HasPrefix(now.query, was.query) {
		from = l.list // whoever matches more matched less
	}
	shows := m.known(now.query)
	list := make([]*person, 0, len(from))
	for _, p := range from {
		if shows(p) {
			list = append(list, p)
		}
	}
	l.made, l.list = now, list
	return list
}

// known says who is on the list: whom the query finds, here or on the server. Of
// everybody, those who stand behind the pages that are loaded wait for theirs.
func (m *Model) known(query string) func(*person) bool {
	if query != "" {
		found := m.people.foundFor == m.people.query()
		return func(p *person) bool { return found && p.from&fromSearch != 0 || p.matches(query) }
	}
	d, all := &m.people.directory, m.people.book.all
	if d.whole || d.next == 0 && len(d.ids) == 0 {
		return func(p *person) bool { return p.from != fromSearch }
	}
	end := len(all) - 1
	for end >= 0 && all[end].from&fromDirectory == 0 {
		end--
	}
	return func(p *person) bool {
		return p.from != fromSearch && (p.group != others || p.from&(fromDirectory|fromKept) != 0 ||
			p.Receiver == m.people.chosen || end >= 0 && before(p, all[end]) <= 0)
	}
}

// contact is what is known of somebody.
func (m *Model) contact(id string) (calls.Contact, bool) {
	if p, ok := m.people.book.byID[id]; ok {
		return p.Contact, true
	}
	return m.view.Contact(id)
}

// called is how somebody is called at most width columns wide: by the name that
// is known here, else by the given one, else by the id. Where another one has the
// same name the id tells them apart.
func (m *Model) called(id, name string, width int) string {
	if c, ok := m.contact(id); ok && Clean(c.Name, width) != "" {
		name = c.Name
	}
	short, tail := Clean(name, width), " ("+Clean(id, longName)+")"
	switch {
	case short != "" && !m.people.book.shared(id, name):
		return short
	case short != "" && len(tail)+4 <= width:
		return Clean(name, width-len(tail)) + tail
	}
	if n := Clean(id, width); n != "" {
		return n
	}
	return "?"
}
