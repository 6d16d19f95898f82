package server

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"tring/calls"
	"tring/calls/spelling"
)

// listed is an account in the list by name.
type listed struct {
	user     calls.UserID
	name     string // as a search sees it, or the user's id
	testLine bool
	created  time.Time
}

// order is how a person reads the list: people by name, then the test lines as
// they were made.
func (l listed) order(o listed) int {
	switch {
	case l.testLine && o.testLine:
		return cmp.Or(l.created.Compare(o.created), cmp.Compare(l.user, o.user))
	case l.testLine:
		return 1
	case o.testLine:
		return -1
	}
	return cmp.Or(cmp.Compare(l.name, o.name), cmp.Compare(l.user, o.user))
}

// byName is everybody by name. The list is shared: nobody changes it.
func (s *accounts) byName() []listed {
	s.mu.RLock()
	names := s.names
	s.mu.RUnlock()
	if names != nil {
		return names
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.names == nil {
		s.names = make([]listed, 0, len(s.all))
		for u, a := range s.all {
			if a.Host {
				continue
			}
			name := spelling.Fold(cmp.Or(a.Name, string(u)))
			s.names = append(s.names, listed{user: u, name: name, testLine: a.TestLine, created: a.Created})
		}
		slices.SortFunc(s.names, listed.order)
	}
	return s.names
}

// total is how many contacts anybody has: everybody else.
func (s *accounts) total() int { return max(len(s.byName())-1, 0) }

// listChanged says whether the list by name is another one after this change of
// an account. What the store holds at the start is no change.
func (s *accounts) listChanged(before, a *account) bool {
	if !s.whole.Load() || before != nil && before.Host || a != nil && a.Host {
		return false
	}
	return before == nil || a == nil || before.Name != a.Name || before.TestLine != a.TestLine
}

// common are those whom every snapshot holds: everybody on a small server, the
// first by name on a large one. It is shared, too.
func (s *accounts) common() []listed {
	names := s.byName()
	if len(names) > maxContacts {
		return names[:filledContacts]
	}
	return names
}

// search finds whom the viewer may call, favourites first, then by name.
func (s *accounts) search(viewer *account, query string) []calls.UserID {
	query = spelling.Fold(strings.TrimSpace(query))
	favourites := viewer.favourites()
	var first, rest []calls.UserID
	for _, l := range s.byName() {
		switch {
		case l.user == viewer.User || !strings.Contains(l.name, query) && !strings.Contains(string(l.user), query):
		case slices.Contains(favourites, l.user):
			first = append(first, l.user)
		default:
			rest = append(rest, l.user)
		}
	}
	return append(first, rest...)
}

// shown is whom the viewer's snapshot holds: favourites, on a large server those
// of the last calls, and the common ones.
func (s *accounts) shown(viewer *account, recent []calls.UserID) []calls.UserID {
	names := s.byName()
	favourites := viewer.favourites()
	list := make([]calls.UserID, 0, min(len(names), maxContacts))
	seen := map[calls.UserID]bool{viewer.User: true}
	add := func(u calls.UserID) {
		if !seen[u] && len(list) < maxContacts {
			seen[u] = true
			list = append(list, u)
		}
	}
	if len(favourites) > 0 {
		for _, l := range names {
			if slices.Contains(favourites, l.user) {
				add(l.user)
			}
		}
	}
	if len(names) > maxContacts {
		for _, u := range recent {
			add(u)
		}
	}
	for _, l := range s.common() {
		add(l.user)
	}
	return list
}

// favourites are the users among the account's favourites, in a new list.
func (a *account) favourites() []calls.UserID {
	var users []calls.UserID
	for _, r := range a.Favourites {
		if r.Kind == calls.ToUser {
			users = append(users, calls.UserID(r.ID))
		}
	}
	return users
}
