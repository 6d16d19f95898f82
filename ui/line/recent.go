package line

import (
	"context"
	"strings"
	"time"

	"tring/calls"
	"tring/ui"
)

// recent lists the newest calls; which says which of them.
func (c *Console) recent(ctx context.Context, which string) {
	l := c.Language
	f := calls.HistoryFilter{Limit: pageSize}
	switch which {
	case "", "all", l.Say("all"):
	case "missed", l.Say("missed"):
		f.Missed = true
	case "in", l.Say("in"):
		f.Direction = calls.Incoming
	case "out", l.Say("out"):
		f.Direction = calls.Outgoing
	default:
		c.tell("Type t, or t with one of: missed, in, out.")
		return
	}
	c.history(ctx, f)
}

func (c *Console) history(ctx context.Context, f calls.HistoryFilter) {
	ask(ctx, c, func(ctx context.Context) (calls.HistoryPage, error) { return c.Agent.History(ctx, f) },
		func(found calls.HistoryPage) {
			first, me := f.Before == "", c.Agent.Snapshot().Me.User
			if first && len(found.Records) == 0 {
				c.tell("No such calls.")
				return
			}
			page := make([]choice, len(found.Records))
			for i, r := range found.Records {
				page[i] = choice{record: r, words: c.recordWords(r), contact: calls.Contact{Receiver: peerOf(r.Call, me)}}
			}
			var more func(context.Context)
			if len(found.Records) == f.Limit {
				older := f
				older.Before = found.Records[len(found.Records)-1].Call.ID
				more = func(ctx context.Context) { c.history(ctx, older) }
			}
			c.offer(first, page, more)
			if first && f.Direction == "" && found.MissedCount > 0 {
				c.markSeen(ctx, found.Records[0].Call.ID)
			}
		})
}

// peerOf is whom to call back.
func peerOf(c calls.Call, me calls.UserID) calls.Receiver {
	if c.Receiver.Kind != calls.ToUser {
		return c.Receiver
	}
	return calls.User(calls.UserID(c.Peer(me)))
}

// markSeen tells the server that the missed calls were looked at. If it cannot be
// told they stay marked, and the next look tries again.
func (c *Console) markSeen(ctx context.Context, until calls.ID) {
	if c.Server == nil {
		return
	}
	c.aside(ctx, func(ctx context.Context) func() {
		_ = c.Server.MarkSeen(ctx, until)
		return func() {}
	})
}

// recordWords are a finished call: with whom, how it ended, when.
func (c *Console) recordWords(r calls.Record) string {
	v := c.Agent.Snapshot()
	return peerName(v, r.Call) + ", " + outcome(c.Language, r) + ", " +
		day(c.Language, r.Call.InitiatedAt, c.Now())
}

// outcome is which way a call went and how it ended.
func outcome(l ui.Language, r calls.Record) string {
	c := r.Call
	way := l.Say("from them")
	if r.Direction == calls.Outgoing {
		way = l.Say("from you")
	}
	switch {
	case r.Missed:
		return l.Say("missed")
	case c.Status == calls.Rejected:
		return way + ", " + l.Say("declined")
	case c.Status == calls.Busy:
		return way + ", " + l.Say("busy")
	case c.Status == calls.Unanswered:
		return way + ", " + l.Say("no answer")
	case c.Status == calls.Cancelled:
		return way + ", " + l.Say("cancelled")
	case c.Status == calls.Failed:
		return way + ", " + l.Say("failed")
	}
	return way + ", " + span(l, c.Talked(c.EndedAt))
}

// callInfo says all that is known of a finished call.
func (c *Console) callInfo(r calls.Record) {
	v := c.Agent.Snapshot()
	over := r.Call
	c.print(c.recordWords(r))
	if over.Type == calls.Video {
		c.tell("It was a video call.")
	}
	if rang := over.Rang().Round(time.Second); rang > 0 {
		c.tell("It rang for %s.", span(c.Language, rang))
	}
	if !over.AnsweredAt.IsZero() {
		c.tell("It was answered, and lasted %s.", span(c.Language, over.Talked(over.EndedAt)))
	}
	c.print(Outcome(c.Language, calls.Event{Call: over}, v))
	var phones []string
	for _, p := range over.Parties {
		if label := ui.Clean(p.Label, nameWidth); label != "" {
			phones = append(phones, c.Language.Say("%s on %s", partyName(v, over, p.User), label))
		}
	}
	if len(phones) > 0 {
		c.print(strings.Join(phones, ", ") + ".")
	}
}
