package server

import (
	"context"
	"sync"
	"time"

	"tring/calls"
)

// reports are acts that change what is shown and decide nothing, such as that a
// phone's media is connected: they wait a moment for others of the same call and
// are written together, or with the next act that does decide. Nobody is told of
// one before it is written; one that a crash takes is sent again by its phone when
// it comes back. Safe for concurrent use.
type reports struct {
	server *Server

	mu      sync.Mutex
	waiting map[calls.ID][]report
	armed   map[calls.ID]bool // whether a timer will write them
}

type report struct {
	act calls.Act
	by  calls.Actor
	at  time.Time
}

// reportWait is how long a report waits for others: the two ends of a call connect
// within a few milliseconds of each other. reportAgain is how long it waits after a
// write that failed.
const (
	reportWait  = 50 * time.Millisecond
	reportAgain = time.Second
)

func newReports(s *Server) *reports {
	return &reports{server: s, waiting: map[calls.ID][]report{}, armed: map[calls.ID]bool{}}
}

// take judges a report and keeps it until it is written.
func (r *reports) take(st stored, act calls.Act, by calls.Actor) error {
	id, now := st.Call.ID, time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	before := applied(st.Call, r.waiting[id])
	after, err := before.Apply(act, by, now)
	if err != nil || after.Equal(before) {
		return err
	}
	r.waiting[id] = append(r.waiting[id], report{act, by, now})
	r.arm(id, reportWait)
	return nil
}

// arm has a call's reports written after a wait, under the lock, unless a timer runs
// for it.
func (r *reports) arm(id calls.ID, wait time.Duration) {
	if !r.armed[id] {
		r.armed[id] = true
		time.AfterFunc(wait, func() { r.server.aside(func(ctx context.Context) { r.write(ctx, id) }) })
	}
}

// out takes the reports of a call out, for who writes it next.
func (r *reports) out(id calls.ID) []report {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.waiting[id]
	delete(r.waiting, id)
	return list
}

// back keeps reports for which there was no write after all.
func (r *reports) back(id calls.ID, list []report) {
	if _, live := r.server.hub.recall(id); live && len(list) > 0 {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.waiting[id] = append(list, r.waiting[id]...) // these are the older ones
		r.arm(id, reportAgain)
	}
}

// write writes what waits. A failure keeps it for the next try.
func (r *reports) write(ctx context.Context, id calls.ID) {
	r.mu.Lock()
	delete(r.armed, id)
	none := len(r.waiting[id]) == 0
	r.mu.Unlock()
	if none {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, r.server.store.budget)
	defer cancel()
	st, sure, err := r.server.recall(ctx, id)
	if err == nil && !sure {
		st, err = r.server.find(ctx, id)
	}
	if err == nil {
		_, err = r.server.changeWith(ctx, st, func(c calls.Call) (calls.Call, error) { return c, nil })
	} else {
		r.back(id, r.out(id)) // those of a call that is gone are dropped
	}
	if err != nil && ctx.Err() == nil {
		r.server.log.Warn("write reports", "call", id, "err", err)
	}
}

// applied is a call with reports; those that came too late change nothing.
func applied(c calls.Call, list []report) calls.Call {
	for _, r := range list {
		if next, err := c.Apply(r.act, r.by, r.at); err == nil {
			c = next
		}
	}
	return c
}
