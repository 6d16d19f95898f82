package server

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"tring/calls"
	"tring/calls/wire"
)

// metric is one figure of /metrics, as an operator reads it.
func metric(t *testing.T, s *Server, name string) (value float64) {
	t.Helper()
	resp, err := http.Get("http://" + s.AdminAddr().String() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			if _, err := fmt.Sscan(rest, &value); err != nil {
				t.Fatal(err)
			}
		}
	}
	return value
}

const limited = `tring_errors_total{code="rate_limited"}`

// One user places so many calls at once and no more; a callee is called twice as
// often, by however many callers. Both are told, and counted.
func TestCallFloods(t *testing.T) {
	s, _ := open(t, Config{Admin: "127.0.0.1:0", Limits: Limits{Initiates: 1, InitiateBurst: 3}})
	addUser(t, s, "victim")
	s.floods.rate = 0 // no token comes back while the test runs, however long that takes
	placed, refused := map[string]int{}, 0
	for _, name := range []calls.UserID{"ann", "ben", "cat"} {
		p := connect(t, s, addUser(t, s, name), "D"+calls.DeviceID(name))
		for range 5 {
			id := newID()
			switch m := p.ask(callTo(id, "victim")).(type) {
			case wire.CallResult:
				placed[string(name)]++
				p.act(wire.RejectCall{CallID: on(id), Status: calls.Cancelled})
			case wire.Error:
				if m.Code != calls.ErrRateLimited.Code {
					t.Fatalf("%s is told %+v", name, m)
				}
				refused++
			}
		}
	}
	if placed["ann"] != 3 || placed["ben"] != 3 || placed["cat"] != 0 {
		t.Errorf("placed %v, want 3 each of the first two callers, and none more to the callee", placed)
	}
	if got := metric(t, s, limited); int(got) != refused {
		t.Errorf("%v refusals are counted, of %d", got, refused)
	}
}

// Between two people one call rings at a time, whichever of their phones placed
// it.
func TestOneRingOfAPair(t *testing.T) {
	s, _ := open(t, Config{Admin: "127.0.0.1:0"})
	alice := addUser(t, s, "alice")
	addUser(t, s, "bob")
	first, second := connect(t, s, alice, "A1"), connect(t, s, alice, "A2")
	id := newID()
	first.act(callTo(id, "bob"))
	told := second.refused(callTo(newID(), "bob"), calls.ErrBusySelf)
	if want := "call bob: another phone of yours calls them already"; told.Text != want {
		t.Errorf("the second phone, which is in no call, is told %q, want %q", told.Text, want)
	}
	if got := metric(t, s, `tring_errors_total{code="busy_self"}`); got != 1 {
		t.Errorf("%v refusals are counted", got)
	}
	first.act(wire.RejectCall{CallID: on(id), Status: calls.Cancelled})
	nothingLeft(t, s)
	second.act(callTo(newID(), "bob"))
}

// Every way in which a connection is cut off has its code, and is counted under
// it.
func TestCutsAreCounted(t *testing.T) {
	s, _ := open(t, Config{Admin: "127.0.0.1:0"})
	hasty, _ := open(t, Config{Admin: "127.0.0.1:0", Timers: Timers{SignIn: 200 * time.Millisecond}})
	alice := addUser(t, s, "alice")
	for d := range maxDevices {
		connect(t, s, alice, calls.DeviceID(fmt.Sprintf("A%d", d)))
	}
	tests := []struct {
		name string
		cut  func(t *testing.T, ws *websocket.Conn)
		code int
	}{
		{"silent at the door", func(*testing.T, *websocket.Conn) {}, wire.CloseSignInLate},
		{"no frame", func(_ *testing.T, ws *websocket.Conn) { _ = ws.WriteMessage(websocket.TextMessage, []byte("x")) }, wire.CloseBadFrame},
		{"too large at the door", func(_ *testing.T, ws *websocket.Conn) {
			_ = ws.WriteMessage(websocket.TextMessage, longHello(wire.MaxFrameBeforeSignIn))
		}, wire.CloseTooLarge},
		{"a ninth phone", func(t *testing.T, ws *websocket.Conn) {
			if m, err := signIn(t, ws, helloOf("alice", alice.signer, "A9"), alice.signer); err != nil || m.Type() != "error" {
				t.Errorf("it is told %+v, %v", m, err)
			}
		}, wire.CloseRateLimited},
		{"too large when signed in", func(t *testing.T, ws *websocket.Conn) {
			if _, err := signIn(t, ws, helloOf("alice", alice.signer, "A0"), alice.signer); err != nil {
				t.Error(err)
			}
			_ = ws.WriteMessage(websocket.TextMessage, longHello(wire.MaxFrame))
		}, wire.CloseTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name := fmt.Sprintf(`tring_connections_closed_total{code="%d"}`, tt.code)
			s := s
			if tt.code == wire.CloseSignInLate {
				s = hasty
			}
			before := metric(t, s, name)
			ws := dialHasty(t, s)
			tt.cut(t, ws)
			var err error
			for err == nil {
				_, err = readFrame(ws)
			}
			if codeOf(err) != tt.code {
				t.Errorf("closed with %v, want %d", err, tt.code)
			}
			eventually(t, "it is counted", func() bool { return metric(t, s, name) > before })
		})
	}
}

// A phone that stops reading is cut off, and meanwhile delays nobody: neither the
// same person's other phone nor the caller.
func TestStalledPhone(t *testing.T) {
	s, _ := open(t, Config{Admin: "127.0.0.1:0"})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, b := connect(t, s, alice, "A1"), connect(t, s, bob, "B1")
	ws := dial(t, s)
	if _, err := signIn(t, ws, helloOf("bob", bob.signer, "B2"), bob.signer); err != nil {
		t.Fatal(err)
	}
	s.hub.mu.Lock()
	stalled := s.hub.conns["bob"]["B2"]
	s.hub.mu.Unlock()
	cut := `tring_connections_closed_total{code="4408"}`
	eventually(t, "the stalled phone is cut off", func() bool {
		for range 3 { // sockets and queue fill up
			stalled.enqueue(many()...)
		}
		id := newID()
		a.act(callTo(id, "bob"))
		b.hears(id, calls.IncomingCallReceived)
		a.act(wire.RejectCall{CallID: on(id), Status: calls.Cancelled})
		return metric(t, s, cut) == 1
	})
	eventually(t, "only one phone of bob is online", func() bool {
		c := contactOf(a, "bob")
		return len(c.Phones) == 1 && c.Phones[0] == "phone B1"
	})
}

// A call has one timer: whoever sets a new one stops the old one.
func TestOneTimerOfACall(t *testing.T) {
	s := &Server{}
	h := newHub(s)
	old := time.NewTimer(time.Hour)
	e := &entry{timer: old}
	h.live["C1"] = e
	h.again("C1")
	defer e.timer.Stop()
	if e.timer == old || old.Stop() {
		t.Error("the old timer still runs")
	}
}
