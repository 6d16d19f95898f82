package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"tring/calls"
	"tring/calls/wire"
	"tring/config"
	"tring/ui"
)

// ownAccounts is ui.Accounts for the phone of a session.
type ownAccounts struct {
	*session
	paths  config.Paths
	getenv func(string) string
}

// accounts is what looks after the account of a session.
func (a *app) accounts(s *session) ui.Accounts {
	if a.hosted != nil {
		return hostedAccount{ownAccounts{session: s}, a.hosted.login.Fingerprint}
	}
	return ownAccounts{s, config.Locate(a.getenv), a.getenv}
}

// hostedAccount is ui.Accounts for somebody who came by ssh: who one is follows
// from the key, and there is no other.
type hostedAccount struct {
	ownAccounts
	fingerprint string
}

// Own implements ui.Accounts.
func (h hostedAccount) Own(context.Context) (ui.OwnAccount, error) {
	return ui.OwnAccount{Server: h.account.URL, Fingerprint: h.fingerprint, Seen: true}, nil
}

// Use implements ui.Accounts.
func (h hostedAccount) Use(context.Context, ui.SavedAccount) error {
	return errors.New("another account needs another key: log in with that")
}

// Own implements ui.Accounts.
func (o ownAccounts) Own(context.Context) (ui.OwnAccount, error) {
	own := ui.OwnAccount{
		Server: o.account.URL, Fingerprint: ssh.FingerprintSHA256(o.account.Signer.PublicKey()), Trial: o.trial != nil,
	}
	if own.Trial {
		return own, nil
	}
	all, err := config.Accounts(o.paths)
	used := config.Account{Server: o.account.URL, User: string(o.account.User)}
	for _, a := range all {
		if used.Same(a) {
			own.KeyFile = a.Key.File
		}
		own.Saved = append(own.Saved, ui.SavedAccount{
			User: calls.UserID(a.User), Name: a.Name, Server: a.Server, InUse: used.Same(a),
		})
	}
	return own, err
}

// Phones implements ui.Accounts.
func (o ownAccounts) Phones(ctx context.Context) ([]calls.PhoneInfo, error) {
	answer, err := o.Request(ctx, wire.Phones{})
	if err != nil {
		return nil, err
	}
	page, ok := answer.(wire.PhonesPage)
	if !ok {
		return nil, fmt.Errorf("the server answered %s", answer.Type())
	}
	return page.Phones, nil
}

// RemovePhone implements ui.Accounts.
func (o ownAccounts) RemovePhone(ctx context.Context, id calls.DeviceID) error {
	_, err := o.Request(ctx, wire.RemovePhone{Device: id})
	return err
}

// SetPresence implements ui.Accounts.
func (o ownAccounts) SetPresence(ctx context.Context, p calls.Presence) error {
	_, err := o.Request(ctx, wire.SetPresence{Presence: p})
	return err
}

// Use implements ui.Accounts. A key that needs its passphrase is asked for it
// when the screen begins again.
func (o ownAccounts) Use(_ context.Context, s ui.SavedAccount) error {
	all, err := config.Accounts(o.paths)
	if err != nil {
		return err
	}
	wanted := config.Account{Server: s.Server, User: string(s.User)}
	for _, a := range all {
		if !wanted.Same(a) {
			continue
		}
		if _, err := a.Key.Signer(o.getenv, askNobody); err != nil && !errors.Is(err, config.ErrNobodyToAsk) {
			return err
		}
	}
	return config.UseAccount(o.paths, s.Server, string(s.User))
}

// askNobody is for keys while the screen has the terminal.
func askNobody(string) ([]byte, error) { return nil, config.ErrNobodyToAsk }

func (a *app) accountsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "accounts", Short: "List your accounts on this machine", Args: noArguments,
		RunE: a.does(func(context.Context, []string) error { return a.listAccounts(asJSON) }),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	cmd.AddCommand(&cobra.Command{
		Use: "use NUMBER", Short: "Make an account the one in use, by its number in the list", Args: oneArgument("number"),
		RunE: a.does(func(_ context.Context, args []string) error { return a.useAccount(args[0]) }),
	})
	return cmd
}

// accountLine is an account as the command prints it.
type accountLine struct {
	Number int    `json:"number"`
	User   string `json:"user"`
	Name   string `json:"name,omitempty"`
	Server string `json:"server"`
	Key    string `json:"key"`
	InUse  bool   `json:"in_use"`
}

func (a *app) listAccounts(asJSON bool) error {
	all, err := config.Accounts(config.Locate(a.getenv))
	if err != nil {
		return err
	}
	var lines []accountLine
	for i, o := range all {
		lines = append(lines, accountLine{i + 1, o.User, o.Name, o.Server, cmp.Or(o.Key.File, o.Key.Agent), i == 0})
	}
	if asJSON {
		return printJSON(a, lines)
	}
	if len(lines) == 0 {
		a.say("No account yet. With the address of a server and an invite:  tring login URL")
	}
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, l := range lines {
		state := ""
		if l.InUse {
			state = "in use"
		}
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\n", l.Number, l.User, ui.Clean(l.Server, cellWidth), state)
	}
	return t.Flush()
}

func (a *app) useAccount(number string) error {
	paths := config.Locate(a.getenv)
	all, err := config.Accounts(paths)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(all) {
		return wrongUsage("there is no account %q; `tring accounts` lists them by number", number)
	}
	chosen := all[n-1]
	if err := config.UseAccount(paths, chosen.Server, chosen.User); err != nil {
		return err
	}
	a.say("You are %s on %s.", chosen.User, chosen.Server)
	return nil
}
