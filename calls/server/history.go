package server

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"tring/calls"
)

// history is the index of all finished calls, per user, rebuilt from the stream
// at the start: what pages, filters and counts ask for. Of the last calls it keeps
// the whole; the others are read from the stream. Safe for concurrent use; it
// calls nobody.
type history struct {
	mu     sync.RWMutex
	byID   map[calls.ID]*past
	people map[calls.UserID]*person
	all    []*past // oldest first
	kinds  map[pastKind]*sharedKind

	recent map[calls.ID]calls.Call
	ring   []calls.ID // of recent, oldest at next
	next   int
}

// past is a finished call, as small as can be: there may be millions.
type past struct {
	id      calls.ID
	ended   int64 // Unix milliseconds
	kind    *sharedKind
	parties []*person // the initiator first
	missed  uint64    // by party, a bit each
}

// pastKind is what many calls have in common.
type pastKind struct {
	kind     calls.Type
	status   calls.Status
	receiver calls.Receiver
}

// sharedKind is a kind with the number of calls of it.
type sharedKind struct {
	pastKind
	calls int
}

// person is a user with the calls that are in the user's history, oldest first.
type person struct {
	user calls.UserID
	mine []*past
}

// recentCalls is how many finished calls are kept whole.
const recentCalls = 1024

func newHistory() *history {
	return &history{
		byID: map[calls.ID]*past{}, people: map[calls.UserID]*person{}, kinds: map[pastKind]*sharedKind{},
		recent: map[calls.ID]calls.Call{},
	}
}

// add takes a finished call; a second time changes nothing.
func (h *history) add(c calls.Call) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.byID[c.ID] != nil {
		return
	}
	id := calls.ID(strings.Clone(string(c.ID)))
	p := &past{id: id, ended: c.EndedAt.UnixMilli(), kind: h.kind(c), parties: make([]*person, len(c.Parties))}
	for i, party := range c.Parties {
		who := h.person(party.User)
		p.parties[i] = who
		if _, ok := calls.RecordFor(c, party.User); ok {
			who.mine = append(who.mine, p)
		}
		if c.Missed(party.User) && i < 64 {
			p.missed |= 1 << i
		}
	}
	h.byID[id] = p
	h.all = append(h.all, p)
	h.keep(c)
}

// keep keeps a call whole, in the place of the oldest one.
func (h *history) keep(c calls.Call) {
	h.recent[c.ID] = c
	if len(h.ring) < recentCalls {
		h.ring = append(h.ring, c.ID)
		return
	}
	delete(h.recent, h.ring[h.next])
	h.ring[h.next] = c.ID
	h.next = (h.next + 1) % recentCalls
}

// kind is what the call has in common with others, and counts it.
func (h *history) kind(c calls.Call) *sharedKind {
	k := pastKind{c.Type, c.Status, c.Receiver}
	if h.kinds[k] == nil {
		h.kinds[k] = &sharedKind{pastKind: k}
	}
	h.kinds[k].calls++
	return h.kinds[k]
}

func (h *history) person(u calls.UserID) *person {
	if h.people[u] == nil {
		u = calls.UserID(strings.Clone(string(u)))
		h.people[u] = &person{user: u}
	}
	return h.people[u]
}

// expire forgets the calls that ended before a time; the stream drops them by
// itself.
func (h *history) expire(before time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.all) > 0 && h.all[0].ended < before.UnixMilli() {
		p := h.all[0]
		h.all[0] = nil
		h.all = h.all[1:]
		delete(h.byID, p.id)
		delete(h.recent, p.id)
		if p.kind.calls--; p.kind.calls == 0 {
			delete(h.kinds, p.kind.pastKind)
		}
		for _, who := range p.parties {
			if len(who.mine) > 0 && who.mine[0] == p { // mine is in the order of all, without what was hidden
				who.mine[0] = nil
				who.mine = who.mine[1:]
			}
			if len(who.mine) == 0 && h.people[who.user] == who { // else the user came back meanwhile
				delete(h.people, who.user)
			}
		}
	}
}

// forgetOld keeps the index in line with the stream's age limit until ctx ends.
func (h *history) forgetOld(ctx context.Context, keep time.Duration) {
	for keep > 0 && pause(ctx, min(max(keep/100, 100*time.Millisecond), time.Hour)) == nil {
		h.expire(time.Now().Add(-keep))
	}
}

func (h *history) has(id calls.ID) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.byID[id] != nil
}

// whole is one of the last calls.
func (h *history) whole(id calls.ID) (calls.Call, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	c, ok := h.recent[id]
	return c, ok
}

// mine are a user's calls, under the lock.
func (h *history) mine(u calls.UserID) []*past {
	if who := h.people[u]; who != nil {
		return who.mine
	}
	return nil
}

// page is what the filter picks of a user's calls, newest first.
func (h *history) page(u calls.UserID, f calls.HistoryFilter) []calls.ID {
	limit := f.Limit
	if limit <= 0 {
		limit = calls.HistoryLimit
	}
	limit = min(limit, calls.MaxHistoryLimit)
	h.mu.RLock()
	defer h.mu.RUnlock()
	var page []calls.ID
	mine := h.mine(u)
	below := f.Before == ""
	for i := len(mine) - 1; i >= 0 && len(page) < limit; i-- {
		if !below {
			below = mine[i].id == f.Before
			continue
		}
		if f.Match(mine[i].record(u), u) {
			page = append(page, mine[i].id)
		}
	}
	return page
}

// record is as much of the user's record as a filter looks at.
func (p *past) record(u calls.UserID) calls.Record {
	r := calls.Record{
		Call: calls.Call{
			ID: p.id, Type: p.kind.kind, Status: p.kind.status, Receiver: p.kind.receiver, Initiator: p.parties[0].user,
		},
		Direction: calls.Incoming, Missed: p.missedBy(u),
	}
	if u == p.parties[0].user {
		r.Direction = calls.Outgoing
	}
	return r
}

func (p *past) missedBy(u calls.UserID) bool {
	i := slices.IndexFunc(p.parties, func(who *person) bool { return who.user == u })
	return i >= 0 && p.missed&(1<<i) != 0
}

// recentContacts is how many people of the last calls a snapshot holds.
const recentContacts = 30

// lately are the people of the user's last calls, newest first.
func (h *history) lately(u calls.UserID) []calls.UserID {
	h.mu.RLock()
	defer h.mu.RUnlock()
	mine := h.mine(u)
	var people []calls.UserID
	for i := len(mine) - 1; i >= 0 && i >= len(mine)-4*recentContacts && len(people) < recentContacts; i-- {
		for _, who := range mine[i].parties {
			if who.user != u && !slices.Contains(people, who.user) {
				people = append(people, who.user)
			}
		}
	}
	return people
}

// missed counts the missed calls after seen.
func (h *history) missed(u calls.UserID, seen calls.ID) (n int) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	mine := h.mine(u)
	for i := len(mine) - 1; i >= 0 && mine[i].id != seen; i-- {
		if mine[i].missedBy(u) {
			n++
		}
	}
	return n
}

// later says whether the user's call a ended after b, so that looking at old
// calls takes nothing back. An empty a is the newest there is.
func (h *history) later(u calls.UserID, a, b calls.ID) (calls.ID, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	mine := h.mine(u)
	for i := len(mine) - 1; i >= 0; i-- {
		switch mine[i].id {
		case b:
			return b, false
		case a:
			return a, true
		}
		if a == "" {
			return mine[i].id, true
		}
	}
	return b, false
}
