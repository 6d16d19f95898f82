//go:build unix

package cli

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"tring/ui/host"
)

// A host that stops comes back, and so does the telephone; another end is the end.
func TestSSHComesBackToAHostThatStopped(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	program, runs := filepath.Join(folder, "ssh"), filepath.Join(folder, "runs")
	// The socket of the master ($3) is what says that the connection stands.
	script := "#!/bin/sh\n: >\"$3\"\nsleep 0.5\necho run >>" + runs + "\n" +
		"[ $(wc -l <" + runs + ") -ge 2 ] || exit " + strconv.Itoa(host.ExitStopping) + "\nexit 3\n"
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	a := &app{in: strings.NewReader(""), out: io.Discard, err: io.Discard, getenv: func(string) string { return "" }}
	err := a.keepConnected(t.Context(), sshLink{program: program, host: "phone"}, &farSound{log: slog.New(slog.DiscardHandler)}, folder)
	if code := a.report(err); code != 3 {
		t.Errorf("it ended with %d: %v", code, err)
	}
	if said, err := os.ReadFile(runs); err != nil || string(said) != "run\nrun\n" {
		t.Errorf("ssh ran: %q, %v", said, err)
	}
}
