package calls

import (
	"errors"
	"slices"
	"time"
)

// welcome takes the server's snapshot: after the first connect as after any
// other, so that there is no second path.
func (p *Phone) welcome(s Snapshot) {
	p.me, p.link, p.linkErr = s.Me, LinkUp, nil
	p.contacts, p.total = slices.Clone(s.Contacts), s.Total
	p.settings, p.missed = s.Settings, s.MissedCount
	if s.Renew > 0 {
		p.renew = s.Renew.Duration()
	}
	p.emit(Event{Name: ConnectionChanged})
	p.reconcile(s.Calls)
	p.pending = slices.DeleteFunc(p.pending, p.overtaken)
	for i, u := range p.pending {
		if u.left() { // the peer may have been away, too
			p.pending[i].due = p.now.Add(peersTurn)
			continue
		}
		p.do(u.again(p.now))
	}
	for _, l := range p.legs {
		if l.opened {
			p.resume(l)
		} else {
			p.ring(l) // what was said before may be lost
		}
	}
}

// reconcile brings the phone's calls in line with the server's.
func (p *Phone) reconcile(states []CallState) {
	for _, st := range states {
		switch {
		case p.leg(st.Call.ID) == nil && !p.isPending(st.Call.ID) && st.Call.Holds(p.me.Viewer()) && p.standsFor(st.Call) == nil:
			p.abandon(st.Call)
		default:
			p.changed(st)
		}
	}
	for _, l := range slices.Clone(p.legs) {
		known := slices.ContainsFunc(states, func(st CallState) bool { return st.Call.ID == l.call.ID })
		if !known && !p.isPending(l.call.ID) {
			p.lose(l, ConnectionLost)
		}
	}
	p.pending = slices.DeleteFunc(p.pending, func(u unanswered) bool {
		return u.left() && !slices.ContainsFunc(states, func(st CallState) bool { return st.Call.ID == u.Call })
	})
}

// overtaken says whether an act is not to be sent again: a call that the person
// gave up before the server knew of it shall not ring for a moment, nor shall an
// answer that was taken back hold.
func (p *Phone) overtaken(s unanswered) bool {
	switch s.Act.(type) {
	case Initiate:
		return p.leg(s.Call) == nil
	case Accept:
		return p.givingUp(s.Call)
	}
	return false
}

// givingUp says whether the phone's own end of a call is on its way.
func (p *Phone) givingUp(id ID) bool {
	return slices.ContainsFunc(p.pending, func(u unanswered) bool { return u.Call == id && u.ends() })
}

// abandon gives up a call that a former run of this phone left behind: its keys
// and its microphone are gone, and nobody else can end it.
func (p *Phone) abandon(c Call) {
	p.pending = append(p.pending, unanswered{Send: Send{Call: c.ID, Act: giveUp(c)}, at: p.now})
}

// giveUp is how its holder leaves a call.
func giveUp(c Call) Act {
	if c.Status == Initiated {
		return Reject{Status: Cancelled}
	}
	return End{}
}

// lose ends a call by the phone's own judgement: the server does not know it any
// more, or the ring time is long over.
func (p *Phone) lose(l *leg, why Reason) {
	after := l.call.clone()
	me, _ := after.Party(p.me.User)
	name := CallEnded
	switch {
	case after.rings(me):
		name, after.Status = IncomingCallCanceled, Cancelled
	case after.Status == Initiated:
		name, after.Status = OutgoingCallRejected, Unanswered
	default:
		after.Status = Ended
	}
	after.EndedAt = p.byServersClock(l)
	if why == ConnectionLost || why == EndedByPeer {
		after.Reason = why
	}
	l.call = after
	p.emit(Event{Name: name, Call: after, Reason: why})
	p.drop(l)
}

// resume tells the server again what it may have missed of a call whose media
// went on.
func (p *Phone) resume(l *leg) {
	p.sendRenew(l)
	for _, peer := range l.peers {
		if l.media != MediaNone {
			p.send(l.call.ID, ReportMedia{Peer: peer.Device, State: l.media})
		}
	}
	p.tellMuted(l)
	if me, _ := l.call.Party(p.me.User); me.Recording != l.recording {
		p.send(l.call.ID, SetRecording{On: l.recording})
	}
}

func (p *Phone) isPending(id ID) bool {
	return slices.ContainsFunc(p.pending, func(u unanswered) bool { return u.Call == id })
}

func (p *Phone) disconnected(d Disconnected) {
	p.linkErr = d.Err
	p.link = LinkDown
	if d.Final {
		p.link = LinkClosed
	}
	p.emit(Event{Name: ConnectionChanged, Err: d.Err})
	if d.Final && errors.Is(d.Err, ErrRemoved) { // the server ends the calls of such a phone
		for _, l := range slices.Clone(p.legs) {
			if p.stopOwn(l) != nil { // it only rings here
				p.lose(l, ConnectionLost)
			}
		}
	}
}

// answered takes the server's answer to one act.
func (p *Phone) answered(a Answered) {
	retry := errors.Is(a.Err, ErrOffline)
	if retry {
		return // still pending: sent again after the reconnect
	}
	if a.State.Call.ID != "" {
		p.changed(a.State)
		if a.State.Call.ID != a.Send.Call { // glare: the other's call took the place of ours
			p.forget(a.Send.Call)
		}
	}
	p.pending = slices.DeleteFunc(p.pending, func(u unanswered) bool {
		return u.Call == a.Send.Call && u.Act.Verb() == a.Send.Act.Verb()
	})
	if a.Err != nil {
		p.failed(a)
	}
}

// failed: the server refused an act.
func (p *Phone) failed(a Answered) {
	l := p.leg(a.Send.Call)
	if l == nil {
		return
	}
	switch a.Send.Act.(type) {
	case Initiate:
		l.call.Status, l.call.EndedAt = Failed, p.byServersClock(l)
		p.emit(Event{Name: Failure, Call: l.call, Err: a.Err})
		p.drop(l)
	case Accept, Reject:
		gone := errors.Is(a.Err, ErrCallTerminated) || errors.Is(a.Err, ErrCallNotFound) ||
			errors.Is(a.Err, ErrNotAParty) || errors.Is(a.Err, ErrAnsweredElsewhere)
		p.emit(Event{Name: Failure, Call: l.call, Err: a.Err})
		if gone {
			p.forget(l.call.ID)
			return
		}
		l.silenced = false
	}
}

// changed takes one state of a call from the server, whichever way it came. An
// older state than the one shown changes nothing.
func (p *Phone) changed(st CallState) {
	id := st.Call.ID
	if slices.Contains(p.finished, id) {
		if st.Call.Status.Terminal() {
			p.takeBackLeft(id)
		}
		if !st.Call.Status.Terminal() && st.Call.Holds(p.me.Viewer()) && !p.givingUp(id) {
			p.send(id, giveUp(st.Call)) // nobody else would end it
		}
		return
	}
	l := p.leg(id)
	var before Call
	if l != nil && l.call.Revision > 0 {
		before = l.call
	}
	if before.Revision > 0 && st.Call.Revision <= before.Revision {
		p.takeGrant(l, st.Grant)
		return
	}
	var dial *leg
	if p.unasked(l, st.Call) {
		if dial = p.yield(st.Call); dial == nil {
			p.decline(l, st.Call)
			return
		}
	}
	events := Events(before, st.Call, p.me.Viewer())
	if l == nil {
		if !p.concerns(st) {
			p.pass(st.Call)
			return
		}
		l = &leg{since: p.now}
		p.legs = append(p.legs, l)
	}
	if dial != nil {
		l.muted = dial.muted
	}
	l.call = st.Call
	p.takeGrant(l, st.Grant)
	p.timing(l, before, st)
	for _, e := range events {
		e.RingLeft = st.RingLeft.Duration()
		p.emit(e)
	}
	p.settle(l)
}

// ring tells the server that this phone truly rings, unless it knows or is just
// being told.
func (p *Phone) ring(l *leg) {
	me, _ := l.call.Party(p.me.User)
	knows := slices.ContainsFunc(me.Ringing, func(d Device) bool { return d.ID == p.me.Device.ID })
	told := slices.ContainsFunc(p.out, func(e Effect) bool {
		s, ok := e.(Send)
		return ok && s.Call == l.call.ID && s.Act.Verb() == Ring{}.Verb()
	})
	if l.call.rings(me) && !l.silenced && !knows && !told {
		p.send(l.call.ID, Ring{})
	}
}

// pass remembers a call that is decided already, so that an older state of it,
// which comes late, does not ring.
func (p *Phone) pass(c Call) {
	me, _ := c.Party(p.me.User)
	if c.Status.Terminal() || c.TwoParty() && !c.rings(me) {
		p.forget(c.ID)
	}
}

// concerns says whether a call that the phone has not seen yet is one to follow.
// One whose ring time is over never rings.
func (p *Phone) concerns(st CallState) bool {
	c := st.Call
	me, ok := c.Party(p.me.User)
	return ok && !c.Status.Terminal() && (c.rings(me) && st.RingLeft > 0 || c.Holds(p.me.Viewer()))
}

// byServersClock is the present moment as the server would write it: its own
// stamp of when ringing or talking began, and what has passed here since. The
// time of day of this machine has no part in it.
func (p *Phone) byServersClock(l *leg) time.Time {
	began := l.call.InitiatedAt
	if !l.call.AnsweredAt.IsZero() {
		began = l.call.AnsweredAt
	}
	return began.Add(max(0, p.now.Sub(l.since))).Truncate(time.Millisecond)
}

// timing keeps the phone's own deadlines for a call, from what the server says
// is left; never from times of day.
func (p *Phone) timing(l *leg, before Call, st CallState) {
	if st.Call.Status == Initiated && st.RingLeft > 0 {
		l.since = p.now.Add(st.RingLeft.Duration() - st.Call.RingTime.Duration())
		l.ringUntil = p.now.Add(st.RingLeft.Duration() + ringGrace)
	}
	me, _ := st.Call.Party(p.me.User)
	if st.Call.Status != Initiated && !st.Call.rings(me) {
		l.ringUntil = time.Time{}
	}
	if st.Call.Status == Ongoing && before.Status != Ongoing {
		l.since = p.now.Add(-st.TalkedFor.Duration())
	}
}

// settle does what follows from a call's new state: ring, open or close media,
// forget.
func (p *Phone) settle(l *leg) {
	me, _ := l.call.Party(p.me.User)
	switch {
	case l.call.Status.Terminal():
		p.drop(l)
	case l.call.rings(me):
		p.ring(l)
	case !l.call.Holds(p.me.Viewer()): // another phone of mine decided
		p.drop(l)
	case l.call.Status == Ongoing:
		p.openMedia(l)
	}
}

// tick does what is due: a ring that nobody stopped, a lease to renew.
func (p *Phone) tick() {
	for _, l := range slices.Clone(p.legs) {
		if !l.ringUntil.IsZero() && !p.now.Before(l.ringUntil) {
			mine := l.call.Initiator == p.me.User
			p.lose(l, NoAnswer)
			if p.link != LinkUp && l.call.Missed(p.me.User) {
				p.missed++ // until the server, which is away, counts
			}
			if mine {
				p.send(l.call.ID, Reject{Status: Cancelled})
			}
			continue
		}
		if !l.renewAt.IsZero() && !p.now.Before(l.renewAt) {
			p.sendRenew(l)
		}
		if !l.grantAt.IsZero() && !p.now.Before(l.grantAt) {
			p.renewGrant(l)
		}
	}
	if p.link == LinkUp {
		p.sendLeft(func(u unanswered) bool { return !p.now.Before(u.due) })
	}
}
