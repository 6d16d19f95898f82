package line

import (
	"context"
	"errors"

	"tring/calls"
	"tring/ui"
)

// reasonWidth bounds what the log says: some of it comes from the server.
const reasonWidth = 200

// failed is what did not work, and what to do about it.
func failed(l ui.Language, err error) string {
	if err == nil {
		return ""
	}
	words := l.Say("That did not work: %s.", l.Reason(err))
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return l.Say("The server did not answer in time. Try again.")
	case errors.Is(err, calls.ErrUnknownReceiver):
		words += " " + l.Say("Type l and a part of the name to search.")
	case l.HangsUpFirst(err):
		words += " " + l.Say("Type h to hang up first.")
	}
	return words
}
