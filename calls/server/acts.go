package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tring/calls"
	"tring/calls/wire"
)

// handle answers one request of a signed-in phone.
func (s *Server) handle(ctx context.Context, c *conn, m wire.Message) wire.Message {
	ctx, cancel := context.WithTimeout(ctx, s.store.budget)
	defer cancel()
	began := time.Now()
	answer, err := s.dispatch(ctx, c, m)
	s.metrics.act(m.Type(), time.Since(began))
	if err == nil {
		return answer
	}
	s.metrics.failed(err)
	e := wire.ErrorOf(err)
	if e.Code == calls.ErrInternal.Code {
		s.log.Error("request failed", "type", m.Type(), "user", c.user, "err", err)
	}
	if e.Code == calls.ErrInternal.Code && silent(err) {
		s.store.doubt()
		e.Text = storeText
	}
	if result, ok := answer.(wire.CallResult); ok && result.Call.ID != "" {
		e.Call = &result.CallState
	}
	return e
}

func (s *Server) dispatch(ctx context.Context, c *conn, m wire.Message) (wire.Message, error) {
	if c.ofHost() {
		return s.whose(ctx, c, m)
	}
	id, act, ok := wire.Act(m)
	if !ok {
		return s.account(ctx, c, m)
	}
	if c.tool() && !s.speaksFor(c, act) {
		return nil, fmt.Errorf("a tool takes no part in calls: %w", calls.ErrInvalidRequest)
	}
	st, err := s.act(ctx, c, id, act, m)
	if st.Call.ID == "" {
		return nil, err
	}
	if _, ok := st.Call.SeenBy(c.viewer()); !ok { // hidden in this very moment
		return nil, fmt.Errorf("%s call: %w", act.Verb(), calls.ErrCallNotFound)
	}
	state := s.hub.stateFor(st, c)
	if err == nil {
		state.Grant = s.grantFor(act, st.Call, c)
	}
	return wire.CallResult{CallState: state}, err
}

// act carries out one act, and returns the call as it is afterwards, also with
// an error where there is a call.
func (s *Server) act(ctx context.Context, c *conn, id calls.ID, act calls.Act, m wire.Message) (stored, error) {
	if !validID(string(id)) {
		return stored{}, fmt.Errorf("a call id is 1 to 64 of A-Z a-z 0-9 _ -: %w", calls.ErrInvalidRequest)
	}
	if a, ok := act.(calls.Initiate); ok {
		return s.initiate(ctx, c, a)
	}
	st, sure, err := s.recall(ctx, id)
	if err == nil && !sure && !changes(st.Call, act, c) {
		st, err = s.find(ctx, id)
	}
	// Who is no party learns nothing, not even that the call exists.
	if _, ok := st.Call.SeenBy(c.viewer()); err == nil && !ok {
		err = errNoCall
	}
	if errors.Is(err, errNoCall) {
		return stored{}, fmt.Errorf("%s call: %w", act.Verb(), calls.ErrCallNotFound)
	}
	if err != nil {
		return stored{}, err
	}
	switch a := act.(type) {
	case calls.Accept:
		return s.accept(ctx, c, st, a)
	case calls.Join:
		if err := s.tokens.check(m.(wire.Join).Token, id, c.viewer(), time.Now()); err != nil {
			return st, err
		}
	case calls.ReportMedia:
		return st, s.reports.take(st, a, c.actor())
	case calls.Invite:
		return st, fmt.Errorf("invite %s: %w", a.User, calls.ErrNotSupported)
	}
	st, err = s.changeFrom(ctx, st, func(call calls.Call) (calls.Call, error) {
		return call.Apply(act, c.actor(), time.Now())
	})
	if errors.Is(err, errNoCall) {
		return stored{}, fmt.Errorf("%s call: %w", act.Verb(), calls.ErrCallNotFound)
	}
	if err == nil {
		s.after(c, st, act, m)
	}
	return st, err
}

// changes says whether the act would change the call: if it would not, the state
// may be too old.
func changes(call calls.Call, act calls.Act, c *conn) bool {
	next, err := call.Apply(act, c.actor(), time.Now())
	return err == nil && !next.Equal(call)
}

// after does what an act does beside changing the call.
func (s *Server) after(c *conn, st stored, act calls.Act, m wire.Message) {
	switch a := act.(type) {
	case calls.Signal:
		for _, p := range st.Call.Parties {
			if p.Device == a.To {
				s.hub.relay(relay{
					to: calls.Viewer{User: p.User, Device: p.Device}, rev: st.Call.Revision,
					msg: wire.Relayed{CallID: wire.CallID{Call: st.Call.ID}, From: c.device.ID, Payload: m.(wire.Signal).Payload},
				})
			}
		}
	case calls.Renew:
		signs := append(a.Hears, c.device.ID)
		s.hub.sign(st.Call.ID, signs...)
		s.others.sign(st.Call.ID, signs)
	}
}

// accept claims the phone before the call is written, and ends the call that the
// phone gives up for it after.
func (s *Server) accept(ctx context.Context, c *conn, st stored, a calls.Accept) (stored, error) {
	by, v := c.actor(), c.viewer()
	judge := func(call calls.Call) (calls.Call, error) { return call.Apply(a, by, time.Now()) }
	next, err := judge(st.Call)
	if err != nil || next.Equal(st.Call) { // too late, or a repetition: nothing to claim
		return st, err
	}
	own, err := s.takeDevice(ctx, v, st.Call.ID, a.Ending)
	if err != nil {
		return st, err
	}
	if own != nil {
		return st, fmt.Errorf("accept call: %w", calls.ErrBusySelf)
	}
	after, err := s.changeFrom(ctx, st, judge)
	if err != nil {
		s.release(ctx, v, st.Call.ID)
		s.keep(ctx, v, a.Ending)
		return after, err
	}
	if a.Ending != "" && a.Ending != st.Call.ID {
		if err := s.giveUp(ctx, by, a.Ending); err != nil { // the phone sends the end itself, too
			s.log.Warn("accept call", "err", err)
		}
	}
	return after, nil
}

// release frees a phone's claim of a call that it did not win. A failure is
// harmless: the claim is void.
func (s *Server) release(ctx context.Context, v calls.Viewer, id calls.ID) {
	if err := s.free(ctx, deviceClaim(v), id); err != nil {
		s.log.Warn("release claim", "err", err)
	}
}

// keep gives a device back the claim of the call that it would have given up for
// another, where it still holds that call.
func (s *Server) keep(ctx context.Context, v calls.Viewer, id calls.ID) {
	if id == "" {
		return
	}
	st, err := s.find(ctx, id)
	if err == nil && st.Call.Holds(v) && !st.Call.Status.Terminal() {
		_, err = s.takeDevice(ctx, v, id, "")
	}
	if err != nil && !errors.Is(err, errNoCall) {
		s.log.Warn("keep claim", "call", id, "err", err)
	}
}

// giveUp ends a call in the name of the phone that holds it. A call that is not
// there is given up already.
func (s *Server) giveUp(ctx context.Context, by calls.Actor, id calls.ID) error {
	_, err := s.change(ctx, id, func(call calls.Call) (calls.Call, error) {
		if !call.Holds(by.Viewer()) {
			return call, nil
		}
		if call.Status == calls.Initiated {
			return call.Apply(calls.Reject{Status: calls.Cancelled}, by, time.Now())
		}
		return call.Apply(calls.End{}, by, time.Now())
	})
	if err != nil && !errors.Is(err, errNoCall) {
		return fmt.Errorf("give up call %s: %w", id, err)
	}
	return nil
}
