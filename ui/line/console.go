package line

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"tring/calls"
	"tring/ui"
)

// actTime is how long a command of the person may take.
const actTime = 10 * time.Second

// Phone is what the console needs of a phone: the screen's Agent, and its
// events.
type Phone interface {
	ui.Agent
	AddCallListener(id string, f func(calls.Event))
	RemoveCallListener(id string)
}

// Console is the phone as lines: it prints one line for each event, and takes
// one command a line. Nothing is redrawn, so a screen reader can follow it.
type Console struct {
	Agent     Phone
	In        io.Reader
	Out       io.Writer
	NewCallID func() calls.ID
	Now       func() time.Time
	Banner    []string
	// Notes are what the machine's sound lacks, as it becomes known; nil if nobody
	// looks. An empty one lifts the one before.
	Notes <-chan string

	fault  string          // of the sound, the last one told
	note   string          // of Notes, the last one
	sample *time.Ticker    // while there is a call
	link   calls.Link      // the last one told
	listed []calls.Contact // the last list, by number
}

// Run runs until the person quits, the input ends or ctx does. It hangs up what
// it leaves.
func (c Console) Run(ctx context.Context) error {
	c.sample = time.NewTicker(time.Hour)
	c.sample.Stop()
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
		c.print(l)
	}
	c.print("Type ? for help.")
	if c.link = c.Agent.Snapshot().Link; c.link == calls.LinkUp {
		c.list(ctx, "")
	}
	return c.loop(ctx, events, read(ctx, c.In))
}

// typed is one line, or why there are no more.
type typed struct {
	text string
	err  error
}

// read reads lines in a goroutine that ends with the input. (A read from a
// terminal cannot be called off; ctx only stops it from handing lines over.)
func read(ctx context.Context, in io.Reader) <-chan typed {
	lines := make(chan typed)
	go func() {
		scanner := bufio.NewScanner(in)
		for scanner.Scan() {
			select {
			case lines <- typed{text: scanner.Text()}:
			case <-ctx.Done():
				return
			}
		}
		err := scanner.Err()
		if err == nil {
			err = io.EOF
		}
		select {
		case lines <- typed{err: err}:
		case <-ctx.Done():
		}
	}()
	return lines
}

func (c *Console) loop(ctx context.Context, events <-chan calls.Event, lines <-chan typed) error {
	results := make(chan error)
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-events:
			c.hear(ctx, e)
		case note := <-c.Notes:
			if c.note = note; note != "" {
				c.print(note)
			}
		case <-c.sample.C:
			c.listen()
		case err := <-results:
			if err != nil {
				c.print("That did not work: " + ui.Clean(err.Error(), 200) + ".")
			}
		case l := <-lines:
			switch {
			case errors.Is(l.err, io.EOF):
				return nil
			case l.err != nil:
				return fmt.Errorf("read the input: %w", l.err)
			case c.obey(ctx, strings.TrimSpace(l.text), results):
				return nil
			}
		}
	}
}

func (c *Console) print(text string) { fmt.Fprintln(c.Out, text) }

// hear prints an event, and what the person can do about it.
func (c *Console) hear(ctx context.Context, e calls.Event) {
	v := c.Agent.Snapshot()
	c.attend(v)
	switch {
	case e.Name == calls.Failure && !OwnFault(e):
		return // the command that failed says so
	case e.Name == calls.ConnectionChanged && v.Link == c.link:
		return // another try
	case e.Name == calls.ConnectionChanged:
		c.link = v.Link
	}
	words := Words(e, v)
	if e.Name == calls.IncomingCallReceived {
		words += " Type a to accept, r to reject, b for busy."
		if held, ok := v.Held(); ok {
			words += " Accepting ends the call with " + Name(v, held.Call.Peer(v.Me.User)) + "."
		}
	}
	if words != "" {
		c.print(words)
	}
	if e.Name == calls.ConnectionChanged && v.Link == calls.LinkUp && c.listed == nil {
		c.list(ctx, "")
	}
}

const consoleHelp = `A number or a name calls; v and a number or name calls with video.
l lists people (l WORD searches), t lists recent calls.
a accepts, r rejects, b says busy.
x stops calling, h hangs up, m mutes and unmutes.
q quits.`

// obey carries out one line; true when the person quits. What takes time comes
// back over results.
func (c *Console) obey(ctx context.Context, text string, results chan<- error) bool {
	word, rest, _ := strings.Cut(text, " ")
	v := c.Agent.Snapshot()
	held, holds := v.Held()
	incoming := v.Incoming()
	switch word {
	case "":
	case "?", "help":
		c.print(consoleHelp)
	case "q", "quit":
		return true
	case "l":
		c.list(ctx, strings.TrimSpace(rest))
	case "t":
		c.recent(ctx, v)
	case "a", "r", "b":
		if len(incoming) == 0 {
			c.print("Nobody is calling.")
			break
		}
		c.do(ctx, results, incoming[0].Call.ID, answers(word, held.Call.ID))
	case "x", "h", "m":
		if answering, ok := v.Answering(); ok && !holds && word != "m" {
			c.do(ctx, results, answering.Call.ID, calls.Reject{Status: calls.Rejected})
			break
		}
		if !holds {
			c.print("You are not in a call.")
			break
		}
		c.do(ctx, results, held.Call.ID, c.ownAct(word, held))
	case "v":
		c.dial(ctx, results, strings.TrimSpace(rest), calls.Video)
	default:
		c.dial(ctx, results, text, calls.Audio)
	}
	return false
}

// answers is what a letter does to an incoming call; accepting ends the call
// that is held, if there is one.
func answers(word string, held calls.ID) calls.Act {
	switch word {
	case "a":
		return calls.Accept{Join: true, Ending: held}
	case "b":
		return calls.Reject{Status: calls.Busy}
	}
	return calls.Reject{Status: calls.Rejected}
}

func (c *Console) ownAct(word string, held calls.CallView) calls.Act {
	switch {
	case word == "m" && held.Muted:
		c.print("Your microphone is on.")
		return calls.SetMuted{}
	case word == "m":
		c.print("Your microphone is muted.")
		return calls.SetMuted{Audio: true}
	case held.Call.Status == calls.Initiated:
		return calls.Reject{Status: calls.Cancelled}
	}
	return calls.End{}
}

func (c *Console) do(ctx context.Context, results chan<- error, id calls.ID, act calls.Act) {
	go func() {
		within, cancel := context.WithTimeout(ctx, actTime)
		defer cancel()
		err := c.Agent.Do(within, calls.Command{Call: id, Act: act})
		select {
		case results <- err:
		case <-ctx.Done():
		}
	}()
}

// dial calls somebody by the number in the last list, or by name.
func (c *Console) dial(ctx context.Context, results chan<- error, who string, kind calls.Type) {
	id := who
	if n, err := strconv.Atoi(who); err == nil {
		if n < 1 || n > len(c.listed) {
			c.print("There is no such number in the list; type l for the list.")
			return
		}
		id = c.listed[n-1].Receiver.ID
	}
	if err := calls.UserID(id).Validate(); err != nil {
		c.print("That is neither a command nor a name; type ? for help.")
		return
	}
	c.do(ctx, results, c.NewCallID(), calls.Initiate{Type: kind, Receiver: calls.User(calls.UserID(id))})
}

// list prints the people with their numbers.
func (c *Console) list(ctx context.Context, query string) {
	ctx, cancel := context.WithTimeout(ctx, actTime)
	defer cancel()
	page, err := c.Agent.Directory(ctx, calls.DirectoryQuery{Query: query})
	if err != nil {
		c.print("The people cannot be listed: " + ui.Clean(err.Error(), 200) + ".")
		return
	}
	if len(page.Contacts) == 0 {
		c.print("Nobody is there.")
	}
	c.listed = page.Contacts
	for i, p := range page.Contacts {
		c.print(fmt.Sprintf("%d. %s, %s", i+1, cmp.Or(ui.Clean(p.Name, nameWidth), p.Receiver.ID), p.Presence))
	}
	if more := page.Total - len(page.Contacts); more > 0 {
		c.print(fmt.Sprintf("%d more; type l and a part of the name.", more))
	}
}

// recent prints the newest calls.
func (c *Console) recent(ctx context.Context, v calls.View) {
	ctx, cancel := context.WithTimeout(ctx, actTime)
	defer cancel()
	page, err := c.Agent.History(ctx, calls.HistoryFilter{Limit: 10})
	if err != nil {
		c.print("The calls cannot be listed: " + ui.Clean(err.Error(), 200) + ".")
		return
	}
	if len(page.Records) == 0 {
		c.print("No calls yet.")
	}
	for _, r := range page.Records {
		way := "to"
		switch {
		case r.Missed:
			way = "missed, from"
		case r.Direction == calls.Incoming:
			way = "from"
		}
		c.print(fmt.Sprintf("%s %s %s, %s", r.Call.InitiatedAt.In(c.Now().Location()).Format("2 Jan 15:04"), way,
			Name(v, r.Call.Peer(v.Me.User)), r.Call.Status))
	}
}
