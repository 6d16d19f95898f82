package ui

import (
	"slices"

	"tring/calls"
)

// filter is which finished calls are shown.
type filter string

const (
	allCalls      filter = ""
	missedCalls   filter = "missed"
	incomingCalls filter = "incoming"
	outgoingCalls filter = "outgoing"
)

// filters are all of them, in the order that the key goes through.
func filters() []filter { return []filter{allCalls, missedCalls, incomingCalls, outgoingCalls} }

// next is the filter after this one, and the first after the last.
func (f filter) next() filter {
	all := filters()
	return all[(slices.Index(all, f)+1)%len(all)]
}

// asked is the filter as the server knows it.
func (f filter) asked() calls.HistoryFilter {
	switch f {
	case missedCalls:
		return calls.HistoryFilter{Missed: true}
	case incomingCalls:
		return calls.HistoryFilter{Direction: calls.Incoming}
	case outgoingCalls:
		return calls.HistoryFilter{Direction: calls.Outgoing}
	case allCalls:
	}
	return calls.HistoryFilter{}
}

// shelf is a list of records, newest first and without a gap: what was loaded
// of the calls of one filter.
type shelf struct {
	records []calls.Record
	until   calls.ID // the list is whole down to this record
	loading bool
	full    bool // there are no older records
	loaded  bool
	failed  error
}

// newest takes the newest page in: before the older records that were loaded
// already, where they follow without a gap. False: there was a gap, and those
// are gone.
func (s *shelf) newest(page []calls.Record) (whole bool) {
	defer func() { s.loaded, s.until = true, lastID(s.records) }()
	i := slices.IndexFunc(s.records, func(o calls.Record) bool { return o.Call.ID == lastID(page) })
	switch {
	case len(page) < calls.HistoryLimit: // that is all there is
		s.records, s.full = slices.Clone(page), true
	case i < 0:
		whole = len(s.records) == 0
		s.records, s.full = slices.Clone(page), false
		return whole
	default:
		s.records = append(slices.Clone(page), s.records[i+1:]...)
	}
	return true
}

// older takes the page that goes on.
func (s *shelf) older(before calls.ID, page []calls.Record, limit int) {
	if before != s.until {
		return // of a list that is no more
	}
	s.records = append(s.records, page...)
	s.full, s.loaded = len(page) < limit, true
	if len(page) > 0 {
		s.until = lastID(page)
	}
}

// from brings a filtered list in line with the list of all: what that holds
// needs no asking for.
func (s *shelf) from(all *shelf, f filter) {
	want := f.asked()
	missing := make(map[calls.ID]bool, len(s.records)) // in the list of all
	for i := range s.records {
		missing[s.records[i].Call.ID] = true
	}
	var fits []int // records are large: they are copied once
	for i := range all.records {
		delete(missing, all.records[i].Call.ID)
		if want.Match(all.records[i], "") {
			fits = append(fits, i)
		}
	}
	out := make([]calls.Record, 0, len(fits)+len(missing))
	for _, i := range fits {
		out = append(out, all.records[i])
	}
	further := len(missing) > 0
	for _, r := range s.records {
		if missing[r.Call.ID] {
			out = append(out, r)
		}
	}
	s.records, s.loaded, s.full = out, all.loaded, s.full || all.full
	if !further {
		s.until = all.until
	}
}

func lastID(records []calls.Record) calls.ID {
	if len(records) == 0 {
		return ""
	}
	return records[len(records)-1].Call.ID
}
