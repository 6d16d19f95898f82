package ui

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"tring/calls"
)

// All words that a person reads stand in this file and in text_time.go, so that
// another language is one more pair of files.

// What the keys do, for the rows that explain them.
const (
	wordUp        = "up"
	wordDown      = "down"
	wordTop       = "first"
	wordBottom    = "last"
	wordCall      = "call"
	wordCallBack  = "call back"
	wordVideo     = "video"
	wordRecent    = "recent"
	wordPeople    = "people"
	wordSearch    = "search"
	wordAccept    = "accept"
	wordSwap      = "end this call and accept"
	wordSwapShort = "end and accept"
	wordReject    = "reject"
	wordBusy      = "busy"
	wordStop      = "stop calling"
	wordStopShort = "stop"
	wordMute      = "mute"
	wordUnmute    = "unmute"
	wordHangUp    = "hang up"
	wordAgain     = "call again"
	wordClose     = "close"
	wordYes       = "hang up and quit"
	wordNo        = "stay"
	wordHelp      = "help"
	wordQuit      = "quit"
	wordSuspend   = "suspend"
)

// Headings and lines that never change.
const (
	textTitle       = "tring"
	textPeople      = "People"
	textRecentCalls = "Recent"
	textMissed      = "Missed"
	textHelp        = "Keys"
	textHelpPeople  = "People"
	textHelpRinging = "Ringing"
	textHelpCall    = "In a call"
	textHelpAlways  = "Always"

	textNobody       = "Nobody here yet. Who joins this server appears here."
	textNoCalls      = "No calls yet."
	textWaiting      = "Waiting for the server…"
	textLoading      = "Loading…"
	textNotFound     = "Nobody of that name."
	textSearchHint   = "a name"
	textSoundOnly    = "video call, sound only"
	textIsCalling    = "is calling you"
	textIsCallingVid = "is calling you, video call (sound only)"
	textConnecting   = "connecting…"
	textTalking      = "talking"
	textMending      = "the sound broke off; mending it"
	textYou          = "you"
	textThem         = "them"
	textUnknown      = "not known now"
	textMutedShort   = "muted"
	textQuitAsk      = "You are in a call."
	textNoSuspend    = "Suspending would stop the sound. Hang up first (h)."
)

func textPresence(p calls.Presence) string {
	switch p {
	case calls.Online:
		return "online"
	case calls.Away:
		return "away"
	case calls.DND:
		return "do not disturb"
	case calls.InCall:
		return "in a call"
	case calls.Offline:
		return "offline"
	}
	return "offline"
}

// textWhere is the second column of a contact, this wide.
func textWhere(c calls.Contact, now time.Time, width int) string {
	switch {
	case c.Blocked:
		return "blocked"
	case c.Presence == calls.Online && c.TestLine:
		return "test line"
	case c.Presence == calls.Online && len(c.Phones) > 0:
		return strings.Join(c.Phones, ", ")
	case c.Presence == calls.Offline && !c.Since.IsZero():
		day := textDay(c.Since, now, false)
		if since := "since " + day; len(since) <= width {
			return since
		}
		return day
	}
	return textPresence(c.Presence)
}

func textLink(l calls.Link) string {
	switch l {
	case calls.Connecting:
		return "connecting…"
	case calls.LinkUp:
		return "online"
	case calls.LinkDown:
		return "offline"
	case calls.LinkClosed:
		return "signed out"
	}
	return ""
}

// textLinkTrouble says why there is no connection and what happens next.
func textLinkTrouble(v calls.View) string {
	because := ""
	if v.LinkErr != nil && !errors.Is(v.LinkErr, calls.ErrOffline) {
		because = ": " + strings.TrimRight(errorText(v.LinkErr), ".")
	}
	switch v.Link {
	case calls.LinkDown:
		return "No connection to the server, trying again" + because + "."
	case calls.LinkClosed:
		return "Signed out" + because + ". Start tring again when that is mended."
	case calls.Connecting, calls.LinkUp:
	}
	return ""
}

// textOutgoing is what a call does that waits for its answer. Offline: nobody is
// there yet.
func textOutgoing(c calls.CallView, peer calls.Contact, known bool) string {
	switch {
	case c.Stage == calls.StageRinging && len(c.RingingOn) > 0:
		labels := make([]string, 0, len(c.RingingOn))
		for _, l := range c.RingingOn {
			if l != "" {
				labels = append(labels, l)
			}
		}
		if len(labels) == 0 {
			return "ringing"
		}
		return "ringing on " + strings.Join(labels, ", ")
	case known && peer.Presence == calls.Offline:
		return "not online; rings if they appear"
	}
	return "calling…"
}

func textTheyMuted(name string) string { return name + " is muted" }

func textMore(n int) string {
	if n == 1 {
		return "1 more is calling"
	}
	return fmt.Sprintf("%d more are calling", n)
}

func textMissedCount(n int) string { return fmt.Sprintf("%d missed", n) }

func textSwap(name string) string { return "end the call with " + name + " and accept" }

func textLeave(name string) string { return "Hang up on " + name + " and quit?" }

func textFrom(shown, total int) string {
	return fmt.Sprintf("%d of %d; / finds the others", shown, total)
}

func textCallAnyway(id string) string {
	return textNotFound + " Enter calls “" + id + "” all the same."
}

// textQuality says what is bad about the sound; nothing while it is good.
func textQuality(lost, theyLose int, delay time.Duration) string {
	switch {
	case lost > 0:
		return fmt.Sprintf("losing %d %% of the sound", lost)
	case theyLose > 0:
		return fmt.Sprintf("they miss %d %% of your sound", theyLose)
	case delay > 0:
		return fmt.Sprintf("the sound is %.1f s late", delay.Seconds())
	}
	return ""
}

// textEnd says why a call is over, and whether something went wrong.
func textEnd(c calls.Call, why calls.Reason, me calls.UserID, name string) (words string, bad bool) {
	switch {
	case why == calls.MediaFailed || c.Status == calls.Failed && c.Reason == calls.MediaFailed:
		return "No sound came through to " + name + ". A firewall may be in the way.", true
	case why == calls.ConnectionLost:
		return "The connection was lost", true
	case c.Status == calls.Rejected && why == calls.DoNotDisturb:
		return name + " does not want to be disturbed", false
	case c.Status == calls.Rejected:
		return name + " declined", false
	case c.Status == calls.Busy:
		return name + " is in another call", false
	case c.Status == calls.Unanswered:
		return "No answer after " + textSpan(c.RingTime.Duration()), false
	case c.Status == calls.Cancelled:
		return "Cancelled", false
	case why == calls.EndedByPeer || c.EndedBy.User != "" && c.EndedBy.User != me:
		return name + " hung up", false
	case c.EndedBy.User == me && c.Status == calls.Ended:
		return "You hung up", false
	case c.Status == calls.Failed:
		return "The call failed", true
	}
	return "The call is over", false
}

// textStopped says why a ring ended that this phone did not decide.
func textStopped(why calls.Reason, name string) string {
	switch why {
	case calls.AnsweredElsewhere:
		return name + "'s call was answered on another phone"
	case calls.RejectedElsewhere:
		return name + "'s call was declined on another phone"
	}
	return "Missed a call from " + name
}

// textOutcome is the last column of a finished call.
func textOutcome(r calls.Record) string {
	c := r.Call
	out := r.Direction == calls.Outgoing
	switch {
	case r.Missed:
		return "missed"
	case c.Status == calls.Rejected && out:
		return "declined"
	case c.Status == calls.Rejected:
		return "you declined"
	case c.Status == calls.Busy && out:
		return "busy"
	case c.Status == calls.Busy:
		return "you were busy"
	case c.Status == calls.Unanswered:
		return "no answer"
	case c.Status == calls.Cancelled:
		return "cancelled"
	case c.Status == calls.Failed:
		return "failed"
	}
	return textSpan(c.Talked(c.EndedAt))
}

// errorText is an error in a few words for a person, cleaned: some come from the
// server.
func errorText(err error) string {
	if e, ok := errors.AsType[*calls.Error](err); ok {
		err = e
	}
	return Clean(err.Error(), maxNotice)
}

// maxNotice bounds one notice: three rows of a usual screen.
const maxNotice = 228

// textError is what failed as one line, and what to do about it.
func textError(act, name string, err error) string {
	hint := ""
	switch {
	case errors.Is(err, calls.ErrUnknownReceiver):
		return "Nobody called " + name + " is on this server. / searches it."
	case errors.Is(err, calls.ErrCallingSelf):
		return "That is you. Choose somebody else."
	case errors.Is(err, calls.ErrOffline):
		hint = "Wait until it is back, then try again."
	case errors.Is(err, calls.ErrAnsweredElsewhere):
		return "Answered on another phone."
	case errors.Is(err, calls.ErrCallTerminated), errors.Is(err, calls.ErrCallNotFound):
		return "Too late: the call is over."
	case errors.Is(err, calls.ErrBusySelf):
		hint = "Hang up first."
	case isTimeout(err):
		return "Could not " + act + ": the server did not answer in time. Try again."
	}
	line := "Could not " + act + ": " + strings.TrimRight(errorText(err), ".") + "."
	if hint != "" {
		line += " " + hint
	}
	return line
}

// textAct names an act in the sentence "Could not …".
func textAct(a calls.Act, name string) string {
	switch a := a.(type) {
	case calls.Initiate:
		return "call " + name
	case calls.Accept:
		return "accept the call"
	case calls.Reject:
		if a.Status == calls.Cancelled {
			return "cancel the call"
		}
		return "reject the call"
	case calls.End:
		return "hang up"
	case calls.SetMuted:
		return "mute"
	}
	return "do that"
}

// The window's title.
func titleIncoming(name string) string { return name + " is calling" }
func titleOutgoing(name string) string { return "Calling " + name }
func titleTalking(name string) string  { return "In a call with " + name }
