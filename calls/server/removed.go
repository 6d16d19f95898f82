package server

import (
	"context"
	"errors"
	"time"

	"tring/calls"
)

// leftBehind is a call of a phone or a person who was removed, and what ends it.
type leftBehind struct {
	call calls.ID
	act  calls.Act
	by   calls.Actor
}

// leftBehind are those of a user's phones that were removed, or of all with their
// account, which is nil then. The lock is held.
func (h *hub) leftBehind(u calls.UserID, a *account) (list []leftBehind) {
	for id, e := range h.byUser[u] {
		p, _ := e.Call.Party(u)
		by := calls.Actor{User: u, Device: calls.Device{ID: p.Device, Label: p.Label}}
		gone := a == nil || a.Phones[p.Device].Removed
		ringing := e.Call.Status == calls.Initiated
		switch {
		case ringing && e.Call.Initiator == u && gone:
			list = append(list, leftBehind{id, calls.Reject{Status: calls.Cancelled}, by})
		case ringing && e.Call.Initiator != u && a == nil && e.Call.TwoParty():
			list = append(list, leftBehind{id, calls.RingTimeout{}, calls.ByServer})
		case e.Call.Status == calls.Ongoing && p.State == calls.PartyJoined && gone:
			list = append(list, leftBehind{id, calls.End{}, by})
		}
	}
	return list
}

// endLeftBehind ends them, so that the other side hears of it at once. With several
// gateways the first is the one; what no gateway could end ends with its lease.
func (s *Server) endLeftBehind(ctx context.Context, list []leftBehind) {
	ctx, cancel := context.WithTimeout(ctx, s.timers.Store)
	defer cancel()
	for _, l := range list {
		_, err := s.change(ctx, l.call, func(c calls.Call) (calls.Call, error) {
			if c.Status.Terminal() {
				return c, nil
			}
			return c.Apply(l.act, l.by, time.Now())
		})
		if err != nil && !errors.Is(err, errNoCall) {
			s.log.Warn("end the call of a removed phone", "call", l.call, "err", err)
		}
	}
}
