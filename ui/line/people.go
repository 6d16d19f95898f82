package line

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"tring/calls"
	"tring/ui"
)

// Server is what the person asks of the server besides calls. Its methods are
// safe for concurrent use.
type Server interface {
	MarkSeen(ctx context.Context, until calls.ID) error
	// SetAccount sets what is not empty.
	SetAccount(context.Context, calls.Settings) error
	SetFavourite(ctx context.Context, who calls.Receiver, on bool) error
	SetBlocked(ctx context.Context, who calls.UserID, on bool) error
}

// list prints the people, or those whose names hold the query.
func (c *Console) list(ctx context.Context, query string) { c.people(ctx, &crowd{query: query}) }

// crowd is a list of people that is read out page by page. One goroutine at a time
// has it.
type crowd struct {
	query string
	begun bool
	left  []calls.Contact // in the order of reading, not read out yet
	seen  map[calls.Receiver]bool
	next  int // the server's next page
	whole bool
}

// rollSize is how many people the server is asked for at once.
const rollSize = 200

// fetch asks the server until there is more than a page to read out. On a server of
// many those who are here come from a question of their own: they go first.
func (l *crowd) fetch(ctx context.Context, of ui.Agent) error {
	if !l.begun {
		l.seen = map[calls.Receiver]bool{}
		if err := l.page(ctx, of); err != nil {
			return err
		}
		if !l.whole {
			here, err := of.Directory(ctx, calls.DirectoryQuery{Query: l.query, Here: true, Limit: rollSize})
			if err != nil {
				return err
			}
			l.add(here.Contacts)
		}
		slices.SortStableFunc(l.left, func(a, b calls.Contact) int { return groupOf(a) - groupOf(b) })
		l.begun = true
	}
	for len(l.left) <= pageSize && !l.whole {
		if err := l.page(ctx, of); err != nil {
			return err
		}
	}
	return nil
}

// page takes the server's next page.
func (l *crowd) page(ctx context.Context, of ui.Agent) error {
	found, err := of.Directory(ctx, calls.DirectoryQuery{Query: l.query, Page: l.next, Limit: rollSize})
	if err != nil {
		return err
	}
	l.next++
	l.whole = len(found.Contacts) == 0 || l.next*rollSize >= found.Total
	l.add(found.Contacts)
	return nil
}

func (l *crowd) add(all []calls.Contact) {
	for _, one := range all {
		if !l.seen[one.Receiver] {
			l.seen[one.Receiver] = true
			l.left = append(l.left, one)
		}
	}
}

// groupOf is where somebody stands in the list, as on the screen: favourites, those
// who are here, the others; of favourites those who are here first, and the test
// lines at the end of their group.
func groupOf(c calls.Contact) int {
	here := c.Presence != "" && c.Presence != calls.Offline
	group := 0
	switch {
	case c.Favourite && here:
	case c.Favourite:
		group = 1
	case here:
		group = 2
	default:
		group = 3
	}
	if group *= 2; c.TestLine {
		group++
	}
	return group
}

func (c *Console) people(ctx context.Context, l *crowd) {
	first := !l.begun
	ask(ctx, c, func(ctx context.Context) (struct{}, error) { return struct{}{}, l.fetch(ctx, c.Agent) }, func(struct{}) {
		if first && len(l.left) == 0 {
			if l.query != "" {
				c.tell("Nobody of that name.")
				return
			}
			c.tell("Nobody is there.")
		}
		n := min(len(l.left), pageSize)
		page := l.left[:n]
		l.left = l.left[n:]
		var more func(context.Context)
		if len(l.left) > 0 || !l.whole {
			more = func(ctx context.Context) { c.people(ctx, l) }
		}
		c.offer(first, c.peopleChoices(page), more)
	})
}

func (c *Console) peopleChoices(of []calls.Contact) []choice {
	page := make([]choice, len(of))
	for i, contact := range of {
		name := nameOf(contact)
		if slices.ContainsFunc(of, func(o calls.Contact) bool { return o.Receiver != contact.Receiver && ui.SameName(o.Name, name) }) {
			name += " (" + ui.Clean(contact.Receiver.ID, nameWidth) + ")"
		}
		page[i] = choice{contact: contact, words: name + ", " + c.where(contact)}
	}
	return page
}

func nameOf(c calls.Contact) string {
	return cmp.Or(ui.Clean(c.Name, nameWidth), ui.Clean(c.Receiver.ID, nameWidth))
}

// where says whether somebody can be reached.
func (c *Console) where(of calls.Contact) string {
	l := c.Language
	words := l.Presence(of.Presence)
	switch {
	case of.TestLine && of.Presence == calls.Online:
		words = l.Say("test line")
	case of.Presence == calls.Offline && !of.Since.IsZero():
		words = l.Say("offline since %s", day(l, of.Since, c.Now()))
	}
	if of.Favourite {
		words += ", " + l.Say("favourite")
	}
	if of.Blocked {
		words += ", " + l.Say("blocked")
	}
	return words
}

// info says more of a number of the list: a person or a call.
func (c *Console) info(_ context.Context, number string) {
	one, ok := c.chosen(number)
	switch {
	case !ok:
	case one.record.Call.ID != "":
		c.callInfo(one.record)
	case one.contact.Receiver.ID != "":
		c.personInfo(one.contact)
	default:
		c.print(one.words)
	}
}

func (c *Console) personInfo(of calls.Contact) {
	c.print(nameOf(of) + ", " + c.where(of))
	c.tell("Name on this server: %s", of.Receiver.ID)
	if on := labels(of.Phones); on != "" && !of.TestLine {
		c.tell("Phones: %s", on)
	}
}

// aboutPerson asks the server for something about a person of the list.
func (c *Console) aboutPerson(ctx context.Context, number, done string, act func(context.Context, Server, calls.Contact) error) {
	one, ok := c.chosen(number)
	if !ok {
		return
	}
	contact := one.contact
	if known, ok := c.Agent.Snapshot().Contact(contact.Receiver.ID); ok {
		contact = known
	}
	if c.Server == nil || contact.Receiver.ID == "" {
		c.lacks()
		return
	}
	ask(ctx, c, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, act(ctx, c.Server, contact)
	}, func(struct{}) { c.print(strings.ReplaceAll(done, "%s", nameOf(contact))) })
}

func (c *Console) favourite(ctx context.Context, number string) {
	c.aboutPerson(ctx, number, c.Language.Say("%s is a favourite."), func(ctx context.Context, s Server, of calls.Contact) error {
		return s.SetFavourite(ctx, of.Receiver, true)
	})
}

func (c *Console) unfavourite(ctx context.Context, number string) {
	c.aboutPerson(ctx, number, c.Language.Say("%s is no favourite."), func(ctx context.Context, s Server, of calls.Contact) error {
		return s.SetFavourite(ctx, of.Receiver, false)
	})
}

func (c *Console) block(ctx context.Context, number string) {
	c.aboutPerson(ctx, number, c.Language.Say("%s is blocked."), func(ctx context.Context, s Server, of calls.Contact) error {
		return s.SetBlocked(ctx, calls.UserID(of.Receiver.ID), true)
	})
}

func (c *Console) unblock(ctx context.Context, number string) {
	c.aboutPerson(ctx, number, c.Language.Say("%s is not blocked."), func(ctx context.Context, s Server, of calls.Contact) error {
		return s.SetBlocked(ctx, calls.UserID(of.Receiver.ID), false)
	})
}
