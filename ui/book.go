package ui

import (
	"slices"
	"strings"
	"time"

	"tring/calls"
)

// source is how the screen comes to know somebody.
type source uint8

const (
	fromPhone     source = 1 << iota // of whom the phone hears live
	fromDirectory                    // a page of everybody
	fromHere                         // a page of those who are here
	fromSearch                       // the server's answer to the search
	fromKept                         // found, and called or chosen then
)

// keptMost is how many who were found and chosen stay known.
const keptMost = 32

// book is everybody the screen knows of, by id. What the phone hears live comes
// before what a page said.
type book struct {
	me     calls.Receiver
	byID   map[string]*person
	names  map[string]int          // how many have this folded name
	kept   []string                // ids, the newest last
	wanted map[calls.Receiver]bool // favourites or not, before the server says so

	all     []*person // in no order, or in that of the list
	ordered bool
	version uint64 // counts the changes

	held  time.Time // until then nobody moves because they come or go
	moved bool      // somebody would
}

// person is a contact, and what the list needs of it. name and id are folded, as
// a search sees them.
type person struct {
	calls.Contact
	name, id string
	from     source
	here     bool // stands among those who are here
	group    int
	rank     int    // of the last calls
	met      uint64 // grows from one to the next
}

// longName is more columns than any row gives a name.
const longName = 200

func newBook() book {
	return book{byID: map[string]*person{}, names: map[string]int{}, wanted: map[calls.Receiver]bool{}}
}

// take writes somebody in, or what is new of them.
func (b *book) take(c calls.Contact, from source, now time.Time) {
	if c.Receiver.Kind != calls.ToUser || c.Receiver == b.me {
		return
	}
	if on, asked := b.wanted[c.Receiver]; asked {
		c.Favourite = on
	}
	p := b.byID[c.Receiver.ID]
	switch {
	case p == nil:
		p = &person{met: b.version, id: fold(c.Receiver.ID), here: c.Presence != calls.Offline}
		b.byID[c.Receiver.ID] = p
		b.all = append(b.all, p)
		b.rename(p, c.Name)
		b.ordered = false
	case p.from&fromPhone != 0 && from != fromPhone:
		if p.from&from == 0 {
			p.from |= from
			b.version++
		}
		return
	case p.Name != c.Name:
		b.nameless(p)
		b.rename(p, c.Name)
		b.ordered = false
	case p.Favourite != c.Favourite || p.TestLine != c.TestLine:
		b.ordered = false
	}
	p.Contact, p.from = c, p.from|from
	b.version++
	b.place(p, now)
}

func (b *book) rename(p *person, name string) {
	p.name = fold(Clean(name, longName))
	b.names[p.name]++
}

// nameless takes somebody's name, who goes or is called otherwise.
func (b *book) nameless(p *person) {
	if b.names[p.name]--; b.names[p.name] == 0 {
		delete(b.names, p.name)
	}
}

// place puts somebody among those who are here, or not: later, while the list is
// held.
func (b *book) place(p *person, now time.Time) {
	here := p.Presence != calls.Offline
	switch {
	case p.here == here:
	case now.Before(b.held):
		b.moved = true
	default:
		p.here, b.ordered = here, false
	}
}

// hold keeps everybody where they are for a while: somebody moves in the list.
func (b *book) hold(now time.Time) { b.held = now.Add(holdTime) }

// release lets go what was held.
func (b *book) release(now time.Time) {
	b.moved = false
	for _, p := range b.all {
		b.place(p, now)
	}
	b.version++
}

// drop says that a source knows somebody no more. Whom none knows goes.
func (b *book) drop(id string, from source) {
	if p := b.byID[id]; p != nil && b.unknown(p, from) {
		b.all = slices.DeleteFunc(slices.Clone(b.all), func(o *person) bool { return o == p })
	}
}

// dropAll is drop for everybody whom the source knows, but those who stay.
func (b *book) dropAll(from source, stays func(calls.Receiver) bool) {
	all := make([]*person, 0, len(b.all))
	for _, p := range b.all {
		if stays(p.Receiver) || !b.unknown(p, from) {
			all = append(all, p)
		}
	}
	b.all = all
}

// unknown takes a source from somebody, and says whether none is left: all but the
// list has forgotten them then.
func (b *book) unknown(p *person, from source) bool {
	if p.from&from == 0 {
		return false
	}
	p.from &^= from
	b.version++
	if p.from != 0 {
		return false
	}
	b.nameless(p)
	delete(b.byID, p.Receiver.ID)
	return true
}

// keep goes on knowing somebody whom a search has found.
func (b *book) keep(id string) {
	p := b.byID[id]
	if p == nil || p.from&fromKept != 0 {
		return
	}
	p.from |= fromKept
	b.version++
	b.kept = append(b.kept, id)
	if len(b.kept) > keptMost {
		b.drop(b.kept[0], fromKept)
		b.kept = b.kept[1:]
	}
}

// favour sets whether somebody is a favourite.
func (b *book) favour(who calls.Receiver, on bool) {
	if p := b.byID[who.ID]; p != nil && p.Favourite != on {
		p.Favourite, b.ordered = on, false
		b.version++
	}
}

// left: of those whom no news reach, only these are here now.
func (b *book) left(here func(calls.Receiver) bool, now time.Time) {
	for _, p := range b.all {
		if p.from&fromPhone == 0 && p.Presence != calls.Offline && !here(p.Receiver) {
			p.Presence, p.Phones = calls.Offline, nil
			b.version++
			b.place(p, now)
		}
	}
}

// heard takes the phone's contacts, of which it took the others before.
func (b *book) heard(was, is calls.View, now time.Time) {
	if me := calls.User(is.Me.User); me != b.me {
		b.drop(me.ID, ^source(0))
		b.me = me
	}
	same := func(a, b calls.Contact) bool {
		return a.Receiver == b.Receiver && a.Name == b.Name && a.Presence == b.Presence && a.Since.Equal(b.Since) &&
			a.Favourite == b.Favourite && a.Blocked == b.Blocked && a.TestLine == b.TestLine && slices.Equal(a.Phones, b.Phones)
	}
	gone := len(was.Contacts) > len(is.Contacts)
	for i, c := range is.Contacts {
		if i < len(was.Contacts) && same(was.Contacts[i], c) {
			continue
		}
		gone = gone || i < len(was.Contacts) && was.Contacts[i].Receiver != c.Receiver
		b.take(c, fromPhone, now)
	}
	if gone {
		there := make(map[calls.Receiver]bool, len(is.Contacts))
		for _, c := range is.Contacts {
			there[c.Receiver] = true
		}
		b.dropAll(fromPhone, func(r calls.Receiver) bool { return there[r] })
	}
}

// shared says whether somebody else has this name.
func (b *book) shared(id, name string) bool {
	p := b.byID[id]
	if p != nil && p.Name == name { // the usual case, without folding
		return p.name != "" && b.names[p.name] > 1
	}
	name = fold(Clean(name, longName))
	others := b.names[name]
	if p != nil && p.name == name {
		others--
	}
	return name != "" && others > 0
}

// matches says whether a folded query is in the name or the id.
func (p *person) matches(query string) bool {
	return strings.Contains(p.name, query) || strings.Contains(p.id, query)
}
