package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/spf13/cobra"

	"tring/calls"
	"tring/calls/wire"
	"tring/config"
	"tring/ui"
	"tring/ui/host"
)

// hosted is what somebody who came by ssh has in the place of a machine. The
// goroutine of his command uses it.
type hosted struct {
	login   *host.Login
	log     *slog.Logger // the host's
	account Account      // signs in for the person, but for the device
}

// runLogin carries out a login's command and returns the exit code. Nothing of
// the host's own is in reach of it: its environment, its terminal, its files but
// the folder of this person.
func (x *exchange) runLogin(ctx context.Context, l *host.Login) int {
	if err := l.User.Validate(); err != nil { // it becomes a folder's name
		fmt.Fprintf(l.Err, "tring: %v\n", err)
		return exitFailure
	}
	x.settle.Reset(settled)
	defer x.settle.Reset(settled)
	account := x.account
	account.For = l.User
	a := &app{
		in: l.In, out: l.Out, err: l.Err, version: x.version, now: clockIn(l.Getenv("TZ"), x.now),
		getenv: homeAt(filepath.Join(x.people, string(l.User)), l.Getenv),
		hosted: &hosted{login: l, account: account, log: x.log.With("session", l.Session, "user", l.User)},
	}
	ctx, cooked := a.cook(ctx, l.Args)
	defer cooked()
	return a.runHosted(ctx, l.Args)
}

// clockIn is a clock in the time zone of this name, which a client says; without
// one that this machine knows it is the host's.
func clockIn(zone string, now func() time.Time) func() time.Time {
	if zone == "" || zone == "Local" {
		return now
	}
	place, err := time.LoadLocation(zone)
	if err != nil {
		return now
	}
	return func() time.Time { return now().In(place) }
}

// homeAt is a login's environment, with a folder of its own.
func homeAt(folder string, getenv func(string) string) func(string) string {
	return func(name string) string {
		if name == "TRING_HOME" {
			return folder
		}
		if strings.HasPrefix(name, "TRING_") || name == "SSH_AUTH_SOCK" || name == "HOME" {
			return ""
		}
		return getenv(name)
	}
}

// hostedHint turns what the commands advise into what helps somebody who came by
// ssh.
var hostedHint = strings.NewReplacer( //nolint:gochecknoglobals // a constant in all but syntax
	"log in again with `tring login URL --user NAME`", "log in again",
	"ask for a new invite, and run `tring login URL` again", "ask the host's administrator",
	"`tring doctor` shows what is wrong", "try again soon",
	"choose another with TRING_HOME", "tell the host's administrator",
	"`tring ", "`ssh HOST ",
)

// errFolder is all that somebody who came by ssh need know of the host's disk.
var errFolder = errors.New("your folder at the host cannot be used; tell the host's administrator")

// discreet keeps to the log what is the host's own affair: its files.
func (h *hosted) discreet(err error) error {
	if _, file := errors.AsType[*fs.PathError](err); !file && !errors.Is(err, errFolder) {
		if _, link := errors.AsType[*os.LinkError](err); !link {
			return err
		}
	}
	h.log.Error("a person's folder cannot be used", "error", err)
	return errFolder
}

// runHosted is Main for a login.
func (a *app) runHosted(ctx context.Context, args []string) int {
	if len(args) == 0 { // the usual one, for as long as a login lasts: without a tree of commands in memory
		return a.report(a.screen(ctx, false))
	}
	root := a.hostedCommand()
	if !strings.HasPrefix(args[0], "-") && !offers(root, args[0]) {
		return a.report(wrongUsage("there is no command %q here; `help` shows what there is", shorten(args[0])))
	}
	root.SetArgs(slices.Clip(args))
	root.SetOut(a.out)
	root.SetErr(a.err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = a.failure
	} else {
		err = wrongUsage("%w; `help` shows what there is", err)
	}
	return a.report(err)
}

// offers says whether there is a command of this name: cobra has some of its own
// that nobody offered.
func offers(root *cobra.Command, name string) bool {
	return name == "help" || slices.ContainsFunc(root.Commands(), func(c *cobra.Command) bool { return c.Name() == name })
}

// hostedCommand is what somebody who came by ssh may have carried out.
func (a *app) hostedCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "ssh",
		Short: "A telephone that lives in the terminal",
		Long: "A telephone that lives in the terminal; this one by ssh.\n\n" +
			"Without a command it is the phone, full screen. Sound comes and goes by `tring ssh HOST`,\n" +
			"or by `ssh HOST audio` beside it.",
		Annotations: map[string]string{cobra.CommandDisplayNameAnnotation: "ssh HOST"},
		Args:        noArguments, SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		RunE:              a.does(func(ctx context.Context, _ []string) error { return a.screen(ctx, false) }),
	}
	plain := &cobra.Command{
		Use: "plain", Short: "The phone in plain lines, without a screen", Args: noArguments,
		RunE: a.does(func(ctx context.Context, _ []string) error { return a.screen(ctx, true) }),
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return err })
	root.SetHelpCommand(helpCommand())
	root.AddCommand(plain, a.callCommand(), a.answerCommand(), a.contactsCommand(), a.historyCommand(),
		a.presenceCommand(), a.phonesCommand(), a.versionCommand())
	for _, c := range root.Commands() {
		c.Example = strings.ReplaceAll(c.Example, "  tring ", "  ssh HOST ")
		for _, name := range []string{"for", "timeout"} {
			if f := c.Flags().Lookup(name); f != nil {
				f.DefValue = "0s" // which cobra's own help, unlike the one at home, leaves out
			}
		}
	}
	return root
}

// signIn is how the person's phone signs in: the host does it for him.
func (h *hosted) signIn(s *session, paths config.Paths, settings config.Settings) (Account, error) {
	s.hosted = true
	kind, device, err := s.identity(paths)
	if err != nil {
		return Account{}, err
	}
	if kind == wire.KindPhone {
		kind = wire.KindSSH
	}
	account := h.account
	account.Kind, account.Log, account.Guard = kind, s.log, h.login.Guard
	account.Device = calls.Device{ID: calls.DeviceID(device), Label: labelAt(settings.Label)}
	s.unsent = openUnsent(paths, config.Account{Server: account.URL, User: string(account.For)}, device, s.log)
	return account, nil
}

// labelAt is what others see of a phone at this host. One that the person has not
// named would have the host's name, as all others there; where he sits is nobody's
// business.
func labelAt(label string) string {
	if label == config.Machine() {
		return "ssh at " + label
	}
	return label
}

// note is what the login's sound lacks; nothing while a line carries it.
func (h *hosted) note() string {
	if h.login.Line.Attached() {
		return h.login.Line.Fault()
	}
	return ui.NoLine
}

// display is what a program knows of the login's terminal.
func (h *hosted) display() (tea.WindowSizeMsg, []tea.ProgramOption) {
	var environ []string
	for _, name := range []string{"TERM", "COLORTERM", "NO_COLOR", "LANG", "LC_ALL", "LC_CTYPE"} {
		if value := h.login.Getenv(name); value != "" {
			environ = append(environ, name+"="+value)
		}
	}
	size := h.login.Terminal.Size
	return tea.WindowSizeMsg(size), []tea.ProgramOption{
		tea.WithEnvironment(environ), tea.WithColorProfile(colorprofile.Env(environ)), tea.WithWindowSize(size.Width, size.Height),
	}
}

// follow tells what changes around a login, as messages for its screen, until
// ctx ends; of the sound since told, which was its note. Whoever is told may take
// his time: of each thing only the newest waits.
func (h *hosted) follow(ctx context.Context, told string, tell func(tea.Msg)) {
	nudge := make(chan struct{}, 1)
	defer h.login.Line.Watch(func(bool) {
		select {
		case nudge <- struct{}{}:
		default:
		}
	})()
	nudge <- struct{}{} // it may have come meanwhile
	var resized <-chan host.Size
	if h.login.Terminal != nil {
		resized = h.login.Terminal.Resized
	}
	leaving := h.login.Leaving
	for {
		select {
		case <-nudge:
			if note := h.note(); note != told {
				told = note
				tell(ui.SoundNote(note))
			}
		case size, ok := <-resized:
			if !ok {
				resized = nil
				continue
			}
			tell(tea.WindowSizeMsg(size))
		case most, ok := <-leaving:
			if leaving = nil; ok {
				tell(ui.Leaving(most))
			}
		case <-ctx.Done():
			return
		}
	}
}

// teller is for follow where there are lines in the place of a screen.
func (h *hosted) teller(l ui.Language, tell func(line string)) func(tea.Msg) {
	return func(msg tea.Msg) {
		switch msg := msg.(type) {
		case ui.SoundNote:
			if msg == "" {
				msg = soundIsBack
			}
			tell(string(msg))
		case ui.Leaving:
			tell(l.HostLeaves(time.Duration(msg)))
		}
	}
}

// watchCalls tells the host whether there is a call that should not be cut.
func (h *hosted) watchCalls(p *Phone) {
	p.AddCallListener("host", func(calls.Event) {
		_, held := p.Snapshot().Held()
		h.login.InCall(held)
	})
}

// tidy makes a folder for a person, which nobody else may read.
func tidy(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make folder %s: %w", folder, err)
	}
	info, err := os.Stat(folder)
	if err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		err = errors.New("others may read it; make it mode 0700")
	}
	if err != nil {
		return fmt.Errorf("folder %s: %w", folder, err)
	}
	return nil
}

// language is what the person reads, for a setting.
func (a *app) language(setting string) ui.Language {
	if a.hosted != nil {
		return ui.LanguageOf(setting, a.getenv).ByHost()
	}
	return ui.LanguageOf(setting, a.getenv)
}
