package calls

import (
	"slices"
	"time"
)

// Unsent is how this phone ended a call while the server did not answer: what a
// phone that is switched off leaves to its next run.
type Unsent struct {
	Call ID `json:"call"`
	// Status is that of a Reject; empty for an End.
	Status Status    `json:"status,omitempty"`
	At     time.Time `json:"at"`
}

// Stale says whether it is too long ago to be told.
func (u Unsent) Stale(now time.Time) bool { return now.Sub(u.At) > MaxAgo }

// ends says whether the act ends a call.
func (u unanswered) ends() bool {
	switch u.Act.(type) {
	case Reject, End:
		return true
	}
	return false
}

// again is the act as it is sent once more, at now.
func (u unanswered) again(now time.Time) Send {
	s, ago := u.Send, ToMillis(max(0, now.Sub(u.at)))
	switch a := s.Act.(type) {
	case Reject:
		a.Ago = ago
		s.Act = a
	case End:
		a.Ago = ago
		s.Act = a
	}
	return s
}

// unsent are the ends of calls that the server has not acknowledged.
func (p *Phone) unsent() []Unsent {
	var all []Unsent
	for _, u := range p.pending {
		if !u.ends() {
			continue
		}
		end := Unsent{Call: u.Call, At: u.at}
		if r, ok := u.Act.(Reject); ok {
			end.Status = r.Status
		}
		all = append(all, end)
	}
	return all
}

// Recall makes a new phone tell what a former run of it could not. Those calls are
// over for it.
func (p *Phone) Recall(ends []Unsent) {
	for _, end := range ends {
		var act Act = End{}
		if end.Status != "" {
			act = Reject{Status: end.Status}
		}
		p.pending = append(p.pending, unanswered{Send: Send{end.Call, act}, at: end.At})
		p.forget(end.Call)
	}
}

// peersTurn is how long a phone that heard its peer hang up leaves it to the peer
// to tell the server. The media is the shorter way, and who tells the server first
// is who ended the call.
const peersTurn = 2 * time.Second

// leaveEnd leaves the end of a call to the peer, in whose place this phone tells it
// later: the peer may be cut off from the server.
func (p *Phone) leaveEnd(id ID) {
	p.pending = append(p.pending, unanswered{Send: Send{id, End{}}, at: p.now, due: p.now.Add(peersTurn)})
}

// left says whether the act is still left to the peer.
func (u unanswered) left() bool { return !u.due.IsZero() }

// sendLeft sends those ends that the peer was left to tell and did not.
func (p *Phone) sendLeft(which func(unanswered) bool) {
	for i, u := range p.pending {
		if !u.left() || !which(u) {
			continue
		}
		p.pending[i].due = time.Time{}
		if p.link == LinkUp {
			p.do(u.again(p.now))
		}
	}
}

// takeBackLeft: the server knows that the call is over.
func (p *Phone) takeBackLeft(id ID) {
	p.pending = slices.DeleteFunc(p.pending, func(u unanswered) bool { return u.Call == id && u.left() })
}

// Waiting says whether the server still owes an answer to this act, which is sent
// again after a reconnect.
func (p *Phone) Waiting(id ID, verb string) bool {
	return slices.ContainsFunc(p.pending, func(u unanswered) bool { return u.Call == id && u.Act.Verb() == verb })
}
