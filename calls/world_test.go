package calls

import (
	"fmt"
	"strings"
	"time"
)

// world is a server and its phones without a network: Call.Apply is the judge,
// and every frame waits in a queue until the test delivers it. So a test decides
// what is late, lost with a connection, or heard twice.
type world struct {
	t      reporter
	now    time.Time
	calls  map[ID]Call
	phones []*testPhone
	log    []string
}

// reporter is what the world needs of a test, rapid's as well as Go's.
type reporter interface {
	Errorf(string, ...any)
	Fatalf(string, ...any)
}

// testPhone is one phone with the frames on their way to it and from it.
type testPhone struct {
	*Phone
	name   string
	me     Actor
	online bool
	inbox  []Input
	outbox []Send
	media  map[ID]bool
	opened map[ID]int
	asked  map[ID]bool // the person accepted or placed this call here
	wins   map[ID]uint64
	heard  []Event
}

func newWorld(t reporter, names ...string) *world {
	w := &world{t: t, now: start, calls: map[ID]Call{}}
	for _, n := range names {
		a := actors[n]
		p := &testPhone{
			Phone: NewPhone(Identity{User: a.User, Device: a.Device}), name: n, me: a,
			media: map[ID]bool{}, opened: map[ID]int{}, asked: map[ID]bool{}, wins: map[ID]uint64{},
		}
		w.phones = append(w.phones, p)
		w.connect(p)
	}
	w.settle()
	w.log = nil
	return w
}

func (w *world) phone(name string) *testPhone {
	for _, p := range w.phones {
		if p.name == name {
			return p
		}
	}
	w.t.Fatalf("no phone %q", name)
	return nil
}

func (w *world) connect(p *testPhone) {
	p.online = true
	snap := Snapshot{Me: Identity{User: p.me.User, Device: p.me.Device}, Renew: 10_000}
	for _, c := range w.calls {
		seen, ok := c.SeenBy(p.me.Viewer())
		if ok && (!c.Status.Terminal() || p.leg(c.ID) != nil) {
			snap.Calls = append(snap.Calls, w.state(seen))
		}
	}
	snap.MissedCount = w.missed(p.me.User)
	p.inbox = append(p.inbox, Connected{snap})
}

func (w *world) disconnect(p *testPhone) {
	p.online, p.inbox, p.outbox = false, nil, nil
	w.step(p, Disconnected{Err: ErrOffline})
}

func (w *world) state(c Call) CallState {
	st := CallState{Call: c}
	if !c.Status.Terminal() {
		st.RingLeft = c.RingTime - ToMillis(w.now.Sub(c.InitiatedAt))
	}
	return st
}

// command is a key press.
func (w *world) command(p *testPhone, id ID, act Act) {
	w.say("%s: %s", p.name, act.Verb())
	switch act.(type) {
	case Initiate, Accept:
		p.asked[id] = true
	}
	w.step(p, Command{Call: id, Act: act})
}

func (w *world) step(p *testPhone, in Input) {
	for _, e := range p.Step(w.now, in) {
		switch e := e.(type) {
		case Send:
			if p.online {
				p.outbox = append(p.outbox, e)
			}
		case OpenMedia:
			p.opened[e.Call]++
			p.media[e.Call] = true
			if !p.asked[e.Call] {
				w.t.Errorf("%s opens media without consent", p.name)
			}
			w.say("%s  opens media, offers %v", p.name, e.Peers[0].Offer)
		case CloseMedia:
			if !p.media[e.Call] {
				w.t.Errorf("%s closes media that is not open", p.name)
			}
			p.media[e.Call] = false
			w.say("%s  closes media", p.name)
		case PlayTone:
			w.say("%s  plays %s", p.name, e.Tone)
		case StopTone:
			w.say("%s  stops the tone", p.name)
		case Refused:
			w.say("%s  is refused: %v", p.name, e.Err)
		case Emit:
			w.hear(p, e.Event)
		}
	}
}

func (w *world) hear(p *testPhone, e Event) {
	p.heard = append(p.heard, e)
	if e.Name == ConnectionChanged || e.Name == AccountChanged {
		return
	}
	if e.Call.Revision > 0 && e.Call.Revision < p.wins[e.Call.ID] {
		w.t.Errorf("%s shows revision %d after %d", p.name, e.Call.Revision, p.wins[e.Call.ID])
	}
	p.wins[e.Call.ID] = max(p.wins[e.Call.ID], e.Call.Revision)
	what := string(e.Name)
	if e.Reason != "" {
		what += " " + string(e.Reason)
	}
	if e.Err != nil {
		what += " " + e.Err.Error()
	}
	w.say("%s  hears %s (%s)", p.name, what, e.Call.Status)
}

func (w *world) say(format string, args ...any) { w.log = append(w.log, fmt.Sprintf(format, args...)) }

// serve lets the server take the first frame of a phone.
func (w *world) serve(p *testPhone) bool {
	if len(p.outbox) == 0 {
		return false
	}
	s := p.outbox[0]
	p.outbox = p.outbox[1:]
	call, err := w.act(s.Call, s.Act, p.me)
	seen, ok := call.SeenBy(p.me.Viewer())
	answer := Answered{Send: s, Err: err}
	if ok {
		answer.State = w.state(seen)
	}
	p.inbox = append(p.inbox, answer)
	return true
}

// act is what the server does with an act: ask the judge, keep, tell.
func (w *world) act(id ID, act Act, by Actor) (Call, error) {
	before := w.calls[id]
	after, err := before.Apply(act, by, w.now)
	if err != nil || after.Equal(before) {
		return before, err
	}
	after.Revision = before.Revision + 1
	w.calls[id] = after
	for _, p := range w.phones {
		if p.online && len(Events(before, after, p.me.Viewer())) > 0 {
			p.inbox = append(p.inbox, Changed{w.state(after)})
		}
		if p.online && after.Missed(p.me.User) {
			p.inbox = append(p.inbox, AccountUpdate{MissedCount: w.missed(p.me.User)})
		}
	}
	return after, nil
}

// missed counts as the server's history does.
func (w *world) missed(u UserID) (n int) {
	for _, c := range w.calls {
		if c.Missed(u) {
			n++
		}
	}
	return n
}

// deliver hands a phone its first frame.
func (w *world) deliver(p *testPhone) bool {
	if len(p.inbox) == 0 {
		return false
	}
	in := p.inbox[0]
	p.inbox = p.inbox[1:]
	w.step(p, in)
	return true
}

// settle runs until no frame is under way.
func (w *world) settle() {
	for busy := true; busy; {
		busy = false
		for _, p := range w.phones {
			for w.serve(p) {
				busy = true
			}
		}
		for _, p := range w.phones {
			for w.deliver(p) {
				busy = true
			}
		}
	}
}

// pass lets time go by: every phone's deadline and the server's ring timer.
func (w *world) pass(d time.Duration) {
	w.now = w.now.Add(d)
	for id, c := range w.calls {
		if c.Status == Initiated && w.now.Sub(c.InitiatedAt) >= c.RingTime.Duration() {
			_, _ = w.act(id, RingTimeout{}, ByServer)
		}
	}
	w.tick()
}

// tick wakes the phones whose deadline has come.
func (w *world) tick() {
	for _, p := range w.phones {
		if due, ok := p.Deadline(); ok && !w.now.Before(due) {
			w.step(p, Tick{})
		}
	}
}

func (w *world) story() string { return strings.Join(w.log, "\n") + "\n" }
