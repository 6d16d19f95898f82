package ui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"tring/calls"
)

const (
	// directoryLimit is how many people a page of the directory holds.
	directoryLimit = 100
	// nearEnd is how near to the end of what is loaded the choice comes before
	// the next page is asked for: more than a screen holds.
	nearEnd = 60
	// stale is how old a page may be whose people the server tells nothing of.
	stale = 30 * time.Second
)

// roll is a list of people as the server pages it: the part that was asked for
// so far. Of everybody, or of those whom a search finds.
type roll struct {
	contacts []calls.Contact
	place    map[calls.Receiver]int // in contacts
	total    int                    // of all, loaded or not
	next     int                    // the page to ask for
	asked    map[int]time.Time      // when a page was asked for
	loading  bool
	whole    bool // there is no further page
}

// took takes a page. People who are known stay where they are: what is on the
// screen does not jump.
func (r *roll) took(number int, page calls.DirectoryPage) {
	r.loading = false
	if number == 0 && page.Total < len(r.contacts) {
		*r = roll{asked: r.asked} // some are gone
	}
	for _, c := range page.Contacts {
		r.put(c)
	}
	r.total = page.Total
	r.next = max(r.next, number+1)
	r.whole = r.next*directoryLimit >= page.Total || len(page.Contacts) == 0 && number+1 == r.next
}

func (r *roll) put(c calls.Contact) {
	if r.place == nil {
		r.place = map[calls.Receiver]int{}
	}
	if i, known := r.place[c.Receiver]; known {
		r.contacts[i] = c
		return
	}
	r.place[c.Receiver] = len(r.contacts)
	r.contacts = append(r.contacts, c)
}

// wants says whether the next page is to be asked for.
func (r *roll) wants() bool { return !r.whole && !r.loading }

// askAgain is for a list whose order changed on the server: its pages are asked
// for from the first on, so that nobody falls between two of them.
func (r *roll) askAgain() { r.next, r.whole = 0, false }

// outdatedPage is the page that this person was last seen on, if that is long
// ago.
func (r *roll) outdatedPage(who calls.Receiver, now time.Time) (number int, ok bool) {
	i, known := r.place[who]
	if !known {
		return 0, false
	}
	number = i / directoryLimit
	return number, now.Sub(r.asked[number]) > stale
}

// loadDirectory asks for a page of the people whom a search finds, or of
// everybody.
func (m *Model) loadDirectory(query string, number int) tea.Cmd {
	r := &m.people.directory
	if query != "" {
		r = &m.people.found
	}
	if r.asked == nil || number == 0 && query != m.people.foundFor && query != "" {
		r.asked = map[int]time.Time{}
	}
	r.asked[number] = m.now()
	r.loading = true
	agent := m.cfg.Agent
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		page, err := agent.Directory(ctx, calls.DirectoryQuery{Query: query, Page: number, Limit: directoryLimit})
		return directoryMsg{query, number, page, err}
	}
}

// tookPeople takes the server's answer to a question for people, and goes on
// asking for somebody who went to the end of the list.
func (m *Model) tookPeople(msg directoryMsg) tea.Cmd {
	p := &m.people
	r := &p.directory
	if msg.query != "" {
		r = &p.found
	}
	switch {
	case msg.query != "" && msg.query != p.query():
		return nil // somebody typed on
	case msg.err != nil:
		r.loading, p.toEnd = false, false
		if msg.query != "" {
			p.failed = msg.err
		}
		return nil
	}
	if msg.query != "" && msg.query != p.foundFor {
		*r = roll{asked: r.asked}
	}
	r.took(msg.number, msg.page)
	p.changed++
	if msg.query != "" {
		p.foundFor, p.failed = msg.query, nil
	}
	if !p.toEnd {
		return nil
	}
	list := m.listed()
	m.choose(list, len(list)-1)
	if p.toEnd = r.wants(); p.toEnd {
		return m.loadDirectory(msg.query, r.next)
	}
	return nil
}

// scrolled asks for what the list needs after the choice moved: the next page
// where the end comes near, and news of somebody of whom the server tells none
// by itself.
func (m *Model) scrolled(list []calls.Contact) tea.Cmd {
	if len(list) == 0 || m.outdated() {
		return nil
	}
	query, r := m.people.query(), &m.people.directory
	if query != "" {
		if m.people.foundFor != query {
			return nil // the search itself is on its way
		}
		r = &m.people.found
	}
	at := m.chosenIn(list)
	if at >= len(list)-nearEnd && r.wants() {
		return m.loadDirectory(query, r.next)
	}
	who := list[at].Receiver
	live := slices.ContainsFunc(m.view.Contacts, func(c calls.Contact) bool { return c.Receiver == who })
	if number, old := r.outdatedPage(who, m.now()); old && !live && !r.loading {
		return m.loadDirectory(query, number)
	}
	return nil
}
