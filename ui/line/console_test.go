package line

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"tring/audio"
	"tring/calls"
	"tring/ui"
)

// fakePhone notes what it is told to do, and shows the view that the test gives.
type fakePhone struct {
	mu       sync.Mutex
	view     calls.View
	listener func(calls.Event)
	did      chan string
	fails    error
	fault    string // of the sound
	people   []calls.Contact
	records  []calls.Record
	missed   int
	filter   calls.HistoryFilter // of the last page that was asked for
}

func (p *fakePhone) Do(_ context.Context, c calls.Command) error {
	p.mu.Lock()
	fails := p.fails
	p.mu.Unlock()
	did := c.Act.Verb() + " " + string(c.Call) + details(c.Act)
	if _, mute := c.Act.(calls.SetMuted); c.Muted && !mute {
		did += " muted"
	}
	p.did <- did
	return fails
}

func details(act calls.Act) string {
	switch act := act.(type) {
	case calls.Initiate:
		return fmt.Sprintf(" %s %s", act.Type, act.Receiver.ID)
	case calls.Accept:
		return fmt.Sprintf(" join=%t ending=%q", act.Join, act.Ending)
	case calls.Reject:
		return " " + string(act.Status)
	case calls.SetMuted:
		return fmt.Sprintf(" %t", act.Audio)
	}
	return ""
}

func (p *fakePhone) Snapshot() calls.View {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.view
}

func (p *fakePhone) Levels() audio.Levels {
	p.mu.Lock()
	defer p.mu.Unlock()
	return audio.Levels{Fault: p.fault}
}

func (p *fakePhone) Directory(_ context.Context, q calls.DirectoryQuery) (calls.DirectoryPage, error) {
	var found []calls.Contact
	for _, c := range p.people {
		if strings.Contains(c.Receiver.ID, q.Query) && (!q.Here || c.Presence != calls.Offline) {
			found = append(found, c)
		}
	}
	from := min(q.Page*q.Limit, len(found))
	return calls.DirectoryPage{Contacts: found[from:min(from+q.Limit, len(found))], Total: len(found)}, nil
}

func (p *fakePhone) History(_ context.Context, f calls.HistoryFilter) (calls.HistoryPage, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.filter = f
	page := calls.HistoryPage{MissedCount: p.missed}
	reached := f.Before == ""
	for _, r := range p.records {
		if reached && f.Match(r, p.view.Me.User) && len(page.Records) < f.Limit {
			page.Records = append(page.Records, r)
		}
		reached = reached || r.Call.ID == f.Before
	}
	return page, nil
}

func (p *fakePhone) AddCallListener(_ string, f func(calls.Event)) { p.listener = f }
func (p *fakePhone) RemoveCallListener(string)                     {}

func (p *fakePhone) tell(e calls.Event, live ...calls.CallView) {
	p.mu.Lock()
	p.view.Calls = live
	p.mu.Unlock()
	p.listener(e)
}

// person is somebody who types lines and reads what is printed.
type person struct {
	t     *testing.T
	phone *fakePhone
	in    io.Writer
	out   chan string // the lines that were printed
	ended chan error
	notes chan string
	leave func() // an interrupt
}

func sit(t *testing.T) *person {
	t.Helper()
	p := sitWith(t, func(*Console, *fakePhone) {})
	p.reads("Welcome.", "Type ? for help.", "1. Bob, online", "2. Eve, offline")
	return p
}

// sitWith is sit with another phone.
func sitWith(t *testing.T, alter func(*Console, *fakePhone)) *person {
	t.Helper()
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	phone := &fakePhone{
		did: make(chan string, 1), view: calls.View{
			Me: calls.Identity{User: "ann", Name: "Ann", Device: calls.Device{ID: "here"}}, Link: calls.LinkUp,
		},
		people: []calls.Contact{
			{Receiver: calls.User("bob"), Name: "Bob", Presence: calls.Online},
			{Receiver: calls.User("eve"), Name: "Eve\x1b[2J", Presence: calls.Offline},
		},
		records: []calls.Record{{Call: call(calls.Unanswered, ""), Direction: calls.Incoming, Missed: true}},
	}
	p := &person{t: t, phone: phone, in: inW, out: make(chan string, 1000), ended: make(chan error, 1), notes: make(chan string)}
	c := Console{
		Agent: phone, In: inR, Out: outW, NewCallID: func() calls.ID { return "new" }, Now: func() time.Time { return noon },
		Banner: []string{"Welcome."}, Notes: p.notes,
	}
	alter(&c, phone)
	ctx, leave := context.WithCancel(context.Background())
	go func() {
		p.ended <- c.Run(ctx)
		outW.Close()
	}()
	go func() {
		for lines := bufio.NewScanner(outR); lines.Scan(); {
			p.out <- lines.Text()
		}
		close(p.out)
	}()
	p.leave = leave
	t.Cleanup(func() { leave(); outR.Close(); inW.Close() })
	return p
}

func (p *person) reads(lines ...string) {
	p.t.Helper()
	for _, want := range lines {
		if got := p.line(want); got != want {
			p.t.Fatalf("got %q, want %q", got, want)
		}
	}
}

// line is the next line, which is wanted to be this one.
func (p *person) line(want string) string {
	p.t.Helper()
	select {
	case got, ok := <-p.out:
		if !ok {
			p.t.Fatalf("nothing more is printed, want %q", want)
		}
		return got
	case <-time.After(time.Minute):
		p.t.Fatalf("nothing is printed, want %q", want)
	}
	return ""
}

func (p *person) types(line string) {
	p.t.Helper()
	if _, err := io.WriteString(p.in, line+"\n"); err != nil {
		p.t.Fatal(err)
	}
}

// enters types a line, and reads what comes of it.
func (p *person) enters(line string, lines ...string) {
	p.t.Helper()
	p.types(line)
	p.reads(lines...)
}

func (p *person) did(want string) {
	p.t.Helper()
	select {
	case got := <-p.phone.did:
		if got != want {
			p.t.Errorf("did %q, want %q", got, want)
		}
	case <-time.After(time.Minute):
		p.t.Fatalf("did nothing, want %q", want)
	}
}

func ringing(id calls.ID, from calls.UserID) calls.CallView {
	return calls.CallView{Stage: calls.StageIncoming, Call: calls.Call{
		ID: id, Type: calls.Audio, Status: calls.Initiated, Initiator: from, Receiver: calls.User("ann"),
		Parties: []calls.Party{{User: from, State: calls.PartyJoined}, {User: "ann", State: calls.PartyRinging}},
	}}
}

func talking(id calls.ID, muted bool) calls.CallView {
	return calls.CallView{Stage: calls.StageTalking, Muted: muted, Call: calls.Call{
		ID: id, Type: calls.Audio, Status: calls.Ongoing, Initiator: "ann", Receiver: calls.User("bob"),
		Parties: []calls.Party{{User: "ann", State: calls.PartyJoined, Device: "here"}, {User: "bob", State: calls.PartyJoined}},
	}}
}

// Numbers and names call.
func TestConsoleCalls(t *testing.T) {
	p := sit(t)
	p.types("1")
	p.did("initiate new audio bob")
	p.types("v carol")
	p.did("initiate new video carol")
	p.types("7")
	p.reads("There is no such number in the list; type l for the list.")
	p.types("what's this")
	p.reads("That is neither a command nor a name; type ? for help.")
	p.types("l e")
	p.reads("1. Eve, offline")
	p.types("t")
	p.reads("1. bob, missed, today at 12:00")
}

// Letters answer, and say so when there is nothing to answer.
func TestConsoleAnswers(t *testing.T) {
	p := sit(t)
	p.types("a")
	p.reads("Nobody is calling.")
	p.types("h")
	p.reads("You are not in a call.")

	in := ringing("one", "bob")
	p.phone.tell(calls.Event{Name: calls.IncomingCallReceived, Call: in.Call}, in)
	p.reads("bob is calling. Type a to accept, r to reject, b for busy.")
	p.types("a")
	p.did(`accept one join=true ending=""`)
	p.types("r")
	p.did("reject one rejected")
	p.types("b")
	p.did("reject one busy")

	held := talking("two", false)
	p.phone.tell(calls.Event{Name: calls.IncomingCallReceived, Call: in.Call}, in, held)
	p.reads("bob is calling. Type a to accept, r to reject, b for busy. Accepting ends the call with bob.")
	p.types("a")
	p.did(`accept one join=true ending="two"`)

	in.Stage = calls.StageAnswering // the server has not heard of the accept yet
	p.phone.mu.Lock()
	p.phone.view.Calls = []calls.CallView{in}
	p.phone.mu.Unlock()
	p.types("h")
	p.did("reject one rejected")
}

func TestConsoleInACall(t *testing.T) {
	p := sit(t)
	held := talking("two", false)
	p.phone.tell(calls.Event{Name: calls.MediaIsConnected, Call: held.Call}, held)
	p.reads("Connected to bob.")
	p.types("m")
	p.reads("Your microphone is muted.")
	p.did("mute two true")
	p.types("h")
	p.did("end two")
	p.phone.mu.Lock()
	p.phone.fails = errors.New("the line is\x1b[31m cut")
	p.phone.mu.Unlock()
	p.types("x")
	p.did("end two")
	p.reads("That did not work: the line is cut.")
	p.phone.mu.Lock()
	p.phone.fails = nil
	p.phone.mu.Unlock()
	p.types("q")
	p.did("end two")
	p.reads("You hung up. You talked for 0 seconds.")
	if err := <-p.ended; err != nil {
		t.Error(err)
	}
}

// Whoever interrupts the phone in a call hangs up, and reads so on a row of its
// own.
func TestConsoleInterrupted(t *testing.T) {
	p := sit(t)
	held := talking("two", false)
	p.phone.tell(calls.Event{Name: calls.MediaIsConnected, Call: held.Call}, held)
	p.reads("Connected to bob.")
	p.leave()
	p.reads("")
	p.did("end two")
	p.reads("You hung up. You talked for 0 seconds.")
	if err := <-p.ended; err != nil {
		t.Error(err)
	}
}

// What the machine lacks is said when it is known, what the sound of a call
// suffers when it comes; neither twice.
func TestConsoleSaysWhatIsWrongWithTheSound(t *testing.T) {
	p := sit(t)
	p.notes <- ""
	p.notes <- ui.NoSound
	p.reads(ui.NoSound)
	p.phone.mu.Lock()
	p.phone.fault = "no speaker: open default speaker: no speaker found: plug one in; speaker lost: EOF"
	p.phone.mu.Unlock()
	held := talking("two", false)
	p.phone.tell(calls.Event{Name: calls.MediaIsConnected, Call: held.Call}, held)
	p.reads("Connected to bob.", ui.NoSpeaker+" Speaker lost: EOF.")
	p.phone.tell(calls.Event{Name: calls.Failure, Err: errors.New("open the sound of the call: no port")}, held)
	p.reads("That did not work: open the sound of the call: no port.")
}

// Each try to connect is an event, and only the first that fails is news.
func TestConsoleSaysOnceThatThereIsNoConnection(t *testing.T) {
	p := sit(t)
	lost := func(link calls.Link) {
		p.phone.mu.Lock()
		p.phone.view.Link = link
		p.phone.mu.Unlock()
		p.phone.tell(calls.Event{Name: calls.ConnectionChanged})
	}
	lost(calls.LinkDown)
	p.reads("No connection to the server; trying again.")
	lost(calls.LinkDown)
	lost(calls.LinkDown)
	lost(calls.LinkUp)
	p.reads("Connected to the server as Ann.")
}
