package server

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"tring/calls"
	"tring/calls/wire"
)

// account answers the requests about people, history and the own account.
func (s *Server) account(ctx context.Context, c *conn, m wire.Message) (wire.Message, error) {
	switch m := m.(type) {
	case wire.History:
		return s.historyPage(ctx, c.user, m.HistoryFilter)
	case wire.Directory:
		return wire.DirectoryPage{DirectoryPage: s.directory(c, m.DirectoryQuery)}, nil
	case wire.Phones:
		return wire.PhonesPage{Phones: s.phones(c)}, nil
	case wire.MarkSeen:
		return s.own(ctx, c, func(a *account) error {
			a.Seen, _ = s.history.later(c.user, m.Until, a.Seen)
			return nil
		})
	case wire.SetPresence:
		return s.own(ctx, c, func(a *account) error { return a.setPresence(m.Presence) })
	case wire.SetSettings:
		return s.own(ctx, c, func(a *account) error { return a.set(m.Settings) })
	case wire.SetFavourite:
		return s.setFavourite(ctx, c, m)
	case wire.SetBlocked:
		return s.setBlocked(ctx, c, m)
	case wire.Whose, wire.EnrolKey:
		return nil, fmt.Errorf("only an ssh host may ask whose a key is: %w", calls.ErrInvalidRequest)
	case wire.RemovePhone:
		return s.own(ctx, c, func(a *account) error {
			p, ok := a.Phones[m.Device]
			if !ok {
				return fmt.Errorf("remove phone: this account has no phone %q: %w", m.Device, calls.ErrInvalidRequest)
			}
			p.Removed = true
			a.Phones[m.Device] = p
			return nil
		})
	}
	return nil, fmt.Errorf("%s is no request: %w", m.Type(), calls.ErrInvalidRequest)
}

// own changes the account of the phone that asks.
func (s *Server) own(ctx context.Context, c *conn, change func(*account) error) (wire.Message, error) {
	if _, err := s.accounts.update(ctx, c.user, false, change); err != nil {
		return nil, err
	}
	return wire.OK{}, nil
}

func (s *Server) seen(u calls.UserID) calls.ID {
	if a := s.accounts.get(u); a != nil {
		return a.Seen
	}
	return ""
}

func (a *account) setPresence(p calls.Presence) error {
	switch p {
	case calls.Online, calls.Away, calls.DND:
		a.Presence = p
		return nil
	case calls.InCall, calls.Offline:
	}
	return fmt.Errorf("presence is online, away or dnd, not %q: %w", p, calls.ErrInvalidRequest)
}

func (a *account) set(n calls.Settings) error {
	switch n.WhenBusy {
	case "", calls.Ask, calls.AnswerBusy:
	default:
		return fmt.Errorf("when_busy is ask or busy, not %q: %w", n.WhenBusy, calls.ErrInvalidRequest)
	}
	if n.Presence != "" {
		if err := a.setPresence(n.Presence); err != nil {
			return err
		}
	}
	a.WhenBusy = cmp.Or(n.WhenBusy, a.WhenBusy)
	a.Name = cmp.Or(display(n.Name), a.Name)
	return nil
}

func (s *Server) setFavourite(ctx context.Context, c *conn, m wire.SetFavourite) (wire.Message, error) {
	if m.Receiver.Kind != calls.ToUser || s.accounts.reachable(calls.UserID(m.Receiver.ID)) == nil {
		return nil, fmt.Errorf("favourite %q: %w", m.Receiver.ID, calls.ErrUnknownReceiver)
	}
	answer, err := s.own(ctx, c, func(a *account) error {
		a.Favourites = with(a.Favourites, m.Receiver, m.On)
		return nil
	})
	s.pushTo(c.user, calls.UserID(m.Receiver.ID))
	return answer, err
}

// setBlocked changes what both sides see of each other: the blocked one sees an
// offline user from now on.
func (s *Server) setBlocked(ctx context.Context, c *conn, m wire.SetBlocked) (wire.Message, error) {
	if m.User == c.user || s.accounts.reachable(m.User) == nil {
		return nil, fmt.Errorf("block %q: %w", m.User, calls.ErrUnknownReceiver)
	}
	since := s.offlineSince(c.user)
	return s.own(ctx, c, func(a *account) error {
		switch _, is := a.Blocked[m.User]; {
		case !m.On:
			delete(a.Blocked, m.User)
		case a.Blocked == nil:
			a.Blocked = map[calls.UserID]time.Time{m.User: since}
		case !is:
			a.Blocked[m.User] = since
		}
		return nil
	})
}

// offlineSince is since when a user who blocks somebody now seems to be gone.
func (s *Server) offlineSince(u calls.UserID) time.Time {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	a := s.accounts.get(u)
	if len(s.hub.conns[u]) > 0 || a == nil {
		return time.Now().UTC()
	}
	return a.lastSeen()
}

// with is the list with or without one value.
func with[T comparable](list []T, v T, on bool) []T {
	list = slices.DeleteFunc(slices.Clone(list), func(o T) bool { return o == v })
	if on {
		list = append(list, v)
	}
	return list
}

func (s *Server) directory(c *conn, q calls.DirectoryQuery) calls.DirectoryPage {
	a := s.accounts.get(c.user)
	if a == nil {
		return calls.DirectoryPage{Contacts: []calls.Contact{}}
	}
	limit := min(cmp.Or(max(q.Limit, 0), 50), maxContacts)
	all := s.accounts.search(a, q.Query)
	if q.Here {
		all = s.here(a, all)
	}
	page := calls.DirectoryPage{Contacts: []calls.Contact{}, Total: len(all)}
	if from := max(q.Page, 0) * limit; from < len(all) && from >= 0 {
		users := all[from:min(from+limit, len(all))]
		s.hub.mu.Lock()
		c.list(users)
		page.Contacts = s.contacts(a, users)
		s.hub.mu.Unlock()
	}
	return page
}

// here are those of the users who are not offline to the viewer.
func (s *Server) here(viewer *account, users []calls.UserID) []calls.UserID {
	s.hub.mu.Lock()
	online := make(map[calls.UserID]bool, len(s.hub.conns))
	for u := range s.hub.conns {
		online[u] = true
	}
	s.hub.mu.Unlock()
	s.others.users(online)
	return slices.DeleteFunc(users, func(u calls.UserID) bool {
		a := s.accounts.reachable(u)
		return !online[u] || a == nil || a.blocks(viewer.User)
	})
}

// phones are the phones of the own account, online ones first, then the last
// seen.
func (s *Server) phones(c *conn) []calls.PhoneInfo {
	list := []calls.PhoneInfo{}
	a := s.accounts.get(c.user)
	if a == nil {
		return list
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for id, p := range a.Phones {
		if p.Removed {
			continue
		}
		info := calls.PhoneInfo{
			Device: calls.Device{ID: id, Label: p.Label}, Kind: p.Kind, LastSeen: p.LastSeen,
			Online: s.hub.online(calls.Viewer{User: c.user, Device: id}), This: id == c.device.ID,
		}
		if info.Online {
			info.LastSeen = time.Time{}
		}
		list = append(list, info)
	}
	slices.SortFunc(list, func(x, y calls.PhoneInfo) int {
		switch {
		case x.Online && !y.Online:
			return -1
		case y.Online && !x.Online:
			return 1
		}
		return cmp.Or(y.LastSeen.Compare(x.LastSeen), cmp.Compare(x.Device.ID, y.Device.ID))
	})
	return list
}
