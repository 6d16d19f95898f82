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
	"time"

	"tring/audio"
	"tring/audio/wav"
	"tring/ui/host"
)

// A host that stops comes back, and so does the telephone; another end is the end.
func TestSSHComesBackToAHostThatStopped(t *testing.T) {
	folder := t.TempDir()
	program, runs, sounds := filepath.Join(folder, "ssh"), filepath.Join(folder, "runs"), filepath.Join(folder, "sounds")
	// The socket of the master ($3) is what says that the connection stands; then its
	// sound comes (-T), for which the host waits.
	script := "#!/bin/sh\n[ \"$1\" != -T ] || { echo sound >>" + sounds + "; exit 0; }\n" +
		": >\"$3\"\necho run >>" + runs + "\n" +
		"until [ $(cat " + sounds + " 2>/dev/null | wc -l) -ge $(wc -l <" + runs + ") ]; do sleep 0.05; done\n" +
		"[ $(wc -l <" + runs + ") -ge 2 ] || exit " + strconv.Itoa(host.ExitStopping) + "\nexit 3\n"
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	a := &app{now: time.Now, in: strings.NewReader(""), out: io.Discard, err: io.Discard, getenv: func(string) string { return "" }}
	engine := audio.NewEngine(audio.Config{Device: wav.Silence()})
	defer engine.Close()
	far := &farSound{engine: engine, log: slog.New(slog.DiscardHandler), wanted: true}
	err := a.keepConnected(t.Context(), sshLink{program: program, host: "phone"}, far, folder)
	if code := a.report(err); code != 3 {
		t.Errorf("it ended with %d: %v", code, err)
	}
	if said, err := os.ReadFile(runs); err != nil || string(said) != "run\nrun\n" {
		t.Errorf("ssh ran: %q, %v", said, err)
	}
}
