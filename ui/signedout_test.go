package ui

import (
	"fmt"
	"testing"
	"testing/synctest"

	"tring/calls"
)

// A phone that the server refuses for good says what to do, and offers nobody to
// call, not even again.
func TestSignedOut(t *testing.T) {
	for name, tt := range map[string]struct {
		err   error
		wants []string
	}{
		"removed": {calls.ErrRemoved, []string{
			"Signed out: this phone was removed from its account.", "log in again: tring login URL --user ada",
		}},
		"the key is not taken": {fmt.Errorf("sign in: %w", calls.ErrSignIn), []string{
			"does not accept this key", "Ask for a new invite, quit, and log in again: tring login URL",
		}},
		"replaced":    {calls.ErrReplaced, []string{"another phone signed in", "Quit here, or quit there"}},
		"too old":     {calls.ErrVersion, []string{"update the older one", "Start tring again when that is mended."}},
		"for nothing": {nil, []string{"Signed out. Start tring again"}},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, 80, 24, func(d *desk) {
				d.tel.refuse = calls.ErrRateLimited
				d.press("enter")
				d.reads("call again")
				d.tel.did, d.tel.refuse = nil, nil
				d.tel.disconnect(tt.err, true)
				d.settle()
				d.lacks("call again")
				d.reads(tt.wants...)
				d.hit("enter")
				d.did()
				d.press("esc")
				d.reads("signed out")
				d.lacks("enter call", "video")
				d.reads(tt.wants...)
				d.press("enter", "v", "/")
				d.typed("bob")
				d.press("enter")
				d.did()
				d.press("esc", "tab")
				d.lacks("call back")
			})
		})
	}
}

// People of whom nothing came yet are waited for, but not where they never come.
func TestNobodyWithoutAServer(t *testing.T) {
	for name, tt := range map[string]struct {
		err   error
		final bool
		want  string
	}{
		"it comes back": {calls.ErrRateLimited, false, "Waiting for the server…"},
		"it does not":   {calls.ErrSignIn, true, "This phone is signed out."},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t, 80, 24, Config{Motion: true})
				defer d.leave()
				d.tel.disconnect(tt.err, tt.final)
				d.settle()
				d.reads(tt.want)
			})
		})
	}
}
