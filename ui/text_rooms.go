package ui

import (
	"errors"
	"log/slog"
	"time"

	"tring/calls"
)

// The words of the rooms: the account, the log, the guide.

// What the keys do there.
const (
	wordAccount   = "account"
	wordLog       = "log"
	wordGuide     = "ways to begin"
	wordBack      = "back"
	wordChoose    = "choose"
	wordSwitch    = "switch to it"
	wordRemove    = "remove"
	wordKeep      = "keep"
	wordNoDisturb = "do not disturb"
	wordDisturb   = "ring again"
	wordPageUp    = "page up"
	wordPageDown  = "page down"
	wordTrouble   = "problems"
	wordErrors    = "errors"
	wordAll       = "everything"
	wordNext      = "next"
	wordJoin      = "join"
	wordSkip      = "skip"
	wordCancel    = "cancel"
	wordContinue  = "continue"
)

// The account.
const (
	textAccount      = "Account"
	textAccounts     = "Accounts"
	textPhones       = "Phones"
	textServer       = "server"
	textKey          = "key"
	textKeyPlace     = "kept in"
	textAgentKey     = "the ssh agent"
	textTrialKey     = "this trial, and goes with it"
	textDisturb      = "do not disturb"
	textOn           = "on: no call rings"
	textOff          = "off"
	textSetting      = "setting…"
	textInUse        = "in use"
	textAddAccount   = "One more account:  %s, or  tring login URL"
	textTrialAccount = "This is a trial: nothing of it is kept. An account of your own:  %s, or  tring login URL"
	textThisPhone    = "That is the phone here. Remove it from another one."
	textRemoved      = "It is signed out, until somebody logs in there again with your key."
)

// The log.
const (
	textLog      = "Log"
	textLogEmpty = "Nothing was written yet."
	textLogNone  = "No line like that."
	textLogFine  = "Nothing went wrong."
	textLogHint  = "words of the log"
	textWarning  = "warning"
	textFault    = "error"
)

// The guide.
const (
	textWelcome    = "Welcome"
	textGuideAsk   = "tring is a telephone in your terminal. How do you want to begin?"
	textTry        = "Try it here"
	textTryHow     = "call Echo and hear yourself; nothing to set up"
	textJoin       = "Join a server"
	textJoinHow    = "with the address and the invite that you were given"
	textServe      = "Be a server"
	textServeHow   = "two commands, for you and those you know"
	textGuideLater = "These ways stay open: %s, “ways to begin”."

	textAddress     = "address"
	textInvite      = "invite"
	textAddressHint = "tring.example.org"
	textInviteHint  = "what you were sent"
	textJoinHint    = "Whoever runs the server gives you both. The whole line “tring login …” may be pasted too."
	textNoAddress   = "The server's address is missing."
	textNoInvite    = "The invite is missing. Whoever runs the server makes one."
	textDone        = "done"
	textJoined      = "You have joined; %s begins with the new account."

	textServeWhere   = "On a machine that stays on and that the others can reach:"
	textServeWhat    = "the server; it says its address and how others come to it"
	textServeInvite  = "on the same machine: prints an invite for one person, such as yourself"
	textServeThen    = "Then everyone, you too, joins it with its address and an invite."
	textServeCommand = "tring serve"
	textUserCommand  = "tring user add NAME"
)

// level marks a line of the log that says what went wrong, or might.
func (l Language) level(v slog.Level) string {
	switch {
	case v >= slog.LevelError:
		return l.Say(textFault)
	case v >= slog.LevelWarn:
		return l.Say(textWarning)
	}
	return ""
}

// logCount says how much of the log is shown.
func (l Language) logCount(shown int, only logLevel, cut bool) string {
	switch {
	case only == logTrouble && shown == 1:
		return l.Say("1 problem")
	case only == logErrors && shown == 1:
		return l.Say("1 error")
	case only == logErrors:
		return l.Say("%d errors", shown)
	case only == logTrouble:
		return l.Say("%d problems", shown)
	case shown == 1:
		return l.Say("1 line")
	case cut:
		return l.Say("the last %d lines", shown)
	}
	return l.Say("%d lines", shown)
}

// joinStep is what a login does now.
func (l Language) joinStep(s JoinStep) string {
	switch s {
	case JoinKey:
		return l.Say("find your key")
	case JoinInvite:
		return l.Say("show the invite to the server")
	case JoinSignIn:
		return l.Say("sign in")
	}
	return ""
}

// JoinFault is why a login failed, and what to do.
func (l Language) JoinFault(address string, err error) string {
	switch {
	case errors.Is(err, calls.ErrInviteInvalid):
		return l.Say("The server does not take this invite: it was used, is too old, or is not whole. Ask for a new one.")
	case isTimeout(err), errors.Is(err, calls.ErrOffline):
		return l.Say("Nobody answers at %s. Check the address, and whether the server runs.", Clean(address, nameLimit))
	}
	return l.Say("Could not join: %s.", l.Reason(err))
}

// phone is what a phone of the account is called.
func (l Language) phone(p calls.PhoneInfo, width int) string {
	if label := Clean(p.Device.Label, width); label != "" {
		return label
	}
	return Clean(string(p.Device.ID), width)
}

// phoneState is whether a phone is there, and what else is known of it.
func (l Language) phoneState(p calls.PhoneInfo, now time.Time) string {
	state := l.Say("offline")
	switch {
	case p.This:
		state = l.Say("this one")
	case p.Online:
		state = l.Say("online")
	case !p.LastSeen.IsZero():
		state = l.Say("last seen %s", l.day(p.LastSeen, now, true))
	}
	switch p.Kind {
	case "tool":
		return state + " · " + l.Say("commands only")
	case "line":
		return state + " · " + l.Say("test line")
	}
	return state
}

// address is an account in one word.
func (l Language) address(s SavedAccount) string {
	return Clean(string(s.User)+"@"+serverName(s.Server), nameLimit)
}
