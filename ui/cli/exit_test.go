package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"tring/calls"
)

// The exit codes are a promise to scripts.
func TestExitCodes(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want int
	}{
		{"answered and ended", exitOf(calls.Call{Status: calls.Ended}), 0},
		{"ended by a lost connection", exitOf(calls.Call{Status: calls.Ended, Reason: calls.ConnectionLost}), 0},
		{"rejected", exitOf(calls.Call{Status: calls.Rejected}), 3},
		{"do not disturb", exitOf(calls.Call{Status: calls.Rejected, Reason: calls.DoNotDisturb}), 3},
		{"busy", exitOf(calls.Call{Status: calls.Busy}), 4},
		{"unanswered", exitOf(calls.Call{Status: calls.Unanswered}), 5},
		{"cancelled", exitOf(calls.Call{Status: calls.Cancelled}), 6},
		{"cancelled by the server", exitOf(calls.Call{Status: calls.Cancelled, Reason: calls.ConnectionLost}), 7},
		{"failed", exitOf(calls.Call{Status: calls.Failed}), 7},
		{"unknown receiver", refused(fmt.Errorf("call x: %w", calls.ErrUnknownReceiver)), 7},
		{"oneself", refused(calls.ErrCallingSelf), 7},
		{"no connection", refused(calls.ErrOffline), 1},
		{"wrong usage", wrongUsage("no"), 2},
		{"anything else", errors.New("no"), 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var said strings.Builder
			a := &app{err: &said}
			if got := a.report(tt.err); got != tt.want {
				t.Errorf("exit code %d, want %d", got, tt.want)
			}
			if n := strings.Count(said.String(), "\n"); n > 1 {
				t.Errorf("%d lines: %s", n, said.String())
			}
		})
	}
}

// What failed is followed by what to do, once, in one line.
func TestExplain(t *testing.T) {
	_, missing := os.Open("/nowhere")
	tests := []struct {
		err  error
		want string
	}{
		{errors.New("a\n b"), "a b"},
		{fmt.Errorf("call x: %w", calls.ErrUnknownReceiver), "call x: nobody of that name is on the server; `tring contacts` shows who is there"},
		{fmt.Errorf("sign in: %w", calls.ErrSignIn), "run `tring login URL` again"},
		{fmt.Errorf("sign in: %w", calls.ErrRemoved), "removed from its account; log in again with `tring login URL --user NAME`"},
		{fmt.Errorf("the port is 0; write 1: %w", calls.ErrInvalidRequest), "the port is 0; write 1"},
		{fmt.Errorf("read: %w; do this", calls.ErrOffline), "read: there is no connection to the server; do this"},
		{missing, "check the name"},
		{fmt.Errorf("there is no command %q; look", strings.Repeat("ä", 5000)), `ä"; look`},
	}
	for _, tt := range tests {
		if got := explain(tt.err); !strings.Contains(got, tt.want) || strings.Count(got, ";") > 1 || len([]rune(got)) > 700 || strings.Contains(got, "\n") {
			t.Errorf("explain(%v) = %q, want %q in it", tt.err, got, tt.want)
		}
	}
}

func TestTrialName(t *testing.T) {
	for login, want := range map[string]calls.UserID{
		"ana": "ana", "Ana Maria": "ana-maria", "": "you", "echo": "you", "日本": "you", "root": "root", "_x_": "x",
	} {
		if got, name := trialName(login); got != want || name == "" {
			t.Errorf("trialName(%q) = %q, %q; want %q", login, got, name, want)
		}
	}
}

// Whoever reads no more, such as head(1), need not be told so.
func TestNobodyReads(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = w.WriteString("a line")
	if err == nil || !unread(fmt.Errorf("print event: %w", err)) {
		t.Errorf("%v is told", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, other := range []error{fs.ErrNotExist, &net.OpError{Op: "write", Err: syscall.EPIPE}, &fs.PathError{Err: syscall.ENOSPC}} {
		if unread(other) {
			t.Errorf("%v is not told", other)
		}
	}
	var said strings.Builder
	a := &app{err: &said}
	if code := a.report(&fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}); code != exitFailure || said.Len() > 0 {
		t.Errorf("%d, %q", code, said.String())
	}
}
