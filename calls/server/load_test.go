//go:build linux

package server

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"tring/calls"
	"tring/calls/wire"
)

// The figures of the server under load. They take minutes: make load.

func needsLoad(t *testing.T) {
	t.Helper()
	if os.Getenv("TRING_LOAD") == "" {
		t.Skip("SKIPPED: takes minutes; TRING_LOAD=1 (make load) runs it")
	}
}

// noLimits lets one address and one user do as much as the machine can.
func noLimits() Limits {
	const many = 1_000_000
	return Limits{
		Requests: many, RequestBurst: many, Initiates: many, InitiateBurst: many,
		SignIns: many, SignInBurst: many, Connections: many,
	}
}

// town is a server process with phones of users u0, u1, ….
type town struct {
	*serverProcess
	cfg    processConfig
	signer ssh.Signer
	secure bool
	phones []*loadPhone
}

func newTown(t testing.TB, users int, cfg Config) *town {
	t.Helper()
	signer, line := key(t)
	if cfg.Data == "" {
		cfg.Data = folder(t)
	}
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	cfg.TURN, cfg.Limits, cfg.Timers = "off", noLimits(), unhurried(cfg.Timers) // these phones do not ping
	w := &town{cfg: processConfig{Config: cfg, Users: users, Key: line}, signer: signer}
	w.serverProcess = startProcess(t, w.cfg)
	w.cfg.Listen = w.Address
	return w
}

// move brings phones up to n online, some at a time.
func (w *town) move(n int) {
	w.t.Helper()
	from := len(w.phones)
	w.phones = append(w.phones, make([]*loadPhone, n-from)...)
	var group sync.WaitGroup
	slots := make(chan struct{}, 32)
	for i := from; i < n; i++ {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			p, err := dialPhone(w.Address, w.secure, userName(i), calls.DeviceID(fmt.Sprintf("D%d", i)), w.signer)
			if err != nil {
				w.t.Error(err)
				return
			}
			w.phones[i] = p
		})
	}
	group.Wait()
	if w.t.Failed() {
		w.t.FailNow()
	}
	w.t.Cleanup(func() {
		for _, p := range w.phones[from:] {
			p.ws.Close()
			<-p.closed
		}
	})
}

// profile has the server process write its profile to TRING_PROFILE.name until
// it is asked for "profiled".
func (w *town) profile(name string) {
	if path := os.Getenv("TRING_PROFILE"); path != "" {
		w.ask("profile " + path + "." + name)
	}
}

// whole is one complete call: initiate, ringing, accept with join, both media
// reports, end. It returns how long the ring took from at.
func whole(a, b *loadPhone, at time.Time) (ring time.Duration, err error) {
	id := newID()
	incoming, accepted := b.expect(id, calls.IncomingCallReceived), a.expect(id, calls.OutgoingCallAccepted)
	placed := make(chan error, 1)
	go func() { _, err := a.ask(callTo(id, b.me.User)); placed <- err }()
	if err := b.hears(incoming); err != nil {
		return 0, fmt.Errorf("ring: %w", err)
	}
	ring = time.Since(at)
	if err := <-placed; err != nil {
		return ring, fmt.Errorf("initiate: %w", err)
	}
	if _, err := b.ask(wire.Ringing{CallID: on(id)}); err != nil {
		return ring, fmt.Errorf("ringing: %w", err)
	}
	if _, err := b.ask(wire.AcceptCall{CallID: on(id), Join: true}); err != nil {
		return ring, fmt.Errorf("accept: %w", err)
	}
	if err := a.hears(accepted); err != nil {
		return ring, fmt.Errorf("accepted: %w", err)
	}
	for _, p := range [][2]*loadPhone{{a, b}, {b, a}} {
		report := wire.MediaState{CallID: on(id), Peer: p[1].me.Device, State: calls.MediaConnected}
		if _, err := p[0].ask(report); err != nil {
			return ring, fmt.Errorf("media: %w", err)
		}
	}
	_, err = a.ask(wire.EndCall{CallID: on(id)})
	return ring, err
}

// sample is what a load measured.
type sample struct {
	rings  []time.Duration // sorted
	late   int             // calls that found both their phones still busy
	failed int
	first  error
	took   time.Duration
}

func (s sample) quantile(q float64) time.Duration {
	if len(s.rings) == 0 {
		return 0
	}
	return s.rings[min(int(q*float64(len(s.rings))), len(s.rings)-1)]
}

// load places n calls, rate a second whatever becomes of the earlier ones. Each
// is timed from the moment at which it was to be placed.
func (w *town) load(pairs []*loadPhone, rate, n int) sample {
	var mu sync.Mutex
	var s sample
	var group sync.WaitGroup
	busy := make([]chan struct{}, len(pairs)/2)
	for i := range busy {
		busy[i] = make(chan struct{}, 1)
	}
	start := time.Now()
	for i := range n {
		at := start.Add(time.Duration(i) * time.Second / time.Duration(rate))
		wait := time.NewTimer(time.Until(at))
		<-wait.C
		k := i % len(busy)
		group.Go(func() {
			select {
			case busy[k] <- struct{}{}:
			default:
				mu.Lock()
				s.late++
				mu.Unlock()
				busy[k] <- struct{}{}
			}
			ring, err := whole(pairs[2*k], pairs[2*k+1], at)
			<-busy[k]
			mu.Lock()
			defer mu.Unlock()
			s.rings = append(s.rings, ring)
			if err != nil {
				s.failed++
				s.first = err
			}
		})
	}
	group.Wait()
	s.took = time.Since(start)
	slices.Sort(s.rings)
	return s
}

// TestLoadCurve: from the initiate to the callee's phone hearing of it, the
// synced write included, at rising rates; and the processor time of the server
// for a whole call.
func TestLoadCurve(t *testing.T) {
	needsLoad(t)
	w := newTown(t, 400, Config{})
	w.move(400)
	w.load(w.phones, 50, 100) // warm
	for _, rate := range []int{10, 50, 200, 500} {
		n := min(max(rate*15, 300), 3000)
		w.profile(fmt.Sprint(rate))
		before := w.ask("cpu")
		s := w.load(w.phones, rate, n)
		cpu := w.ask("cpu").CPU - before.CPU
		w.ask("profiled")
		t.Logf("%3d calls/s: ring p50 %v p95 %v p99 %v max %v; server CPU %v a call; %.0f calls/s done, %d late, %d failed (%v)",
			rate, s.quantile(.5), s.quantile(.95), s.quantile(.99), s.quantile(1),
			(cpu / time.Duration(n)).Round(time.Microsecond), float64(n)/s.took.Seconds(), s.late, s.failed, s.first)
		if s.failed > 0 {
			t.Errorf("%d calls failed: %v", s.failed, s.first)
		}
	}
}
