package calls

import (
	"fmt"
	"slices"
)

// command carries out what the person wants, or refuses it.
func (p *Phone) command(c Command) {
	if err := p.tryCommand(c); err != nil {
		p.do(Refused{err})
	}
}

func (p *Phone) tryCommand(c Command) error {
	if a, ok := c.Act.(Initiate); ok {
		a.ID = c.Call
		return p.dial(a, c.Muted)
	}
	l := p.leg(c.Call)
	if l == nil {
		return fmt.Errorf("%s call: %w", c.Act.Verb(), ErrCallNotFound)
	}
	switch a := c.Act.(type) {
	case Accept:
		return p.accept(l, a, c.Muted)
	case Reject:
		return p.reject(l, a)
	case End:
		return p.hangUp(l)
	case SetMuted:
		return p.mute(l, a)
	case SetRecording:
		return p.record(l, a)
	case Invite:
		p.send(c.Call, a)
		return nil
	}
	return fmt.Errorf("%s call: %w", c.Act.Verb(), ErrNotSupported)
}

// dial shows the outgoing call at once; the server's word replaces it.
func (p *Phone) dial(a Initiate, muted bool) error {
	if p.link != LinkUp {
		return fmt.Errorf("call %s: %w", a.Receiver.ID, ErrOffline)
	}
	answering := slices.ContainsFunc(p.pending, func(u unanswered) bool { _, ok := u.Act.(Accept); return ok && p.leg(u.Call) != nil })
	if answering || p.held(a.ID) != nil {
		return fmt.Errorf("call %s: %w", a.Receiver.ID, ErrBusySelf)
	}
	by := Actor{User: p.me.User, Device: p.me.Device}
	call, err := Call{}.Apply(a, by, p.now)
	if err != nil {
		return err
	}
	p.legs = append(p.legs, &leg{
		call: call, since: p.now, ringUntil: p.now.Add(call.RingTime.Duration() + ringGrace), muted: muted,
	})
	p.send(a.ID, a)
	return nil
}

// accept answers an incoming call. Nothing is captured and no media is opened
// before the server's answer says that this phone won.
func (p *Phone) accept(l *leg, a Accept, muted bool) error {
	me, _ := l.call.Party(p.me.User)
	if !l.call.rings(me) {
		return fmt.Errorf("accept call: %w", ErrInvalidStatus)
	}
	if other := p.held(l.call.ID); other != nil {
		if a.Ending != other.call.ID {
			return fmt.Errorf("accept call: %w", ErrBusySelf)
		}
		if err := p.stopOwn(other); err != nil {
			return err
		}
		// The accept ends the other call in the same act; this is for the case
		// that the accept comes too late, and harmless otherwise.
		defer p.sendEnd(other)
	}
	a.Join = true
	l.silenced, l.muted = true, muted
	p.send(l.call.ID, a)
	return nil
}

func (p *Phone) reject(l *leg, a Reject) error {
	if a.Status == Cancelled {
		return p.hangUp(l)
	}
	me, _ := l.call.Party(p.me.User)
	if !l.call.rings(me) || a.Status != Rejected && a.Status != Busy {
		return fmt.Errorf("reject call: %w", ErrInvalidStatus)
	}
	if p.accepting(l.call.ID) {
		if err := p.takeBack(l, a); err != nil {
			return err
		}
	}
	l.silenced = true
	p.send(l.call.ID, a)
	return nil
}

// takeBack shows the end of a call whose accept is on its way, so that no media is
// opened. The server hears the reject after the accept, and then ends the call.
func (p *Phone) takeBack(l *leg, a Reject) error {
	by := Actor{User: p.me.User, Device: p.me.Device}
	after, err := l.call.Apply(a, by, p.byServersClock(l))
	if err != nil {
		return err
	}
	for _, e := range Events(l.call, after, p.me.Viewer()) {
		p.emit(e)
	}
	l.call = after
	p.drop(l)
	return nil
}

// hangUp ends the call that this phone holds: it shows at once, and is
// delivered even if the server is away now.
func (p *Phone) hangUp(l *leg) error {
	if err := p.stopOwn(l); err != nil {
		return err
	}
	p.sendEnd(l)
	return nil
}

// sendEnd tells the server of an end that this phone shows already.
func (p *Phone) sendEnd(l *leg) {
	if l.call.Status == Cancelled {
		p.send(l.call.ID, Reject{Status: Cancelled})
	} else {
		p.send(l.call.ID, End{})
	}
}

// stopOwn ends the phone's own side of a call by its own judgement.
func (p *Phone) stopOwn(l *leg) error {
	by := Actor{User: p.me.User, Device: p.me.Device}
	after, err := l.call.Apply(giveUp(l.call), by, p.byServersClock(l))
	if err != nil {
		return err
	}
	events := Events(l.call, after, p.me.Viewer())
	l.call = after
	if len(events) > 0 && after.Status == Ongoing { // left a group that goes on
		events = []Event{{Name: CallEnded, Call: after}}
	}
	for _, e := range events {
		p.emit(e)
	}
	p.drop(l)
	return nil
}

func (p *Phone) mute(l *leg, a SetMuted) error {
	if !l.call.Holds(p.me.Viewer()) {
		return fmt.Errorf("mute call: %w", ErrInvalidStatus)
	}
	l.muted = a.Audio
	p.do(Mute{Call: l.call.ID, On: a.Audio})
	p.send(l.call.ID, a)
	return nil
}

// record tells the others at once, and again after a reconnect.
func (p *Phone) record(l *leg, a SetRecording) error {
	if !l.call.Holds(p.me.Viewer()) {
		return fmt.Errorf("record call: %w", ErrInvalidStatus)
	}
	l.recording = a.On
	p.send(l.call.ID, a)
	return nil
}

// drop takes a finished call out and closes its media.
func (p *Phone) drop(l *leg) {
	if l.opened {
		l.opened = false
		p.do(CloseMedia{l.call.ID})
	}
	p.forget(l.call.ID)
	if t := endTone(l.call, p.me.User); t != NoTone {
		p.do(PlayTone{t})
		p.tone = NoTone
	}
}

// endTone is what the end of a call sounds like.
func endTone(c Call, me UserID) Tone {
	switch c.Status {
	case Busy, Rejected, Unanswered:
		if c.Initiator == me {
			return BusyTone
		}
	case Failed:
		return Congestion
	case Ended:
		return EndTone
	}
	return NoTone
}

// maxContacts bounds the contacts that a phone keeps: more than a snapshot holds.
// Of a newer one it tells the screen, which asks for it when it shows it.
const maxContacts = 400

// presence keeps the contact as it is now.
func (p *Phone) presence(u PresenceUpdate) {
	c, name := u.Contact, PresenceChanged
	i := slices.IndexFunc(p.contacts, func(o Contact) bool { return o.Receiver == c.Receiver })
	switch {
	case u.Removed:
		name = ContactRemoved
		if i >= 0 {
			p.contacts = slices.Delete(p.contacts, i, i+1)
		}
	case i >= 0:
		p.contacts[i] = c
	case len(p.contacts) < maxContacts:
		p.contacts = append(p.contacts, c)
	}
	if u.Total > 0 || u.Removed {
		p.total = u.Total
	}
	if u.Total > 0 && !u.Removed {
		name = ContactAdded
	}
	p.emit(Event{Name: name, User: UserID(c.Receiver.ID)})
}
