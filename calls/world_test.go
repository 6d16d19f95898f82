package calls

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// world is a server and its phones without a network: Call.Apply is the judge,
// and every frame waits in a queue until the test delivers it. So a test decides
// what is late, lost with a connection, or heard twice.
type world struct {
	t      reporter
	now    time.Time     // what passes for everybody
	skew   time.Duration // of the server's clock
	calls  map[ID]Call
	began  map[ID]time.Time
	over   map[ID]Call // as they were when last looked at
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
	skew   time.Duration // of this phone's clock
	online bool
	inbox  []Input
	outbox []Send
	media  map[ID]bool
	opened map[ID]int
	asked  map[ID]bool // the person accepted or placed this call here
	closed bool        // each call begins with the microphone closed
	spoke  bool        // media was opened with an open one
	wins   map[ID]uint64
	heard  []Event
}

func newWorld(t reporter, names ...string) *world {
	w := &world{t: t, now: start, calls: map[ID]Call{}, began: map[ID]time.Time{}, over: map[ID]Call{}}
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
	for _, c := range w.all() {
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

// restart switches a phone off, which hangs up, and on again: a new phone that
// knows what the server was not told.
func (w *world) restart(p *testPhone) {
	if held := p.held(""); held != nil {
		w.command(p, held.call.ID, End{})
	}
	w.disconnect(p)
	ends := p.View().Unsent
	for id, open := range p.media {
		if open {
			w.t.Errorf("%s is switched off and left media of %s open", p.name, id)
		}
	}
	p.Phone = NewPhone(Identity{User: p.me.User, Device: p.me.Device})
	p.Recall(ends)
	w.say("%s: switched off and on", p.name)
}

func (w *world) state(c Call) CallState {
	st := CallState{Call: c}
	if !c.Status.Terminal() {
		st.RingLeft = c.RingTime - ToMillis(w.now.Sub(w.began[c.ID]))
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
	w.step(p, Command{Call: id, Act: act, Muted: p.closed})
}

func (w *world) step(p *testPhone, in Input) {
	for _, e := range p.Step(w.now.Add(p.skew), in) {
		switch e := e.(type) {
		case Send:
			if !p.online {
				w.t.Errorf("%s sends %s without a connection", p.name, e.Act.Verb())
				continue
			}
			p.outbox = append(p.outbox, e)
		case OpenMedia:
			p.opened[e.Call]++
			p.media[e.Call] = true
			p.spoke = p.spoke || !e.Muted
			if !p.asked[e.Call] {
				w.t.Errorf("%s opens media without consent", p.name)
			}
			w.say("%s  opens media, offers %v", p.name, e.Peers[0].Offer)
		case SetPeers:
			if !p.media[e.Call] || len(e.Peers) == 0 {
				w.t.Errorf("%s: %+v, and media is open: %v", p.name, e, p.media[e.Call])
			}
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
	if e.Name == IncomingCallReceived && e.RingLeft <= 0 {
		w.t.Errorf("%s rings with %v left", p.name, e.RingLeft)
	}
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
	call, err := w.take(p, s)
	seen, ok := call.SeenBy(p.me.Viewer())
	answer := Answered{Send: s, Err: err}
	if ok {
		answer.State = w.state(seen)
	}
	p.inbox = append(p.inbox, answer)
	return true
}

// take is what the server decides beside the judge, by its claims: a phone holds
// one call, a pair has one pending ring, and of two who call each other at once
// the second one answers the first one's call (glare).
func (w *world) take(p *testPhone, s Send) (Call, error) {
	held, v := Call{}, p.me.Viewer()
	for _, c := range w.all() {
		if c.ID != s.Call && c.Holds(v) {
			held = c
		}
	}
	switch a := s.Act.(type) {
	case Accept:
		if _, err := w.calls[s.Call].Apply(a, p.me, w.now); err != nil || held.ID == "" {
			break
		}
		if a.Ending != held.ID {
			return w.calls[s.Call], ErrBusySelf
		}
		c, err := w.act(s.Call, a, p.me)
		_, _ = w.act(held.ID, giveUp(held), p.me)
		return c, err
	case Initiate:
		if _, known := w.calls[s.Call]; !known {
			return w.place(p, a, held)
		}
	}
	return w.act(s.Call, s.Act, p.me)
}

func (w *world) place(p *testPhone, a Initiate, held Call) (Call, error) {
	if held.Status == Ongoing && held.Initiator == UserID(a.Receiver.ID) {
		return held, nil // the same request again, after glare
	}
	if held.ID != "" {
		return Call{}, ErrBusySelf
	}
	for _, c := range w.all() {
		switch {
		case c.Status != Initiated:
		case c.Initiator == p.me.User:
			return Call{}, ErrBusySelf
		case c.Initiator == UserID(a.Receiver.ID):
			p.asked[c.ID] = true
			return w.act(c.ID, Accept{Join: true, Type: a.Type}, p.me)
		}
	}
	w.began[a.ID] = w.now
	return w.act(a.ID, a, p.me)
}

// act is what the server does with an act: ask the judge, keep, tell.
func (w *world) act(id ID, act Act, by Actor) (Call, error) {
	before := w.calls[id]
	after, err := before.Apply(act, by, w.now.Add(w.skew))
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

// all are the server's calls, in the order of their ids.
func (w *world) all() []Call {
	all := slices.Collect(maps.Values(w.calls))
	slices.SortFunc(all, func(a, b Call) int { return cmp.Compare(a.ID, b.ID) })
	return all
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
	if again, ok := in.(Changed); ok { // a frame heard twice says nothing new
		before := len(p.heard)
		if effects := p.Step(w.now.Add(p.skew), again); len(effects) > 0 || len(p.heard) != before {
			w.t.Errorf("%s does %v on hearing the same again", p.name, effects)
		}
	}
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
	for _, c := range w.all() {
		if c.Status == Initiated && w.now.Sub(w.began[c.ID]) >= c.RingTime.Duration() {
			_, _ = w.act(c.ID, RingTimeout{}, ByServer)
		}
	}
	w.tick()
}

// tick wakes the phones whose deadline has come.
func (w *world) tick() {
	for _, p := range w.phones {
		if due, ok := p.Deadline(); ok && !w.now.Add(p.skew).Before(due) {
			w.step(p, Tick{})
		}
	}
}

func (w *world) story() string { return strings.Join(w.log, "\n") + "\n" }
