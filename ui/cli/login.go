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
	"tring/ui"
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
	l := login{paths, settings, a.getenv, a.askPassphrase, func(ui.JoinStep) {}}
	account, fingerprint, err := l.run(ctx, url, f)
	if err != nil {
		return err
	}
	a.say("You are %s on %s, with the key %s. Run `tring` for the phone.", account.User, url, fingerprint)
	return nil
}

// login binds this phone to an account, for the command and for the screen.
type login struct {
	paths    config.Paths
	settings config.Settings
	getenv   func(string) string
	ask      config.Passphrase
	tell     func(ui.JoinStep) // what it does next
}

// run logs in, and makes the account the one in use. It also returns the
// fingerprint of the key.
func (l login) run(ctx context.Context, url string, f loginFlags) (config.Account, string, error) {
	made := missingOf(l.paths.Key(), l.paths.Key()+".pub", l.paths.Device())
	l.tell(ui.JoinKey)
	key, signer, err := l.findKey(f.key)
	if err != nil {
		return config.Account{}, "", err
	}
	account, bound, err := l.bind(ctx, url, f, key, signer)
	if err != nil && !bound && refusedFirst(err) {
		err = errors.Join(err, removeAll(made))
	}
	return account, ssh.FingerprintSHA256(signer.PublicKey()), err
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
func (l login) bind(ctx context.Context, url string, f loginFlags, key config.Key, signer ssh.Signer,
) (account config.Account, bound bool, err error) {
	secret, pin := signaling.SplitInvite(f.invite)
	device, err := config.TakeDevice(l.paths)
	if err != nil {
		return account, false, err
	}
	defer func() { err = errors.Join(err, device.Release()) }()
	options := signaling.Options{
		URL: url, Pin: pin, User: calls.UserID(f.user), Kind: wire.KindTool, Signer: signer,
		Device: calls.Device{ID: calls.DeviceID(device.ID), Label: l.settings.Label},
	}
	account = config.Account{Server: url, Pin: pin, User: f.user, Key: key}
	if f.user == "" {
		l.tell(ui.JoinInvite)
		who, err := signaling.Enrol(ctx, options, secret)
		if err != nil {
			return account, false, fmt.Errorf("log in: %w", err)
		}
		// The invite is used up: who gives up now would be left without either.
		bound, ctx = true, context.WithoutCancel(ctx)
		account.User, account.Name, options.User = string(who.User), who.Name, who.User
	}
	l.tell(ui.JoinSignIn)
	if err := signInOnce(ctx, &account, options, device); err != nil {
		return account, bound, fmt.Errorf("log in: %w", err)
	}
	return account, true, config.SaveAccount(l.paths, account)
}

func (l login) findKey(named string) (config.Key, ssh.Signer, error) {
	if named != "" {
		return config.NamedKey(named, l.getenv, l.ask)
	}
	return config.UsualKey(l.paths, l.getenv, l.ask)
}

// askInvite asks for the invite where a person sits.
func (a *app) askInvite() (string, error) {
	if in, ok := a.in.(*os.File); !ok || !term.IsTerminal(in.Fd()) {
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
func signInOnce(ctx context.Context, account *config.Account, o signaling.Options, d *config.Device) (err error) {
	account.Name, err = checkAccount(ctx, o)
	if errors.Is(err, calls.ErrRemoved) {
		if err := d.Renew(); err != nil {
			return err
		}
		o.Device.ID = calls.DeviceID(d.ID)
		account.Name, err = checkAccount(ctx, o)
	}
	return err
}

// checkAccount signs in once, and returns the display name.
func checkAccount(ctx context.Context, o signaling.Options) (string, error) {
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
