package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"tring/calls"
)

func openJournalled(t *testing.T, path string) *ownCalls {
	t.Helper()
	o, err := openOwnCalls(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// placed is a call that rings, as the store keeps it.
func placed(t *testing.T, o *ownCalls, id calls.ID) stored {
	t.Helper()
	st, err := o.put(t.Context(), stored{Call: calls.Call{ID: id, Status: calls.Initiated}})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// What a journal acknowledged is there after it was opened again, wherever a crash
// cut it off; only what it cut off is not.
func TestJournalIsCutOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), journalFile)
	o := openJournalled(t, path)
	var ends []int64 // of the file, after each call
	var all []stored
	for i := range 5 {
		all = append(all, placed(t, o, calls.ID(fmt.Sprint("call", i))))
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, info.Size())
	}
	o.close()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(whole) + 1 {
		if n%7 != 0 && !slices.Contains(ends, int64(n)) {
			continue
		}
		if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		o := openJournalled(t, path)
		for i, st := range all {
			got, err := o.get(t.Context(), st.Call.ID)
			if there := int64(n) >= ends[i]; there != (err == nil) || there && (!got.Call.Equal(st.Call) || got.Call.Revision != st.Call.Revision) {
				t.Errorf("cut at %d of %v, call %d is %+v: %v", n, ends, i, got.Call, err)
			}
		}
		if st := placed(t, o, "next"); len(o.all) > 1 && st.Call.Revision <= uint64(len(o.all)-1) {
			t.Errorf("cut at %d, the next revision is %d", n, st.Call.Revision)
		}
		o.close()
	}
	whole[ends[1]+recordHead+3] ^= 1
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	o = openJournalled(t, path)
	defer o.close()
	if len(o.all) != 2 {
		t.Errorf("of a journal whose third record is damaged %d calls are read", len(o.all))
	}
	if lost, err := os.ReadFile(path + lostSuffix); !bytes.Equal(lost, whole[ends[1]:]) {
		t.Errorf("of the rest %d bytes are kept, want %d: %v", len(lost), int64(len(whole))-ends[1], err)
	}
}

// A journal that grew is written anew with what is live, and goes on from there.
func TestJournalIsWrittenAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), journalFile)
	o := openJournalled(t, path)
	live := placed(t, o, "live")
	gone := placed(t, o, "gone")
	if err := o.remove(t.Context(), []calls.Call{gone.Call}); err != nil {
		t.Fatal(err)
	}
	for range 2*journalSize/probeSize + 10 {
		if err := o.probe(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	live.Call.Status = calls.Ongoing
	live, err := o.put(t.Context(), live)
	if err != nil {
		t.Fatal(err)
	}
	o.close()
	if info, err := os.Stat(path); err != nil || info.Size() > journalSize+2*probeSize {
		t.Errorf("the journal has %d bytes (%v)", info.Size(), err)
	}
	o = openJournalled(t, path)
	defer o.close()
	if got, err := o.get(t.Context(), "live"); err != nil || got.Call.Status != calls.Ongoing || got.Call.Revision != live.Call.Revision {
		t.Errorf("the live call is %+v (%v)", got, err)
	}
	if _, err := o.get(t.Context(), "gone"); !errors.Is(err, errNoCall) {
		t.Errorf("the finished call: %v", err)
	}
}

// A write that fails is nowhere, neither now nor after a crash; with room again the
// journal takes writes at once.
func TestJournalFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), journalFile)
	o := openJournalled(t, path)
	first := placed(t, o, "first")
	file := o.journal.file
	readOnly, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	o.journal.file = readOnly
	_, err = o.put(t.Context(), stored{Call: calls.Call{ID: "lost", Status: calls.Initiated}})
	if !errors.Is(err, errStoreDown) {
		t.Errorf("a write that failed says %v", err)
	}
	if _, err := o.get(t.Context(), "lost"); !errors.Is(err, errNoCall) {
		t.Errorf("and its call: %v", err)
	}
	file.Close()
	again := first
	again.Call.Status = calls.Ongoing
	if _, err := o.put(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	o.close()
	o = openJournalled(t, path)
	defer o.close()
	if got, err := o.get(t.Context(), "first"); err != nil || got.Call.Status != calls.Ongoing || len(o.all) != 1 {
		t.Errorf("after it the journal has %d calls, the first %+v (%v)", len(o.all), got, err)
	}
}

// Of many who write the same state one wins, and the others are told so.
func TestJournalHasOneWinner(t *testing.T) {
	o := openJournalled(t, filepath.Join(t.TempDir(), journalFile))
	defer o.close()
	st := placed(t, o, "call")
	const rounds, racers = 20, 8
	for range rounds {
		var mu sync.Mutex
		var won []stored
		var group sync.WaitGroup
		for i := range racers {
			group.Go(func() {
				next := st
				next.Call.RingTime = calls.Millis(i)
				next, err := o.put(context.Background(), next)
				if err != nil && !conflict(err) {
					t.Error(err)
				}
				if err == nil {
					mu.Lock()
					won = append(won, next)
					mu.Unlock()
				}
			})
		}
		group.Wait()
		if len(won) != 1 || won[0].Call.Revision <= st.Call.Revision {
			t.Fatalf("%d of %d won: %+v", len(won), racers, won)
		}
		st = won[0]
	}
	if _, err := o.put(t.Context(), stored{Call: calls.Call{ID: "call"}}); !conflict(err) {
		t.Errorf("a call of that id once more: %v", err)
	}
}

// Calls that a version before the journal left in the bucket go on.
func TestJournalAdoptsCalls(t *testing.T) {
	cfg := Config{Data: t.TempDir()}
	s, stop := open(t, cfg)
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	id := newID()
	talk(t, connect(t, s, alice, "A1"), connect(t, s, bob, "B1"), id)
	st, err := s.store.calls.get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	st.Call.Revision = 0
	if st, err = (sharedCalls{s.store, s.store.bucket}).put(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := os.Remove(filepath.Join(cfg.Data, journalFile)); err != nil {
		t.Fatal(err)
	}
	s, _ = open(t, cfg)
	a := connect(t, s, alice, "A1", id)
	if len(a.hello.Calls) != 1 || a.hello.Calls[0].Call.Status != calls.Ongoing || a.hello.Calls[0].Call.Revision <= st.Call.Revision {
		t.Errorf("after the start the call is %+v", a.hello.Calls)
	}
	if keys, err := (sharedCalls{s.store, s.store.bucket}).ids(t.Context()); err != nil || len(keys) != 0 {
		t.Errorf("in the bucket %v is left (%v)", keys, err)
	}
}

// Removals wait for another write, but not however many there are.
func TestRemovalsDoNotPileUp(t *testing.T) {
	o := openJournalled(t, filepath.Join(t.TempDir(), journalFile))
	defer o.close()
	st := placed(t, o, "call")
	o.mu.Lock()
	for i := range goneMost + 1 {
		id := calls.ID(fmt.Sprint("gone", i))
		c := *o.all["call"]
		c.Call.ID = id
		o.all[id] = &c
	}
	o.mu.Unlock()
	for i := range goneMost + 1 {
		gone := st.Call
		gone.ID = calls.ID(fmt.Sprint("gone", i))
		if err := o.remove(t.Context(), []calls.Call{gone}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the removals are written", func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		return len(o.queue) == 0
	})
}
