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
// words have a translation; of a request that is not valid it says which.
func reason(l ui.Language, err error) string {
	if e, ok := errors.AsType[*calls.Error](err); ok {
		text := e.Text
		if i := strings.LastIndex(text, ": "); i >= 0 && !errors.Is(err, calls.ErrInvalidRequest) {
			text = text[i+2:]
		}
		return ui.Clean(l.Say(text), reasonWidth)
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
