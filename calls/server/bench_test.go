//go:build unix

package server

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"tring/calls"
	"tring/calls/wire"
)

// BenchmarkInitiate measures from the caller's initiate to the callee's phone
// hearing of it, with the synced write, over real sockets; and the CPU of a whole
// call (initiate, ringing, accept, media, end) of both phones and the server.
func BenchmarkInitiate(b *testing.B) {
	s, _ := open(b, Config{})
	alice, bob := addUser(b, s, "alice"), addUser(b, s, "bob")
	caller, callee := connect(b, s, alice, "A1"), connect(b, s, bob, "B1")
	var took []time.Duration
	before := cpu(b)
	for b.Loop() {
		id := newID()
		began := time.Now()
		answered := make(chan wire.Message, 1)
		go func() { answered <- caller.ask(callTo(id, "bob")) }()
		callee.hears(id, calls.IncomingCallReceived)
		took = append(took, time.Since(began))
		if m := <-answered; m.Type() != "call.result" {
			b.Fatalf("initiate: %+v", m)
		}
		callee.act(wire.Ringing{CallID: on(id)})
		callee.act(wire.AcceptCall{CallID: on(id), Join: true})
		caller.act(wire.EndCall{CallID: on(id)})
		callee.forget()
		caller.forget()
	}
	used := cpu(b) - before
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds()), "p95-µs")
	b.ReportMetric(float64(used.Microseconds())/float64(len(took)), "cpu-µs/call")
}

// BenchmarkLogin measures what a login by ssh asks of the server: whose the key is,
// and the sign-in of the person's phone on a connection of its own.
func BenchmarkLogin(b *testing.B) {
	s, _ := open(b, Config{})
	alice, shell := addUser(b, s, "alice"), addHost(b, s, "shell")
	host := asking(b, s, shell)
	whose := wire.Whose{Key: marshalKey(alice.signer.PublicKey())}
	var asked, took []time.Duration
	for b.Loop() {
		began := time.Now()
		if m := host.ask(whose); m.Type() != "key.owner" {
			b.Fatalf("whose: %+v", m)
		}
		asked = append(asked, time.Since(began))
		p := through(b, s, shell, "alice", calls.DeviceID(newID()))
		took = append(took, time.Since(began))
		p.hangOff()
	}
	slices.Sort(asked)
	slices.Sort(took)
	b.ReportMetric(float64(asked[len(asked)/2].Microseconds()), "whose-p50-µs")
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds()), "p95-µs")
}

// forget drops what the phone has heard.
func (p *testPhone) forget() {
	p.mu.Lock()
	p.heard = nil
	p.mu.Unlock()
}

// cpu is the time that this process has used of its processors.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
