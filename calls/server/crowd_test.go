//go:build linux

package server

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"tring/calls"
)

// TestIdleMemory: what a signed-in phone that does nothing costs the server, from
// 2,000 to 12,000 of them.
func TestIdleMemory(t *testing.T) {
	needsLoad(t)
	for _, secure := range []bool{false, true} {
		name, listen := "plain", "127.0.0.1:0"
		if secure {
			name, listen = "TLS", "0.0.0.0:0" // with a certificate of its own
		}
		t.Run(name, func(t *testing.T) {
			w := newTown(t, 12_000, Config{Listen: listen})
			w.secure = secure
			w.local()
			first, n := figures{}, 0
			for _, phones := range []int{2000, 7000, 12_000} {
				began := time.Now()
				w.move(phones)
				took := time.Since(began)
				w.settle()
				f := w.ask("look")
				if n == 0 {
					first, n = f, phones
					t.Logf("%6d phones: heap %d MiB, stacks %d MiB, resident %d MiB, %d goroutines, %d files, %v",
						phones, f.Heap>>20, f.Stack>>20, f.RSS>>20, f.Goroutines, f.Files, took)
					continue
				}
				each := int64(phones - n)
				t.Logf("%6d phones: a phone more takes heap %d, stack %d, resident %d bytes; %.1f goroutines; signed in %.0f/s",
					phones, (f.Heap-first.Heap)/each, (f.Stack-first.Stack)/each, (f.RSS-first.RSS)/each,
					float64(f.Goroutines-first.Goroutines)/float64(each), float64(phones)/took.Seconds())
			}
		})
	}
}

// local dials a server that listens everywhere on loopback.
func (w *town) local() {
	if i := slices.Index([]byte(w.Address), ']'); i >= 0 {
		w.Address = "127.0.0.1" + w.Address[i+1:]
	}
}

// settle waits until the server has nothing to do.
func (w *town) settle() {
	w.t.Helper()
	last := w.ask("cpu").CPU
	eventuallyWithin(w.t, 2*time.Minute, "the server is idle", func() bool {
		now := w.ask("cpu").CPU
		idle := now-last < 25*time.Millisecond
		last = now
		return idle
	})
}

func eventuallyWithin(t testing.TB, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(limit)
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("this did not happen: %s", what)
		}
	}
}

// TestReconnectStorm: the server is restarted, and 10,000 phones come back at
// once, each with the back-off of a phone, while others call each other.
func TestReconnectStorm(t *testing.T) {
	needsLoad(t)
	const phones, callers = 10_000, 40
	w := newTown(t, phones+callers, Config{})
	w.move(phones)
	w.settle()
	began := time.Now()
	w.kill()
	for _, p := range w.phones {
		<-p.closed
	}
	w.serverProcess = startProcess(t, w.cfg)
	t.Logf("with %d accounts the server listens %v after its end", phones, time.Since(began))
	w.profile("storm")
	began = time.Now()
	w.phones = nil
	inTown := make(chan struct{})
	go func() { defer close(inTown); w.move(phones) }()
	var pair []*loadPhone
	for i := range callers {
		p, err := dialPhone(w.Address, false, userName(phones+i), calls.DeviceID(fmt.Sprintf("C%d", i)), w.signer)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { p.ws.Close(); <-p.closed }()
		pair = append(pair, p)
	}
	var mu sync.Mutex
	var all sample
	for done := false; !done; {
		s := w.load(pair, 20, 40)
		mu.Lock()
		all.rings = append(all.rings, s.rings...)
		all.failed += s.failed
		mu.Unlock()
		select {
		case <-inTown:
			done = true
		default:
		}
	}
	back := time.Since(began)
	w.ask("profiled")
	w.settle()
	slices.Sort(all.rings)
	t.Logf("%d phones were back after %v (%.0f/s), all quiet after %v; %d calls meanwhile: ring p50 %v p95 %v max %v, %d failed",
		phones, back.Round(time.Millisecond), phones/back.Seconds(), time.Since(began).Round(time.Millisecond),
		len(all.rings), all.quantile(.5), all.quantile(.95), all.quantile(1), all.failed)
	if all.failed > 0 {
		t.Errorf("%d calls failed during the storm", all.failed)
	}
}

// TestSoak: after 20,000 calls through one server nothing has grown but the
// history.
func TestSoak(t *testing.T) {
	needsLoad(t)
	const total = 20_000
	w := newTown(t, 80, Config{})
	w.move(80)
	w.load(w.phones, 100, 400)
	w.settle()
	rested := func() (f figures) {
		eventuallyWithin(t, time.Minute, "calls and claims are gone", func() bool {
			f = w.ask("look")
			return f.Live == 0 && f.Calls == 0 && f.Claims == 0
		})
		return f
	}
	before := rested()
	began := time.Now()
	w.flood(total)
	took := time.Since(began)
	after := rested()
	t.Logf("%d calls in %v (%.0f/s), CPU %v a call", total, took.Round(time.Second), total/took.Seconds(), (after.CPU-before.CPU)/total)
	t.Logf("before: %+v", before)
	t.Logf("after:  %+v", after)
	if after.History != before.History+total {
		t.Errorf("the history grew by %d records", after.History-before.History)
	}
	if after.Goroutines > before.Goroutines+5 || after.Files > before.Files+5 || after.Subscriptions > before.Subscriptions {
		t.Errorf("goroutines %d → %d, files %d → %d, subscriptions %d → %d", before.Goroutines, after.Goroutines,
			before.Files, after.Files, before.Subscriptions, after.Subscriptions)
	}
	if grown := (after.Heap - before.Heap) / total; grown > 2<<10 {
		t.Errorf("each call left %d bytes in memory; its history is less", grown)
	}
}

// flood places calls as fast as every pair of phones can.
func (w *town) flood(total int) {
	w.t.Helper()
	var group sync.WaitGroup
	pairs := len(w.phones) / 2
	for k := range pairs {
		group.Go(func() {
			for range total / pairs {
				if _, err := whole(w.phones[2*k], w.phones[2*k+1], time.Now()); err != nil {
					w.t.Errorf("call: %v", err)
					return
				}
			}
		})
	}
	group.Wait()
}
