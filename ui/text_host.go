package ui

import (
	"errors"
	"time"

	"tring/calls"
)

// The words of a phone that runs at a host.
const (
	textNoShell = "This phone has no shell. To suspend your ssh: enter, ~, ctrl+z."
	textKeySeen = "your ssh showed it"
)

// HostLeaves says that the phone's host stops, and how long a call may go on.
func (l Language) HostLeaves(most time.Duration) string {
	if most <= 0 {
		return l.Say("This telephone's host stops: log in again soon.")
	}
	return l.Say("This telephone's host stops: your call may last %s more.", l.span(most))
}

// ByHost is this language for a phone that runs at a host, where some advice is
// another.
func (l Language) ByHost() Language {
	l.byHost = true
	return l
}

// AccountCure is what the person can do about a refusal that concerns the account;
// nothing for another.
func (l Language) AccountCure(v calls.View) string {
	removed, refused := errors.Is(v.LinkErr, calls.ErrRemoved), errors.Is(v.LinkErr, calls.ErrSignIn)
	switch {
	case l.byHost && removed:
		return l.Say("Quit, and log in again; if your key is not known then, the account is gone: ask the administrator.")
	case l.byHost && refused:
		return l.Say("Ask the host's administrator.")
	case removed:
		return l.Say("Quit, and log in again: tring login URL --user %s", v.Me.User)
	case refused:
		return l.Say("Ask for a new invite, quit, and log in again: tring login URL")
	}
	return ""
}
