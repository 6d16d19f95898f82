package ui

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"tring/audio"
	"tring/calls"
)

// telephone is an Agent for tests: a real calls.Phone, and beside it the server
// as far as calls.Apply is one. Other people act through it too.
type telephone struct {
	mu      sync.Mutex
	now     func() time.Time
	me      calls.Actor
	phone   *calls.Phone
	calls   map[calls.ID]calls.Call
	rev     uint64
	events  []calls.Event
	levels  audio.Levels
	stats   calls.MediaStats
	people  []calls.Contact // what the directory holds
	total   int             // how many that are, where the phone is told
	names   map[calls.UserID]string
	records []calls.Record
	missed  int
	refuse  error                  // what the server says to every act
	hold    bool                   // the server does not answer
	held    []calls.Send           // what it would have answered
	did     []string               // the acts that reached the phone, in order
	asked   []calls.DirectoryQuery // what the directory was asked
	seen    []calls.ID             // what was marked as seen
	onEvent func(calls.Event)      // the listener of a running program
	block   func(context.Context)  // if set, Do waits in it
	slow    bool                   // the phone obeys, and the server never says so
	opened  []calls.OpenMedia      // in order
}

var _ Agent = (*telephone)(nil)

const testCall calls.ID = "01JD0000000000000000000001"

func newTelephone(now func() time.Time) *telephone {
	me := calls.Identity{
		User: "ada", Name: "Ada Lovelace", Server: "phone.example",
		Device: calls.Device{ID: "ada-laptop", Label: "laptop"},
	}
	return &telephone{
		now: now, phone: calls.NewPhone(me), calls: map[calls.ID]calls.Call{},
		me:     calls.Actor{User: me.User, Device: me.Device},
		levels: audio.Silence(),
	}
}

// contact is a person in a list.
func contact(id, name string, p calls.Presence, phones ...string) calls.Contact {
	return calls.Contact{Receiver: calls.User(calls.UserID(id)), Name: name, Presence: p, Phones: phones}
}

// connect signs the phone in, with these contacts.
func (t *telephone) connect(contacts ...calls.Contact) {
	t.step(calls.Connected{Snapshot: calls.Snapshot{
		Me: calls.Identity{
			User: t.me.User, Name: "Ada Lovelace", Server: "phone.example", Device: t.me.Device,
		},
		Contacts: contacts, Total: t.total, MissedCount: t.missed,
	}})
}

func (t *telephone) disconnect(err error, final bool) {
	t.step(calls.Disconnected{Err: err, Final: final})
}

func (t *telephone) step(in calls.Input) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.carry(t.phone.Step(t.now(), in))
}

// carry does what the phone wants done; the error is the one of a refusal.
func (t *telephone) carry(effects []calls.Effect) error {
	var failed error
	for _, e := range effects {
		var err error
		switch e := e.(type) {
		case calls.Send:
			err = t.answer(e)
		case calls.Emit:
			t.events = append(t.events, e.Event)
			if t.onEvent != nil {
				t.onEvent(e.Event)
			}
		case calls.OpenMedia:
			t.opened = append(t.opened, e)
		case calls.Refused:
			err = e.Err
		}
		if err != nil && failed == nil {
			failed = err
		}
	}
	return failed
}

// answer is the server taking one act of this phone.
func (t *telephone) answer(s calls.Send) error {
	if t.hold {
		t.held = append(t.held, s)
		return nil
	}
	state, err := t.judge(s.Call, s.Act, t.me)
	if t.refuse != nil {
		state, err = calls.CallState{}, t.refuse
	}
	if other := t.carry(t.phone.Step(t.now(), calls.Answered{Send: s, State: state, Err: err})); other != nil {
		return other
	}
	return err
}

func (t *telephone) judge(id calls.ID, act calls.Act, by calls.Actor) (calls.CallState, error) {
	if t.refuse != nil {
		return calls.CallState{}, t.refuse
	}
	if a, ok := act.(calls.Initiate); ok {
		a.Names = t.names
		act = a
	}
	if a, ok := act.(calls.Accept); ok && a.Ending != "" {
		if _, err := t.judge(a.Ending, calls.End{}, by); err != nil {
			return calls.CallState{}, err
		}
	}
	after, err := t.calls[id].Apply(act, by, t.now())
	if err != nil {
		return calls.CallState{}, err
	}
	t.rev++
	after.Revision = t.rev
	t.calls[id] = after
	return calls.CallState{Call: after, RingLeft: after.RingTime}, nil
}

// act lets somebody else act on a call, from the device "<user>-<label>".
func (t *telephone) act(id calls.ID, user calls.UserID, label string, act calls.Act) {
	t.mu.Lock()
	defer t.mu.Unlock()
	device := calls.Device{ID: calls.DeviceID(string(user) + "-" + label), Label: label}
	t.change(id, act, calls.Actor{User: user, Device: device})
}

// server lets the server itself act on a call.
func (t *telephone) server(id calls.ID, act calls.Act) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.change(id, act, calls.ByServer)
}

func (t *telephone) change(id calls.ID, act calls.Act, by calls.Actor) {
	state, err := t.judge(id, act, by)
	if err != nil {
		panic(err) // the test asks for what cannot be
	}
	if err := t.carry(t.phone.Step(t.now(), calls.Changed{State: state})); err != nil {
		panic(err)
	}
}

// ring lets somebody call this phone.
func (t *telephone) ring(id calls.ID, from calls.UserID, typ calls.Type) {
	t.act(id, from, "phone", calls.Initiate{
		ID: id, Type: typ, Receiver: calls.User(t.me.User), RingTime: calls.ToMillis(calls.DefaultRingTime),
	})
}

// media says what the media session says.
func (t *telephone) media(id calls.ID, peer calls.DeviceID, state calls.MediaState) {
	_ = t.step(calls.MediaChanged{Call: id, Peer: peer, State: state})
}

// speak sets the levels of the microphone and the speaker, in dBFS.
func (t *telephone) speak(in, out float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.levels = audio.Levels{In: in, Out: out}
}

// heard takes the events out that wait for the screen.
func (t *telephone) heard() []calls.Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	events := t.events
	t.events = nil
	return events
}

func (t *telephone) Do(ctx context.Context, c calls.Command) error {
	if t.block != nil {
		t.block(ctx)
		return ctx.Err()
	}
	t.mu.Lock()
	what := c.Act.Verb()
	switch a := c.Act.(type) {
	case calls.Reject:
		what += " " + string(a.Status)
	case calls.Initiate:
		what += " " + string(a.Type) + " " + a.Receiver.ID
	case calls.SetMuted:
		if !a.Audio {
			what = "unmute"
		}
	}
	switch c.Act.(type) {
	case calls.Initiate, calls.Accept:
		if c.Muted {
			what += " muted"
		}
	}
	t.did = append(t.did, what)
	slow := t.slow
	t.mu.Unlock()
	err := t.step(c)
	if slow {
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

func (t *telephone) Snapshot() calls.View {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.phone.View()
}

func (t *telephone) Levels() audio.Levels {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.levels
}

func (t *telephone) Stats() (calls.MediaStats, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stats, true
}

func (t *telephone) Directory(_ context.Context, q calls.DirectoryQuery) (calls.DirectoryPage, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked = append(t.asked, q)
	var page calls.DirectoryPage
	for _, c := range t.people {
		if strings.Contains(strings.ToLower(c.Name), strings.ToLower(q.Query)) && (!q.Here || c.Presence != calls.Offline) {
			page.Contacts = append(page.Contacts, c)
		}
	}
	page.Total = len(page.Contacts)
	if q.Limit > 0 {
		from := min(q.Page*q.Limit, page.Total)
		page.Contacts = page.Contacts[from:min(from+q.Limit, page.Total)]
	}
	return page, nil
}

func (t *telephone) History(_ context.Context, f calls.HistoryFilter) (calls.HistoryPage, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	page := calls.HistoryPage{MissedCount: t.missed}
	for _, r := range t.records {
		if (f.Before == "" || r.Call.ID < f.Before) && f.Match(r, t.me.User) && len(page.Records) < f.Limit {
			page.Records = append(page.Records, r)
		}
	}
	return page, nil
}

// favourite is the server's part of a favourite: the phone hears of it, where it
// shows this contact.
func (t *telephone) favourite(_ context.Context, who calls.Receiver, on bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.did = append(t.did, fmt.Sprint("favourite ", who.ID, " ", on))
	if t.refuse != nil {
		return t.refuse
	}
	for _, list := range [][]calls.Contact{t.people, t.phone.View().Contacts} {
		for i, c := range list {
			if c.Receiver == who {
				list[i].Favourite = on
				_ = t.carry(t.phone.Step(t.now(), calls.PresenceUpdate{Contact: list[i]}))
				return nil
			}
		}
	}
	return calls.ErrUnknownReceiver
}

func (t *telephone) markSeen(_ context.Context, id calls.ID) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen, t.missed = append(t.seen, id), 0
	return nil
}
