package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"tring/calls"
	"tring/calls/signaling"
	"tring/calls/wire"
	"tring/config"
)

type loginFlags struct{ invite, key, user string }

func (a *app) loginCommand() *cobra.Command {
	var f loginFlags
	cmd := &cobra.Command{
		Use: "login URL", Short: "Bind this phone to an account on a server", Args: oneArgument("URL"),
		Long: "Bind this phone to an account on a server: with the invite that its administrator\n" +
			"gave you, or with --user where the server knows your ssh key already.\n\n" +
			"The key is the one of --key, else the ssh agent's first, else ~/.ssh/id_ed25519 and\n" +
			"the like, else one that is made for this phone.",
		Example: "  tring login wss://tring.example.org --invite CODE\n  tring login wss://tring.example.org --user alice --key ~/.ssh/id_ed25519",
		RunE:    a.does(func(ctx context.Context, args []string) error { return a.login(ctx, args[0], f) }),
	}
	cmd.Flags().StringVar(&f.invite, "invite", "", "the invite; asked for if not given")
	cmd.Flags().StringVar(&f.key, "key", "", "the ssh key to sign in with, in a file (a .pub file means the ssh agent's)")
	cmd.Flags().StringVar(&f.user, "user", "", "sign in as this user, whose key the server knows, without an invite")
	return cmd
}

func (a *app) login(ctx context.Context, url string, f loginFlags) (err error) {
	if f.user != "" && f.invite != "" {
		return wrongUsage("--user and --invite exclude each other: the invite says who you are")
	}
	paths, settings, err := a.home()
	if err != nil {
		return err
	}
	if f.invite == "" && f.user == "" {
		if f.invite, err = a.askInvite(); err != nil {
			return err
		}
	}
	made := missingOf(paths.Key(), paths.Key()+".pub", paths.Device())
	bound, err := a.bind(ctx, url, f, paths, settings)
	if err != nil && !bound && refusedFirst(err) {
		err = errors.Join(err, removeAll(made))
	}
	return err
}

// refusedFirst says whether a login failed before the server could keep anything
// of it. After a broken connection nobody knows: then the key is kept, for it may
// be the account's by now. So it is where the server does not know the key yet:
// its administrator can add it.
func refusedFirst(err error) bool {
	for _, sure := range []error{calls.ErrInviteInvalid, calls.ErrInvalidRequest, syscall.ECONNREFUSED} {
		if errors.Is(err, sure) {
			return true
		}
	}
	return false
}

// missingOf are those of the files that are not there.
func missingOf(files ...string) []string {
	return slices.DeleteFunc(files, func(f string) bool {
		_, err := os.Lstat(f)
		return !errors.Is(err, fs.ErrNotExist)
	})
}

func removeAll(files []string) error {
	var errs []error
	for _, f := range files {
		if err := os.Remove(f); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("remove what the login left: %w", err))
		}
	}
	return errors.Join(errs...)
}

// bind binds the key to the account, signs in once, and keeps the account. It
// also says whether the server has bound the key, which holds after an error too.
func (a *app) bind(ctx context.Context, url string, f loginFlags, paths config.Paths, settings config.Settings,
) (bound bool, err error) {
	secret, pin := signaling.SplitInvite(f.invite)
	key, signer, err := a.findKey(paths, f.key)
	if err != nil {
		return false, err
	}
	device, err := config.TakeDevice(paths)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, device.Release()) }()
	options := signaling.Options{
		URL: url, Pin: pin, User: calls.UserID(f.user), Kind: wire.KindTool, Signer: signer,
		Device: calls.Device{ID: calls.DeviceID(device.ID), Label: settings.Label},
	}
	account := config.Account{Server: url, Pin: pin, User: f.user, Key: key}
	if f.user == "" {
		who, err := signaling.Enrol(ctx, options, secret)
		if err != nil {
			return false, fmt.Errorf("log in: %w", err)
		}
		bound = true
		account.User, account.Name, options.User = string(who.User), who.Name, who.User
	}
	if err := a.signInOnce(ctx, &account, options, device); err != nil {
		return bound, fmt.Errorf("log in: %w", err)
	}
	if err := config.SaveAccount(paths, account); err != nil {
		return bound, err
	}
	a.say("You are %s on %s, with the key %s. Run `tring` for the phone.",
		account.User, url, ssh.FingerprintSHA256(signer.PublicKey()))
	return true, nil
}

func (a *app) findKey(paths config.Paths, named string) (config.Key, ssh.Signer, error) {
	if named != "" {
		return config.NamedKey(named, a.getenv, a.askPassphrase)
	}
	return config.UsualKey(paths, a.getenv, a.askPassphrase)
}

// askInvite asks for the invite where a person sits.
func (a *app) askInvite() (string, error) {
	if !term.IsTerminal(a.in.Fd()) {
		return "", wrongUsage("no invite is given; write --invite CODE, or --user NAME where the server knows your key")
	}
	fmt.Fprint(a.err, "Invite: ")
	text, err := bufio.NewReader(a.in).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("read the invite: %w", err)
	}
	if text = strings.TrimSpace(text); text == "" {
		return "", errors.New("no invite; ask the server's administrator for one")
	}
	return text, nil
}

// signInOnce checks the account. A phone that was removed from it comes back as a
// new one.
func (a *app) signInOnce(ctx context.Context, account *config.Account, o signaling.Options, d *config.Device) (err error) {
	account.Name, err = a.checkAccount(ctx, o)
	if errors.Is(err, calls.ErrRemoved) {
		if err := d.Renew(); err != nil {
			return err
		}
		o.Device.ID = calls.DeviceID(d.ID)
		account.Name, err = a.checkAccount(ctx, o)
	}
	return err
}

// checkAccount signs in once, and returns the display name.
func (a *app) checkAccount(ctx context.Context, o signaling.Options) (string, error) {
	if err := o.User.Validate(); err != nil {
		return "", wrongUsage("--user: %w", err)
	}
	client, err := signaling.New(o)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	first := &firstWord{heard: make(chan calls.Input, 1)}
	done := make(chan error, 1)
	go func() { done <- client.Run(ctx, first) }()
	defer func() { cancel(); <-done }()
	select {
	case in := <-first.heard:
		if c, ok := in.(calls.Connected); ok {
			return c.Snapshot.Me.Name, nil
		}
		if d, ok := in.(calls.Disconnected); ok && d.Err != nil {
			return "", d.Err
		}
		return "", calls.ErrOffline
	case <-ctx.Done():
		return "", fmt.Errorf("no answer from the server within %v", connectTime)
	}
}

// firstWord keeps the first thing that a connection tells.
type firstWord struct{ heard chan calls.Input }

func (f *firstWord) Receive(in calls.Input) {
	select {
	case f.heard <- in:
	default:
	}
}

func (f *firstWord) Known() []calls.ID { return nil }
