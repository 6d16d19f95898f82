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
		p.pending = append(p.pending, unanswered{Send{end.Call, act}, end.At})
		p.forget(end.Call)
	}
}

// Waiting says whether the server still owes an answer to this act, which is sent
// again after a reconnect.
func (p *Phone) Waiting(id ID, verb string) bool {
	return slices.ContainsFunc(p.pending, func(u unanswered) bool { return u.Call == id && u.Act.Verb() == verb })
}
