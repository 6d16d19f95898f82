package server

import (
	"sync"
	"time"

	"tring/calls"
	"tring/calls/wire"
)

// hub is what this gateway knows right now: its connections and all live calls.
// One lock guards both, so that a phone's snapshot and the events after it leave
// no gap. It only computes and queues under the lock.
type hub struct {
	server *Server
	start  time.Time

	mu     sync.Mutex
	conns  map[calls.UserID]map[calls.DeviceID]*conn
	tools  map[calls.UserID]map[*conn]struct{}
	live   map[calls.ID]*entry
	byUser map[calls.UserID]map[calls.ID]*entry
}

// entry is a live call with what its timers need. Times are this gateway's
// monotonic clock, so that a step of the machine's clock moves no deadline.
type entry struct {
	stored
	first     time.Time // when this gateway first saw it
	ringUntil time.Time
	answered  time.Time // when the accept was seen
	grace     time.Time // until then phones may still be coming back from a restart
	signs     map[calls.DeviceID]time.Time
	gone      map[calls.DeviceID]time.Time // since when a device of the call is away
	lost      map[calls.DeviceID]time.Time // since when somebody reports its media lost
	timer     *time.Timer
	held      []relay // signals that came before the state they belong to
}

// relay is a signal on its way to a phone.
type relay struct {
	to  calls.Viewer
	rev uint64
	msg wire.Relayed
}

func newHub(s *Server) *hub {
	return &hub{
		server: s, start: time.Now(),
		conns:  map[calls.UserID]map[calls.DeviceID]*conn{},
		tools:  map[calls.UserID]map[*conn]struct{}{},
		live:   map[calls.ID]*entry{},
		byUser: map[calls.UserID]map[calls.ID]*entry{},
	}
}

// origin is where a state of a call comes from.
type origin int

const (
	atStart origin = iota // read from the store, as a former run left it
	heard                 // from another gateway
	written               // by this one, just now
)

// change takes a state of a call and tells the phones. An older state than the one
// known changes nothing.
func (h *hub) change(st stored, from origin) {
	h.mu.Lock()
	defer h.mu.Unlock()
	id := st.Call.ID
	e := h.live[id]
	var before calls.Call
	switch {
	case e != nil && e.Call.Revision >= st.Call.Revision:
		return
	case e != nil:
		before = e.Call
	case h.server.history.has(id): // it ended: an echo, or what a crash left
		if from == atStart {
			h.server.finisher.add(st.Call, 0)
		}
		return
	default:
		e = h.enter(st, from != atStart)
	}
	e.stored = st
	h.observe(e, before)
	if st.Call.Status.Terminal() { // first, for a phone that hears of the end and looks at once
		h.server.history.add(st.Call)
	}
	h.tell(before, e)
	h.server.metrics.changed(before.Status, st.Call.Status, from != atStart)
	if st.Call.Status.Terminal() {
		for _, p := range st.Call.Parties {
			if st.Call.Missed(p.User) {
				h.tellAccount(p.User)
			}
		}
		h.leave(e)
		h.finish(st.Call, from)
		return
	}
	h.schedule(e)
}

// finish has a call that is over finished, by the gateway that ended it first.
func (h *hub) finish(c calls.Call, from origin) {
	wait := time.Duration(0)
	if from == heard && h.server.store.embedded == nil {
		wait = foreignFinish
	}
	h.server.finisher.add(c, wait)
}

// enter makes the entry of a call that was not known. What a former run of the
// server left is measured by the store's own timestamps.
func (h *hub) enter(st stored, fresh bool) *entry {
	now := time.Now()
	e := &entry{
		first: now, signs: map[calls.DeviceID]time.Time{},
		gone: map[calls.DeviceID]time.Time{}, lost: map[calls.DeviceID]time.Time{},
	}
	ring := st.Call.RingTime.Duration()
	e.ringUntil = now.Add(ring)
	if !fresh {
		e.ringUntil = now.Add(ring - min(max(0, now.Sub(st.Rings)), ring))
	}
	if !fresh && !st.Answered.IsZero() {
		e.answered = now.Add(-max(0, now.Sub(st.Answered)))
		e.grace = h.start.Add(h.server.timers.Reconnect)
	}
	h.live[st.Call.ID] = e
	for _, p := range st.Call.Parties {
		if h.byUser[p.User] == nil {
			h.byUser[p.User] = map[calls.ID]*entry{}
		}
		h.byUser[p.User][st.Call.ID] = e
	}
	return e
}

// leave takes a finished call out.
func (h *hub) leave(e *entry) {
	if e.timer != nil {
		e.timer.Stop()
	}
	id := e.Call.ID
	delete(h.live, id)
	for _, p := range e.Call.Parties {
		delete(h.byUser[p.User], id)
		if len(h.byUser[p.User]) == 0 {
			delete(h.byUser, p.User)
		}
	}
}

// observe notes what the timers need of a change.
func (h *hub) observe(e *entry, before calls.Call) {
	now := time.Now()
	if e.Call.Status == calls.Ongoing && e.answered.IsZero() {
		e.answered = now
	}
	for _, p := range e.Call.Parties {
		if p.Device == "" {
			continue
		}
		v := calls.Viewer{User: p.User, Device: p.Device}
		if _, known := e.gone[p.Device]; !known && !h.online(v) {
			e.gone[p.Device] = later(now, e.grace)
		}
		if was, _ := before.Party(p.User); was.Media != p.Media || was.Device != p.Device {
			e.signs[p.Device] = now
		}
	}
	e.observeLost(now)
}

// observeLost keeps since when each device's media is reported lost by another.
func (e *entry) observeLost(now time.Time) {
	for _, p := range e.Call.Parties {
		lost := false
		for _, o := range e.Call.Parties {
			lost = lost || o.User != p.User && o.State == calls.PartyJoined && o.Media == calls.MediaLost
		}
		_, was := e.lost[p.Device]
		switch {
		case lost && !was:
			e.lost[p.Device] = now
		case !lost && was:
			delete(e.lost, p.Device)
		}
	}
}

// tell queues what the phones connected here hear of a change.
func (h *hub) tell(before calls.Call, e *entry) {
	holders := false
	for _, p := range e.Call.Parties {
		for _, c := range h.conns[p.User] {
			h.tellOne(before, e, c)
		}
		was, _ := before.Party(p.User)
		holders = holders || was.State != p.State || before.Status != e.Call.Status
	}
	for _, r := range e.held {
		h.deliver(r)
	}
	e.held = nil
	if holders {
		for _, p := range e.Call.Parties {
			h.server.presence.touch(p.User)
		}
	}
}

func (h *hub) tellOne(before calls.Call, e *entry, c *conn) {
	v := c.viewer()
	events := calls.Events(before, e.Call, v)
	if len(events) == 0 {
		return
	}
	frame := wire.CallEvent{CallState: h.state(e.stored, c)}
	for _, ev := range events {
		frame.Events = append(frame.Events, ev.Name)
		if frame.Reason == "" {
			frame.Reason = ev.Reason
		}
	}
	joins := e.Call.InSession(v) && (!before.InSession(v) || before.Status != calls.Ongoing)
	if e.Call.Status == calls.Ongoing && joins {
		frame.Grant = h.server.grant(e.Call.ID, c)
	}
	c.send(wire.Frame{Body: frame})
}

// state is a call as this phone may see it, with what is left of its times.
func (h *hub) state(st stored, c *conn) calls.CallState {
	seen, ok := st.Call.SeenBy(c.viewer())
	if !ok { // it rang at this phone until its user blocked the caller
		seen = st.Call.Withdrawn()
	}
	state := calls.CallState{Call: seen}
	now := time.Now()
	switch seen.Status {
	case calls.Initiated:
		left := st.Call.RingTime.Duration()
		if e := h.live[st.Call.ID]; e != nil {
			left = e.ringUntil.Sub(now)
		}
		state.RingLeft = calls.ToMillis(max(left, 0))
	case calls.Ongoing:
		state.TalkedFor = calls.ToMillis(st.Call.Talked(now))
		if e := h.live[st.Call.ID]; e != nil && !e.answered.IsZero() {
			state.TalkedFor = calls.ToMillis(now.Sub(e.answered))
		}
	}
	return state
}

// stateFor is state, for those who do not hold the lock.
func (h *hub) stateFor(st stored, c *conn) calls.CallState {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state(st, c)
}

// relay delivers a signal, but not before the phone has heard of the state of
// the call under which it was sent: an offer must not overtake the accept.
func (h *hub) relay(r relay) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.live[r.msg.Call]
	switch {
	case e == nil:
	case e.Call.Revision < r.rev && len(e.held) < queueSize:
		e.held = append(e.held, r)
	default:
		h.deliver(r)
	}
}

// deliver is the one path of a signal to a phone, wherever that is connected.
func (h *hub) deliver(r relay) {
	if c := h.conns[r.to.User][r.to.Device]; c != nil {
		c.send(wire.Frame{Body: r.msg})
		return
	}
	h.server.others.relay(r)
}

// knows says whether the hub has heard of this state of a call, or a later one.
func (h *hub) knows(id calls.ID, rev uint64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.live[id]
	return e != nil && e.Call.Revision >= rev
}

// recall is the state of a live call as the hub has heard of it.
func (h *hub) recall(id calls.ID) (stored, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e := h.live[id]; e != nil {
		return e.stored, true
	}
	return stored{}, false
}

// liveCalls are all live calls.
func (h *hub) liveCalls() []calls.Call {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]calls.Call, 0, len(h.live))
	for _, e := range h.live {
		list = append(list, e.Call)
	}
	return list
}
