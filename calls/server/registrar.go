package server

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"tring/calls"
	"tring/calls/wire"
)

// The registrar is the part of the hub that knows who is online. Its methods are
// called with the hub's lock held unless they say otherwise.

// online says whether a device has a connection, here or at another gateway.
func (h *hub) online(v calls.Viewer) bool {
	return h.conns[v.User][v.Device] != nil || h.server.others.online(v)
}

// phones are the labels of a user's online devices, here and at other gateways.
func (h *hub) phones(u calls.UserID) map[calls.DeviceID]string {
	phones := h.server.others.phones(u)
	for id, c := range h.conns[u] {
		phones[id] = c.device.Label
	}
	return phones
}

// busy says whether any phone of the user holds a call. It takes the lock.
func (h *hub) busy(u calls.UserID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.holds(u)
}

func (h *hub) holds(u calls.UserID) bool {
	for _, e := range h.byUser[u] {
		if p, _ := e.Call.Party(u); p.State == calls.PartyJoined {
			return true
		}
	}
	return false
}

// welcome registers a connection and queues its welcome, in one step with
// respect to every change of a call. It starts the phone's writer.
func (s *Server) welcome(c *conn, hello wire.Hello, seq uint64) error {
	if c.tool() {
		return s.welcomeTool(c, seq)
	}
	over, err := s.endedOf(s.ctx, hello.Known)
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	// Looked at again under the lock: a phone that is removed while it signs in is
	// either seen here, or this connection is seen by whoever removes it.
	if a := s.accounts.get(c.user); a == nil || a.Phones[c.device.ID].Removed || !c.voucher.holds(s.accounts) {
		return fmt.Errorf("sign in: %w", calls.ErrSignIn)
	}
	devices := h.conns[c.user]
	old := devices[c.device.ID]
	online := h.phones(c.user)
	delete(online, c.device.ID) // which this connection replaces
	if len(online) >= maxDevices {
		return fmt.Errorf("sign in: %w", calls.ErrTooManyDevices)
	}
	if devices == nil {
		devices = map[calls.DeviceID]*conn{}
		h.conns[c.user] = devices
	}
	if old != nil {
		s.others.forget(old)
		old.cut(wire.CloseReplaced, calls.ErrReplaced.Text)
	}
	devices[c.device.ID] = c
	c.send(wire.Frame{Re: seq, Body: wire.Welcome{Snapshot: s.snapshot(c, hello.Known, over)}})
	c.start()
	h.returned(c.viewer())
	s.metrics.connections.Inc()
	s.others.announce(c, true)
	return nil
}

// snapshot is all that a phone needs to know when it connects. over are those of
// the calls it knows that were finished a moment ago.
func (s *Server) snapshot(c *conn, known []calls.ID, over map[calls.ID]calls.Call) calls.Snapshot {
	a := s.accounts.get(c.user)
	if a == nil { // removed in this very moment; the connection ends next
		a = &account{User: c.user}
	}
	recent := s.history.lately(c.user)
	c.list(recent)
	return calls.Snapshot{
		Me:          calls.Identity{User: c.user, Name: a.Name, Device: c.device, Server: s.cfg.Name},
		Calls:       s.hub.callsOf(c, known, over),
		Contacts:    s.contacts(a, s.accounts.shown(a, recent)),
		Total:       s.accounts.total(),
		MissedCount: s.history.missed(c.user, a.Seen),
		Settings:    a.settings(),
		Renew:       calls.ToMillis(renewEvery),
		Limits: calls.Limits{
			RingTimeMin: calls.ToMillis(calls.MinRingTime), RingTimeMax: calls.ToMillis(calls.MaxRingTime),
			GroupParties: groupParties, Video: true,
		},
	}
}

// callsOf are the live calls that ring at this phone or that it holds, and the
// state of those that it knows, also of the finished ones. Oldest first.
func (h *hub) callsOf(c *conn, known []calls.ID, over map[calls.ID]calls.Call) []calls.CallState {
	v := c.viewer()
	states := []calls.CallState{}
	if c.tool() {
		return states
	}
	for id, e := range h.byUser[c.user] {
		if _, ok := e.Call.SeenBy(v); !ok {
			continue
		}
		if !slices.Contains(known, id) && !e.Call.Holds(v) && len(calls.Events(calls.Call{}, e.Call, v)) == 0 {
			continue
		}
		st := h.state(e.stored, c)
		if e.Call.InSession(v) {
			st.Grant = h.server.grant(id, c)
		}
		states = append(states, st)
	}
	for _, id := range known {
		call, ok := over[id]
		if !ok { // perhaps just now
			call, ok = h.server.history.whole(id)
		}
		if ok && h.live[id] == nil {
			if _, ok := call.SeenBy(v); ok {
				states = append(states, h.state(stored{Call: call}, c))
			}
		}
	}
	slices.SortFunc(states, func(a, b calls.CallState) int {
		return a.Call.InitiatedAt.Compare(b.Call.InitiatedAt)
	})
	return states
}

// disconnected takes a connection out, unless a newer one of the same device has
// taken its place.
func (s *Server) disconnected(c *conn) {
	if c.tool() {
		s.toolLeft(c)
		return
	}
	h := s.hub
	s.metrics.connections.Dec()
	s.others.forget(c)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.conns[c.user][c.device.ID] != c {
		return
	}
	delete(h.conns[c.user], c.device.ID)
	if len(h.conns[c.user]) == 0 {
		delete(h.conns, c.user)
	}
	s.others.announce(c, false)
	h.left(c.viewer())
	if s.ctx.Err() == nil {
		s.aside(func(ctx context.Context) { s.remember(ctx, c) })
	}
}

// remember keeps a phone's label and when it was seen last. It is a memory for
// people: a failure is worth a line in the log and no more.
func (s *Server) remember(ctx context.Context, c *conn) {
	if c.tool() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.timers.Store)
	defer cancel()
	_, err := s.accounts.update(ctx, c.user, false, func(a *account) error {
		p := a.Phones[c.device.ID]
		if p.Removed {
			return nil
		}
		if a.Phones == nil {
			a.Phones = map[calls.DeviceID]phone{}
		}
		a.Phones[c.device.ID] = phone{Label: c.device.Label, Kind: c.kind, LastSeen: time.Now().UTC()}
		s.forgetGone(a, c.device.ID)
		a.forgetPhones(c.device.ID)
		return nil
	})
	if err != nil && ctx.Err() == nil {
		s.log.Warn("remember phone", "user", c.user, "err", err)
	}
}

// accountChanged ends the connections that an account no longer allows, and
// tells whom a block concerns. It takes the hub's lock.
func (s *Server) accountChanged(u calls.UserID, before, a *account) {
	defer s.blocksChanged(u, before, a)
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	cut := func(c *conn) {
		if a == nil || a.Phones[c.device.ID].Removed {
			c.cut(wire.CloseRemoved, "this phone was removed from its account")
		}
	}
	for _, c := range h.conns[u] {
		cut(c)
	}
	for c := range h.tools[u] {
		cut(c)
	}
	if left := h.leftBehind(u, a); len(left) > 0 {
		s.aside(func(ctx context.Context) { s.endLeftBehind(ctx, left) })
	}
	if before != nil && before.Host {
		h.hostLeaves()
		return // nobody sees it
	}
	if before != nil && a != nil && (before.Seen != a.Seen || before.settings() != a.settings()) {
		h.tellAccount(u)
	}
	if s.accounts.listChanged(before, a) {
		s.presence.announce(u, before == nil || a == nil)
	}
	s.presence.touch(u)
}

// tellAccount tells a user's phones what they share.
func (h *hub) tellAccount(u calls.UserID) {
	a := h.server.accounts.get(u)
	if a == nil || len(h.conns[u]) == 0 {
		return
	}
	frame := wire.Frame{Body: wire.AccountEvent{Settings: a.settings(), MissedCount: h.server.history.missed(u, a.Seen)}}
	for _, c := range h.conns[u] {
		c.send(frame)
	}
}

// blocksChanged shows both sides how they see each other now, and stops what
// rings between them.
func (s *Server) blocksChanged(u calls.UserID, before, a *account) {
	if before == nil || a == nil {
		return
	}
	for _, pair := range [][2]*account{{before, a}, {a, before}} {
		for other := range pair[0].Blocked {
			if !pair[1].blocks(other) {
				s.pushTo(other, u)
				s.pushTo(u, other)
			}
		}
	}
	for _, c := range s.hub.ringing(u) {
		if a.blocks(c.Initiator) && !before.blocks(c.Initiator) {
			s.hide(c.ID)
		}
	}
}

// ringing are the calls that ring at a user's phones. It takes the lock.
func (h *hub) ringing(u calls.UserID) (list []calls.Call) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.byUser[u] {
		if e.Call.Status == calls.Initiated && e.Call.Initiator != u {
			list = append(list, e.Call)
		}
	}
	return list
}

// connected are all connections of this gateway by user, as they are now. It
// takes the lock.
func (h *hub) connected() map[calls.UserID][]*conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make(map[calls.UserID][]*conn, len(h.conns))
	for u, devices := range h.conns {
		all[u] = slices.Collect(maps.Values(devices))
	}
	return all
}

// devices are all connections of this gateway. It takes the lock.
func (h *hub) devices() []onlineDevice {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []onlineDevice
	for _, devices := range h.conns {
		for _, c := range devices {
			list = append(list, onlineDevice{c.viewer(), c.device.Label})
		}
	}
	return list
}

// moved takes what changed at another gateway. A device that signed in there
// has left here. It takes the lock.
func (h *hub) moved(was, now map[calls.Viewer]string, signedIn bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for v := range now {
		if _, same := was[v]; same {
			continue
		}
		if c := h.conns[v.User][v.Device]; c != nil && signedIn {
			c.cut(wire.CloseReplaced, calls.ErrReplaced.Text)
		}
		h.returned(v)
	}
	for v := range was {
		if _, same := now[v]; !same && !h.online(v) {
			h.left(v)
		}
	}
}

// returned and left note for the timers that a device came or went.
func (h *hub) returned(v calls.Viewer) {
	for _, e := range h.byUser[v.User] {
		delete(e.gone, v.Device)
		h.schedule(e)
	}
	h.server.presence.touch(v.User)
}

func (h *hub) left(v calls.Viewer) {
	for _, e := range h.byUser[v.User] {
		e.gone[v.Device] = time.Now()
		h.schedule(e)
	}
	h.server.presence.touch(v.User)
}
