package ui

import (
	"strings"
	"time"

	"tring/calls"
)

// The words of the two lists.
const (
	wordFavourite    = "favourite"
	wordFavouriteNot = "no favourite"
	wordFilter       = "filter"
	wordDetails      = "details"
)

// What the list of actions calls what the last row says in a word.
const (
	wordVideoCall  = "video call"
	wordShowRecent = "show recent calls"
	wordShowMissed = "show missed calls"
	wordShowPeople = "show people"
	wordGoTop      = "go to the first"
	wordGoBottom   = "go to the last"
)

// showing names the action that shows these calls.
func (l Language) showing(f filter) string {
	switch f {
	case missedCalls:
		return l.Say(wordShowMissed)
	case incomingCalls:
		return l.Say("show incoming calls")
	case outgoingCalls:
		return l.Say("show outgoing calls")
	case allCalls:
	}
	return l.Say("show all calls")
}

func (l Language) filter(f filter) string {
	switch f {
	case missedCalls:
		return l.Say("missed")
	case incomingCalls:
		return l.Say("incoming")
	case outgoingCalls:
		return l.Say("outgoing")
	case allCalls:
	}
	return l.Say("all")
}

func (l Language) noCalls(f filter) string {
	switch f {
	case missedCalls:
		return l.Say("No missed calls.")
	case incomingCalls:
		return l.Say("Nobody has called you.")
	case outgoingCalls:
		return l.Say("You have called nobody.")
	case allCalls:
	}
	return l.Say(textNoCalls)
}

// position is which one of how many is chosen. Search is the key that searches;
// empty: none.
func (l Language) position(at, total int, search string) string {
	if search != "" {
		return l.Say("%d of %d; %s searches", at, total, search)
	}
	return l.Say("%d of %d", at, total)
}

// favour names in the sentence "Could not …" what was asked of the server.
func (l Language) favour(on bool, name string) string {
	if on {
		return l.Say("make %s a favourite", name)
	}
	return l.Say("put %s back among the others", name)
}

// when is which way a call went, and when it began.
func (l Language) when(r calls.Record, now time.Time) string {
	day := l.day(r.Call.InitiatedAt, now, true)
	video := r.Call.Type == calls.Video
	switch {
	case r.Direction == calls.Outgoing && video:
		return l.Say("video call by you, %s", day)
	case r.Direction == calls.Outgoing:
		return l.Say("called by you, %s", day)
	case video:
		return l.Say("video call to you, %s", day)
	}
	return l.Say("called you, %s", day)
}

// lasted is how long a call rang, and how long it was talked: what came to a second
// at least.
func (l Language) lasted(c calls.Call) string {
	var parts []string
	if rang := c.Rang(); rang >= time.Second {
		parts = append(parts, l.Say("rang %s", l.span(rang)))
	}
	if talked := c.Talked(c.EndedAt); talked > 0 {
		parts = append(parts, l.Say("talked %s", l.span(talked)))
	}
	return strings.Join(parts, " · ")
}

func (l Language) onPhone(name, phone string) string { return l.Say("%s on %s", name, phone) }

// stayed is from when to when somebody was in a call, or what became of them.
func (l Language) stayed(p calls.Party, joined, left string) string {
	switch {
	case joined != "" && left != "":
		return l.Say("from %s to %s", joined, left)
	case joined != "":
		return l.Say("from %s", joined)
	}
	switch p.State {
	case calls.PartyRejected:
		return l.Say("declined")
	case calls.PartyBusy:
		return l.Say("busy")
	case calls.PartyUnanswered:
		return l.Say("no answer")
	}
	return ""
}
