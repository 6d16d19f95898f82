package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"tring/calls"
)

// The exit codes of call, and of the other commands as far as they apply. They
// are a promise to scripts.
const (
	exitOK         = 0 // answered and ended
	exitFailure    = 1 // anything else
	exitUsage      = 2
	exitRejected   = 3
	exitBusy       = 4
	exitUnanswered = 5
	exitCancelled  = 6 // by the caller
	exitFailed     = 7 // failed, unknown receiver or oneself
)

// exitError ends the program with a code; without err it says nothing.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// wrongUsage is an error of whoever wrote the command line.
func wrongUsage(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// exitOf is how a call that is over ends the program.
func exitOf(c calls.Call) error {
	code := exitFailed
	switch {
	case c.Status == calls.Ended:
		return nil
	case c.Status == calls.Rejected:
		code = exitRejected
	case c.Status == calls.Busy:
		code = exitBusy
	case c.Status == calls.Unanswered:
		code = exitUnanswered
	case c.Status == calls.Cancelled && c.Reason == "":
		code = exitCancelled
	}
	return &exitError{code: code}
}

// refused is the exit for a call that could not be placed.
func refused(err error) error {
	switch {
	case errors.Is(err, calls.ErrCallingSelf):
		return &exitError{exitFailed, calls.ErrCallingSelf} // the act is in its words
	case errors.Is(err, calls.ErrUnknownReceiver):
		return &exitError{exitFailed, err}
	}
	return err
}

// unread says whether what failed was to print to somebody who reads no more,
// such as head(1). They know that; there is nobody to tell.
func unread(err error) bool {
	file, ok := errors.AsType[*fs.PathError](err)
	return ok && errors.Is(file, syscall.EPIPE)
}

// explainMost is how many letters of an error are printed: it may hold all that
// somebody typed.
const explainMost = 600

// shorten leaves out the middle of a text that is too long to be read.
func shorten(text string) string {
	letters := []rune(text)
	if len(letters) <= explainMost {
		return text
	}
	return string(letters[:explainMost/2]) + "…" + string(letters[len(letters)-explainMost/2:])
}

// explain is an error as one plain line, with what to do where the error itself
// does not say it.
func explain(err error) string {
	text := shorten(strings.Join(strings.Fields(err.Error()), " "))
	text = strings.TrimSuffix(text, ": "+calls.ErrInvalidRequest.Text) // what is wrong with it was said
	if strings.Contains(text, ";") {
		return text
	}
	hint := ""
	switch {
	case errors.Is(err, calls.ErrUnknownReceiver):
		hint = "`tring contacts` shows who is there"
	case errors.Is(err, calls.ErrCallingSelf):
		hint = "`tring call echo` lets you hear yourself, where the server has that line"
	case errors.Is(err, calls.ErrRemoved):
		hint = "log in again with `tring login URL --user NAME`"
	case errors.Is(err, calls.ErrSignIn):
		hint = "ask for a new invite, and run `tring login URL` again"
	case errors.Is(err, calls.ErrInviteInvalid):
		hint = "check that you copied all of it, and that there is no newer one"
	case errors.Is(err, calls.ErrReplaced):
		hint = "end one of the two"
	case errors.Is(err, calls.ErrTooManyDevices):
		hint = "`tring phones` shows them"
	case errors.Is(err, calls.ErrOffline):
		hint = "`tring doctor` shows what is wrong"
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ENOTDIR):
		hint = "check the name"
	case errors.Is(err, fs.ErrPermission):
		hint = "choose another place, or change who may use it"
	}
	if hint == "" {
		return text
	}
	return text + "; " + hint
}
