package server

import (
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tring/calls"
)

// stepped is a journal whose writer the test is, and what it has to hold.
type stepped struct {
	*ownCalls
	t       *rapid.T
	path    string
	under   []*ownWrite           // way of calls, in the order in which they began
	said    map[calls.ID]uint64   // the revision that was acknowledged last
	maybe   map[calls.ID][]uint64 // that a crash may bring up, too: nobody was told what became of them
	removed map[calls.ID]bool     // and whether that is durable
	most    uint64                // of all revisions that were acknowledged
}

func step(t *rapid.T, folder string) *stepped {
	s := &stepped{
		t: t, path: filepath.Join(folder, journalFile), said: map[calls.ID]uint64{},
		maybe: map[calls.ID][]uint64{}, removed: map[calls.ID]bool{},
	}
	s.ownCalls = &ownCalls{log: slog.New(slog.DiscardHandler), wake: make(chan struct{}, 1), all: map[calls.ID]*ownCall{}}
	s.timer = time.AfterFunc(time.Hour, func() {})
	journal, _, err := openJournal(s.path, s.replay)
	if err != nil {
		t.Fatal(err)
	}
	s.journal = journal
	return s
}

func (s *stepped) busy(id calls.ID) bool { c := s.all[id]; return c != nil && c.pending != nil }

// begins brings a write on its way.
func (s *stepped) begins(id calls.ID) {
	if _, gone := s.removed[id]; gone || s.busy(id) {
		return
	}
	w, err := s.begin(s.t.Context(), stored{Call: calls.Call{ID: id, Revision: s.said[id]}})
	if err == nil {
		w.record, err = stateRecord(w.after)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.enqueue(w, true)
	s.under = append(s.under, w)
	s.maybe[id] = append(s.maybe[id], w.after.Call.Revision)
}

// removes takes a call out as the finisher does, also one whose state is another by
// then.
func (s *stepped) removes(id calls.ID) {
	if s.said[id] == 0 {
		return
	}
	busy := s.busy(id)
	if err := s.remove(s.t.Context(), []calls.Call{{ID: id, Revision: s.said[id]}}); err != nil {
		s.t.Fatal(err)
	}
	if _, gone := s.removed[id]; !gone && !busy {
		s.removed[id] = false
	}
}

// writes does what the writer does; between comes after it has taken the queue.
func (s *stepped) writes(fails bool, between func()) {
	batch, _ := s.take()
	gone := slices.Collect(maps.Keys(s.removed))
	between()
	if fails {
		path, file := s.journal.path, s.journal.file
		s.journal.path = filepath.Join(path, "nowhere")
		closed, err := os.Open(path)
		if err != nil {
			s.t.Fatal(err)
		}
		closed.Close()
		s.journal.file = closed
		defer func() { s.journal.path, s.journal.file = path, file }()
	}
	s.commit(batch)
	s.under = slices.DeleteFunc(s.under, func(w *ownWrite) bool {
		select {
		case <-w.done:
		default:
			return false
		}
		id, rev := w.after.Call.ID, w.after.Call.Revision
		if (w.err != nil) != fails {
			s.t.Fatalf("the write of %s fails: %v, want it to: %v", id, w.err, fails)
		}
		if !fails {
			s.said[id], s.most, s.maybe[id] = rev, max(s.most, rev), nil
		}
		return true
	})
	if !fails && len(batch) > 0 {
		for _, id := range gone {
			s.removed[id] = true
		}
	}
}

// crashes compares what the next start would find.
func (s *stepped) crashes() {
	data, err := os.ReadFile(s.path)
	if err != nil {
		s.t.Fatal(err)
	}
	next := &ownCalls{all: map[calls.ID]*ownCall{}}
	for record, rest, ok := cutRecord(data); ok; record, rest, ok = cutRecord(rest) {
		if err := next.replay(record); err != nil {
			s.t.Fatal(err)
		}
	}
	for id, rev := range s.said {
		c := next.all[id]
		durable, gone := s.removed[id]
		switch {
		case c == nil && !gone:
			s.t.Fatalf("%s is lost", id)
		case c != nil && durable:
			s.t.Fatalf("%s is back", id)
		case c != nil && c.Call.Revision != rev && !slices.Contains(s.maybe[id], c.Call.Revision):
			s.t.Fatalf("%s has revision %d, acknowledged is %d", id, c.Call.Revision, rev)
		}
	}
	if next.last < s.most {
		s.t.Fatalf("revisions go on from %d, the last was %d", next.last, s.most)
	}
}

// Whatever is written, refused and removed in whatever order: after a crash there is
// what was acknowledged, nothing that was removed for good, and no revision twice.
func TestJournalSurvivesACrashAtAnyTime(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := step(rt, t.TempDir())
		defer func() { s.journal.close() }()
		id := func() calls.ID { return calls.ID(fmt.Sprint("call", rapid.IntRange(0, 3).Draw(rt, "call"))) }
		rt.Repeat(map[string]func(*rapid.T){
			"put":    func(*rapid.T) { s.begins(id()) },
			"remove": func(*rapid.T) { s.removes(id()) },
			"write":  func(*rapid.T) { s.writes(false, func() { s.removes(id()); s.begins(id()) }) },
			"fail":   func(*rapid.T) { s.writes(true, func() { s.removes(id()); s.begins(id()) }) },
			"anew":   func(*rapid.T) { s.journal.torn = true },
			"":       func(*rapid.T) { s.crashes() },
		})
	})
}
