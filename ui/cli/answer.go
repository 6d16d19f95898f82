package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"tring/calls"
)

type answerFlags struct {
	policy       string
	once, asJSON bool
	process      bool
	talk         time.Duration
	audio        string
	record       string
}

func (a *app) answerCommand() *cobra.Command {
	var f answerFlags
	cmd := &cobra.Command{
		Use: "answer", Short: "Wait for calls without a screen", Args: noArguments,
		Long: "Wait for calls without a screen, until Ctrl-C or, with --once, until one call is over.\n" +
			"A call that comes during another waits for its end, unless another phone takes it.\n\n" +
			"With --json the line ConnectionChanged with \"link\":\"connected\" says that calls can come.",
		Example: "  tring answer --once --for 1m\n  tring answer --policy busy --json",
		RunE:    a.does(func(ctx context.Context, _ []string) error { return a.answer(ctx, f) }),
	}
	cmd.Flags().StringVar(&f.policy, "policy", "accept", "what to do with a call: accept, reject, busy or ignore")
	cmd.Flags().BoolVar(&f.once, "once", false, "end after one call")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print every event as one JSON object a line")
	cmd.Flags().DurationVar(&f.talk, "for", 0, "hang up so long after the answer")
	if a.hosted == nil { // who came by ssh has no devices and no files here
		cmd.Flags().StringVar(&f.audio, "audio", "", soundUsage)
		cmd.Flags().BoolVar(&f.process, "process", false, processUsage)
		cmd.Flags().Var((*fileName)(&f.record), "record", recordUsage+"; later calls beside it")
	}
	withoutDefault(cmd, "for")
	return cmd
}

// policies are what --policy may say, and the act that follows.
func policies(policy string) (func(calls.Call) calls.Act, error) {
	switch policy {
	case "accept":
		return func(calls.Call) calls.Act { return calls.Accept{Join: true} }, nil
	case "reject":
		return func(calls.Call) calls.Act { return calls.Reject{Status: calls.Rejected} }, nil
	case "busy":
		return func(calls.Call) calls.Act { return calls.Reject{Status: calls.Busy} }, nil
	case "ignore":
		return func(calls.Call) calls.Act { return nil }, nil
	}
	return nil, wrongUsage("--policy %s is none; write accept, reject, busy or ignore", policy)
}

func (a *app) answer(ctx context.Context, f answerFlags) (err error) {
	policy, err := policies(f.policy)
	if f.talk < 0 {
		err = errors.Join(err, wrongUsage("--for %v is less than nothing", f.talk))
	}
	sound, soundErr := a.soundFlag(f.audio)
	if err = errors.Join(err, soundErr, tryRecording(f.record)); err != nil {
		return err
	}
	sound.process = f.process
	s, err := a.begin(ctx, sound, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	w := newWatch(s.Phone, f.talk, a.printer(f.asJSON, a.language(s.settings.Lang)))
	defer w.close()
	w.recordTo(f.record)
	w.listenTo(s)
	s.run(ctx)
	if err := waitConnected(ctx, s.Phone); err != nil {
		return err
	}
	i := &incoming{watch: w, decide: policy, once: f.once, seen: map[calls.ID]bool{}}
	return i.follow(ctx)
}

// incoming are the calls that an answer command takes.
type incoming struct {
	*watch
	decide func(calls.Call) calls.Act
	once   bool
	seen   map[calls.ID]bool // the calls that ring here or are held, by whether they were answered
	held   calls.ID
}

// follow answers calls until ctx ends, or one is over.
func (i *incoming) follow(ctx context.Context) error {
	asked := ctx.Done()
	for {
		select {
		case e := <-i.events:
			over, err := i.hear(ctx, e)
			if err != nil || over && (i.once || asked == nil) {
				return err
			}
		case <-asked:
			asked = nil
			if i.held == "" {
				return i.nothingCame()
			}
			if err := i.hangUp(i.held, true); err != nil {
				return err
			}
		case <-i.talked():
			if err := i.hangUp(i.held, true); err != nil {
				return err
			}
			i.timer, i.overdue = nil, nil
		case <-i.sample.C:
			i.keepStats()
		case note := <-i.notes:
			i.lacking(note)
		case most := <-i.leaving:
			i.printer.say("%s", i.printer.words.HostLeaves(most))
		case news := <-i.recordings:
			i.tellRecorded(news)
		case <-i.overdue:
			return errors.New("the phone did not end the call in time")
		}
		if i.err != nil {
			return i.err
		}
	}
}

// nothingCame is the end of somebody who stopped waiting.
func (i *incoming) nothingCame() error {
	switch {
	case !i.once:
		return nil
	case len(i.seen) > 0:
		return &exitError{code: exitFailure, err: errors.New("stopped before the call was answered")}
	}
	return &exitError{code: exitFailure, err: errors.New("stopped before a call came")}
}

// hear takes one event; true when a call is over.
func (i *incoming) hear(ctx context.Context, e calls.Event) (bool, error) {
	if e.Name == calls.ConnectionChanged && i.phone.Snapshot().Link == calls.LinkClosed {
		return true, e.Err
	}
	me := i.phone.Snapshot().Me.Viewer()
	over := e.Call.ID != "" && (e.Call.Status.Terminal() || e.Name == calls.IncomingCallCanceled)
	if over && i.held == e.Call.ID {
		i.printStats()
		i.held, i.timer = "", nil
	}
	i.print(e)
	switch {
	case e.Name == calls.IncomingCallReceived:
		i.seen[e.Call.ID] = true
		i.act(ctx, e.Call)
	case over || e.Name == calls.Failure && i.seen[e.Call.ID] && !i.live(e.Call.ID):
		known := i.seen[e.Call.ID]
		delete(i.seen, e.Call.ID)
		i.next(ctx)
		return known && i.held == "", nil
	case e.Call.Status == calls.Ongoing && e.Call.Holds(me) && i.held == "":
		i.held = e.Call.ID
		i.startTalk()
		i.record(e.Call)
	}
	return false, nil
}

// live says whether the phone still knows the call. One that was over before it
// could be answered ends with an error alone.
func (i *incoming) live(id calls.ID) bool {
	return slices.ContainsFunc(i.phone.Snapshot().Calls, func(c calls.CallView) bool { return c.Call.ID == id })
}

// next takes the call that has waited for the end of another.
func (i *incoming) next(ctx context.Context) {
	if waiting := i.phone.Snapshot().Incoming(); i.held == "" && !i.once && ctx.Err() == nil && len(waiting) > 0 {
		i.act(ctx, waiting[0].Call)
	}
}

// act does with a call what the policy says. One that comes while another is held
// rings on: a busy of this phone would silence the person's other ones. The answer
// is awaited aside, for the events go on; what fails is heard as an event.
func (i *incoming) act(ctx context.Context, c calls.Call) {
	act := i.decide(c)
	if _, accepts := act.(calls.Accept); act == nil || accepts && i.held != "" {
		return
	}
	i.phone.Guard.Go(func() {
		err := i.phone.Do(context.WithoutCancel(ctx), calls.Command{Call: c.ID, Act: act})
		if err != nil && calls.Code(err) == calls.ErrInternal.Code {
			i.fail(fmt.Errorf("%s call: %w", act.Verb(), err))
		}
	})
}

// fail brings an error of a goroutine beside into the events.
func (i *incoming) fail(err error) {
	select {
	case i.events <- calls.Event{Name: calls.Failure, Err: err}:
	case <-i.done:
	}
}
