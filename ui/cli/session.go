package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/charmbracelet/x/term"

	"tring/audio"
	"tring/calls"
	"tring/calls/wire"
	"tring/config"
	"tring/ui"
)

// maxLog is how large the log file may grow before the old one is put aside.
const maxLog = 8 << 20

// stopTime is how long a command waits at its end for the phone to say goodbye: long,
// for a machine may be busy, and a second Ctrl-C does not wait.
const stopTime = 10 * time.Second

// session is one running phone of a command, and all that has to be undone
// after it.
type session struct {
	*Phone
	settings config.Settings
	log      *slog.Logger
	logged   ui.LogReader // reads that log
	trial    *trial       // nil with an account
	tool     bool         // it asks the server something and goes: no phone
	hosted   bool         // for somebody who came by ssh
	account  Account
	unsent   *unsent       // what the server was not told; nil in a trial
	told     chan struct{} // closed when what other phones left is told, or cannot be
	say      func(format string, args ...any)

	soundNote string               // what is wrong with the sound, before any call
	bellNote  string               // what is wrong with the own bell
	realSound bool                 // it goes to the machine's devices
	leaving   <-chan time.Duration // tells that the login's host stops
	lacks     func() string        // what a login's line lacks; nil on a machine of one's own

	sound        soundSpec
	device, ring audio.Device // what the phone began with; ring may be nil

	processing *processing // of the microphone's sound; nil for none

	undo []func() error // in reverse order
}

// begin makes a phone for a command that makes sound: with the account in use,
// or in the trial for want of one where that is allowed. It is switched on by
// run, after whoever wants to hear all its events has begun to listen.
func (a *app) begin(ctx context.Context, sound soundSpec, allowTrial bool) (*session, error) {
	s := &session{say: a.say}
	if err := a.make(ctx, s, sound, allowTrial); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (a *app) make(ctx context.Context, s *session, sound soundSpec, allowTrial bool) error {
	paths, settings, err := a.home()
	if err != nil {
		return err
	}
	s.settings = settings
	if s.log, err = a.openLog(s, paths, settings); err != nil {
		return err
	}
	if sound.kind == "default" { // its libraries chatter
		if err := a.redirect(s, paths); err != nil {
			return err
		}
	}
	device, ring, err := sound.open(settings, s.log)
	if err != nil {
		return err
	}
	if c, ok := device.(io.Closer); ok {
		s.later(c.Close)
	}
	s.sound, s.device, s.ring = sound, device, ring
	b, isBroken := device.(broken)
	if isBroken {
		s.soundNote = b.err.Error()
	}
	s.realSound = sound.kind == "default" && !isBroken
	if s.account, err = a.account(s, paths, settings); err != nil {
		return err
	}
	if s.account.URL == "" {
		if !allowTrial {
			return errNoAccount
		}
		if s.trial, err = startTrial(ctx, settings, s.log); err != nil {
			return err
		}
		s.later(s.trial.close)
		s.account = s.trial.account
	}
	s.processing = sound.processing(settings, s.log)
	s.Phone, err = NewPhone(s.account, Sound{
		Processor: s.processing.processor(),
		Device:    device, Ring: ring, Gain: settings.Sound.Gain, NoTones: sound.kind == "none",
		LowDelay: settings.Sound.LowDelay, DTX: settings.Sound.DTX, Complexity: a.complexity(), Tones: s.tones(settings, a.getenv),
	}, s.unsent.recall()...)
	if err == nil && a.hosted != nil && !s.tool {
		a.hosted.watchCalls(s.Phone)
		unwatch := a.hosted.login.Line.Watch(func(bool) {}) // sound comes to who waits for a call, too
		s.later(func() error { unwatch(); return nil })
		s.lacks, s.leaving = a.hosted.note, a.hosted.login.Leaving
	}
	return err
}

// errNoAccount is for the commands that need one.
var errNoAccount = errors.New("no account yet; run `tring login URL`, or `tring` alone for a trial")

// run lets the phone run until close. It outlives ctx, so that a command whose
// ctx ended can still hang up.
func (s *session) run(asked context.Context) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(asked))
	done := make(chan error, 1)
	s.Guard.Go(func() {
		defer close(done)
		done <- s.Run(ctx)
	})
	s.guessEcho(ctx)
	s.told = make(chan struct{})
	s.Guard.Go(func() {
		defer close(s.told)
		s.tellOthers(ctx)
	})
	s.later(func() error {
		s.farewell(asked)
		cancel()
		<-s.told
		select {
		case err := <-done:
			if errors.Is(err, context.Canceled) {
				return nil
			}
			if _, service := errors.AsType[*calls.Error](err); service {
				return nil // a final refusal; whoever waited for the connection has told it
			}
			return err
		case <-time.After(stopTime):
			return errors.New("the phone did not stop in time; the log may say why")
		}
	})
}

func (s *session) later(undo func() error) { s.undo = append(s.undo, undo) }

// close undoes all, the last first.
func (s *session) close() error {
	var errs []error
	for i := len(s.undo) - 1; i >= 0; i-- {
		errs = append(errs, s.undo[i]())
	}
	s.undo = nil
	return errors.Join(errs...)
}

// account is the account in use as a phone needs it; without one its URL is
// empty.
func (a *app) account(s *session, paths config.Paths, settings config.Settings) (Account, error) {
	if a.hosted != nil {
		return a.hosted.signIn(s, paths, settings)
	}
	saved, ok, err := config.LoadAccount(paths)
	if err != nil || !ok {
		return Account{}, err
	}
	signer, err := saved.Key.Signer(a.getenv, a.askPassphrase)
	if err != nil {
		return Account{}, err
	}
	kind, device, err := s.identity(paths)
	if err != nil {
		return Account{}, err
	}
	s.unsent = openUnsent(paths, saved, device, s.log)
	return Account{
		URL: saved.Server, Pin: saved.Pin, User: calls.UserID(saved.User), Kind: kind, Signer: signer, Log: s.log,
		Device: calls.Device{ID: calls.DeviceID(device), Label: settings.Label},
	}, nil
}

// identity is what the session is to the server: a phone with a device id for
// itself, or a tool with that of the phone here.
func (s *session) identity(paths config.Paths) (kind, device string, err error) {
	if s.tool {
		device, err = config.ReadDevice(paths)
		return wire.KindTool, device, err
	}
	d, err := config.TakeDevice(paths)
	if err != nil {
		return "", "", err
	}
	s.later(func() error {
		if s.hosted && s.Phone != nil && errors.Is(s.Snapshot().LinkErr, calls.ErrRemoved) { // the next login has a new phone
			return errors.Join(d.Renew(), d.Release())
		}
		return d.Release()
	})
	return wire.KindPhone, d.ID, nil
}

// openLog opens the log for this run: the file, or at a host the login's own.
func (a *app) openLog(s *session, paths config.Paths, settings config.Settings) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(settings.LogLevel)); err != nil {
		return nil, fmt.Errorf("log level: %w", err)
	}
	out, err := a.logFile(s, paths)
	if err != nil {
		return nil, err
	}
	return slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level})), nil
}

func (a *app) logFile(s *session, paths config.Paths) (io.Writer, error) {
	if a.hosted != nil {
		log := &loginLog{}
		s.logged = log.read
		return log, nil
	}
	s.logged = readLog(paths.Log())
	if info, err := os.Stat(paths.Log()); err == nil && info.Size() > maxLog {
		if err := os.Rename(paths.Log(), paths.Log()+".1"); err != nil {
			return nil, fmt.Errorf("put the old log aside: %w", err)
		}
	}
	f, err := os.OpenFile(paths.Log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w; choose another folder with TRING_HOME", err)
	}
	s.later(f.Close)
	return f, nil
}

// redirect keeps what sound libraries print off the terminal. A login has none of
// this process's, whose stderr is the host's log.
func (a *app) redirect(s *session, paths config.Paths) error {
	if a.hosted != nil {
		return nil
	}
	restore, tty, err := redirectStderr(paths.Log())
	if err != nil {
		return err
	}
	before := a.err
	a.err = tty
	s.later(func() error {
		a.err = before
		restore()
		return nil
	})
	return nil
}

// askPassphrase asks at the terminal without showing what is typed.
func (a *app) askPassphrase(prompt string) ([]byte, error) {
	in, ok := a.in.(*os.File)
	if !ok || !term.IsTerminal(in.Fd()) {
		return nil, config.ErrNobodyToAsk
	}
	fmt.Fprint(a.err, prompt)
	secret, err := term.ReadPassword(in.Fd())
	a.say("")
	return secret, err
}

// beginQuiet signs in for a command that only asks the server something.
func (a *app) beginQuiet(ctx context.Context) (*session, error) {
	s := &session{say: a.say, tool: true}
	if err := a.make(ctx, s, soundSpec{kind: "none"}, false); err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.run(ctx)
	if err := waitConnected(ctx, s.Phone); err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.sayFarewell(ctx, ackTime) // what it asks for shall hold what was told late
	<-s.told
	return s, nil
}
