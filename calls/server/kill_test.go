//go:build linux

package server

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"tring/calls"
	"tring/calls/wire"
)

// ledger is what phones were told of calls, and what they asked for.
type ledger struct {
	mu    sync.Mutex
	asked map[calls.ID]calls.UserID // callers
	told  map[calls.ID]calls.Call   // the latest state that any phone was told
}

func (l *ledger) ask(id calls.ID, by calls.UserID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked[id] = by
}

func (l *ledger) note(m wire.Message) {
	var c calls.Call
	switch m := m.(type) {
	case wire.CallResult:
		c = m.Call
	case wire.CallEvent:
		c = m.Call
	default:
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.told[c.ID].Revision < c.Revision {
		l.told[c.ID] = c
	}
}

// check compares what a phone was told before the crash with what there is after.
func (l *ledger) check(t *testing.T, now calls.Call) {
	t.Helper()
	l.mu.Lock()
	told, ok := l.told[now.ID]
	l.mu.Unlock()
	switch {
	case !ok:
	case now.Revision < told.Revision:
		t.Errorf("call %s was told as %s at revision %d, and is %s at %d", now.ID, told.Status, told.Revision, now.Status, now.Revision)
	case (told.Status.Terminal() || now.Revision == told.Revision) && !now.Equal(told):
		t.Errorf("call %s was told as %+v, and is %+v", now.ID, told, now)
	case !told.AnsweredAt.IsZero() && !now.AnsweredAt.Equal(told.AnsweredAt):
		t.Errorf("call %s was answered, and is %+v", now.ID, now)
	}
}

// keepCalling places calls of every kind until the phone loses the server.
func (l *ledger) keepCalling(a, b *loadPhone) {
	for {
		id := newID()
		l.ask(id, a.me.User)
		incoming := b.expect(id, calls.IncomingCallReceived)
		steps := []struct {
			phone *loadPhone
			m     wire.Message
		}{{a, callTo(id, b.me.User)}, {b, wire.Ringing{CallID: on(id)}}}
		switch rand.N(4) {
		case 0:
			steps = append(steps[:1], steps[1])
			steps[1].phone, steps[1].m = a, wire.RejectCall{CallID: on(id), Status: calls.Cancelled}
		case 1:
			steps[1].m = wire.RejectCall{CallID: on(id), Status: calls.Rejected}
		default:
			steps = append(steps, steps[1], steps[1])
			steps[2].m = wire.AcceptCall{CallID: on(id), Join: true}
			steps[3].phone, steps[3].m = a, wire.EndCall{CallID: on(id)}
		}
		for i, s := range steps {
			answer, err := s.phone.ask(s.m)
			if err != nil {
				return
			}
			l.note(answer)
			if i == 0 && b.hears(incoming) != nil {
				return
			}
		}
	}
}

// TestServerIsKilled: SIGKILL at any moment loses nothing that a phone was told,
// and every call that there was is in the history once. TRING_KILLS=200 is the
// long run.
func TestServerIsKilled(t *testing.T) {
	rounds := 5
	if n, err := strconv.Atoi(os.Getenv("TRING_KILLS")); err == nil {
		rounds = n
	}
	const people = 8
	w := newTown(t, people, Config{})
	all := &ledger{asked: map[calls.ID]calls.UserID{}, told: map[calls.ID]calls.Call{}}
	for round := range rounds {
		w.crash(t, all, people)
		if t.Failed() {
			t.Fatalf("in round %d of %d", round+1, rounds)
		}
	}
	w.phones = nil
	w.move(people)
	records := map[calls.ID]int{}
	for _, p := range w.phones {
		for id, n := range p.history(t) {
			records[id] = max(records[id], n)
		}
	}
	for id, told := range all.told {
		if records[id] != 1 {
			t.Errorf("call %s (%s) has %d records", id, told.Status, records[id])
		}
	}
	eventually(t, fmt.Sprintf("%d records, and no call or claim is left", len(records)), func() bool {
		f := w.ask("look")
		return f.History == uint64(len(records)) && f.Calls == 0 && f.Claims == 0
	})
	t.Logf("%d rounds, %d calls of which phones were told, %d records", rounds, len(all.told), len(records))
}

// crash lets everybody call, kills the server in the middle, starts it again and
// compares.
func (w *town) crash(t *testing.T, all *ledger, people int) {
	t.Helper()
	this := &ledger{asked: map[calls.ID]calls.UserID{}, told: map[calls.ID]calls.Call{}}
	w.phones = nil
	w.move(people)
	var group sync.WaitGroup
	for k := range people / 2 {
		a, b := w.phones[2*k], w.phones[2*k+1]
		a.hearAll(this.note)
		b.hearAll(this.note)
		group.Go(func() { this.keepCalling(a, b) })
	}
	moment := time.NewTimer(time.Duration(20+rand.N(200)) * time.Millisecond)
	<-moment.C
	w.kill()
	group.Wait()
	for _, p := range w.phones {
		<-p.closed // it has heard all that it was told
	}
	w.serverProcess = startProcess(t, w.cfg)
	known := map[calls.UserID][]calls.ID{} // of each caller: a hello has 4 KiB
	for id, caller := range this.asked {
		known[caller] = append(known[caller], id)
	}
	seen := map[calls.ID]bool{}
	for i := range people {
		parts := slices.Collect(slices.Chunk(known[userName(i-i%2)], 50))
		for _, part := range append(parts, nil) {
			p, err := dialPhone(w.Address, false, userName(i), calls.DeviceID(fmt.Sprintf("D%d", i)), w.signer, part...)
			if err != nil {
				t.Fatal(err)
			}
			for _, st := range p.hello.Calls {
				this.check(t, st.Call)
				seen[st.Call.ID] = true
				this.finish(t, p, st.Call)
			}
			p.ws.Close()
			<-p.closed
		}
	}
	for id, told := range this.told {
		if !seen[id] {
			t.Errorf("call %s was told as %s, and is gone", id, told.Status)
		}
		all.told[id] = told
	}
}

// finish ends a call that the crash left live, as its phone would.
func (l *ledger) finish(t *testing.T, p *loadPhone, c calls.Call) {
	t.Helper()
	if c.Status.Terminal() || !c.Holds(p.me) {
		return
	}
	var m wire.Message = wire.EndCall{CallID: on(c.ID)}
	if c.Status == calls.Initiated {
		m = wire.RejectCall{CallID: on(c.ID), Status: calls.Cancelled}
	}
	answer, err := p.ask(m)
	if err != nil {
		t.Errorf("end call %s after the crash: %v", c.ID, err)
		return
	}
	if result, ok := answer.(wire.CallResult); ok { // the other phone sees it ended
		l.mu.Lock()
		l.told[c.ID] = result.Call
		l.mu.Unlock()
	}
}

// history counts the records of each call in the whole history of a phone's user.
func (p *loadPhone) history(t *testing.T) map[calls.ID]int {
	t.Helper()
	n := map[calls.ID]int{}
	filter := calls.HistoryFilter{Limit: calls.MaxHistoryLimit}
	for {
		answer, err := p.ask(wire.History{HistoryFilter: filter})
		if err != nil {
			t.Fatal(err)
		}
		page := answer.(wire.HistoryPage)
		for _, r := range page.Records {
			n[r.Call.ID]++
			filter.Before = r.Call.ID
		}
		if len(page.Records) < calls.MaxHistoryLimit {
			return n
		}
	}
}
