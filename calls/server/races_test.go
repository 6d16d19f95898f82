package server

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"tring/calls"
	"tring/calls/wire"
)

// try is one act of a race, and told what the phone was answered.
type try struct {
	call calls.ID
	act  calls.Act
	by   calls.Actor
}

type told struct {
	code   string
	status calls.Status
	winner calls.DeviceID // of the callee
}

// The judge itself is the specification: what concurrent phones are told must be
// explained by some order in which Call.Apply took their acts, one by one.
var judge = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byCall := map[calls.ID][]porcupine.Operation{}
		for _, op := range history {
			id := op.Input.(try).call
			byCall[id] = append(byCall[id], op)
		}
		var parts [][]porcupine.Operation
		for _, ops := range byCall {
			parts = append(parts, ops)
		}
		return parts
	},
	Init: func() any { return calls.Call{} },
	Step: func(state, input, output any) (bool, any) {
		in, out := input.(try), output.(told)
		after, err := state.(calls.Call).Apply(in.act, in.by, noon)
		return tell(after, err) == out, after
	},
	Equal: func(a, b any) bool { return a.(calls.Call).Equal(b.(calls.Call)) },
	DescribeOperation: func(input, output any) string {
		in := input.(try)
		return fmt.Sprintf("%s by %s → %+v", in.act.Verb(), in.by.Device.ID, output)
	},
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func tell(c calls.Call, err error) told {
	callee, _ := c.Party(calls.UserID(c.Receiver.ID))
	return told{calls.Code(err), c.Status, callee.Device}
}

// racer sends acts and keeps what it was told and when.
type racer struct {
	began time.Time
	mu    sync.Mutex
	ops   []porcupine.Operation
}

func (r *racer) try(client int, p *testPhone, id calls.ID, act calls.Act) {
	m, err := wire.Request(id, act)
	if err != nil {
		p.t.Error(err)
		return
	}
	from := time.Since(r.began)
	var out told
	switch m := p.ask(m).(type) {
	case wire.CallResult:
		out = tell(m.Call, nil)
	case wire.Error:
		out.code = m.Code
		if m.Call != nil {
			out = tell(m.Call.Call, m.Err())
		}
	}
	op := porcupine.Operation{
		ClientId: client, Input: try{id, act, calls.Actor{User: p.me.User, Device: calls.Device{ID: p.me.Device}}},
		Call: from.Nanoseconds(), Output: out, Return: time.Since(r.began).Nanoseconds(),
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ops = append(r.ops, op)
}

// Accept, accept on another phone, reject and cancel, all at once and then each
// again: the server is linearizable to the judge (invariants 2, 3 and 16).
func TestWinnerOfRaces(t *testing.T) {
	const pairs, rounds = 8, 30
	s, _ := open(t, Config{})
	r := &racer{began: time.Now()}
	var all sync.WaitGroup
	for i := range pairs {
		from, to := addUser(t, s, calls.UserID(fmt.Sprint("from", i))), addUser(t, s, calls.UserID(fmt.Sprint("to", i)))
		phones := []*testPhone{
			connect(t, s, from, "F1"), connect(t, s, to, "T1"), connect(t, s, to, "T2"), connect(t, s, to, "T3"),
		}
		all.Go(func() {
			for range rounds {
				r.race(phones, i*len(phones), to.id)
			}
		})
	}
	all.Wait()
	if !porcupine.CheckOperations(judge, r.ops) {
		t.Error("what the phones were told has no order that the judge allows")
	}
	statuses := map[calls.Status]int{}
	for _, op := range r.ops {
		statuses[op.Output.(told).status]++
	}
	t.Logf("%d acts on %d calls: %v", len(r.ops), pairs*rounds, statuses)
	nothingLeft(t, s)
}

// race is one call that everybody decides at once.
func (r *racer) race(phones []*testPhone, client int, to calls.UserID) {
	id := newID()
	r.try(client, phones[0], id, calls.Initiate{ID: id, Type: calls.Audio, Receiver: calls.User(to)})
	decide := []calls.Act{
		calls.Reject{Status: calls.Cancelled}, calls.Accept{Join: true}, calls.Accept{Join: true}, calls.Reject{Status: calls.Rejected},
	}
	var wg sync.WaitGroup
	for i, p := range phones {
		wg.Go(func() {
			r.try(client+i, p, id, decide[i])
			r.try(client+i, p, id, decide[i])
		})
	}
	wg.Wait()
	for i, p := range phones { // whoever won hangs up; the others are told the end
		r.try(client+i, p, id, calls.End{})
	}
}

// A checker that believes anything would be of no use.
func TestTheJudgeFindsTwoWinners(t *testing.T) {
	by := func(u calls.UserID, d calls.DeviceID) calls.Actor {
		return calls.Actor{User: u, Device: calls.Device{ID: d}}
	}
	id := calls.ID("call")
	ops := []porcupine.Operation{
		{ClientId: 0, Input: try{id, calls.Initiate{ID: id, Type: calls.Audio, Receiver: calls.User("to")}, by("from", "F1")}, Output: told{"", calls.Initiated, ""}, Call: 0, Return: 1},
		{ClientId: 1, Input: try{id, calls.Accept{}, by("to", "T1")}, Output: told{"", calls.Ongoing, "T1"}, Call: 2, Return: 4},
		{ClientId: 2, Input: try{id, calls.Accept{}, by("to", "T2")}, Output: told{"", calls.Ongoing, "T2"}, Call: 2, Return: 4},
	}
	if porcupine.CheckOperations(judge, ops) {
		t.Error("two winners were believed")
	}
	if !porcupine.CheckOperations(judge, ops[:2]) {
		t.Error("one winner was not believed")
	}
}
