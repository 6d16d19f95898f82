package calls

import "time"

// EventName is what an event is called, on the wire and in JSON output.
type EventName string

// The events. IncomingCallReceived to CallEnded are CometChat's call listener;
// CallUpdated tells everything else about a call. The rest concern the session
// and the phone itself.
const (
	Initiation           EventName = "Initiated"
	IncomingCallReceived EventName = "IncomingCallReceived"
	IncomingCallCanceled EventName = "IncomingCallCancelled"
	OutgoingCallAccepted EventName = "OutgoingCallAccepted"
	OutgoingCallRejected EventName = "OutgoingCallRejected"
	CallEnded            EventName = "CallEnded"
	CallUpdated          EventName = "CallUpdated"
	UserJoined           EventName = "UserJoined"
	UserLeft             EventName = "UserLeft"
	RecordingStarted     EventName = "RecordingStarted"
	RecordingStopped     EventName = "RecordingStopped"
	MediaIsConnected     EventName = "MediaConnected"
	ConnectionChanged    EventName = "ConnectionChanged"
	PresenceChanged      EventName = "PresenceChanged"
	ContactAdded         EventName = "ContactAdded"
	ContactRemoved       EventName = "ContactRemoved"
	AccountChanged       EventName = "AccountChanged" // settings or missed calls of the account
	Resync               EventName = "Resync"
	Failure              EventName = "Error"
)

// Event is something that one phone hears: a value, and as it is a tea.Msg.
type Event struct {
	Name EventName
	// Call is the call after the change, as this phone may see it.
	Call Call
	// Reason is why, as this phone sees it: answered_elsewhere is the reason of
	// one phone and not of the call.
	Reason Reason
	// User is who joined, left, records, records no more or changed presence, or
	// came into the directory or left it.
	User UserID
	// RingLeft is how long an incoming call goes on ringing.
	RingLeft time.Duration
	// View is the full view, with Resync only.
	View *View
	// Err is what failed, with Failure only.
	Err error
}

// Events is what the viewer's phone hears when a call goes from before to after.
// The zero Call as before means that the phone has not seen the call yet.
//
// It is the same function live and after a reconnect: a phone that missed ten
// changes hears what leads from the last state it saw to the present one.
func Events(before, after Call, v Viewer) []Event {
	if _, sees := after.SeenBy(v); !sees {
		if _, saw := before.SeenBy(v); !saw {
			return nil
		}
		after = after.Withdrawn() // the callee has blocked the caller while it rang
	}
	before.Hidden, after.Hidden = false, false
	if before.Equal(after) {
		return nil
	}
	c := change{before: before, after: after, viewer: v}
	if v.User == after.Initiator {
		c.caller()
	} else {
		c.callee()
	}
	if !after.Status.Terminal() && (after.Holds(v) || before.Holds(v)) {
		c.session()
		if len(c.events) == 0 {
			c.hear(CallUpdated, "")
		}
	}
	return c.events
}

// change collects the events of one change for one viewer.
type change struct {
	before, after Call
	viewer        Viewer
	events        []Event
}

func (c *change) hear(n EventName, why Reason) {
	c.events = append(c.events, Event{Name: n, Call: c.after, Reason: why})
}

// caller: of the initiator's phones, only the one that placed the call hears.
func (c *change) caller() {
	me, _ := c.after.Party(c.viewer.User)
	if me.Device != c.viewer.Device || c.before.Status == c.after.Status {
		return
	}
	if c.before.Status == "" {
		c.hear(Initiation, "")
	}
	switch c.after.Status {
	case Ongoing:
		c.hear(OutgoingCallAccepted, "")
	case Rejected, Busy, Unanswered:
		c.hear(OutgoingCallRejected, c.after.Reason)
	case Cancelled:
		c.hear(CallUpdated, c.after.Reason)
	case Ended, Failed:
		c.hear(CallEnded, c.endReason())
	case Initiated:
	}
}

// callee: every phone of the user rings; one decides, the others are told why
// they stop.
func (c *change) callee() {
	was, _ := c.before.Party(c.viewer.User)
	me, _ := c.after.Party(c.viewer.User)
	rang, rings := c.before.rings(was), c.after.rings(me)
	mine := me.Device == c.viewer.Device && me.Device != ""
	switch {
	case rings && !rang:
		c.hear(IncomingCallReceived, "")
	case mine && c.after.Status.Terminal() && (me.State == PartyLeft || me.State == PartyJoined):
		if was.State != PartyLeft {
			c.hear(CallEnded, c.endReason())
		}
	case mine && was.State != me.State:
		c.hear(CallUpdated, c.after.Reason)
	case rang && !rings:
		c.hear(IncomingCallCanceled, c.stopReason(me))
	}
}

// endReason is why an answered call is over: that the other side hung up is the
// same news from the server as from the media, whichever comes first.
func (c *change) endReason() Reason {
	if by := c.after.EndedBy.User; by != "" && by != c.viewer.User {
		return EndedByPeer
	}
	return c.after.Reason
}

// stopReason is why a phone that did not decide itself stops ringing.
func (c *change) stopReason(me Party) Reason {
	switch {
	case me.State == PartyJoined || me.State == PartyLeft:
		return AnsweredElsewhere
	case me.Device != "":
		return RejectedElsewhere
	case c.after.Reason != "":
		return c.after.Reason
	case c.after.Status == Ongoing:
		return NoAnswer // the others go on
	}
	// What ends a call names why, too: CancelledByCaller, NoAnswer; or a group call
	// ended while this party still rang.
	return Reason(c.after.Status)
}

// rings says whether this party's phones should be ringing.
func (c Call) rings(p Party) bool {
	return !c.Status.Terminal() && (p.State == PartyInvited || p.State == PartyRinging)
}

// session tells a phone in the call who else came and went, and who records it.
func (c *change) session() {
	for _, p := range c.after.Parties {
		if p.User == c.viewer.User {
			continue
		}
		was, _ := c.before.Party(p.User)
		in, wasIn := inSession(p), inSession(was)
		switch {
		case in && (!wasIn || was.Device != p.Device):
			c.events = append(c.events, Event{Name: UserJoined, Call: c.after, User: p.User})
		case wasIn && !in:
			c.events = append(c.events, Event{Name: UserLeft, Call: c.after, User: p.User})
		}
		switch {
		case in && p.Recording && !was.Recording:
			c.events = append(c.events, Event{Name: RecordingStarted, Call: c.after, User: p.User})
		case was.Recording && !p.Recording:
			c.events = append(c.events, Event{Name: RecordingStopped, Call: c.after, User: p.User})
		}
	}
}

func inSession(p Party) bool { return p.State == PartyJoined && !p.JoinedAt.IsZero() }
