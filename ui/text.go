package ui

import (
	"errors"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"tring/calls"
)

// All words that a person reads on the screen stand in English in the files text*.go,
// here those of the phone itself, or at the place that says them. Another language
// translates them from files of its own: see [Language], and text_de*.go.

// What the keys do, for the rows that explain them.
const (
	wordUp         = "up"
	wordDown       = "down"
	wordTop        = "first"
	wordBottom     = "last"
	wordCall       = "call"
	wordCallBack   = "call back"
	wordVideo      = "video"
	wordRecent     = "recent"
	wordPeople     = "people"
	wordSearch     = "search"
	wordAccept     = "accept"
	wordSwap       = "end this call and accept"
	wordSwapShort  = "end and accept"
	wordReject     = "reject"
	wordBusy       = "busy"
	wordStop       = "stop calling"
	wordStopShort  = "stop"
	wordMute       = "mute"
	wordUnmute     = "unmute"
	wordMuteAlways = "mute, on every page"
	wordTalkAlways = "talk, on every page"
	wordHangUp     = "hang up"
	wordTalk       = "talk"
	wordTalkHold   = "hold to talk"
	wordTalkEnd    = "let go to end"
	wordTalkNot    = "stop talking"
	wordTalkLet    = "let go" // where there is little room
	wordTalkDone   = "done"
	wordSpace      = "space"
	wordRecord     = "record"
	wordRecordNot  = "stop recording"
	wordLouder     = "louder"
	wordSofter     = "softer"
	wordVolume     = "volume"
	wordAgain      = "call again"
	wordClose      = "close"
	wordYes        = "hang up and quit"
	wordNo         = "stay"
	wordHelp       = "help"
	wordPalette    = "all actions"
	wordDo         = "do it"
	wordQuit       = "quit"
	wordSuspend    = "suspend"
	wordDial       = "dial"
	wordAnswerYes  = "answer yes"
	wordAnswerNo   = "answer no"
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
	textHelpRooms   = "On its pages"
	textHelpTyping  = "While you type"
	textHelpSearch  = "find a key"

	textNobody        = "Nobody here yet. Who joins this server appears here."
	textNoCalls       = "No calls yet."
	textSignedOut     = "This phone is signed out."
	textWaiting       = "Waiting for the server…"
	textLoading       = "Loading…"
	textNotFound      = "Nobody of that name."
	textSearchHint    = "a name"
	textNoAction      = "No action of that name."
	textSoundOnly     = "video call, sound only"
	textIsCalling     = "is calling you"
	textIsCallingVid  = "is calling you, video call (sound only)"
	textConnecting    = "connecting…"
	textTalking       = "talking"
	textMending       = "the sound broke off; mending it"
	textYou           = "you"
	textThem          = "them"
	textUnknown       = "not known now"
	textMutedShort    = "muted"
	textChoose        = "another caller"
	textQuitAsk       = "You are in a call."
	textNoSuspend     = "Suspending would stop the sound. Hang up first (%s)."
	textNobodyResumes = "It stays: there is no shell above that could wake it again."
)

// Presence is a person's presence in words.
func (l Language) Presence(p calls.Presence) string {
	switch p {
	case calls.Online:
		return l.Say("online")
	case calls.Away:
		return l.Say("away")
	case calls.DND:
		return l.Say("do not disturb")
	case calls.InCall:
		return l.Say("in a call")
	case calls.Offline:
		return l.Say("offline")
	}
	return l.Say("offline")
}

// where is the second column of a contact, this wide.
func (l Language) where(c calls.Contact, now time.Time, width int) string {
	switch {
	case c.Blocked:
		return l.Say("blocked")
	case c.Presence == calls.Online && c.TestLine:
		return l.Say("test line")
	case c.Presence == calls.Online && len(c.Phones) > 0:
		return strings.Join(c.Phones, ", ")
	case c.Presence == calls.Offline && !c.Since.IsZero():
		day := l.day(c.Since, now, false)
		if since := l.Say("since %s", day); ansi.StringWidth(since) <= width {
			return since
		}
		return day
	}
	return l.Presence(c.Presence)
}

func (l Language) link(link calls.Link) string {
	switch link {
	case calls.Connecting:
		return l.Say(textConnecting)
	case calls.LinkUp:
		return l.Say("online")
	case calls.LinkDown:
		return l.Say("offline")
	case calls.LinkClosed:
		return l.Say("signed out")
	}
	return ""
}

// linkTrouble says why there is no connection and what happens next.
func (l Language) linkTrouble(v calls.View) string {
	because := ""
	if v.LinkErr != nil && !errors.Is(v.LinkErr, calls.ErrOffline) {
		because = ": " + l.Reason(v.LinkErr)
	}
	switch v.Link {
	case calls.LinkDown:
		return l.Say("No connection to the server, trying again%s.", because)
	case calls.LinkClosed:
		return l.Say("Signed out%s.", because) + " " + l.cure(v)
	case calls.Connecting, calls.LinkUp:
	}
	return ""
}

// cure is what the person can do about a refusal that the phone takes for final.
func (l Language) cure(v calls.View) string {
	if words := l.AccountCure(v); words != "" {
		return words
	}
	if errors.Is(v.LinkErr, calls.ErrReplaced) {
		return l.Say("Quit here, or quit there and start tring again.")
	}
	return l.Say("Start tring again when that is mended.")
}

// outgoing is what a call does that waits for its answer. Offline: nobody is
// there yet.
func (l Language) outgoing(c calls.CallView, peer calls.Contact, known bool) string {
	switch {
	case c.Stage == calls.StageRinging && len(c.RingingOn) > 0:
		labels := make([]string, 0, len(c.RingingOn))
		for _, label := range c.RingingOn {
			if label != "" {
				labels = append(labels, label)
			}
		}
		if len(labels) == 0 {
			return l.Say("ringing")
		}
		return l.Say("ringing on %s", strings.Join(labels, ", "))
	case known && peer.Presence == calls.Offline:
		return l.Say("not online; rings if they appear")
	}
	return l.Say("calling…")
}

func (l Language) more(n int) string {
	if n == 1 {
		return l.Say("1 more is calling")
	}
	return l.Say("%d more are calling", n)
}

func (l Language) missedCount(n int) string { return l.Say("%d missed", n) }

func (l Language) swap(name string) string { return l.Say("end the call with %s and accept", name) }

func (l Language) rejectAndStay(name string) string {
	return l.Say("reject, and stay with %s", name)
}

func (l Language) leave(name string) string { return l.Say("Hang up on %s and quit?", name) }

func (l Language) callAnyway(id string) string {
	return l.Say("Nobody of that name. Enter calls “%s” all the same.", id)
}

// end says why a call is over, and whether something went wrong.
func (l Language) end(c calls.Call, why calls.Reason, me calls.UserID, name string) (words string, bad bool) {
	switch {
	case why == calls.MediaFailed || c.Status == calls.Failed && c.Reason == calls.MediaFailed:
		return l.Say("No sound came through to %s. A firewall may be in the way.", name), true
	case why == calls.ConnectionLost:
		return l.Say("The connection was lost"), true
	case c.Status == calls.Rejected && why == calls.DoNotDisturb:
		return l.Say("%s does not want to be disturbed", name), false
	case c.Status == calls.Rejected:
		return l.Say("%s declined", name), false
	case c.Status == calls.Busy:
		return l.Say("%s is in another call", name), false
	case c.Status == calls.Unanswered:
		return l.Say("No answer after %s", l.span(c.RingTime.Duration())), false
	case c.Status == calls.Cancelled:
		return l.Say("Cancelled"), false
	case why == calls.EndedByPeer || c.EndedBy.User != "" && c.EndedBy.User != me:
		return l.Say("%s hung up", name), false
	case c.EndedBy.User == me && c.Status == calls.Ended:
		return l.Say("You hung up"), false
	case c.Status == calls.Failed:
		return l.Say("The call failed"), true
	}
	return l.Say("The call is over"), false
}

// stopped says why a ring ended that this phone did not decide.
func (l Language) stopped(why calls.Reason, name string) string {
	switch why {
	case calls.AnsweredElsewhere:
		return l.Say("%s's call was answered on another phone", name)
	case calls.RejectedElsewhere:
		return l.Say("%s's call was declined on another phone", name)
	}
	return l.Say("Missed a call from %s", name)
}

// outcome is the last column of a finished call.
func (l Language) outcome(r calls.Record) string {
	c := r.Call
	out := r.Direction == calls.Outgoing
	switch {
	case r.Missed:
		return l.Say("missed")
	case c.Status == calls.Rejected && out:
		return l.Say("declined")
	case c.Status == calls.Rejected:
		return l.Say("you declined")
	case c.Status == calls.Busy && out:
		return l.Say("busy")
	case c.Status == calls.Busy:
		return l.Say("you were busy")
	case c.Status == calls.Unanswered:
		return l.Say("no answer")
	case c.Status == calls.Cancelled:
		return l.Say("cancelled")
	case c.Status == calls.Failed:
		return l.Say("failed")
	}
	return l.span(c.Talked(c.EndedAt))
}

// maxNotice bounds one notice: three rows of a usual screen.
const maxNotice = 228

// error is what failed as one line, and what to do about it.
func (l Language) error(act, name string, err error) string {
	hint := ""
	switch {
	case errors.Is(err, calls.ErrUnknownReceiver):
		return l.Say("Nobody called %s is on this server. Search for the name.", name)
	case errors.Is(err, calls.ErrCallingSelf):
		return l.Say("That is you. Choose somebody else.")
	case errors.Is(err, calls.ErrOffline):
		hint = l.Say("Wait until it is back, then try again.")
	case errors.Is(err, calls.ErrAnsweredElsewhere):
		return l.Say("Answered on another phone.")
	case errors.Is(err, calls.ErrCallTerminated), errors.Is(err, calls.ErrCallNotFound):
		return l.Say("Too late: the call is over.")
	case l.HangsUpFirst(err):
		hint = l.Say("Hang up first.")
	case isTimeout(err):
		return l.Say("Could not %s: the server did not answer in time. Try again.", act)
	}
	line := l.Say("Could not %s: %s.", act, l.Reason(err))
	if hint != "" {
		line += " " + hint
	}
	return line
}

// act names an act in the sentence "Could not …".
func (l Language) act(a calls.Act, name string) string {
	switch a := a.(type) {
	case calls.Initiate:
		return l.Say("call %s", name)
	case calls.Accept:
		return l.Say("accept the call")
	case calls.Reject:
		if a.Status == calls.Cancelled {
			return l.Say("cancel the call")
		}
		return l.Say("reject the call")
	case calls.End:
		return l.Say("hang up")
	case calls.SetMuted:
		return l.Say("mute")
	}
	return l.Say("do that")
}

// The window's title.
func (l Language) titleIncoming(name string) string { return l.Say("%s is calling", name) }
func (l Language) titleOutgoing(name string) string { return l.Say("Calling %s", name) }
func (l Language) titleTalking(name string) string  { return l.Say("In a call with %s", name) }
