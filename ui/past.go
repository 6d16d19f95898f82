package ui

import (
	"slices"

	"tring/calls"
)

// past is what the loaded records say of each person. It is made anew when
// there are others, not for each frame.
type past struct {
	key  pastKey
	with map[string][]int // by the other side's id: its records, newest first
	rank map[string]int   // of those called last, from 0: the latest
}

// pastKey tells one list of records from another: they only grow at the ends.
type pastKey struct {
	n           int
	first, last calls.ID
}

func (r *recent) key() pastKey {
	if len(r.records) == 0 {
		return pastKey{}
	}
	return pastKey{len(r.records), r.records[0].Call.ID, r.records[len(r.records)-1].Call.ID}
}

func (m *Model) pastCalls() *past {
	r := &m.recent
	p := &r.past
	if key := r.key(); p.with == nil || p.key != key {
		*p = past{key: key, with: map[string][]int{}, rank: map[string]int{}}
		for i, rec := range r.records {
			id := rec.Call.Peer(m.view.Me.User)
			if len(p.with[id]) == 0 && len(p.rank) < recentPeople && rec.Call.Receiver.Kind == calls.ToUser {
				p.rank[id] = len(p.rank)
			}
			p.with[id] = append(p.with[id], i)
		}
	}
	return p
}

// callsWith are the newest records with one person, so many at most.
func (m *Model) callsWith(id string, most int) []calls.Record {
	all := m.pastCalls().with[id]
	out := make([]calls.Record, 0, most)
	for _, i := range all[:min(len(all), most)] {
		out = append(out, m.recent.records[i])
	}
	return slices.Clip(out)
}
