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
// so far. Of everybody, of those who are here, or of those whom a search finds.
type roll struct {
	ids     []calls.Receiver
	place   map[calls.Receiver]int // in ids
	total   int                    // of all, loaded or not
	next    int                    // the page to ask for
	asked   map[int]time.Time      // when a page was asked for
	loading bool
	whole   bool  // there is no further page
	again   bool  // it was looked through once more, because somebody was missing
	fresh   *roll // being loaded, to take the place of this one
	reach   int   // how many people the fresh one has to hold for that
}

// took takes a page.
func (r *roll) took(number int, page calls.DirectoryPage) {
	r.loading = false
	if r.place == nil {
		r.place = map[calls.Receiver]int{}
	}
	for _, c := range page.Contacts {
		if _, known := r.place[c.Receiver]; !known {
			r.place[c.Receiver] = len(r.ids)
			r.ids = append(r.ids, c.Receiver)
		}
	}
	r.total = page.Total
	r.next = max(r.next, number+1)
	r.whole = r.next*directoryLimit >= page.Total || len(page.Contacts) == 0 && number+1 == r.next
	if r.whole && len(r.ids) < r.total && !r.again { // people changed places between two pages
		r.again = true
		r.askAgain()
	}
}

// removed takes somebody out. Those behind move up, perhaps from a page that is
// not loaded to one that is: that one is asked for again.
func (r *roll) removed(who calls.Receiver) {
	i, known := r.place[who]
	if !known {
		return
	}
	r.ids = slices.Delete(slices.Clone(r.ids), i, i+1)
	delete(r.place, who)
	for j := i; j < len(r.ids); j++ {
		r.place[r.ids[j]] = j
	}
	if !r.whole {
		r.next = min(r.next, len(r.ids)/directoryLimit)
	}
}

func (r *roll) has(who calls.Receiver) bool { _, ok := r.place[who]; return ok }

// wants says whether the next page is to be asked for.
func (r *roll) wants() bool { return !r.whole && !r.loading && r.fresh == nil }

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

// rollOf is the list that a question belongs to, and how its people are known.
func (p *people) rollOf(q calls.DirectoryQuery) (*roll, source) {
	switch {
	case q.Here:
		return &p.here, fromHere
	case q.Query != "":
		return &p.found, fromSearch
	}
	return &p.directory, fromDirectory
}

// loadAnew loads a list from its first page on, as far as the choice. The old one
// stays until then.
func (m *Model) loadAnew(q calls.DirectoryQuery) tea.Cmd {
	r, _ := m.people.rollOf(q)
	r.fresh, r.reach = &roll{}, 0
	if i, ok := r.place[m.people.chosen]; ok && q.Query == "" {
		r.reach = i + 1
	}
	return m.loadPage(q, 0)
}

// loadPage asks for a page.
func (m *Model) loadPage(q calls.DirectoryQuery, number int) tea.Cmd {
	r, _ := m.people.rollOf(q)
	if r.fresh != nil && number == r.fresh.next {
		r = r.fresh
	}
	if r.asked == nil {
		r.asked = map[int]time.Time{}
	}
	r.asked[number] = m.now()
	r.loading = true
	agent := m.cfg.Agent
	q.Page, q.Limit = number, directoryLimit
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		page, err := agent.Directory(ctx, q)
		return directoryMsg{q, page, err}
	}
}

// tookPeople takes the server's answer to a question for people, and goes on
// asking for somebody who went to the end of the list.
func (m *Model) tookPeople(msg directoryMsg) tea.Cmd {
	p, q := &m.people, msg.query
	if q.Query != "" && q.Query != p.query() {
		return nil // somebody typed on
	}
	r, from := p.rollOf(q)
	if msg.err != nil {
		r.fresh, r.loading, p.toEnd = nil, false, false
		if q.Query != "" {
			p.failed = msg.err
		}
		return nil
	}
	if q.Query != "" {
		p.foundFor, p.failed = q.Query, nil
	}
	for _, c := range msg.page.Contacts {
		p.book.take(c, from, m.now())
	}
	more := m.filed(r, from, msg)
	if more || !p.toEnd || q.Here {
		return m.goesOn(q, r, more)
	}
	list := m.listed()
	m.choose(list, len(list)-1)
	p.toEnd = r.wants()
	return m.goesOn(q, r, p.toEnd)
}

func (m *Model) goesOn(q calls.DirectoryQuery, r *roll, more bool) tea.Cmd {
	switch {
	case !more:
		return nil
	case r.fresh != nil:
		return m.loadPage(q, r.fresh.next)
	}
	return m.loadPage(q, r.next)
}

// filed puts a page where it belongs, and says whether the list that is loaded
// anew needs another one.
func (m *Model) filed(r *roll, from source, msg directoryMsg) (more bool) {
	b := &m.people.book
	if r.fresh == nil || msg.query.Page != r.fresh.next {
		r.took(msg.query.Page, msg.page)
	} else if r.fresh.took(msg.query.Page, msg.page); !r.fresh.whole && len(r.fresh.ids) < r.reach {
		return true
	} else {
		*r = *r.fresh
		b.dropAll(from, r.has)
	}
	if from == fromHere && r.whole {
		b.left(r.has, m.now())
	}
	b.version++
	return false
}

// vast says whether there are more people than the phone hears of.
func (m *Model) vast() bool { return m.view.Total > len(m.view.Contacts) }

// scrolled asks for what the list needs after the choice moved: the next page
// where the end comes near, and news of somebody of whom the server tells none
// by itself.
func (m *Model) scrolled(list []*person) tea.Cmd {
	if len(list) == 0 || m.outdated() {
		return nil
	}
	p, q := &m.people, calls.DirectoryQuery{Query: m.people.query()}
	if q.Query != "" && p.foundFor != q.Query {
		return nil // the search itself is on its way
	}
	at := m.chosenIn(list)
	if q.Query == "" && m.vast() {
		if cmd := m.whoIsHere(list, at); cmd != nil {
			return cmd
		}
	}
	r, _ := p.rollOf(q)
	if at >= len(list)-nearEnd && r.wants() {
		return m.loadPage(q, r.next)
	}
	who := list[at]
	if number, old := r.outdatedPage(who.Receiver, m.now()); old && who.from&fromPhone == 0 && !r.loading {
		return m.loadPage(q, number)
	}
	return nil
}

// whoIsHere asks for more of those who are here, before the choice comes to their
// end, and for all of them anew from time to time.
func (m *Model) whoIsHere(list []*person, at int) tea.Cmd {
	r, q := &m.people.here, calls.DirectoryQuery{Here: true}
	end := at
	for end < len(list) && list[end].group < others {
		end++
	}
	switch {
	case r.loading || r.fresh != nil:
	case r.wants() && end < len(list) && end-at < nearEnd:
		return m.loadPage(q, r.next)
	case m.now().Sub(r.asked[0]) > stale:
		return m.loadAnew(q)
	}
	return nil
}

// settlePeople takes what an event says of the directory: who came and who went.
func (m *Model) settlePeople(e calls.Event) {
	p, who := &m.people, calls.User(e.User)
	switch e.Name {
	case calls.ContactRemoved:
		for _, r := range []*roll{&p.directory, &p.here, &p.found} {
			r.removed(who)
		}
		p.book.drop(who.ID, ^source(0))
	case calls.ContactAdded:
		if _, known := p.book.byID[who.ID]; !known && e.User != m.view.Me.User {
			p.directory.askAgain()
		}
	default:
		return
	}
	p.directory.total = m.view.Total
	p.book.version++
}
