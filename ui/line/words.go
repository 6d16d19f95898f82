package line

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"tring/calls"
	"tring/ui"
)

// nameWidth bounds the names that other people chose.
const nameWidth = 40

// Words are an event as a person would say it, from the view after it; empty
// where there is nothing worth a line.
func Words(e calls.Event, v calls.View) string {
	peer := Name(v, e.Call.Peer(v.Me.User))
	switch e.Name {
	case calls.Initiation:
		if c, ok := v.Contact(e.Call.Peer(v.Me.User)); ok && c.Presence == calls.Offline {
			return "Calling " + peer + " … (not online; rings if they appear)"
		}
		return "Calling " + peer + " …"
	case calls.IncomingCallReceived:
		return strings.TrimSpace(fmt.Sprintf("%s is calling%s.", peer, pictured(e.Call)))
	case calls.OutgoingCallAccepted:
		return peer + " answered."
	case calls.MediaIsConnected:
		return "Connected to " + peer + "."
	case calls.RecordingStarted:
		return Name(v, string(e.User)) + " records this call."
	case calls.RecordingStopped:
		return Name(v, string(e.User)) + " records no longer."
	case calls.OutgoingCallRejected, calls.IncomingCallCanceled, calls.CallEnded:
		return Outcome(e, v)
	case calls.CallUpdated:
		if e.Call.Status.Terminal() {
			return Outcome(e, v)
		}
		return updated(e.Call, v, peer)
	case calls.Failure:
		return "That did not work: " + ui.Clean(e.Err.Error(), 200) + "."
	case calls.ConnectionChanged:
		return connection(v)
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

func pictured(c calls.Call) string {
	if c.Type == calls.Video {
		return " with video (this phone has sound only)"
	}
	return ""
}

// updated: where the call stands now, if that is news for a person.
func updated(c calls.Call, v calls.View, peer string) string {
	for _, live := range v.Calls {
		if live.Call.ID != c.ID {
			continue
		}
		switch live.Stage {
		case calls.StageRinging:
			labels := make([]string, len(live.RingingOn))
			for i, l := range live.RingingOn {
				labels[i] = ui.Clean(l, nameWidth)
			}
			return "Ringing on " + strings.Join(labels, ", ") + "."
		case calls.StageLost:
			return "The sound from " + peer + " broke off; mending it …"
		}
	}
	return ""
}

// Outcome says how a call ended.
func Outcome(e calls.Event, v calls.View) string {
	c := e.Call
	peer := Name(v, c.Peer(v.Me.User))
	why := c.Reason
	if e.Reason != "" {
		why = e.Reason
	}
	switch {
	case why == calls.AnsweredElsewhere:
		return "Answered on another phone of yours."
	case why == calls.RejectedElsewhere:
		return "Rejected on another phone of yours."
	case why == calls.DoNotDisturb:
		return peer + " does not want to be disturbed."
	case why == calls.MediaFailed:
		return "The sound did not come through; the call is over."
	case c.Status == calls.Rejected && c.Initiator == v.Me.User:
		return peer + " rejected the call."
	case c.Status == calls.Busy && c.Initiator == v.Me.User:
		return peer + " is busy."
	case c.Status == calls.Unanswered && c.Initiator == v.Me.User:
		return fmt.Sprintf("No answer from %s after %s.", peer, spell(c.RingTime.Duration()))
	case c.Status == calls.Cancelled && c.Initiator == v.Me.User && why == "":
		return "Cancelled."
	case c.Status == calls.Cancelled, c.Status == calls.Unanswered:
		return "You missed a call from " + peer + "."
	case c.Status == calls.Ended:
		return ended(c, v, peer, why)
	}
	return "The call with " + peer + " is over (" + string(c.Status) + ")."
}

func ended(c calls.Call, v calls.View, peer string, why calls.Reason) string {
	who := "The call with " + peer + " ended"
	switch {
	case why == calls.ConnectionLost:
		who = "The connection to " + peer + " was lost"
	case why == calls.EndedByPeer, c.EndedBy.User != "" && c.EndedBy.User != v.Me.User:
		who = peer + " hung up"
	case c.EndedBy.User == v.Me.User:
		who = "You hung up"
	}
	return fmt.Sprintf("%s. You talked for %s.", who, spell(c.Talked(c.EndedAt)))
}

func connection(v calls.View) string {
	switch v.Link {
	case calls.LinkUp:
		return "Connected to the server as " + Name(v, string(v.Me.User)) + "."
	case calls.LinkDown:
		return "No connection to the server" + cause(v.LinkErr) + "; trying again."
	case calls.LinkClosed:
		return "The server refused this phone" + cause(v.LinkErr) + "." + cure(v)
	}
	return ""
}

// cure is what to do about a refusal that concerns the account.
func cure(v calls.View) string {
	switch {
	case errors.Is(v.LinkErr, calls.ErrRemoved):
		return " Quit, and log in again: tring login URL --user " + string(v.Me.User)
	case errors.Is(v.LinkErr, calls.ErrSignIn):
		return " Ask for a new invite, quit, and log in again: tring login URL"
	}
	return ""
}

func cause(err error) string {
	if err == nil {
		return ""
	}
	return " (" + ui.Clean(err.Error(), 200) + ")"
}

// Name is what to call somebody: the display name where one is known and can be
// seen.
func Name(v calls.View, id string) string {
	name := ""
	if c, ok := v.Contact(id); ok {
		name = c.Name
	} else if id == string(v.Me.User) {
		name = v.Me.Name
	}
	return cmp.Or(ui.Clean(name, nameWidth), ui.Clean(id, nameWidth))
}

// spell is a duration in words: "1 s", "4 min 10 s".
func spell(d time.Duration) string {
	d = d.Round(time.Second)
	if d < time.Minute {
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	if d < time.Hour {
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}
