package calls

import "slices"

// Two who call each other at once have one call: the server lets the phone whose
// dial comes second accept the other one's call. The phone learns so from the
// call itself, or from the answer to its dial, whichever is first.

// unasked says whether the phone holds a call that it did not accept itself.
func (p *Phone) unasked(l *leg, c Call) bool {
	v := p.me.Viewer()
	return c.Status == Ongoing && c.Initiator != p.me.User && c.Holds(v) && !p.accepting(c.ID) && (l == nil || !l.call.Holds(v))
}

// accepting says whether the phone's own accept of a call is on its way.
func (p *Phone) accepting(id ID) bool {
	return slices.ContainsFunc(p.pending, func(u unanswered) bool {
		_, ok := u.Act.(Accept)
		return ok && u.Call == id
	})
}

// standsFor is the own dial in whose place the server put this call: the oldest
// that it has not answered, since it takes them in order. Nil if there is none,
// or the person has given it up.
func (p *Phone) standsFor(c Call) *leg {
	i := slices.IndexFunc(p.pending, func(u unanswered) bool { _, ok := u.Act.(Initiate); return ok })
	if i < 0 {
		return nil
	}
	dial := p.leg(p.pending[i].Call)
	if dial == nil || dial.call.Receiver != User(c.Initiator) {
		return nil
	}
	return dial
}

// yield takes the dial out that the call stands for; nil if there is none.
func (p *Phone) yield(c Call) (dial *leg) {
	if dial = p.standsFor(c); dial != nil {
		p.forget(dial.call.ID)
	}
	return dial
}

// decline hangs up a call that the server accepted for a dial which the person
// has given up: nothing is opened, as with a cancel that comes after the accept.
func (p *Phone) decline(l *leg, c Call) {
	if l != nil {
		p.lose(l, CancelledByCaller)
	} else {
		p.forget(c.ID)
	}
	p.send(c.ID, End{})
}
