package server

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"tring/calls"
	"tring/calls/wire"
)

// A long history is read page by page, whole records also of calls so old that
// the server keeps no more than their outlines in memory.
func TestLongHistory(t *testing.T) {
	cfg := Config{Data: t.TempDir(), Log: slog.New(slog.DiscardHandler), Timers: unhurried(Timers{})}
	st, err := openStore(t.Context(), cfg, cfg.Log)
	if err != nil {
		t.Fatal(err)
	}
	const n = recentCalls + 300
	var past []calls.Call
	for i := range n {
		c := endedCall(newID())
		if i%3 == 0 {
			c = missedCall(newID())
		}
		past = append(past, c)
	}
	if err := st.addRecords(t.Context(), past); err != nil {
		t.Fatal(err)
	}
	st.close()
	s, _ := open(t, cfg)
	bob := addUser(t, s, "bob")
	b := connect(t, s, bob, "B1", past[0].ID, past[n-1].ID)
	for _, only := range []calls.HistoryFilter{{}, {Missed: true}, {Status: calls.Ended, With: "alice"}, {Direction: calls.Outgoing}} {
		var want []calls.ID
		for _, c := range slices.Backward(past) {
			if r, _ := calls.RecordFor(c, "bob"); only.Match(r, "bob") {
				want = append(want, c.ID)
			}
		}
		var got []calls.ID
		only.Limit = calls.MaxHistoryLimit
		for {
			page := b.ask(wire.History{HistoryFilter: only}).(wire.HistoryPage)
			if page.MissedCount != (n+2)/3 {
				t.Fatalf("%d missed, want %d", page.MissedCount, (n+2)/3)
			}
			for _, r := range page.Records {
				got = append(got, r.Call.ID)
				only.Before = r.Call.ID
			}
			if len(page.Records) < only.Limit {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: %d records, want %d", only, len(got), len(want))
		}
	}
	if states := b.hello.Calls; len(states) != 2 || !states[0].Call.Equal(past[0]) || !states[1].Call.Equal(past[n-1]) {
		t.Errorf("a phone that knew two of them is told %+v", states)
	}
}

// Old calls that expire take nothing of newer ones away: here one of them was hidden
// from bob, who had no other call for a while.
func TestExpiredHistory(t *testing.T) {
	h, start := newHistory(), time.Now()
	at := func(c calls.Call, after time.Duration) calls.Call {
		c.EndedAt = start.Add(after)
		return c
	}
	hidden, last := missedCall(newID()), endedCall(newID())
	hidden.Hidden = true
	h.add(at(endedCall(newID()), time.Minute))
	h.add(at(hidden, 2*time.Minute))
	h.expire(start.Add(90 * time.Second))
	h.add(at(last, 3*time.Minute))
	h.expire(start.Add(150 * time.Second))
	for _, u := range []calls.UserID{"alice", "bob"} {
		if got := h.page(u, calls.HistoryFilter{}); !slices.Equal(got, []calls.ID{last.ID}) {
			t.Errorf("the history of %s is %v, want %v", u, got, last.ID)
		}
	}
	if len(h.kinds) != 1 {
		t.Errorf("%d kinds are kept of one call", len(h.kinds))
	}
	h.expire(start.Add(time.Hour))
	if len(h.byID)+len(h.people)+len(h.all)+len(h.kinds)+len(h.recent) != 0 {
		t.Errorf("of an expired history is left %+v", h)
	}
}

func missedCall(id calls.ID) calls.Call {
	now := time.Now()
	a := calls.Actor{User: "alice", Device: calls.Device{ID: "A1"}}
	c, _ := calls.Call{}.Apply(calls.Initiate{ID: id, Type: calls.Audio, Receiver: calls.User("bob")}, a, now)
	c, _ = c.Apply(calls.RingTimeout{}, calls.ByServer, now)
	return c
}
