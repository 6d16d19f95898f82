package line

import (
	"context"
	"errors"
	"strings"

	"tring/calls"
	"tring/ui"
)

// reasonWidth bounds what an error says: some come from the server.
const reasonWidth = 200

// reason is an error without the act around it where it is the service's, whose
// words have a translation.
func reason(l ui.Language, err error) string {
	if e, ok := errors.AsType[*calls.Error](err); ok {
		return ui.Clean(l.Say(e.Text), reasonWidth)
	}
	return strings.TrimRight(ui.Clean(err.Error(), reasonWidth), ".")
}

// failed is what did not work, and what to do about it.
func failed(l ui.Language, err error) string {
	if err == nil {
		return ""
	}
	words := l.Say("That did not work: %s.", reason(l, err))
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return l.Say("The server did not answer in time. Try again.")
	case errors.Is(err, calls.ErrUnknownReceiver):
		words += " " + l.Say("Type l and a part of the name to search.")
	case errors.Is(err, calls.ErrBusySelf):
		words += " " + l.Say("Type h to hang up first.")
	}
	return words
}
