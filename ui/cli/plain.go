package cli

import (
	"context"
	"runtime"
	"strings"

	"tring/calls"
	"tring/calls/wire"
	"tring/config"
	"tring/ui"
	"tring/ui/line"
)

// wantsPlain says whether there is no terminal that could show a screen, or the
// person wants none.
func (a *app) wantsPlain() bool {
	if a.hosted != nil {
		return a.hosted.login.Terminal == nil || asksForPlain(a.getenv, "")
	}
	if _, _, ok := a.terminals(); !ok {
		return true
	}
	return asksForPlain(a.getenv, runtime.GOOS)
}

// asksForPlain says whether the environment wants plain lines: a terminal that
// can do nothing else, or ACCESSIBLE, which screen readers' users set for all
// their programs. Windows names no terminal.
func asksForPlain(getenv func(string) string, system string) bool {
	switch getenv("TERM") {
	case "dumb":
		return true
	case "":
		if system != "windows" {
			return true
		}
	}
	switch strings.ToLower(getenv("ACCESSIBLE")) {
	case "", "0", "false":
		return false
	}
	return true
}

// plainPhone is the phone as lines. It begins when the server answered, or did
// not: a list of people that cannot be there yet helps nobody.
func (a *app) plainPhone(ctx context.Context, s *session) error {
	s.run(ctx)
	_ = waitConnected(ctx, s.Phone) // if not, the console says so
	looking, enough := context.WithCancel(ctx)
	defer enough()
	notes := make(chan string, 1)
	tell := func(note string) {
		select {
		case notes <- note:
		case <-looking.Done():
		}
	}
	paths := config.Locate(a.getenv)
	desk := s.desk(paths, a.getenv)
	c := line.Console{
		Agent: dialler{s.Phone, desk.ring}, In: a.in, Out: a.out, NewCallID: newCallID, Now: a.now,
		Language: a.language(s.settings.Lang), Banner: banner(s), Notes: notes,
		Server: asker{s.Phone}, Accounts: a.accounts(s), Settings: desk,
		Stats: s.Stats, Volume: s.Engine.SetVolume, Dial: dialTone(s.Engine), Log: s.logged, Guard: s.Guard,
	}
	a.attend(s, &c)
	if s.bellNote != "" {
		c.Banner = append(c.Banner, s.bellNote)
	}
	if a.hosted != nil {
		note := a.hosted.note()
		if note != "" {
			tell(note)
		}
		s.Guard.Go(func() { a.hosted.follow(looking, note, a.hosted.teller(c.Language, tell)) })
		return c.Run(ctx)
	}
	recorded := make(chan ui.Recorded, 8)
	recorder := newRecorder(s.Phone, func(file string, err error) { recorded <- ui.Recorded{File: homePath(file), Err: err} })
	c.Recorder, c.Recorded, c.Sounder = screenRecorder{recorder, paths.Recordings()}, recorded, desk
	switch {
	case s.soundNote != "":
		tell("No sound: " + ui.Clean(s.soundNote, noteWidth))
	case s.realSound:
		s.Guard.Go(func() { lookForDevices(looking, tell) })
	}
	err := c.Run(ctx)
	recorder.close() // tells of what it ended
	for {
		select {
		case r := <-recorded:
			c.Tell(r)
		default:
			return err
		}
	}
}

// asker is line.Server for a phone.
type asker struct{ phone *Phone }

var _ line.Server = asker{}

func (a asker) ask(ctx context.Context, m wire.Message) error {
	_, err := a.phone.Request(ctx, m)
	return err
}

// MarkSeen implements line.Server.
func (a asker) MarkSeen(ctx context.Context, until calls.ID) error {
	return a.ask(ctx, wire.MarkSeen{Until: until})
}

// SetAccount implements line.Server.
func (a asker) SetAccount(ctx context.Context, s calls.Settings) error {
	return a.ask(ctx, wire.SetSettings{Settings: s})
}

// SetFavourite implements line.Server.
func (a asker) SetFavourite(ctx context.Context, who calls.Receiver, on bool) error {
	return a.ask(ctx, wire.SetFavourite{Receiver: who, On: on})
}

// SetBlocked implements line.Server.
func (a asker) SetBlocked(ctx context.Context, who calls.UserID, on bool) error {
	return a.ask(ctx, wire.SetBlocked{User: who, On: on})
}
