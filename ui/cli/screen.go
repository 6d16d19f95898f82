package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/term"

	"tring/calls"
	"tring/config"
	"tring/ui"
)

// screen is tring without a command: the phone, full screen or as lines.
func (a *app) screen(ctx context.Context, plain bool) (err error) {
	sound, err := a.soundFlag("")
	if err != nil {
		return err
	}
	plain = plain || a.wantsPlain()
	for again := true; again && err == nil; {
		again, err = a.onePhone(ctx, sound, plain)
	}
	return err
}

// onePhone is the phone of the account in use. Again: the person chose another
// account, and wants to go on as that.
func (a *app) onePhone(ctx context.Context, sound soundSpec, plain bool) (again bool, err error) {
	s, err := a.begin(ctx, sound, true)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if plain {
		return false, a.plainPhone(ctx, s)
	}
	if sound.kind != "default" { // else it is done
		if err := a.redirect(s, config.Locate(a.getenv)); err != nil {
			return false, err
		}
	}
	return a.fullScreen(ctx, s)
}

// banner is what somebody without an account is told.
func banner(s *session) []string {
	if s.trial == nil {
		return nil
	}
	return []string{
		"This is a trial: a private server inside this phone.",
		"Call Echo to hear yourself, or Callback to be called.",
		"With a server of your own:  tring login URL",
	}
}

// fullScreen runs the screen. Bubble Tea puts the terminal back in order also
// after a panic; what remains to be said then is where to read more.
func (a *app) fullScreen(ctx context.Context, s *session) (again bool, err error) {
	var program *tea.Program
	paths := config.Locate(a.getenv)
	desk := s.desk(paths, a.getenv)
	defer desk.close()
	c := a.screenConfig(s, desk)
	if a.hosted == nil {
		recorder := newRecorder(s.Phone, func(file string, err error) { program.Send(ui.Recorded{File: homePath(file), Err: err}) })
		defer recorder.close()
		c.Recorder = screenRecorder{recorder, paths.Recordings()}
	}
	model := ui.New(c)
	size, options := a.display()
	if size.Width > 0 { // so that the first picture is whole, and need not wait for a second one
		model.Update(size)
	}
	program = ui.NewProgram(model, s.Guard, append(options, tea.WithContext(ctx), tea.WithInput(a.in), tea.WithOutput(a.out),
		tea.WithoutSignalHandler())...)
	looking, enough := context.WithCancel(ctx)
	defer enough()
	switch {
	case a.hosted != nil:
		s.Guard.Go(func() { a.hosted.follow(looking, c.SoundNote, program.Send) })
	case s.realSound:
		s.Guard.Go(func() {
			lookForDevices(looking, func(note string) { program.Send(ui.SoundNote(note)) })
		})
	}
	// The listener's queue is between the phone and a program that may wait for its
	// terminal: it is bounded, and what it cannot hold becomes one look at the whole.
	s.AddCallListener("screen", func(e calls.Event) { program.Send(e) })
	defer s.RemoveCallListener("screen")
	s.run(ctx)
	defer a.keepTitle()()
	_, err = program.Run()
	switch {
	case errors.Is(err, tea.ErrProgramPanic) && a.hosted != nil:
		return false, errors.New("the screen broke down; log in again")
	case errors.Is(err, tea.ErrProgramPanic):
		return false, fmt.Errorf("the screen broke down; the log says why: %s", paths.Log())
	case ctx.Err() != nil, errors.Is(err, tea.ErrInterrupted):
		return false, nil // asked to end
	}
	return model.Again(), err
}

// screenConfig is what a screen is made of. What the phone does not have at a
// host is left out.
func (a *app) screenConfig(s *session, desk *desk) ui.Config {
	ask := asker{s.Phone}
	c := ui.Config{
		Agent: dialler{s.Phone, desk.ring}, NewCallID: newCallID, Now: a.now, Stats: s.Stats, Version: a.version,
		MarkSeen: ask.MarkSeen, Favourite: ask.SetFavourite,
		Accounts: a.accounts(s), Log: s.logged,
		Banner: banner(s), SoundNote: cmp.Or(s.soundNote, s.bellNote), Language: a.language(s.settings.Lang),
		Theme: ui.Theme(s.settings.Theme), Motion: s.settings.Motion, Bell: s.settings.Bell,
		Keys: s.settings.Keys, Mouse: s.settings.Mouse, Settings: desk,
		Dial: dialTone(s.Engine), Volume: s.Engine.SetVolume, Hosted: a.hosted != nil, Resumable: resumable,
	}
	c.Volumes, c.KeepVolume = a.volumes(s)
	if a.hosted == nil {
		c.Sounder, c.Guide = desk, a.guide(s)
	} else {
		c.SoundNote = a.hosted.note()
	}
	return a.noticed(s.settings, c)
}

// display is the size of the terminal, zero where nobody knows it, and how the
// program is told of a terminal that is not this process's own.
func (a *app) display() (size tea.WindowSizeMsg, options []tea.ProgramOption) {
	if a.hosted != nil {
		return a.hosted.display()
	}
	if _, out, ok := a.terminals(); ok {
		if width, height, err := term.GetSize(out.Fd()); err == nil {
			size = tea.WindowSizeMsg{Width: width, Height: height}
		}
	}
	return size, nil
}

// dialler is a phone whose calls ring as long as the settings say.
type dialler struct {
	*Phone
	ring func() time.Duration
}

// Do implements ui.Agent.
func (d dialler) Do(ctx context.Context, c calls.Command) error {
	if act, ok := c.Act.(calls.Initiate); ok && act.RingTime == 0 {
		act.RingTime = calls.ToMillis(d.ring())
		c.Act = act
	}
	return d.Phone.Do(ctx, c)
}
