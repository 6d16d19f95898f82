package server

import (
	"cmp"
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"tring/calls"
	"tring/calls/wire"
)

// presence pushes changes of who can be reached. Touching is cheap and may
// happen under any lock; the pusher looks a moment later, so that a flurry of
// changes is one frame.
type presence struct {
	server *Server

	mu    sync.Mutex
	dirty map[calls.UserID]struct{}
	wake  chan struct{}

	last map[calls.UserID]calls.Contact // the pusher's own: what was told last
}

// coalesce is how long the pusher waits for more.
const coalesce = 30 * time.Millisecond

func newPresence(s *Server) *presence {
	return &presence{
		server: s, dirty: map[calls.UserID]struct{}{}, wake: make(chan struct{}, 1),
		last: map[calls.UserID]calls.Contact{},
	}
}

func (p *presence) touch(u calls.UserID) {
	p.mu.Lock()
	p.dirty[u] = struct{}{}
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// run is the pusher; it ends with ctx.
func (p *presence) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		}
		if pause(ctx, coalesce) != nil {
			return
		}
		p.mu.Lock()
		dirty := p.dirty
		p.dirty = map[calls.UserID]struct{}{}
		p.mu.Unlock()
		for u := range dirty {
			p.push(u)
		}
	}
}

// push tells everybody who is connected, each as they may see it.
func (p *presence) push(u calls.UserID) {
	s := p.server
	a := s.accounts.get(u)
	if a == nil {
		delete(p.last, u)
		return
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	plain := s.contact(nil, a)
	plain.Since = time.Time{}
	if reflect.DeepEqual(p.last[u], plain) {
		return
	}
	p.last[u] = plain
	for viewer, devices := range s.hub.conns {
		va := s.accounts.get(viewer)
		if viewer == u || va == nil || a.blocks(viewer) { // also the moment of a change would tell
			continue
		}
		frame := wire.Frame{Body: wire.Presence{Contact: s.contact(va, a)}}
		for _, c := range devices {
			c.send(frame)
		}
	}
}

// pushTo tells one user's phones of one contact: after a block or a favourite.
func (s *Server) pushTo(viewer, about calls.UserID) {
	va, a := s.accounts.get(viewer), s.accounts.get(about)
	if va == nil || a == nil {
		return
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for _, c := range s.hub.conns[viewer] {
		c.send(wire.Frame{Body: wire.Presence{Contact: s.contact(va, a)}})
	}
}

// contact is an account as the viewer may see it, under the hub's lock; a nil
// viewer has no relation to it. Whom a blocks sees exactly an offline user.
func (s *Server) contact(viewer, a *account) calls.Contact {
	c := calls.Contact{
		Receiver: calls.User(a.User), Name: a.Name, TestLine: a.TestLine, Presence: calls.Offline,
	}
	if viewer != nil {
		c.Favourite = slices.Contains(viewer.Favourites, c.Receiver)
		c.Blocked = viewer.blocks(a.User)
		if since, blocked := a.Blocked[viewer.User]; blocked {
			c.Since = since
			return c
		}
	}
	c.Phones = slices.Sorted(maps.Values(s.hub.phones(a.User)))
	if len(c.Phones) == 0 {
		c.Since = a.lastSeen()
		return c
	}
	switch {
	case a.Presence == calls.DND:
		c.Presence = calls.DND
	case s.hub.holds(a.User):
		c.Presence = calls.InCall
	default:
		c.Presence = cmp.Or(a.Presence, calls.Online)
	}
	return c
}

// contacts is whom the viewer may call, favourites first, then by name, under
// the hub's lock. limit 0 is all.
func (s *Server) contacts(viewer *account, query string, limit int) []calls.Contact {
	query = strings.ToLower(strings.TrimSpace(query))
	var found []*account
	for _, a := range s.accounts.list() {
		if a.User != viewer.User && (strings.Contains(string(a.User), query) || strings.Contains(strings.ToLower(a.Name), query)) {
			found = append(found, a)
		}
	}
	slices.SortFunc(found, func(a, b *account) int { return inDirectory(viewer, a, b) })
	if limit > 0 && len(found) > limit {
		found = found[:limit]
	}
	list := make([]calls.Contact, 0, len(found))
	for _, a := range found {
		list = append(list, s.contact(viewer, a))
	}
	return list
}

// inDirectory orders two entries as the viewer reads them: favourites, then
// people by name, then the test lines as they were made.
func inDirectory(viewer, a, b *account) int {
	last := func(yes bool) int {
		if yes {
			return 1
		}
		return 0
	}
	favourite := func(a *account) bool { return slices.Contains(viewer.Favourites, calls.User(a.User)) }
	name := func(a *account) string { return strings.ToLower(cmp.Or(a.Name, string(a.User))) }
	order := cmp.Or(
		cmp.Compare(last(!favourite(a)), last(!favourite(b))),
		cmp.Compare(last(a.TestLine), last(b.TestLine)),
	)
	if a.TestLine && b.TestLine {
		order = cmp.Or(order, a.Created.Compare(b.Created))
	}
	return cmp.Or(order, cmp.Compare(name(a), name(b)), cmp.Compare(a.User, b.User))
}
