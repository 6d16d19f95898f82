package ui

import "time"

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
