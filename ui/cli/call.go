package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/spf13/cobra"

	"tring/calls"
	"tring/config"
	"tring/ui"
	"tring/ui/line"
)

// statsEvery is how often a call without a screen reports on its media, and
// sampleEvery how often it looks, so that the last report is fresh.
const (
	statsEvery  = 5 * time.Second
	sampleEvery = 500 * time.Millisecond
)

// answerPatience is how long a command that ends waits for the phone's own word
// about its call.
const answerPatience = 10 * time.Second

// newCallID makes the id of a call: a ULID, so that ids sort by time.
func newCallID() calls.ID { return calls.ID(ulid.Make().String()) }

type callFlags struct {
	video, asJSON bool
	process       bool
	talk, ring    time.Duration
	audio, record string
}

func (a *app) callCommand() *cobra.Command {
	var f callFlags
	cmd := &cobra.Command{
		Use: "call WHO", Short: "Call somebody without a screen", Args: oneArgument("name"),
		Long: "Call somebody without a screen.\n\n" +
			"Exit codes: 0 answered and ended, 3 rejected, 4 busy, 5 unanswered, 6 cancelled by me,\n" +
			"7 failed, unknown receiver or oneself, 2 wrong usage, 1 anything else.\n" +
			"Ctrl-C cancels while it rings, and hangs up in a call.",
		Example: "  tring call bob\n  tring call echo --for 5s\n  tring call bob --json --audio wav:hello.wav,heard.wav",
		RunE:    a.does(func(ctx context.Context, args []string) error { return a.call(ctx, args[0], f) }),
	}
	cmd.Flags().BoolVar(&f.video, "video", false, "call with video")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print every event as one JSON object a line")
	cmd.Flags().DurationVar(&f.talk, "for", 0, "hang up so long after the answer")
	cmd.Flags().DurationVar(&f.ring, "timeout", 0, "let it ring so long (5s to 3m; without it ring_time of the settings, else 45s)")
	if a.hosted == nil { // who came by ssh has no devices and no files here
		cmd.Flags().StringVar(&f.audio, "audio", "", soundUsage)
		cmd.Flags().BoolVar(&f.process, "process", false, processUsage)
		cmd.Flags().Var((*fileName)(&f.record), "record", recordUsage)
	}
	if a.hosted != nil {
		cmd.Example = "  tring call bob\n  tring call echo --for 5s\n  tring call bob --json"
	}
	withoutDefault(cmd, "for", "timeout")
	return cmd
}

func (f callFlags) check() error {
	if f.ring != 0 && (f.ring < config.MinRingTime || f.ring > config.MaxRingTime) {
		return wrongUsage("--timeout %v is not between %v and %v", f.ring, config.MinRingTime, config.MaxRingTime)
	}
	if f.talk < 0 {
		return wrongUsage("--for %v is less than nothing", f.talk)
	}
	return tryRecording(f.record)
}

func (a *app) call(ctx context.Context, who string, f callFlags) (err error) {
	sound, err := a.soundFlag(f.audio)
	if err = errors.Join(err, f.check()); err != nil {
		return err
	}
	if err := calls.UserID(who).Validate(); err != nil {
		return &exitError{exitFailed, fmt.Errorf("call %q: %w", who, calls.ErrUnknownReceiver)}
	}
	sound.process = f.process
	s, err := a.begin(ctx, sound, a.hosted == nil && isTestLine(calls.UserID(who)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if s.trial != nil {
		a.say("No account yet: this is a trial on a private server of this phone's own.")
	}
	o := &outgoing{watch: newWatch(s.Phone, f.talk, a.printer(f.asJSON, a.language(s.settings.Lang))), id: newCallID()}
	defer o.close()
	o.recordTo(f.record)
	o.listenTo(s)
	s.run(ctx)
	if err := waitConnected(ctx, s.Phone); err != nil {
		if ctx.Err() != nil {
			return &exitError{code: exitCancelled}
		}
		return err
	}
	act := calls.Initiate{Type: calls.Audio, Receiver: calls.User(calls.UserID(who)), RingTime: calls.ToMillis(f.ring)}
	if f.video {
		act.Type = calls.Video
	}
	if act.RingTime == 0 {
		act.RingTime = calls.ToMillis(s.settings.RingTime)
	}
	return o.follow(ctx, act)
}

// outgoing is the one call of a call command.
type outgoing struct {
	*watch
	id       calls.ID
	answered bool
}

// follow places the call and stays with it until it is over.
func (o *outgoing) follow(ctx context.Context, act calls.Initiate) error {
	placed := make(chan error, 1)
	o.phone.Guard.Go(func() { placed <- o.phone.Do(context.WithoutCancel(ctx), calls.Command{Call: o.id, Act: act}) })
	asked := ctx.Done()
	for {
		select {
		case e := <-o.events:
			over, err := o.hear(e)
			if over || err != nil {
				return err
			}
		case err := <-placed:
			if placed = nil; err != nil {
				return o.notPlaced(err)
			}
		case <-asked:
			asked = nil
			if err := o.hangUp(o.id, o.answered); err != nil {
				return err
			}
		case <-o.talked():
			if err := o.hangUp(o.id, true); err != nil {
				return err
			}
		case <-o.sample.C:
			o.keepStats()
		case note := <-o.notes:
			o.lacking(note)
		case most := <-o.leaving:
			o.printer.say("%s", o.printer.words.HostLeaves(most))
		case news := <-o.recordings:
			o.tellRecorded(news)
		case <-o.overdue:
			return &exitError{code: exitFailure, err: errors.New("the phone did not end the call in time")}
		}
		if o.err != nil {
			return o.err
		}
	}
}

// hear takes one event; true when the call is over.
func (o *outgoing) hear(e calls.Event) (bool, error) {
	me := o.phone.Snapshot().Me.Viewer()
	switch {
	case e.Name == calls.ConnectionChanged && o.phone.Snapshot().Link == calls.LinkClosed:
		return true, e.Err
	case e.Name == calls.ConnectionChanged:
		o.print(e)
		return false, nil
	case e.Call.ID != o.id && !e.Call.Holds(me):
		return false, nil // somebody else's call
	}
	o.id = e.Call.ID // another one's where two called each other at once
	if e.Call.Status == calls.Ongoing && !o.answered {
		o.answered = true
		o.startTalk()
		o.record(e.Call)
	}
	if e.Name == calls.Failure {
		if line.OwnFault(e) { // of the others, what the act itself returns says the same
			o.tellSound(ui.Clean(e.Err.Error(), noteWidth))
		}
		return false, nil
	}
	// A call that was refused at once is over already when it is told to be placed;
	// how it ended comes next.
	if e.Call.Status.Terminal() && e.Name != calls.Initiation {
		o.printStats()
		o.print(e)
		return true, exitOf(e.Call)
	}
	o.print(e)
	return false, nil
}

// notPlaced: the phone or the server declined the call. A person reads it as
// the program's error.
func (o *outgoing) notPlaced(err error) error {
	if o.printer.json != nil {
		o.print(calls.Event{Name: calls.Failure, Err: err})
	}
	return refused(err)
}
