package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"tring/calls"
	"tring/calls/server"
	"tring/config"
)

// trial is a private server in this process, on a loopback port that the system
// chooses, with the test lines as contacts. It lies in a folder of its own that
// goes with it, so that two trials never meet.
type trial struct {
	account Account
	folder  string
	stop    context.CancelFunc
	served  chan error
	lines   *testLines
}

// startTrial starts the server and the lines, and makes an account for this
// person.
func startTrial(ctx context.Context, settings config.Settings, log *slog.Logger) (*trial, error) {
	folder, err := os.MkdirTemp("", "tring-trial-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the trial: %w", err)
	}
	// The trial outlives a ctx that ends by a signal, until the phone has hung up.
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	t := &trial{folder: folder, stop: stop}
	if err := t.start(ctx, settings, log); err != nil {
		return nil, errors.Join(fmt.Errorf("start the trial: %w", err), t.close())
	}
	return t, nil
}

func (t *trial) start(ctx context.Context, settings config.Settings, log *slog.Logger) error {
	srv, err := server.Open(ctx, server.Config{
		Listen: "127.0.0.1:0", Data: filepath.Join(t.folder, "server"), Name: "trial", Log: log,
	})
	if err != nil {
		return err
	}
	t.served = make(chan error, 1)
	go func() { t.served <- srv.Serve(ctx) }()
	key := filepath.Join(t.folder, "key")
	if err := config.MakeKey(key); err != nil {
		return err
	}
	user, name := trialName(os.Getenv("USER"))
	if t.account, err = localAccount(ctx, srv, user, name, key, log); err != nil {
		return err
	}
	t.account.Kind = "phone"
	t.account.Device.Label = settings.Label
	if t.lines, err = startLines(ctx, srv, filepath.Join(t.folder, "lines"), log); err != nil {
		return err
	}
	return t.lines.ready(ctx)
}

// close ends the server and the lines, and removes what they kept.
func (t *trial) close() error {
	t.stop()
	err := t.lines.wait()
	if t.served != nil {
		err = errors.Join(err, <-t.served)
	}
	return errors.Join(err, os.RemoveAll(t.folder))
}

// trialName makes a user id and a display name of the system's user name.
func trialName(login string) (calls.UserID, string) {
	id := calls.UserID(strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return '-'
	}, strings.ToLower(login)), "-"))
	if isTestLine(id) || id.Validate() != nil {
		return "you", "You"
	}
	return id, login
}
