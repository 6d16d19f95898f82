package line

import (
	"context"
	"slices"

	"tring/calls"
)

// party is what was told of the calls that are live, so that nothing is told
// twice.
type party struct {
	numbers map[calls.ID]int // of the calls that ring here, while they do
	last    string           // the last line about where a call stands
	muted   map[calls.UserID]bool
	turned  calls.ID   // the call that has its volume
	rung    []calls.ID // the calls that ring and were noticed
}

// hear prints an event, and what the person can do about it.
func (c *Console) hear(ctx context.Context, e calls.Event) {
	v := c.Agent.Snapshot()
	c.attend(v)
	was := c.link
	switch {
	case e.Name == calls.Failure && !OwnFault(e):
		return // the command that failed says so
	case e.Name == calls.ConnectionChanged && v.Link == c.link:
		return // another try
	case e.Name == calls.ConnectionChanged:
		c.link = v.Link
	}
	c.number(v)
	words := Words(c.Language, e, v)
	if e.Name == calls.CallUpdated && words == c.party.last {
		words = ""
	}
	if words != "" {
		if c.party.last = words; e.Name == calls.IncomingCallReceived {
			if c.prompt != nil { // what is typed now answers the call
				c.prompt = nil
				c.tell("Nothing was done.")
			}
			words += " " + c.howToAnswer(e.Call, v)
		}
		c.print(words)
	}
	c.noticeCalls(ctx, v)
	c.hearMuted(v)
	c.settleVolume(v)
	if e.Name == calls.ConnectionChanged && v.Link == calls.LinkUp && was != calls.LinkUp && !c.choices.made {
		c.begin(ctx)
	}
}

// number gives each call that rings a number, and keeps it as long as it rings:
// who types it must not answer another.
func (c *Console) number(v calls.View) {
	ringing := v.Incoming()
	numbers := map[calls.ID]int{}
	taken := map[int]bool{}
	for _, in := range ringing {
		if n := c.party.numbers[in.Call.ID]; n > 0 {
			numbers[in.Call.ID], taken[n] = n, true
		}
	}
	for _, in := range ringing {
		n := 1
		for taken[n] {
			n++
		}
		if numbers[in.Call.ID] == 0 {
			numbers[in.Call.ID], taken[n] = n, true
		}
	}
	c.party.numbers = numbers
}

func (c *Console) howToAnswer(call calls.Call, v calls.View) string {
	l := c.Language
	words := l.Say("Type a to accept, r to reject, b for busy.")
	if len(v.Incoming()) > 1 {
		n := c.party.numbers[call.ID]
		words = l.Say("Type a %d to accept, r %d to reject, b %d for busy.", n, n, n)
	}
	if held, ok := v.Held(); ok {
		words += " " + l.Say("Accepting ends the call with %s.", peerName(v, held.Call))
	}
	return words
}

// hearMuted tells when another side of the call stops or begins to be heard.
func (c *Console) hearMuted(v calls.View) {
	held, ok := v.Held()
	if !ok {
		c.party.muted = nil
		return
	}
	was := c.party.muted
	c.party.muted = map[calls.UserID]bool{}
	for _, p := range held.Call.Parties {
		if p.User == v.Me.User || p.State != calls.PartyJoined {
			continue
		}
		c.party.muted[p.User] = p.AudioMuted
		switch {
		case p.AudioMuted && !was[p.User]:
			c.tell("%s is muted.", partyName(v, held.Call, p.User))
		case !p.AudioMuted && was[p.User]:
			c.tell("%s can be heard again.", partyName(v, held.Call, p.User))
		}
	}
}

// ringing are the calls that ring here, by their numbers.
func (c *Console) ringing(v calls.View) []calls.CallView {
	c.number(v)
	ringing := v.Incoming()
	slices.SortFunc(ringing, func(a, b calls.CallView) int {
		return c.party.numbers[a.Call.ID] - c.party.numbers[b.Call.ID]
	})
	return ringing
}
