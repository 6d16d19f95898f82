package calls

import (
	"slices"
	"time"
)

// applyServer holds what only timers and settings do. An act whose moment has
// passed is an error, so that the caller sees that nothing happened.
func (c *Call) applyServer(act Act, now time.Time) error {
	if c.Status.Terminal() {
		return terminated(c.Status)
	}
	switch a := act.(type) {
	case Refuse:
		if c.Status != Initiated || a.Status != Rejected && a.Status != Busy {
			return ErrInvalidStatus
		}
		c.Parties[len(c.Parties)-1].State = partyState(a.Status)
		c.finish(a.Status, a.Reason, Viewer{}, now)
		return nil
	case RingTimeout:
		return c.ringTimeout(now)
	case Hide:
		if c.Status != Initiated || !c.TwoParty() {
			return ErrInvalidStatus
		}
		c.Hidden = true
		return nil
	case CallerGone:
		if c.Status != Initiated {
			return ErrInvalidStatus
		}
		c.finish(Cancelled, ConnectionLost, Viewer{}, now)
		return nil
	case MediaTimeout:
		if c.Status != Ongoing || !c.ConnectedAt.IsZero() {
			return ErrInvalidStatus
		}
		c.finish(Failed, MediaFailed, Viewer{}, now)
		return nil
	case LeaseExpired:
		i := slices.IndexFunc(c.Parties, func(p Party) bool { return p.Device == a.Device && p.State == PartyJoined })
		if c.Status != Ongoing || i < 0 {
			return ErrInvalidStatus
		}
		c.leave(&c.Parties[i], ConnectionLost, Viewer{}, now)
		return nil
	}
	return ErrInvalidRequest
}

func (c *Call) ringTimeout(now time.Time) error {
	if c.Status == Initiated {
		c.finish(Unanswered, "", Viewer{}, now)
		return nil
	}
	if !c.anyCalleeIn(PartyInvited, PartyRinging) {
		return ErrInvalidStatus
	}
	c.stopRinging()
	return nil
}
