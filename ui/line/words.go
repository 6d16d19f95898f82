package line

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"tring/calls"
	"tring/ui"
)

// nameWidth bounds the names that other people chose.
const nameWidth = 40

// Words are an event as a person would say it, from the view after it; empty
// where there is nothing worth a line.
func Words(l ui.Language, e calls.Event, v calls.View) string {
	peer := peerName(v, e.Call)
	switch e.Name {
	case calls.Initiation:
		if c, ok := v.Contact(e.Call.Peer(v.Me.User)); ok && c.Presence == calls.Offline {
			return l.Say("Calling %s … (not online; rings if they appear)", peer)
		}
		return l.Say("Calling %s …", peer)
	case calls.IncomingCallReceived:
		if e.Call.Type == calls.Video {
			return l.Say("%s is calling with video (this phone has sound only).", peer)
		}
		return l.Say("%s is calling.", peer)
	case calls.OutgoingCallAccepted:
		return l.Say("%s answered.", peer)
	case calls.MediaIsConnected:
		return l.Say("Connected to %s.", peer)
	case calls.RecordingStarted:
		return l.Say("%s records this call.", partyName(v, e.Call, e.User))
	case calls.RecordingStopped:
		return l.Say("%s records no longer.", partyName(v, e.Call, e.User))
	case calls.OutgoingCallRejected, calls.IncomingCallCanceled, calls.CallEnded:
		return Outcome(l, e, v)
	case calls.CallUpdated:
		if e.Call.Status.Terminal() {
			return Outcome(l, e, v)
		}
		return updated(l, e.Call, v, peer)
	case calls.Failure:
		return failed(l, e.Err)
	case calls.ConnectionChanged:
		return connection(l, v)
	}
	return ""
}

// OwnFault says whether a Failure is a fault of this machine, such as sound that
// cannot be opened. No command returns such a one; what the service refuses, the
// command that asked for it returns.
func OwnFault(e calls.Event) bool {
	_, service := errors.AsType[*calls.Error](e.Err)
	return e.Name == calls.Failure && e.Err != nil && !service
}

// updated: where the call stands now, if that is news for a person.
func updated(l ui.Language, c calls.Call, v calls.View, peer string) string {
	for _, live := range v.Calls {
		if live.Call.ID != c.ID {
			continue
		}
		switch live.Stage {
		case calls.StageRinging:
			return l.Say("Ringing on %s.", labels(live.RingingOn))
		case calls.StageLost:
			return l.Say("The sound from %s broke off; mending it …", peer)
		}
	}
	return ""
}

// labels are the names of phones, which people chose.
func labels(of []string) string {
	clean := make([]string, len(of))
	for i, label := range of {
		clean[i] = ui.Clean(label, nameWidth)
	}
	return strings.Join(slices.DeleteFunc(clean, func(s string) bool { return s == "" }), ", ")
}

// Outcome says how a call ended.
func Outcome(l ui.Language, e calls.Event, v calls.View) string {
	c := e.Call
	peer := peerName(v, c)
	why := cmp.Or(e.Reason, c.Reason)
	mine := c.Initiator == v.Me.User
	switch {
	case why == calls.AnsweredElsewhere:
		return l.Say("Answered on another phone of yours.")
	case why == calls.RejectedElsewhere:
		return l.Say("Rejected on another phone of yours.")
	case why == calls.DoNotDisturb:
		return l.Say("%s does not want to be disturbed.", peer)
	case why == calls.MediaFailed:
		return l.Say("The sound did not come through; the call is over.")
	case c.Status == calls.Rejected && mine:
		return l.Say("%s rejected the call.", peer)
	case c.Status == calls.Rejected:
		return l.Say("You rejected the call from %s.", peer)
	case c.Status == calls.Busy && mine:
		return l.Say("%s is busy.", peer)
	case c.Status == calls.Busy:
		return l.Say("%s was told that you are busy.", peer)
	case c.Status == calls.Unanswered && mine:
		return l.Say("No answer from %s after %s.", peer, span(l, c.RingTime.Duration()))
	case c.Status == calls.Cancelled && mine && why == "":
		return l.Say("Cancelled.")
	case c.Status == calls.Cancelled, c.Status == calls.Unanswered:
		return l.Say("You missed a call from %s.", peer)
	case c.Status == calls.Ended:
		return ended(l, c, v, peer, why)
	}
	return l.Say("The call with %s failed.", peer)
}

func ended(l ui.Language, c calls.Call, v calls.View, peer string, why calls.Reason) string {
	who := l.Say("The call with %s ended.", peer)
	switch {
	case why == calls.ConnectionLost:
		who = l.Say("The connection to %s was lost.", peer)
	case why == calls.EndedByPeer, c.EndedBy.User != "" && c.EndedBy.User != v.Me.User:
		who = l.Say("%s hung up.", peer)
	case c.EndedBy.User == v.Me.User:
		who = l.Say("You hung up.")
	}
	return who + " " + l.Say("You talked for %s.", span(l, c.Talked(c.EndedAt)))
}

func connection(l ui.Language, v calls.View) string {
	switch v.Link {
	case calls.LinkUp:
		return l.Say("Connected to the server as %s.", Name(v, string(v.Me.User)))
	case calls.LinkDown:
		return l.Say("No connection to the server%s; trying again.", cause(l, v.LinkErr))
	case calls.LinkClosed:
		return strings.TrimSpace(l.Say("The server refused this phone%s.", cause(l, v.LinkErr)) + " " + l.AccountCure(v))
	}
	return ""
}

func cause(l ui.Language, err error) string {
	if err == nil {
		return ""
	}
	return " (" + l.Reason(err) + ")"
}

// Name is what to call somebody: the display name where one is known and can be
// seen, with the id where another one has the same.
func Name(v calls.View, id string) string { return called(v, id, "") }

// partyName is Name for somebody in a call, which says what its parties are called.
func partyName(v calls.View, c calls.Call, u calls.UserID) string {
	p, _ := c.Party(u)
	return called(v, string(u), p.Name)
}

// peerName is the name of the other side of a call.
func peerName(v calls.View, c calls.Call) string {
	return partyName(v, c, calls.UserID(c.Peer(v.Me.User)))
}

func called(v calls.View, id, name string) string {
	if c, ok := v.Contact(id); ok {
		name = c.Name
	} else if id == string(v.Me.User) {
		name = v.Me.Name
	}
	name = ui.Clean(name, nameWidth)
	shared := slices.ContainsFunc(v.Contacts, func(c calls.Contact) bool {
		return c.Receiver.ID != id && ui.SameName(c.Name, name)
	})
	if shared {
		return name + " (" + ui.Clean(id, nameWidth) + ")"
	}
	return cmp.Or(name, ui.Clean(id, nameWidth))
}
