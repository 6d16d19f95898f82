package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"charm.land/fang/v2"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"tring/config"
	"tring/ui"
)

// Env is what a run of the program gets from outside. Version is what the
// linker was told, if anything.
type Env struct {
	Args    []string
	In      *os.File
	Out     *os.File
	Err     *os.File
	Getenv  func(string) string
	Version string
	Now     func() time.Time // the screen's clock; nil is time.Now
}

// Main runs one command and returns the program's exit code. When ctx ends, the
// command ends politely: it cancels, hangs up, stops serving.
func Main(ctx context.Context, env Env) int {
	a := &app{in: env.In, out: env.Out, err: env.Err, getenv: env.Getenv, version: versionOf(env.Version), now: env.Now}
	root := a.rootCommand()
	root.SetArgs(env.Args)
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	err := fang.Execute(ctx, root,
		fang.WithVersion(a.version),
		fang.WithErrorHandler(func(io.Writer, fang.Styles, error) {}), // printed below, in plain words
	)
	if err == nil {
		err = a.failure
	} else {
		err = wrongUsage("%w; tring --help shows what there is", err)
	}
	return a.report(err)
}

// app is one run of the program. Only its command's goroutine uses it.
type app struct {
	in      io.Reader
	out     io.Writer
	err     io.Writer // for people; the terminal also while descriptor 2 is a log
	getenv  func(string) string
	version string
	now     func() time.Time
	failure error
	hosted  *hosted // nil on a machine of one's own
}

// terminals are the two ends of the terminal that the program runs in; false
// where one of them is none.
func (a *app) terminals() (in, out *os.File, ok bool) {
	in, typed := a.in.(*os.File)
	out, shown := a.out.(*os.File)
	return in, out, typed && shown && term.IsTerminal(in.Fd()) && term.IsTerminal(out.Fd())
}

func (a *app) rootCommand() *cobra.Command {
	var plain bool
	root := &cobra.Command{
		Use:   "tring",
		Short: "A telephone that lives in the terminal",
		Long: "A telephone that lives in the terminal.\n\n" +
			"Without a command it is the phone, full screen. With no account yet it starts a\n" +
			"private trial server inside, with test lines to call.",
		Example: "  tring                      # the phone\n" +
			"  tring login wss://example.org\n" +
			"  tring call bob --for 1m\n" +
			"  tring serve",
		Args: noArguments,
		RunE: a.does(func(ctx context.Context, _ []string) error { return a.screen(ctx, plain) }),
	}
	root.Flags().BoolVar(&plain, "plain", false, "plain lines instead of the full screen")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return err })
	root.SetHelpCommand(helpCommand())
	root.AddCommand(
		a.callCommand(), a.answerCommand(),
		a.loginCommand(), a.contactsCommand(), a.historyCommand(), a.presenceCommand(), a.phonesCommand(), a.accountsCommand(),
		a.serveCommand(), a.hostCommand(), a.userCommand(), a.backupCommand(), a.restoreCommand(),
		a.sshCommand(), a.audioCommand(), a.pcmCommand(), a.doctorCommand(), a.versionCommand(),
	)
	return root
}

// does makes a command of a function. Its error is kept apart from those of the
// command line's own, which are all wrong usage.
func (a *app) does(f func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		a.failure = f(cmd.Context(), args)
		return nil
	}
}

// helpCommand explains a command; that it was asked about none that exists is
// wrong usage.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "Explain a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return fmt.Errorf("there is no command %q", strings.Join(args, " "))
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// withoutDefault takes a flag's default out of the help, where it is no value
// that one would type.
func withoutDefault(cmd *cobra.Command, flags ...string) {
	for _, name := range flags {
		cmd.Flags().Lookup(name).DefValue = ""
	}
}

// group is a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	names := make([]string, len(commands))
	for i, c := range commands {
		names[i] = c.Name()
	}
	g := &cobra.Command{
		Use: use, Short: short,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%s has no command %q; it has %s", use, args[0], strings.Join(names, ", "))
			}
			return fmt.Errorf("%s needs one of %s", use, strings.Join(names, ", "))
		},
		RunE: func(*cobra.Command, []string) error { return nil }, // Args lets nothing through
	}
	g.AddCommand(commands...)
	return g
}

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasParent() {
		return fmt.Errorf("%s takes no %q", cmd.CommandPath(), args[0])
	}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return fmt.Errorf("there is no command %q; did you mean %q?", args[0], near[0])
	}
	return fmt.Errorf("there is no command %q", args[0])
}

// oneArgument wants exactly one argument, named for the error.
func oneArgument(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("%s needs exactly one %s, not %d", cmd.CommandPath(), name, len(args))
		}
		return nil
	}
}

// say prints a line for a person.
func (a *app) say(format string, args ...any) { fmt.Fprintf(a.err, format+"\n", args...) }

// report prints what failed and returns the exit code.
func (a *app) report(err error) int {
	if err == nil {
		return 0
	}
	code := 1
	if e, ok := errors.AsType[*exitError](err); ok {
		if code = e.code; e.err == nil {
			return code
		}
	}
	if unread(err) {
		return code
	}
	if a.hosted != nil {
		a.say("tring: %s", hostedHint.Replace(explain(a.hosted.discreet(err))))
		return code
	}
	a.say("tring: %s", explain(err))
	return code
}

// home finds the folders and the settings, and makes the folders.
func (a *app) home() (config.Paths, config.Settings, error) {
	paths, settings, err := a.readHome()
	if err != nil && a.hosted != nil {
		err = fmt.Errorf("%w (%w)", errFolder, err)
	}
	return paths, settings, err
}

func (a *app) readHome() (config.Paths, config.Settings, error) {
	paths := config.Locate(a.getenv)
	if err := paths.Make(); err != nil {
		return paths, config.BuiltIn(), err
	}
	settings, err := config.Load(paths, a.getenv)
	if err != nil {
		return paths, settings, fmt.Errorf("read settings: %w", err)
	}
	if action, err := ui.CheckKeys(settings.Keys); err != nil {
		return paths, settings, fmt.Errorf("read settings: %s, line %d: %w", paths.Settings(), paths.LineOf("keys."+action), err)
	}
	return paths, settings, nil
}
