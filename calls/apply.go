package calls

import (
	"fmt"
	"slices"
	"time"
)

// Apply is the judge: what act does to the call when by does it at now. It
// returns the next call, or the call as it was and one of the package's errors.
//
// A repeated act of the same device is no error: it answers with the call as it
// is, also when that is terminal. So a phone may send anything twice.
//
// Times are kept in order (initiated ≤ answered ≤ connected ≤ ended) even if the clock of
// the machine steps back.
func (c Call) Apply(act Act, by Actor, now time.Time) (Call, error) {
	next := c.clone()
	now = latest(now.UTC().Truncate(time.Millisecond), c.InitiatedAt, c.AnsweredAt, c.ConnectedAt)
	if err := next.apply(act, by, now); err != nil {
		return c, fmt.Errorf("%s call: %w", act.Verb(), err)
	}
	return next, nil
}

func (c *Call) apply(act Act, by Actor, now time.Time) error {
	if a, ok := act.(Initiate); ok {
		return c.initiate(a, by, now)
	}
	if c.Status == "" {
		return ErrCallNotFound
	}
	if by.Server {
		return c.applyServer(act, now)
	}
	p := c.party(by.User)
	if p == nil || c.Hidden && by.User != c.Initiator {
		return ErrNotAParty
	}
	switch a := act.(type) {
	case Ring:
		return c.ring(p, by)
	case Accept:
		return c.accept(p, a, by, now)
	case Reject:
		return c.reject(p, a.Status, by, c.earlier(now, a.Ago))
	case End:
		return c.end(p, by, c.earlier(now, a.Ago))
	case Leave:
		return c.end(p, by, now)
	case Invite:
		return c.invite(a, by)
	}
	return c.applyInSession(p, act, by, now)
}

// applyInSession holds the acts that only a winning device may do and that
// leave the status alone.
func (c *Call) applyInSession(p *Party, act Act, by Actor, now time.Time) error {
	switch act.(type) {
	case Token, Join, Signal, ReportMedia, SetMuted, SetRecording, Renew:
	default:
		return ErrNotAParty // a server's act from a client
	}
	if p.Device != by.Device.ID {
		return ErrNotAParty
	}
	if c.Status.Terminal() {
		return terminated(c.Status)
	}
	if p.State != PartyJoined {
		return ErrNotAParty
	}
	switch a := act.(type) {
	case Join:
		if p.JoinedAt.IsZero() {
			p.JoinedAt = now
		}
		return nil
	case Token:
		return nil
	case Signal:
		return c.signal(p, a)
	case ReportMedia:
		return c.reportMedia(p, a, now)
	}
	if p.JoinedAt.IsZero() {
		return ErrInvalidStatus
	}
	switch a := act.(type) {
	case SetMuted:
		p.AudioMuted, p.VideoMuted = a.Audio, a.Video
	case SetRecording:
		p.Recording = a.On
	}
	return nil
}

func (c *Call) initiate(a Initiate, by Actor, now time.Time) error {
	if c.Status != "" {
		if by.User == c.Initiator && by.Device.ID == c.Parties[0].Device {
			return nil
		}
		return fmt.Errorf("the call id is taken: %w", ErrInvalidRequest)
	}
	callees := a.Members
	switch {
	case by.User == "" || a.ID == "":
		return ErrInvalidRequest
	case a.Type != Audio && a.Type != Video:
		return fmt.Errorf("a call is %q or %q, not %q: %w", Audio, Video, a.Type, ErrInvalidRequest)
	case a.Receiver.Kind == ToUser && a.Receiver.ID == string(by.User):
		return ErrCallingSelf
	case a.Receiver.Kind == ToUser:
		callees = []UserID{UserID(a.Receiver.ID)}
	case a.Receiver.Kind != ToGroup:
		return fmt.Errorf("a receiver is %q or %q, not %q: %w", ToUser, ToGroup, a.Receiver.Kind, ErrInvalidRequest)
	}
	ring, err := ringTime(a)
	if err != nil {
		return err
	}
	*c = Call{
		ID: a.ID, Type: a.Type, Status: Initiated, Initiator: by.User, Receiver: a.Receiver,
		RingTime: ring, InitiatedAt: now, Hidden: a.Hidden,
		Parties: []Party{{User: by.User, Name: a.Names[by.User], State: PartyJoined, Device: by.Device.ID, Label: by.Device.Label, JoinedAt: now}},
	}
	for _, u := range callees {
		if c.party(u) == nil {
			c.Parties = append(c.Parties, Party{User: u, Name: a.Names[u], State: PartyInvited})
		}
	}
	if len(c.Parties) < 2 {
		return ErrUnknownReceiver
	}
	return nil
}

func ringTime(a Initiate) (Millis, error) {
	switch {
	case a.RingTime == 0 && a.DefaultRing > 0:
		return a.DefaultRing, nil
	case a.RingTime == 0:
		return ToMillis(DefaultRingTime), nil
	case a.RingTime < ToMillis(MinRingTime) || a.RingTime > ToMillis(MaxRingTime):
		return 0, fmt.Errorf("the ring time must be %v to %v: %w", MinRingTime, MaxRingTime, ErrInvalidRequest)
	}
	return a.RingTime, nil
}

func (c *Call) ring(p *Party, by Actor) error {
	switch {
	case p.User == c.Initiator:
		return ErrNotAParty
	case c.Status.Terminal():
		return terminated(c.Status)
	case p.State == PartyInvited, p.State == PartyRinging:
		p.State = PartyRinging
		if !slices.ContainsFunc(p.Ringing, func(d Device) bool { return d.ID == by.Device.ID }) {
			p.Ringing = append(p.Ringing, by.Device)
		}
		return nil
	case p.State == PartyJoined && p.Device != by.Device.ID:
		return ErrAnsweredElsewhere
	}
	return nil
}

func (c *Call) accept(p *Party, a Accept, by Actor, now time.Time) error {
	mine := p.Device == by.Device.ID
	switch {
	case p.User == c.Initiator:
		return ErrNotAParty
	case c.Status.Terminal() && mine && (p.State == PartyJoined || p.State == PartyLeft):
		return nil
	case c.Status.Terminal():
		return terminated(c.Status)
	case p.State == PartyJoined && !mine:
		return ErrAnsweredElsewhere
	}
	if p.State != PartyJoined {
		p.State, p.Device, p.Label = PartyJoined, by.Device.ID, by.Device.Label
		p.JoinedAt, p.LeftAt, p.Media = time.Time{}, time.Time{}, MediaNone
	}
	if a.Join && p.JoinedAt.IsZero() {
		p.JoinedAt = now
	}
	if c.Status == Initiated {
		c.Status, c.AnsweredAt = Ongoing, now
		if a.Type == Audio {
			c.Type = Audio
		}
	}
	return nil
}

func (c *Call) reject(p *Party, status Status, by Actor, now time.Time) error {
	if status == Cancelled {
		return c.cancel(p, by, now)
	}
	switch {
	case status != Rejected && status != Busy,
		status == Busy && c.Receiver.Kind == ToGroup,
		p.User == c.Initiator:
		return ErrInvalidStatus
	case (p.State == PartyRejected || p.State == PartyBusy) && p.Device == by.Device.ID:
		return nil
	case p.Device == by.Device.ID: // it accepted
		return c.end(p, by, now)
	case c.Status.Terminal():
		return terminated(c.Status)
	case p.State == PartyJoined:
		return ErrAnsweredElsewhere
	case p.State != PartyInvited && p.State != PartyRinging:
		return ErrInvalidStatus
	}
	p.State, p.Device, p.Label = partyState(status), by.Device.ID, by.Device.Label
	if c.Status == Initiated && !c.anyCalleeIn(PartyInvited, PartyRinging) {
		c.finish(status, "", by.Viewer(), now)
	}
	return nil
}

func (c *Call) cancel(p *Party, by Actor, now time.Time) error {
	switch {
	case p.User != c.Initiator:
		return ErrInvalidStatus
	case p.Device != by.Device.ID:
		return ErrNotAParty
	case c.EndedBy == by.Viewer():
		return nil
	case c.Status.Terminal():
		return terminated(c.Status)
	case c.Status == Ongoing:
		return c.end(p, by, now)
	}
	c.finish(Cancelled, "", by.Viewer(), now)
	return nil
}

// end hangs up or leaves. It is harmless when late: a hang-up that was asked for
// while the phone was away reaches a call that is over already.
func (c *Call) end(p *Party, by Actor, now time.Time) error {
	switch {
	case p.Device != by.Device.ID || p.State != PartyJoined && p.State != PartyLeft:
		return ErrNotAParty
	case p.State == PartyLeft: // as everybody has when the call is over
		return nil
	case c.Status == Initiated:
		return ErrInvalidStatus
	}
	c.leave(p, "", by.Viewer(), now)
	return nil
}

// earlier is when something was that happened ago: at most MaxAgo back, and after
// all that the call knows of.
func (c *Call) earlier(now time.Time, ago Millis) time.Time {
	at := latest(now.Add(-min(max(ago, 0), ToMillis(MaxAgo)).Duration()), c.InitiatedAt, c.AnsweredAt, c.ConnectedAt)
	for _, p := range c.Parties {
		at = latest(at, p.JoinedAt, p.LeftAt)
	}
	return at
}

// leave takes a party out of an ongoing call, and ends the call where that
// leaves nobody to talk to.
func (c *Call) leave(p *Party, why Reason, by Viewer, now time.Time) {
	if c.TwoParty() || c.joined() == 1 {
		c.finish(Ended, why, by, now)
		return
	}
	p.State, p.LeftAt, p.Media = PartyLeft, now, MediaNone
}

func (c *Call) signal(p *Party, a Signal) error {
	to := slices.IndexFunc(c.Parties, func(o Party) bool { return o.Device == a.To && a.To != "" })
	switch {
	case c.Status != Ongoing || p.JoinedAt.IsZero():
		return ErrInvalidStatus
	case to < 0 || c.Parties[to].State != PartyJoined || c.Parties[to].JoinedAt.IsZero() || a.To == p.Device:
		return fmt.Errorf("the other phone is not in the session: %w", ErrNotAParty)
	}
	return nil
}

func (c *Call) reportMedia(p *Party, a ReportMedia, now time.Time) error {
	if c.Status != Ongoing || p.JoinedAt.IsZero() || a.State != MediaConnected && a.State != MediaLost {
		return ErrInvalidStatus
	}
	p.Media = a.State
	if c.ConnectedAt.IsZero() && c.connected() >= 2 {
		c.ConnectedAt = now
	}
	return nil
}

func (c *Call) invite(a Invite, by Actor) error {
	switch {
	case c.Status.Terminal():
		return terminated(c.Status)
	case !c.Holds(by.Viewer()):
		return ErrNotAParty
	case c.Status != Ongoing:
		return ErrInvalidStatus
	}
	if c.party(a.User) == nil {
		c.Parties = append(c.Parties, Party{User: a.User, State: PartyInvited})
	}
	return nil
}

// finish brings the terminal status: once, with its time, and nobody left ringing
// or talking.
func (c *Call) finish(s Status, why Reason, by Viewer, now time.Time) {
	c.Status, c.Reason, c.EndedBy, c.EndedAt = s, why, by, now
	c.stopRinging()
	for i := range c.Parties {
		if p := &c.Parties[i]; p.State == PartyJoined {
			p.State, p.LeftAt = PartyLeft, now
		}
	}
}

func (c *Call) stopRinging() {
	for i := range c.Parties {
		if p := &c.Parties[i]; p.State == PartyInvited || p.State == PartyRinging {
			p.State = PartyUnanswered
		}
	}
}

func (c *Call) anyCalleeIn(states ...PartyState) bool {
	return slices.ContainsFunc(c.Parties, func(p Party) bool { return slices.Contains(states, p.State) })
}

func (c *Call) joined() (n int) {
	for _, p := range c.Parties {
		if p.State == PartyJoined {
			n++
		}
	}
	return n
}

func (c *Call) connected() (n int) {
	for _, p := range c.Parties {
		if p.Media == MediaConnected {
			n++
		}
	}
	return n
}

func partyState(s Status) PartyState {
	if s == Busy {
		return PartyBusy
	}
	return PartyRejected
}

func terminated(s Status) error { return fmt.Errorf("%w: %s", ErrCallTerminated, s) }

func latest(ts ...time.Time) time.Time {
	return slices.MaxFunc(ts, time.Time.Compare)
}
