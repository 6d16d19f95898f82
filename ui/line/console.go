package line

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"tring/calls"
	"tring/guard"
	"tring/ui"
)

const (
	actTime   = 10 * time.Second // how long a command of the person may take
	lineWidth = 400              // of what is printed, at most
)

// Phone is what the console needs of a phone: the screen's Agent, and its
// events.
type Phone interface {
	ui.Agent
	AddCallListener(id string, f func(calls.Event))
	RemoveCallListener(id string)
}

// Console is the phone as lines: it prints one line for each event, and takes
// one command a line. Nothing is redrawn and no control character is printed but
// the bell's, so that a screen reader can follow it. What may be nil or empty, the
// phone does not have, and says so.
type Console struct {
	Agent     Phone
	In        io.Reader
	Out       io.Writer
	NewCallID func() calls.ID
	Now       func() time.Time
	Language  ui.Language
	Banner    []string
	// Notes are what the machine's sound lacks, as it becomes known; nil if nobody
	// looks. An empty one lifts the one before.
	Notes <-chan string

	Server   Server
	Accounts ui.Accounts
	Settings ui.Settings
	Sounder  ui.Sounder // the machine's devices; needs Settings
	Recorder ui.Recorder
	Recorded <-chan ui.Recorded              // recordings that nobody ended
	Stats    func() (calls.MediaStats, bool) // of the call; false without one
	Volume   func(db float64)                // of the other side; 0 is as it came
	Guide    ui.Guide                        // with First the console begins with it; Join nil: there is none
	Bell     bool                            // Out is a terminal, whose bell may ring

	// Volumes are how loud each person was made before, by whose voice it is, and
	// KeepVolume remembers one.
	Volumes    map[string]float64
	KeepVolume func(ctx context.Context, who string, db float64) error
	// Desktop shows a notification.
	Desktop func(ctx context.Context, text string) error

	Dial func(key rune) // sends the tone of 0 to 9, * or #
	Log  ui.LogReader
	// Guard runs the console's goroutines, but for that of Run.
	Guard guard.Guard

	answers chan func()                   // of questions, told in Run's goroutine
	asking  bool                          // input waits for the answer to a question
	prompt  func(context.Context, string) // takes the next line in the place of a command
	changes int                           // of settings
	joining bool                          // a server

	fault  string       // of the sound, the last one told
	note   string       // of Notes, the last one
	poor   bool         // it was told that the sound is bad
	sample *time.Ticker // while there is a call
	link   calls.Link   // the last one told

	choices choices
	party   party
	volumes map[string]float64 // in dB, by whose voice it is
}

// Run runs until the person quits, the input ends or ctx does. It hangs up what
// it leaves.
func (c Console) Run(ctx context.Context) error {
	c.sample = time.NewTicker(time.Hour)
	c.sample.Stop()
	c.answers, c.volumes = make(chan func()), map[string]float64{}
	for who, db := range c.Volumes {
		c.volumes[who] = ui.BoundVolume(db)
	}
	defer c.leave(ctx)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events := make(chan calls.Event)
	c.Agent.AddCallListener("console", func(e calls.Event) {
		select {
		case events <- e:
		case <-ctx.Done():
		}
	})
	defer c.Agent.RemoveCallListener("console")
	for _, l := range c.Banner {
		c.tell(l)
	}
	c.tell("Type ? for help.")
	v := c.Agent.Snapshot()
	switch c.link = v.Link; c.link {
	case calls.LinkUp:
		c.begin(ctx)
	case calls.LinkDown, calls.LinkClosed:
		c.print(connection(c.Language, v))
	case calls.Connecting:
	}
	return c.loop(ctx, events, read(ctx, c.Guard, c.In))
}

// begin is what somebody reads once there is a server.
func (c *Console) begin(ctx context.Context) {
	switch missed := c.Agent.Snapshot().MissedCount; {
	case missed == 1:
		c.tell("1 missed call. Type t to list the calls.")
	case missed > 1:
		c.tell("%d missed calls. Type t to list the calls.", missed)
	}
	if c.Guide.First && c.Guide.Join != nil {
		c.welcome(ctx)
		return
	}
	c.list(ctx, "")
}

func (c *Console) loop(ctx context.Context, events <-chan calls.Event, lines <-chan typed) error {
	for {
		in := lines
		if c.asking {
			in = nil
		}
		select {
		case <-ctx.Done():
			return nil
		case e := <-events:
			c.hear(ctx, e)
		case note := <-c.Notes:
			if c.note = note; note != "" {
				c.print(c.Language.Note(note))
			}
		case r := <-c.Recorded:
			c.Tell(r)
		case <-c.sample.C:
			c.listen()
		case tell := <-c.answers:
			tell()
		case l := <-in:
			switch {
			case errors.Is(l.err, io.EOF):
				return nil
			case l.err != nil:
				return fmt.Errorf("read the input: %w", l.err)
			case c.obey(ctx, l.text):
				return nil
			}
		}
	}
}

// tell prints a line in the person's language.
func (c *Console) tell(english string, values ...any) { c.print(c.Language.Say(english, values...)) }

// print prints one line, with nothing in it that a terminal would obey.
func (c *Console) print(text string) { fmt.Fprintln(c.Out, ui.Clean(text, lineWidth)) }

// fail says what did not work.
func (c *Console) fail(err error) { c.print(failed(c.Language, err)) }

// ask asks something that may take a moment; told hears the answer in Run's
// goroutine. The next input waits, so that a number means the list that it
// follows; events do not.
func ask[T any](ctx context.Context, c *Console, question func(context.Context) (T, error), told func(T)) {
	c.asking = true
	c.aside(ctx, func(ctx context.Context) func() {
		answer, err := question(ctx)
		return func() {
			if c.asking = false; err != nil {
				c.fail(err)
				return
			}
			told(answer)
		}
	})
}

// do carries out an act; done, which may be nil, is what follows if it went well.
func (c *Console) do(ctx context.Context, id calls.ID, act calls.Act, done func()) {
	command := calls.Command{Call: id, Act: act, Muted: c.pushes()}
	c.aside(ctx, func(ctx context.Context) func() {
		err := c.Agent.Do(ctx, command)
		return func() {
			switch {
			case err != nil:
				c.fail(err)
			case done != nil:
				done()
			}
		}
	})
}

// aside does what may take a moment in a goroutine that ends with actTime or
// ctx, and then what it returns in Run's.
func (c *Console) aside(ctx context.Context, work func(context.Context) func()) {
	c.within(ctx, actTime, work)
}

// within is aside for what may take so long.
func (c *Console) within(ctx context.Context, long time.Duration, work func(context.Context) func()) {
	answers := c.answers
	c.Guard.Go(func() {
		limited, cancel := context.WithTimeout(ctx, long)
		defer cancel()
		tell := work(limited)
		select {
		case answers <- tell:
		case <-ctx.Done():
		}
	})
}

// obey carries out one line; true when the person quits.
func (c *Console) obey(ctx context.Context, text string) (quits bool) {
	text = strings.TrimSpace(ui.Clean(text, lineWidth))
	if prompt := c.prompt; prompt != nil {
		c.prompt = nil
		prompt(ctx, text)
		return false
	}
	word, rest, _ := strings.Cut(text, " ")
	if text == "" {
		return false
	}
	for _, cmd := range commands() {
		if !cmd.named(c.Language, word) {
			continue
		}
		if cmd.do == nil {
			return true
		}
		cmd.do(c, ctx, strings.TrimSpace(rest))
		return false
	}
	c.dial(ctx, text, calls.Audio)
	return false
}
