//go:build linux

package server

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tring/calls"
	"tring/calls/wire"
)

// A full disk: a new call is refused, health says so, a live call is still there,
// and with room again a restart goes on with everything.
func TestFullDisk(t *testing.T) {
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=8m"); err != nil {
		t.Skipf("SKIPPED: a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	cfg := Config{Data: filepath.Join(folder, "data")}
	s, stop := open(t, cfg)
	defer stop()
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	carol := addUser(t, s, "carol")
	a, b, c := connect(t, s, alice, "A1"), connect(t, s, bob, "B1"), connect(t, s, carol, "C1")
	live := newID()
	talk(t, a, b, live)
	filler := filepath.Join(folder, "filler")
	if err := os.WriteFile(filler, make([]byte, 8<<20), 0o600); err == nil {
		t.Fatal("the disk did not become full")
	}
	// The last blocks that the store has take some more.
	var answer wire.Message = wire.OK{}
	var id calls.ID
	for answer.Type() != "error" {
		id = newID()
		if answer = c.ask(callTo(id, "bob")); answer.Type() != "error" {
			answer = c.ask(wire.RejectCall{CallID: on(id), Status: calls.Cancelled})
		}
	}
	if e := answer.(wire.Error); e.Code != calls.ErrInternal.Code || !strings.Contains(e.Text, "does not answer") {
		t.Errorf("with a full disk a new call is answered with %+v", e)
	}
	if st := a.act(wire.Renew{CallID: on(live)}); st.Call.Status != calls.Ongoing {
		t.Errorf("the live call is %s", st.Call.Status)
	}
	ctx, cancel := context.WithTimeout(t.Context(), probeWait)
	defer cancel()
	if err := s.store.probe(ctx); err == nil {
		t.Error("the probe of the store says that all is well")
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	stop() // JetStream has closed itself: with room again, a restart goes on
	s, stop = open(t, cfg)
	defer stop()
	a, c = connect(t, s, alice, "A1", live), connect(t, s, carol, "C1")
	if len(a.hello.Calls) != 1 || a.hello.Calls[0].Call.Status != calls.Ongoing {
		t.Errorf("after the restart the live call is %+v", a.hello.Calls)
	}
	c.ask(wire.RejectCall{CallID: on(id), Status: calls.Cancelled}) // if it was placed
	eventually(t, "calls go on", func() bool { return c.ask(callTo(newID(), "bob")).Type() == "call.result" })
}
