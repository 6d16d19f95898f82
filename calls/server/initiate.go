package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tring/calls"
)

// initiate places a call: the phone is claimed, then the pair, then the call is
// written. The callee's own settings answer in the same write, so that nothing
// rings that shall not.
func (s *Server) initiate(ctx context.Context, c *conn, a calls.Initiate) (stored, error) {
	by, v := c.actor(), c.viewer()
	if !s.isNew(a.ID) {
		known, _, err := s.recall(ctx, a.ID)
		if err == nil {
			return s.again(known, a, by)
		}
		if !errors.Is(err, errNoCall) {
			return stored{}, err
		}
	}
	if s.store.down.Load() {
		return stored{}, fmt.Errorf("place call: %w", errStoreDown)
	}
	a.DefaultRing = calls.ToMillis(s.timers.Ring)
	if a.Receiver.Kind == calls.ToGroup {
		return stored{}, fmt.Errorf("call group %s: %w", a.Receiver.ID, calls.ErrNotSupported)
	}
	if _, err := (calls.Call{}).Apply(a, by, time.Now()); err != nil {
		return stored{}, err
	}
	callee := s.accounts.reachable(calls.UserID(a.Receiver.ID))
	if !s.floods.allow(c.user, a.Receiver.ID) {
		return stored{}, fmt.Errorf("call %s: %w", a.Receiver.ID, calls.ErrRateLimited)
	}
	if callee == nil {
		return stored{}, fmt.Errorf("call %s: %w", a.Receiver.ID, calls.ErrUnknownReceiver)
	}
	own, err := s.takeDevice(ctx, v, a.ID, "")
	if err != nil {
		return stored{}, err
	}
	if own != nil {
		return s.holdsAlready(*own, a, v)
	}
	st, err := s.ring(ctx, c, a, callee)
	if err != nil || st.Call.ID != a.ID {
		s.release(ctx, v, a.ID)
	}
	return st, err
}

// again answers a repeated initiate with its call; anybody else's call of that
// id stays unseen.
func (s *Server) again(known stored, a calls.Initiate, by calls.Actor) (stored, error) {
	if _, err := known.Call.Apply(a, by, time.Now()); err != nil {
		return stored{}, err
	}
	return known, nil
}

// holdsAlready answers a phone that is in a call. If that is the other side's
// call, which this phone took by glare, the request was sent twice.
func (s *Server) holdsAlready(own stored, a calls.Initiate, v calls.Viewer) (stored, error) {
	if own.Call.Status == calls.Ongoing && string(own.Call.Initiator) == a.Receiver.ID && own.Call.Initiator != v.User {
		return own, nil
	}
	return stored{}, fmt.Errorf("call %s: %w", a.Receiver.ID, calls.ErrBusySelf)
}

// ring claims the pair and writes the call, or takes the call that the other
// side placed at the same time (glare).
func (s *Server) ring(ctx context.Context, c *conn, a calls.Initiate, callee *account) (stored, error) {
	key := pairClaim(c.user, callee.User)
	pending := func(call calls.Call) bool { return call.Status == calls.Initiated }
	for {
		other, err := s.take(ctx, key, a.ID, pending)
		if err != nil {
			return stored{}, err
		}
		if other == nil {
			break
		}
		st, done, err := s.glare(ctx, c, a, *other)
		if done || err != nil {
			return st, err
		}
	}
	st, err := s.place(ctx, c, a, callee)
	if err != nil {
		if err := s.free(ctx, key, a.ID); err != nil {
			s.log.Warn("release claim", "err", err)
		}
	}
	return st, err
}

// place writes the new call.
func (s *Server) place(ctx context.Context, c *conn, a calls.Initiate, callee *account) (stored, error) {
	now := time.Now()
	a.Hidden = callee.blocks(c.user)
	a.Names = map[calls.UserID]string{callee.User: callee.Name}
	if caller := s.accounts.get(c.user); caller != nil {
		a.Names[c.user] = caller.Name
	}
	call, err := calls.Call{}.Apply(a, c.actor(), now)
	if err != nil {
		return stored{}, err
	}
	if refuse, ok := s.refusal(callee); ok && !a.Hidden {
		if call, err = call.Apply(refuse, calls.ByServer, now); err != nil {
			return stored{}, err
		}
	}
	st, err := s.create(ctx, call)
	if conflict(err) { // the same request, twice at once
		known, err := s.find(ctx, a.ID)
		if err != nil {
			return stored{}, err
		}
		return s.again(known, a, c.actor())
	}
	if err != nil {
		s.undo(c.actor(), a.ID)
		return st, err
	}
	if now := s.accounts.get(callee.User); !st.Call.Hidden && now != nil && now.blocks(c.user) {
		s.hide(a.ID) // blocked while it was written
	}
	return st, nil
}

// undo cancels a call whose write was not acknowledged but may have happened:
// the caller was told that it failed, and nobody else would end it.
func (s *Server) undo(by calls.Actor, id calls.ID) {
	s.insistently(time.Second, func(ctx context.Context) error { return s.giveUp(ctx, by, id) })
}

// hide takes a call that rings from the phones of the callee, who has blocked the
// caller.
func (s *Server) hide(id calls.ID) {
	s.insistently(0, func(ctx context.Context) error {
		_, err := s.change(ctx, id, func(call calls.Call) (calls.Call, error) {
			return call.Apply(calls.Hide{}, calls.ByServer, time.Now())
		})
		if errors.Is(err, calls.ErrInvalidStatus) || errors.Is(err, calls.ErrCallTerminated) || errors.Is(err, errNoCall) {
			return nil // it was answered, or is over
		}
		return err
	})
}

// insistently does something aside, after a wait, and again until it succeeds.
func (s *Server) insistently(wait time.Duration, do func(context.Context) error) {
	s.aside(func(ctx context.Context) {
		for ; pause(ctx, wait) == nil; wait = max(2*wait, time.Second) {
			if do(ctx) == nil {
				return
			}
		}
	})
}

// refusal is how the callee's settings answer, if they do.
func (s *Server) refusal(callee *account) (calls.Refuse, bool) {
	switch {
	case callee.Presence == calls.DND:
		return calls.Refuse{Status: calls.Rejected, Reason: calls.DoNotDisturb}, true
	case callee.WhenBusy == calls.AnswerBusy && s.hub.busy(callee.User):
		return calls.Refuse{Status: calls.Busy}, true
	}
	return calls.Refuse{}, false
}

// errPairRings is [calls.ErrBusySelf] of a phone that is in no call itself: one of
// the same account rings the callee.
var errPairRings = &calls.Error{Code: calls.ErrBusySelf.Code, Text: "another phone of yours calls them already"}

// glare settles that a call between the two is pending already. done is false if
// that call went out of the way and the claim is to be tried again.
func (s *Server) glare(ctx context.Context, c *conn, a calls.Initiate, other stored) (st stored, done bool, err error) {
	by := c.actor()
	if other.Call.Initiator == c.user {
		return stored{}, true, fmt.Errorf("call %s: %w", a.Receiver.ID, errPairRings)
	}
	if other.Call.Hidden { // this user blocked the other: that call never rang here
		p, _ := other.Call.Party(other.Call.Initiator)
		err := s.giveUp(ctx, calls.Actor{User: p.User, Device: calls.Device{ID: p.Device}}, other.Call.ID)
		return stored{}, err != nil, err
	}
	// The phone is claimed for the new call; now it takes the other one.
	v := by.Viewer()
	if err := s.swap(ctx, v, a.ID, other.Call.ID); err != nil {
		return stored{}, true, err
	}
	st, err = s.change(ctx, other.Call.ID, func(call calls.Call) (calls.Call, error) {
		return call.Apply(calls.Accept{Join: true, Type: a.Type}, by, time.Now())
	})
	switch {
	case err == nil:
		return st, true, nil
	case errors.Is(err, calls.ErrCallTerminated), errors.Is(err, errNoCall):
		err = s.swap(ctx, v, other.Call.ID, a.ID)
		return stored{}, err != nil, err
	}
	s.release(ctx, v, other.Call.ID)
	return stored{}, true, err
}
