//go:build linux

package server

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tring/calls"
	"tring/calls/wire"
)

// A full disk: a new call is refused, health says so, a live call is still there,
// and with room again the same process goes on with everything.
func TestFullDisk(t *testing.T) {
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=8m"); err != nil {
		t.Skipf("SKIPPED: a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		// NATS keeps the file of a batch that met the full disk open.
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	cfg := Config{Data: filepath.Join(folder, "data"), Admin: "127.0.0.1:0", Timers: Timers{Probe: 2 * time.Second}}
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
	eventuallyWithin(t, patience, "further calls are refused at once", s.store.down.Load)
	c.ask(callTo(newID(), "bob"))
	if st := a.act(wire.Renew{CallID: on(live)}); st.Call.Status != calls.Ongoing {
		t.Errorf("the live call is %s", st.Call.Status)
	}
	if code := health(t, s); code != http.StatusServiceUnavailable {
		t.Errorf("health answers %d", code)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	eventuallyWithin(t, patience, "the store takes writes again", func() bool { return health(t, s) == http.StatusOK && !s.store.down.Load() })
	c.ask(wire.RejectCall{CallID: on(id), Status: calls.Cancelled}) // if it was placed
	eventually(t, "calls go on", func() bool { return c.ask(callTo(newID(), "bob")).Type() == "call.result" })
	a.act(wire.EndCall{CallID: on(live)})
	eventuallyWithin(t, patience, "the watches go on, too", func() bool {
		before := s.accounts.get("dave")
		_, err := s.store.users.Put(t.Context(), "dave", []byte(`{"user":"dave","name":"Dave"}`))
		return before != nil && err == nil
	})
	stop()
	s, stop = open(t, cfg)
	defer stop()
	a = connect(t, s, alice, "A1", live)
	if len(a.hello.Calls) != 1 || a.hello.Calls[0].Call.Status != calls.Ended {
		t.Errorf("after a restart the call is %+v", a.hello.Calls)
	}
	for _, u := range []testUser{alice, bob, carol} {
		if s.accounts.get(u.id) == nil {
			t.Errorf("the account of %s is lost", u.id)
		}
	}
}

// health is what /healthz answers.
func health(t *testing.T, s *Server) int {
	t.Helper()
	resp, err := http.Get("http://" + s.AdminAddr().String() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}
