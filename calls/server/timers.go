package server

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"tring/calls"
)

// due is an act of the server and when it is to happen.
type due struct {
	at  time.Time
	act calls.Act
}

// due is what this call's timers do next; false if nothing.
func (e *entry) due(t Timers, start time.Time) (due, bool) {
	var next due
	add := func(at time.Time, act calls.Act) {
		if next.act == nil || at.Before(next.at) {
			next = due{at, act}
		}
	}
	if e.Call.Status == calls.Initiated {
		add(e.ringUntil, calls.RingTimeout{})
		caller, _ := e.Call.Party(e.Call.Initiator)
		if since, away := e.gone[caller.Device]; away {
			add(since.Add(t.CallerGone), calls.CallerGone{})
		}
		return next, next.act != nil
	}
	if e.Call.ConnectedAt.IsZero() {
		add(later(e.answered.Add(t.Media), e.grace), calls.MediaTimeout{})
	}
	for _, p := range e.Call.Parties {
		if p.State != calls.PartyJoined {
			continue
		}
		add(later(later(e.signs[p.Device], e.first), start).Add(t.Lease), calls.LeaseExpired{Device: p.Device})
		since, away := e.gone[p.Device]
		unheard, lost := e.lost[p.Device]
		if away && lost {
			add(later(since, unheard).Add(t.MediaLost), calls.LeaseExpired{Device: p.Device})
		}
	}
	return next, next.act != nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// schedule sets the call's timer to what is due next. The gateway that holds the
// caller's connection is punctual; any other leaves it a moment's precedence.
func (h *hub) schedule(e *entry) {
	if e.timer != nil {
		e.timer.Stop()
	}
	next, ok := e.due(h.server.timers, h.start)
	if !ok {
		return
	}
	wait := time.Until(next.at)
	if h.server.others.known() && h.conns[e.Call.Initiator] == nil {
		wait += 2*time.Second + rand.N(2*time.Second)
	}
	id := e.Call.ID
	e.timer = time.AfterFunc(max(wait, 0), func() { h.server.aside(func(ctx context.Context) { h.judge(ctx, id) }) })
}

// judge applies what is due, and looks again later if a sign came in meanwhile
// or the store did not answer.
func (h *hub) judge(ctx context.Context, id calls.ID) {
	h.mu.Lock()
	e := h.live[id]
	if e == nil {
		h.mu.Unlock()
		return
	}
	next, ok := e.due(h.server.timers, h.start)
	if !ok || time.Until(next.at) > 0 {
		h.schedule(e)
		h.mu.Unlock()
		return
	}
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, h.server.timers.Store)
	defer cancel()
	_, err := h.server.change(ctx, id, func(c calls.Call) (calls.Call, error) {
		return c.Apply(next.act, calls.ByServer, time.Now())
	})
	if err == nil || errors.Is(err, calls.ErrCallTerminated) || errors.Is(err, errNoCall) {
		return // the change sets the next timer
	}
	if !errors.Is(err, calls.ErrInvalidStatus) { // else somebody was faster, and the watch will tell
		h.server.log.Warn("timer", "call", id, "act", next.act.Verb(), "err", err)
	}
	h.again(id)
}

// again looks at a call a little later.
func (h *hub) again(id calls.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e := h.live[id]; e != nil {
		if e.timer != nil { // a change may have set it meanwhile
			e.timer.Stop()
		}
		e.timer = time.AfterFunc(time.Second, func() { h.server.aside(func(ctx context.Context) { h.judge(ctx, id) }) })
	}
}

// sign notes that devices of a call gave a sign of life. Nobody vouches for
// strangers.
func (h *hub) sign(id calls.ID, devices ...calls.DeviceID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e := h.live[id]; e != nil {
		for _, p := range e.Call.Parties {
			if slices.Contains(devices, p.Device) {
				e.signs[p.Device] = time.Now()
			}
		}
	}
}

// stopTimers ends all timers, for the stop of the server.
func (h *hub) stopTimers() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.live {
		if e.timer != nil {
			e.timer.Stop()
		}
	}
}
