package server

import (
	"cmp"
	"context"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"tring/calls"
	"tring/calls/wire"
)

// presence pushes changes of who can be reached to the phones that show them.
// Touching is cheap and may happen under any lock; the pusher looks a moment
// later, so that a flurry of changes is one frame.
type presence struct {
	server *Server

	mu    sync.Mutex
	dirty map[calls.UserID]touched
	wake  chan struct{}

	last map[calls.UserID]calls.Contact // the pusher's own: what was told last
}

// touched is what may have changed of a user beside the presence.
type touched struct {
	listed  bool // the directory: every phone hears of it
	counted bool // how many it holds
}

// coalesce is how long the pusher waits for more. After a batch it rests for
// restPerFrame for each frame that it queued, so that presence takes no more than
// a few hundredths of the machine however many phones look at each other, and who
// came and went meanwhile is not told at all.
const (
	coalesce     = 30 * time.Millisecond
	restPerFrame = time.Millisecond
	restMost     = 5 * time.Second
	batchUsers   = 64 // fewer than a phone's queue holds
)

func newPresence(s *Server) *presence {
	return &presence{
		server: s, dirty: map[calls.UserID]touched{}, wake: make(chan struct{}, 1),
		last: map[calls.UserID]calls.Contact{},
	}
}

func (p *presence) touch(u calls.UserID) {
	p.mu.Lock()
	if _, is := p.dirty[u]; !is {
		p.dirty[u] = touched{}
	}
	p.mu.Unlock()
	p.wakeUp()
}

// announce is touch for somebody who came into the directory, left it, or has
// another place in it.
func (p *presence) announce(u calls.UserID, counted bool) {
	p.mu.Lock()
	p.dirty[u] = touched{listed: true, counted: counted || p.dirty[u].counted}
	p.mu.Unlock()
	p.wakeUp()
}

func (p *presence) wakeUp() {
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
		sent := p.push(p.batch())
		if pause(ctx, min(time.Duration(sent)*restPerFrame, restMost)) != nil {
			return
		}
	}
}

// batch takes some of the users who were touched.
func (p *presence) batch() map[calls.UserID]touched {
	p.mu.Lock()
	defer p.mu.Unlock()
	users := make(map[calls.UserID]touched, min(len(p.dirty), batchUsers))
	for u, t := range p.dirty {
		if len(users) == batchUsers {
			p.wakeUp()
			break
		}
		users[u] = t
		delete(p.dirty, u)
	}
	return users
}

// news is a contact that changed, with its frames as they are encoded for those
// who see the same.
type news struct {
	account *account      // nil: removed
	contact calls.Contact // as somebody without a relation sees it
	total   int           // of the directory, if that has changed
	common  bool          // every phone shows it
	frames  map[relation][]byte
}

// relation is what the frame of a contact depends on beside the contact itself.
type relation struct{ favourite, blocked bool }

// push tells the phones that show one of these users, each as they may see it. It
// returns how many frames that took.
func (p *presence) push(users map[calls.UserID]touched) (sent int) {
	s := p.server
	changed := p.changed(users)
	if len(changed) == 0 {
		return 0
	}
	for viewer, devices := range s.hub.connected() {
		va := s.accounts.get(viewer)
		if va == nil {
			continue
		}
		for _, c := range devices {
			var frames []outgoing
			for u, n := range changed {
				if viewer != u && !n.hidesFrom(viewer) && (n.common || c.shows(va, u)) {
					if text := p.frame(va, n); text != nil {
						frames = append(frames, outgoing{text: text})
					}
				}
			}
			c.enqueue(frames...)
			sent += len(frames)
		}
	}
	return sent
}

// hidesFrom says whether the viewer is blocked, to whom also the moment of a
// change would tell.
func (n *news) hidesFrom(viewer calls.UserID) bool {
	return n.account != nil && n.account.blocks(viewer)
}

// changed are those of the users who look different from what was told last, or
// are removed.
func (p *presence) changed(users map[calls.UserID]touched) map[calls.UserID]*news {
	s := p.server
	changed := map[calls.UserID]*news{}
	common, total := s.accounts.common(), s.accounts.total()
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for u, t := range users {
		n := &news{account: s.accounts.reachable(u), common: t.listed, frames: map[relation][]byte{}}
		if t.counted {
			n.total = total
		}
		if n.account == nil {
			delete(p.last, u)
			if t.counted {
				n.contact = calls.Contact{Receiver: calls.User(u), Presence: calls.Offline}
				changed[u] = n
			}
			continue
		}
		n.contact = s.contact(nil, n.account)
		plain := n.contact
		plain.Since = time.Time{}
		if !t.listed && reflect.DeepEqual(p.last[u], plain) {
			continue
		}
		p.last[u] = plain
		n.common = n.common || slices.ContainsFunc(common, func(l listed) bool { return l.user == u })
		changed[u] = n
	}
	return changed
}

// frame is the frame of one contact for one viewer, which is encoded once for all
// that see the same; nil if it cannot be.
func (p *presence) frame(viewer *account, n *news) []byte {
	u := calls.UserID(n.contact.Receiver.ID)
	r := relation{slices.Contains(viewer.Favourites, n.contact.Receiver), viewer.blocks(u)}
	text := n.frames[r]
	if text == nil {
		contact := n.contact
		contact.Favourite, contact.Blocked = r.favourite, r.blocked
		var err error
		if text, err = wire.Encode(wire.Frame{Body: wire.Presence{Contact: contact, Removed: n.account == nil, Total: n.total}}); err != nil {
			p.server.log.Error("encode presence", "err", err)
			return nil
		}
		n.frames[r] = text
	}
	return text
}

// shows says whether the phone shows this contact beside the common ones.
func (c *conn) shows(me *account, u calls.UserID) bool {
	if slices.Contains(me.Favourites, calls.User(u)) {
		return true
	}
	list := c.listed.Load()
	return list != nil && slices.Contains(*list, u)
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

// contacts are these users as the viewer may see them, under the hub's lock.
func (s *Server) contacts(viewer *account, users []calls.UserID) []calls.Contact {
	list := make([]calls.Contact, 0, len(users))
	for _, u := range users {
		if a := s.accounts.reachable(u); a != nil {
			list = append(list, s.contact(viewer, a))
		}
	}
	return list
}
