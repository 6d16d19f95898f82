package server

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tring/calls"
)

// history is the index of all finished calls, per user, rebuilt from the stream
// at the start. Safe for concurrent use; it calls nobody.
type history struct {
	mu     sync.RWMutex
	byID   map[calls.ID]*calls.Call
	byUser map[calls.UserID][]*calls.Call // oldest first
	all    []*calls.Call                  // oldest first
}

func newHistory() *history {
	return &history{byID: map[calls.ID]*calls.Call{}, byUser: map[calls.UserID][]*calls.Call{}}
}

// add takes a finished call; a second time changes nothing.
func (h *history) add(c calls.Call) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.byID[c.ID] != nil {
		return
	}
	h.byID[c.ID] = &c
	h.all = append(h.all, &c)
	for _, p := range c.Parties {
		if _, ok := calls.RecordFor(c, p.User); ok {
			h.byUser[p.User] = append(h.byUser[p.User], &c)
		}
	}
}

// expire forgets the calls that ended before a time; the stream drops them by
// itself.
func (h *history) expire(before time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.all) > 0 && h.all[0].EndedAt.Before(before) {
		c := h.all[0]
		h.all[0] = nil
		h.all = h.all[1:]
		delete(h.byID, c.ID)
		for _, p := range c.Parties {
			mine := slices.DeleteFunc(h.byUser[p.User], func(o *calls.Call) bool { return o == c })
			if len(mine) == 0 {
				delete(h.byUser, p.User)
			} else {
				h.byUser[p.User] = mine
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

func (h *history) call(id calls.ID) (calls.Call, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if c := h.byID[id]; c != nil {
		return *c, true
	}
	return calls.Call{}, false
}

// page is what the filter picks of a user's calls, newest first. seen is the
// last missed call that the user has looked at.
func (h *history) page(u calls.UserID, f calls.HistoryFilter, seen calls.ID) calls.HistoryPage {
	limit := f.Limit
	if limit <= 0 {
		limit = calls.HistoryLimit
	}
	limit = min(limit, calls.MaxHistoryLimit)
	page := calls.HistoryPage{Records: []calls.Record{}, MissedCount: h.missed(u, seen)}
	h.mu.RLock()
	defer h.mu.RUnlock()
	mine := h.byUser[u]
	below := f.Before == ""
	for i := len(mine) - 1; i >= 0 && len(page.Records) < limit; i-- {
		if !below {
			below = mine[i].ID == f.Before
			continue
		}
		if r, ok := calls.RecordFor(*mine[i], u); ok && f.Match(r, u) {
			page.Records = append(page.Records, r)
		}
	}
	return page
}

// recentContacts is how many people of the last calls a snapshot holds.
const recentContacts = 30

// recent are the people of the user's last calls, newest first.
func (h *history) recent(u calls.UserID) []calls.UserID {
	h.mu.RLock()
	defer h.mu.RUnlock()
	mine := h.byUser[u]
	var people []calls.UserID
	for i := len(mine) - 1; i >= 0 && i >= len(mine)-4*recentContacts && len(people) < recentContacts; i-- {
		for _, p := range mine[i].Parties {
			if p.User != u && !slices.Contains(people, p.User) {
				people = append(people, p.User)
			}
		}
	}
	return people
}

// missed counts the missed calls after seen.
func (h *history) missed(u calls.UserID, seen calls.ID) (n int) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	mine := h.byUser[u]
	for i := len(mine) - 1; i >= 0 && mine[i].ID != seen; i-- {
		if mine[i].Missed(u) {
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
	mine := h.byUser[u]
	for i := len(mine) - 1; i >= 0; i-- {
		switch mine[i].ID {
		case b:
			return b, false
		case a:
			return a, true
		}
		if a == "" {
			return mine[i].ID, true
		}
	}
	return b, false
}

// record is the record of one call, from the stream itself.
func (st *store) record(ctx context.Context, id calls.ID) (calls.Call, error) {
	var c calls.Call
	m, err := insist(ctx, func(ctx context.Context) (*jetstream.RawStreamMsg, error) {
		return st.records.GetLastMsgForSubject(ctx, historySubject+string(id))
	})
	if err != nil {
		return c, fmt.Errorf("read history of %s: %w", id, err)
	}
	if err := json.Unmarshal(m.Data, &c); err != nil {
		return c, fmt.Errorf("decode record of %s: %w", id, err)
	}
	return c, nil
}

// follow feeds the index from the stream until stop is called; it returns when
// everything of the start has been read.
func (h *history) follow(ctx context.Context, st *store) (stop func(), err error) {
	info, err := st.history.Info(ctx)
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	consumer, err := st.history.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	caught := make(chan struct{})
	last, done := info.State.LastSeq, info.State.Msgs == 0
	if done {
		close(caught)
	}
	consuming, err := consumer.Consume(func(m jetstream.Msg) {
		var c calls.Call
		known := h.has(calls.ID(strings.TrimPrefix(m.Subject(), historySubject)))
		if !known && json.Unmarshal(m.Data(), &c) == nil && c.ID != "" {
			h.add(c)
		}
		meta, err := m.Metadata()
		if !done && err == nil && meta.Sequence.Stream >= last {
			done = true
			close(caught)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	select {
	case <-caught:
		return func() { consuming.Stop(); <-consuming.Closed() }, nil
	case <-ctx.Done():
		consuming.Stop()
		return nil, fmt.Errorf("read history: %w", context.Cause(ctx))
	}
}
