package line

import (
	"context"
	"strconv"
	"strings"

	"tring/calls"
)

// pageSize is how much of a list is read out at once.
const pageSize = 10

// choices are the last list that was printed: what its numbers mean.
type choices struct {
	made bool // a list was printed
	all  []choice
	more func(context.Context) // prints its next page; nil if there is none
}

// choice is one line of a list. Picked, what its number alone does, is a call
// where it is nil.
type choice struct {
	words   string
	contact calls.Contact
	record  calls.Record
	picked  func(context.Context)
}

func (c choice) peer() (calls.Receiver, bool) { return c.contact.Receiver, c.contact.Receiver.ID != "" }

// offer prints choices with their numbers; those of a first page replace the
// last list.
func (c *Console) offer(first bool, page []choice, more func(context.Context)) {
	if first {
		c.choices.all = nil
	}
	c.choices.made = true
	for _, one := range page {
		c.choices.all = append(c.choices.all, one)
		c.print(strconv.Itoa(len(c.choices.all)) + ". " + one.words)
	}
	if c.choices.more = more; more != nil {
		c.tell("Type n for more.")
	}
}

// chosen is what a number of the last list means; it says so if it means
// nothing.
func (c *Console) chosen(number string) (choice, bool) {
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(c.choices.all) {
		if held, ok := c.Agent.Snapshot().Held(); ok && held.Call.Status == calls.Ongoing && len(number) == 1 && c.Dial != nil {
			c.tell("There is no such number in the list; k sends the tone of a key: k %s.", number)
			return choice{}, false
		}
		c.tell("There is no such number in the list; type l for the list.")
		return choice{}, false
	}
	return c.choices.all[n-1], true
}

func (c *Console) next(ctx context.Context, _ string) {
	if c.choices.more == nil {
		c.tell("There is no more.")
		return
	}
	c.choices.more(ctx)
}

func (c *Console) call(ctx context.Context, who string)  { c.dial(ctx, who, calls.Audio) }
func (c *Console) video(ctx context.Context, who string) { c.dial(ctx, who, calls.Video) }

// dial calls somebody by the number in the last list, or by name; a number may
// mean something else there.
func (c *Console) dial(ctx context.Context, who string, kind calls.Type) {
	if who == "" {
		c.tell("Add whom to call: a number of the list, or a name.")
		return
	}
	if strings.Trim(who, "-0123456789") == "" {
		one, ok := c.chosen(who)
		if !ok {
			return
		}
		if one.picked != nil {
			c.choices.all, c.choices.more = nil, nil
			one.picked(ctx)
			return
		}
		if peer, ok := one.peer(); ok {
			c.initiate(ctx, peer, kind)
		}
		return
	}
	if found := c.known(who); len(found) > 0 {
		if len(found) == 1 {
			c.initiate(ctx, found[0].Receiver, kind)
			return
		}
		c.tell("%d people have that name. Type a number to call.", len(found))
		c.offer(true, c.peopleChoices(found), nil)
		return
	}
	if err := calls.UserID(who).Validate(); err != nil {
		c.tell("That is neither a command nor a name; type ? for help.")
		return
	}
	c.initiate(ctx, calls.User(calls.UserID(who)), kind)
}

// known are those of the last list and the contacts who are called so: by their
// id one, by the name that is shown maybe several.
func (c *Console) known(who string) []calls.Contact {
	var all []calls.Contact
	seen := map[calls.Receiver]bool{}
	v := c.Agent.Snapshot()
	for _, one := range c.choices.all {
		all = append(all, one.contact)
	}
	var named []calls.Contact
	for _, contact := range append(all, v.Contacts...) {
		if contact.Receiver.ID == "" || seen[contact.Receiver] {
			continue
		}
		seen[contact.Receiver] = true
		if contact.Receiver.ID == who {
			return []calls.Contact{contact}
		}
		if strings.EqualFold(nameOf(contact), who) {
			named = append(named, contact)
		}
	}
	return named
}

func (c *Console) initiate(ctx context.Context, who calls.Receiver, kind calls.Type) {
	c.do(ctx, c.NewCallID(), calls.Initiate{Type: kind, Receiver: who}, nil)
}
