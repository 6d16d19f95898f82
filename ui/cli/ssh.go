package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"tring/audio/opus"
	"tring/ui/host"
)

const (
	// exitConnection is ssh's own exit code for a connection that failed.
	exitConnection = 255
	// retryFirst is how long to wait before the connection is made again; it
	// doubles up to retryMost.
	retryFirst = time.Second
	retryMost  = 30 * time.Second
	// longRefusal is how long a connection may take that is refused at last, to a
	// person who types a passphrase.
	longRefusal = 30 * time.Second
)

// sshOptions are those of `tring ssh`. The ones of ssh go to it as they are.
type sshOptions struct {
	port, user, config, jump string
	identities, options      []string
	sound                    string
}

func (a *app) sshCommand() *cobra.Command {
	var o sshOptions
	cmd := &cobra.Command{
		Use: "ssh [USER@]HOST [COMMAND…]", Short: "Use a telephone at a host, by ssh, with the sound of this machine",
		Long: "Use a telephone at a host, by ssh, with the microphone and the speaker of this machine.\n" +
			"One connection, of the system's own ssh with its settings, keys and known hosts, carries the\n" +
			"screen and the sound. When it breaks it is made again.",
		Example: "  tring ssh phone.example.org\n" +
			"  tring ssh -J gate phone.example.org call bob",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("ssh needs the host; write `tring ssh HOST`")
			}
			return nil
		},
		RunE: a.does(func(ctx context.Context, args []string) error { return a.ssh(ctx, o, args[0], args[1:]) }),
	}
	f := cmd.Flags()
	f.SetInterspersed(false)
	f.StringVarP(&o.port, "port", "p", "", "port of the host")
	f.StringVarP(&o.user, "login", "l", "", "user name at the host, if it wants one")
	f.StringVarP(&o.config, "config", "F", "", "settings of ssh, instead of its own")
	f.StringVarP(&o.jump, "jump", "J", "", "host to go through")
	f.StringArrayVarP(&o.identities, "identity", "i", nil, "file of the key")
	f.StringArrayVarP(&o.options, "option", "o", nil, "any option of ssh, such as ConnectTimeout=5")
	f.StringVar(&o.sound, "audio", "", soundUsage)
	return cmd
}

// args are these options as ssh takes them.
func (o sshOptions) args() (args []string) {
	for _, f := range []struct{ flag, value string }{{"-p", o.port}, {"-l", o.user}, {"-F", o.config}, {"-J", o.jump}} {
		if f.value != "" {
			args = append(args, f.flag, f.value)
		}
	}
	for _, file := range o.identities {
		args = append(args, "-i", file)
	}
	for _, option := range o.options {
		args = append(args, "-o", option)
	}
	return args
}

// sshLink is one connection: a master with the screen, over which the sound has
// a channel of its own. Where ssh has no masters the sound has a connection of
// its own.
//
//	terminal ◄─► ssh -M ─────────┬─► host: the phone
//	devices ◄─► engine ◄─► ssh -s ┘─► host: its line
type sshLink struct {
	program, host string
	command       []string
	options       []string // of the person; they come first, since ssh takes the first of each
	socket        string   // of the master; empty: there is none
	pty           bool
}

// always are the options that a telephone wants: a small delay, to know within
// 45 s that the far end is gone, and what the screen is drawn by.
var always = []string{ // a constant in all but syntax
	"-o", "IPQoS=ef", "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=3",
	"-o", "SendEnv=COLORTERM NO_COLOR ACCESSIBLE LANG LC_*",
}

// screenArgs is the command line of the ssh with the screen.
func (l sshLink) screenArgs() []string {
	var args []string
	if l.socket != "" {
		args = append(args, "-M", "-S", l.socket, "-o", "ControlPersist=no")
	}
	args = append(append(args, l.options...), always...)
	if l.pty {
		args = append(args, "-t")
	}
	return append(append(args, "--", l.host), l.command...)
}

// soundArgs is that of the ssh with the sound. It asks nothing: nobody could
// answer, since the terminal is the screen's.
func (l sshLink) soundArgs() []string {
	args := []string{"-T", "-o", "BatchMode=yes"}
	if l.socket != "" {
		args = append(args, "-S", l.socket, "-o", "ControlMaster=no")
	}
	args = append(append(args, l.options...), always...)
	return append(args, "-s", "--", l.host, "audio-opus")
}

func (a *app) ssh(ctx context.Context, o sshOptions, where string, command []string) (err error) {
	program, err := exec.LookPath("ssh")
	if err != nil {
		return fmt.Errorf("find ssh: %w; install OpenSSH's client", err)
	}
	sound, err := a.soundFlag(o.sound)
	if err != nil {
		return err
	}
	s := &session{say: a.say}
	defer func() { err = errors.Join(err, s.close()) }()
	engine, err := a.farEngine(ctx, s, sound, fuller{opus.Codec{}}, sshDelayMost)
	if err != nil {
		return err
	}
	folder, err := socketFolder(a.getenv)
	if err != nil {
		return err
	}
	s.later(func() error { return os.RemoveAll(folder) })
	_, _, seen := a.terminals()
	link := sshLink{program: program, host: where, command: command, options: o.args(), pty: seen && len(command) == 0}
	far := &farSound{engine: engine, processing: s.processing, log: s.log, wanted: wantsSound(command)}
	return a.keepConnected(ctx, link, far, folder)
}

// wantsSound says whether a command at the host is a telephone.
func wantsSound(command []string) bool {
	return len(command) == 0 || slices.Contains([]string{"plain", "call", "answer"}, command[0])
}

// socketFolder is where the master's socket lies: ours alone, and of a short
// name, since that of a socket has a hundred letters at most.
func socketFolder(getenv func(string) string) (string, error) {
	folder, err := os.MkdirTemp(getenv("XDG_RUNTIME_DIR"), "tring-ssh-")
	if err != nil {
		folder, err = os.MkdirTemp("", "tring-ssh-")
	}
	if err != nil {
		return "", fmt.Errorf("make a folder for the connection: %w", err)
	}
	return folder, nil
}

// keepConnected runs the connection, and makes it again when it breaks; but not
// for a command that acts: nobody wants to call twice.
func (a *app) keepConnected(ctx context.Context, link sshLink, far *farSound, folder string) error {
	restore := a.rememberTerminal()
	again := len(link.command) == 0 || link.command[0] == "plain"
	held, wait := false, retryFirst
	for n := 0; ; n++ {
		if runtime.GOOS != "windows" { // whose ssh has no masters
			link.socket = filepath.Join(folder, fmt.Sprint(n))
		}
		began := a.now()
		opened, err := a.connect(ctx, link, far)
		if link.socket == "" { // nothing says whether it stood
			opened = a.now().Sub(began) >= longRefusal
		}
		exit, ran := errors.AsType[*exec.ExitError](err)
		killed := ran && exit.ExitCode() < 0                   // by a signal, with no time to put the terminal in order
		stopped := ran && exit.ExitCode() == host.ExitStopping // the host, which comes back
		broke := killed || stopped || ran && exit.ExitCode() == exitConnection
		if opened {
			held, wait = true, retryFirst
			if broke {
				restore()
			}
		}
		if !held || !again || !broke || ctx.Err() != nil {
			return exitLike(ctx, "ssh", err)
		}
		a.say("The connection broke; it is made again in %v. Ctrl-C ends.", wait)
		a.pause(ctx, wait)
		if ctx.Err() != nil {
			return &exitError{code: exitConnection}
		}
		wait = min(2*wait, retryMost)
	}
}

// connect runs one connection to its end, and tells whether there was one.
func (a *app) connect(ctx context.Context, link sshLink, far *farSound) (opened bool, err error) {
	cmd := exec.CommandContext(ctx, link.program, link.screenArgs()...)
	politely(cmd)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.in, a.out, a.err
	if err := cmd.Start(); err != nil {
		return false, err
	}
	sounding, enough := context.WithCancel(ctx)
	done := make(chan bool)
	go func() {
		there := link.waitOpen(sounding)
		if there && far.wanted {
			far.keep(sounding, link)
		}
		done <- there
	}()
	err = cmd.Wait()
	enough()
	return <-done, err
}

// waitOpen waits until the connection stands, which its socket tells: it is made
// after the host knows the person.
func (l sshLink) waitOpen(ctx context.Context) bool {
	for look := time.NewTicker(50 * time.Millisecond); ; {
		if l.socket == "" {
			return true
		}
		if _, err := os.Stat(l.socket); err == nil {
			return true
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return false
		}
	}
}

// leaveScreen undoes what a screen that was cut off had switched on: the other
// screen, the mouse, the focus, pasting, the keyboard's reports, colours, and the
// cursor's absence.
const leaveScreen = "\x1b[?1049l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?2026l\x1b[<u\x1b[>4m\x1b[0m\x1b[?25h\r"

// rememberTerminal returns what puts the terminal back as it is now.
func (a *app) rememberTerminal() (restore func()) {
	in, out, ok := a.terminals()
	if !ok {
		return func() {}
	}
	state, err := term.GetState(in.Fd())
	return func() {
		_, _ = out.WriteString(leaveScreen)
		if err == nil {
			_ = term.Restore(in.Fd(), state) // there is nothing better to do
		}
	}
}
