package server

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"tring/calls"
	"tring/calls/wire"
)

// deepJSON is a frame of 20,000 nested arrays, and huge one of 10 MB.
var (
	deepJSON = `{"type":"phones.list","seq":3,"body":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`
	huge     = `{"type":"phones.list","seq":3,"pad":"` + strings.Repeat("x", 10<<20) + `"}`
)

// Who does not begin with hello and go on with proof is refused with a code, and
// learns nothing.
func TestSignInOutOfOrder(t *testing.T) {
	s, _ := open(t, Config{})
	alice := addUser(t, s, "alice")
	hello := encoded(t, wire.Frame{Seq: 1, Body: helloOf("alice", alice.signer, "A1")})
	for _, tt := range []struct {
		name   string
		frames []string
		err    error // nil: the connection ends without an answer
		code   int
	}{
		{"a request at the door", []string{encoded(t, wire.Frame{Seq: 1, Body: callTo(newID(), "alice")})}, calls.ErrInvalidRequest, wire.CloseBadFrame},
		{"a proof of nothing", []string{encoded(t, wire.Frame{Seq: 1, Body: wire.Proof{}})}, calls.ErrInvalidRequest, wire.CloseBadFrame},
		{"a frame of the server", []string{encoded(t, wire.Frame{Body: wire.Welcome{}})}, calls.ErrInvalidRequest, wire.CloseBadFrame},
		{"an unknown frame", []string{`{"type":"hullo","seq":1}`}, calls.ErrInvalidRequest, wire.CloseBadFrame},
		{"hello twice", []string{hello, hello}, calls.ErrInvalidRequest, wire.CloseBadFrame},
		{"a request for a proof", []string{hello, encoded(t, wire.Frame{Seq: 2, Body: wire.Phones{}})}, calls.ErrInvalidRequest, wire.CloseBadFrame},
		{"an empty proof", []string{hello, encoded(t, wire.Frame{Seq: 2, Body: wire.Proof{}})}, calls.ErrSignIn, wire.CloseSignIn},
		{"an invite out of the air", []string{hello, encoded(t, wire.Frame{Seq: 2, Body: wire.Enrol{Invite: "AAAA"}})}, calls.ErrSignIn, wire.CloseSignIn},
		{"deep JSON", []string{deepJSON[:4<<10]}, calls.ErrInvalidRequest, wire.CloseBadFrame},
		{"10 MB", []string{huge}, nil, wire.CloseTooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ws := dial(t, s)
			var last wire.Message
			var err error
			for _, f := range tt.frames {
				_ = ws.WriteMessage(websocket.TextMessage, []byte(f)) // the server may have closed in the middle
				var got wire.Frame
				if got, err = readFrame(ws); err != nil {
					break
				}
				last = got.Body
			}
			if e, ok := last.(wire.Error); tt.err != nil && (!ok || e.Code != calls.Code(tt.err)) {
				t.Errorf("the answer is %+v, want the error %s", last, calls.Code(tt.err))
			}
			if err == nil {
				_, err = readFrame(ws)
			}
			if codeOf(err) != tt.code {
				t.Errorf("closed with %v, want %d", err, tt.code)
			}
		})
	}
}

// A sign-in that somebody recorded serves nobody: its challenge is not the one of
// another connection. The same holds for the frames of a person with an invite.
func TestRecordedSignIn(t *testing.T) {
	s, _ := open(t, Config{})
	alice := addUser(t, s, "alice")
	invite, err := s.Admin().InviteUser(t.Context(), "bob", "Bob", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	secret, _, _ := strings.Cut(invite, ".")
	bob, _ := key(t)
	for name, tt := range map[string]struct {
		hello  wire.Hello
		answer func(signature string) wire.Message
		first  string
	}{
		"a proof":   {helloOf("alice", alice.signer, "A1"), func(s string) wire.Message { return wire.Proof{Signature: s} }, "welcome"},
		"an invite": {helloOf("", bob, "B1"), func(s string) wire.Message { return wire.Enrol{Invite: secret, Signature: s} }, "enrolled"},
	} {
		t.Run(name, func(t *testing.T) {
			signer := alice.signer
			if tt.hello.User == "" {
				signer = bob
			}
			ws := dial(t, s)
			writeFrame(t, ws, wire.Frame{Seq: 1, Body: tt.hello})
			f, err := readFrame(ws)
			if err != nil {
				t.Fatal(err)
			}
			signature, err := wire.SignSSH(signer, wire.SignatureNamespace, wire.SignInText(tt.hello, f.Body.(wire.Challenge), "127.0.0.1"))
			if err != nil {
				t.Fatal(err)
			}
			recorded := wire.Frame{Seq: 2, Body: tt.answer(signature)}
			writeFrame(t, ws, recorded)
			if f, err := readFrame(ws); err != nil || f.Body.Type() != tt.first {
				t.Fatalf("the true sign-in is answered with %+v, %v", f.Body, err)
			}
			again := dial(t, s)
			writeFrame(t, again, wire.Frame{Seq: 1, Body: tt.hello})
			if _, err := readFrame(again); err != nil {
				t.Fatal(err)
			}
			writeFrame(t, again, recorded)
			f, err = readFrame(again)
			if e, ok := f.Body.(wire.Error); err != nil || !ok || e.Code != calls.ErrSignIn.Code {
				t.Errorf("the recorded one is answered with %+v, %v", f.Body, err)
			}
			if _, err := readFrame(again); codeOf(err) != wire.CloseSignIn {
				t.Errorf("closed with %v", err)
			}
		})
	}
}

// What a phone that is signed in must not ask is refused with its code, changes
// nothing, and the connection goes on.
func TestHostileRequests(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob, eve := addUser(t, s, "alice"), addUser(t, s, "bob"), addUser(t, s, "eve")
	a, b, b2, e := connect(t, s, alice, "A1"), connect(t, s, bob, "B1"), connect(t, s, bob, "B2"), connect(t, s, eve, "E1")
	id, eves := newID(), newID()
	talk(t, a, b, id)
	a.hearsConnected(id)
	bobs := b.act(wire.Token{CallID: on(id)}).Grant.Token
	e.act(callTo(eves, "bob"))
	before := a.act(wire.Renew{CallID: on(id)}).Call
	expired := s.tokens.make(id, a.me, time.Now().Add(-time.Second))
	other := s.tokens.make(eves, a.me, time.Now().Add(time.Hour))
	for _, tt := range []struct {
		name string
		from *testPhone
		m    wire.Message
		err  error
	}{
		{"hello again", a, helloOf("alice", alice.signer, "A1"), calls.ErrInvalidRequest},
		{"a proof again", a, wire.Proof{Signature: "x"}, calls.ErrInvalidRequest},
		{"an enrolment", a, wire.Enrol{Invite: "x"}, calls.ErrInvalidRequest},
		{"a frame of the server", a, wire.CallEvent{Events: []calls.EventName{calls.CallEnded}}, calls.ErrInvalidRequest},
		{"a relayed signal", a, wire.Relayed{CallID: on(id), From: "B1"}, calls.ErrInvalidRequest},
		{"no call", a, wire.EndCall{}, calls.ErrInvalidRequest},
		{"a call of wildcards", a, wire.EndCall{CallID: on("*.>")}, calls.ErrInvalidRequest},
		{"a call of 65 letters", a, wire.EndCall{CallID: on(calls.ID(strings.Repeat("A", 65)))}, calls.ErrInvalidRequest},
		{"somebody's call", e, wire.EndCall{CallID: on(id)}, calls.ErrCallNotFound},
		{"somebody's call given up", e, wire.AcceptCall{CallID: on(id), Ending: id}, calls.ErrCallNotFound},
		{"somebody's token", a, wire.Join{CallID: on(id), Token: bobs}, calls.ErrInvalidToken},
		{"the token of another call", a, wire.Join{CallID: on(id), Token: other}, calls.ErrInvalidToken},
		{"an expired token", a, wire.Join{CallID: on(id), Token: expired}, calls.ErrInvalidToken},
		{"no token", a, wire.Join{CallID: on(id)}, calls.ErrInvalidToken},
		{"a token with more time", a, wire.Join{CallID: on(id), Token: "9" + bobs}, calls.ErrInvalidToken},
		{"a token, on a phone that did not answer", b2, wire.Token{CallID: on(id)}, calls.ErrNotAParty},
		{"an end, on a phone that did not answer", b2, wire.EndCall{CallID: on(id)}, calls.ErrNotAParty},
		{"a signal, on a phone that did not answer", b2, wire.Signal{CallID: on(id), To: "A1"}, calls.ErrNotAParty},
		{"a signal to a stranger", a, wire.Signal{CallID: on(id), To: "E1"}, calls.ErrNotAParty},
		{"a signal to all", a, wire.Signal{CallID: on(id), To: ">"}, calls.ErrNotAParty},
		{"media of no state", a, wire.MediaState{CallID: on(id), Peer: "B1", State: "great"}, calls.ErrInvalidStatus},
		{"an answer to the own call", e, wire.AcceptCall{CallID: on(eves)}, calls.ErrNotAParty},
		{"a rejection of the own call", e, wire.RejectCall{CallID: on(eves), Status: calls.Rejected}, calls.ErrInvalidStatus},
		{"a rejection as a status of the server", b2, wire.RejectCall{CallID: on(eves), Status: calls.Unanswered}, calls.ErrInvalidStatus},
		{"a cancel by the callee", b2, wire.RejectCall{CallID: on(eves), Status: calls.Cancelled}, calls.ErrInvalidStatus},
		{"an end before the answer", e, wire.EndCall{CallID: on(eves)}, calls.ErrInvalidStatus},
		{"somebody's phone", e, wire.RemovePhone{Device: "A1"}, calls.ErrInvalidRequest},
		{"a presence of the server", e, wire.SetPresence{Presence: calls.InCall}, calls.ErrInvalidRequest},
		{"a block of oneself", e, wire.SetBlocked{User: "eve", On: true}, calls.ErrUnknownReceiver},
		{"a favourite of nobody", e, wire.SetFavourite{Receiver: calls.User("nobody"), On: true}, calls.ErrUnknownReceiver},
		{"settings of no kind", e, wire.SetSettings{Settings: calls.Settings{WhenBusy: "maybe"}}, calls.ErrInvalidRequest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answer, ok := tt.from.ask(tt.m).(wire.Error)
			if !ok || answer.Code != calls.Code(tt.err) {
				t.Errorf("the answer is %+v, want the error %s", answer, calls.Code(tt.err))
			}
		})
	}
	if after := a.act(wire.Renew{CallID: on(id)}).Call; !reflect.DeepEqual(before, after) {
		t.Errorf("the call was\n%+v and is\n%+v", before, after)
	}
	if page := e.ask(wire.History{HistoryFilter: calls.HistoryFilter{With: "alice", Before: id}}).(wire.HistoryPage); len(page.Records) != 0 {
		t.Errorf("somebody's history: %+v", page.Records)
	}
	for name, data := range map[string]string{"deep JSON": deepJSON, "10 MB": huge} {
		_ = e.ws.WriteMessage(websocket.TextMessage, []byte(data)) // the server may close in the middle
		want := wire.CloseBadFrame
		if name == "10 MB" {
			want = wire.CloseTooLarge
		}
		if got := e.code(); got != want {
			t.Errorf("%s: closed with %d, want %d", name, got, want)
		}
		e = connect(t, s, eve, "E1")
	}
	if got := b2.count(id, calls.CallEnded) + a.count(id, calls.CallEnded); got != 0 {
		t.Error("the call ended")
	}
}

// A joined phone vouches for the other of its call, and for nobody else: what it
// invents is not kept.
func TestVouchingForInventions(t *testing.T) {
	s, _ := open(t, Config{})
	a, b := connect(t, s, addUser(t, s, "alice"), "A1"), connect(t, s, addUser(t, s, "bob"), "B1")
	id := newID()
	talk(t, a, b, id)
	var hears []calls.DeviceID
	for range 1000 {
		hears = append(hears, calls.DeviceID(newID()))
	}
	a.act(wire.Renew{CallID: on(id), Hears: append(hears, "B1")})
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if got := len(s.hub.live[id].signs); got != 2 {
		t.Errorf("the call keeps the signs of %d devices", got)
	}
}

// Requests above the rate are refused, known or not, and a patient phone goes on.
func TestRequestFlood(t *testing.T) {
	s, _ := open(t, Config{Limits: Limits{Requests: 1, RequestBurst: 5}})
	a := connect(t, s, addUser(t, s, "alice"), "A1")
	for _, m := range []wire.Message{wire.Phones{}, unknown{}} {
		refused := 0
		for range 100 {
			if e, ok := a.ask(m).(wire.Error); ok && e.Code == calls.ErrRateLimited.Code {
				refused++
			}
		}
		if refused == 0 {
			t.Errorf("100 %s at once are all answered", m.Type())
		}
	}
	eventually(t, "a patient phone is answered", func() bool { return a.ask(wire.Phones{}).Type() == "phones.page" })
}

// One address has so many connections at once, and no more.
func TestConnectionsOfOneAddress(t *testing.T) {
	s, _ := open(t, Config{BehindProxy: true, Limits: Limits{Connections: 2}})
	from := func(address string) (*websocket.Conn, *http.Response, error) {
		ws, resp, err := websocket.DefaultDialer.Dial("ws://"+s.Addr().String()+wire.Path,
			http.Header{"X-Forwarded-For": {"198.51.100.1, " + address}})
		if err == nil {
			t.Cleanup(func() { ws.Close() })
		}
		return ws, resp, err
	}
	for range 2 {
		if _, _, err := from("192.0.2.7"); err != nil {
			t.Fatal(err)
		}
	}
	if _, resp, err := from("192.0.2.7"); err == nil || resp == nil || resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the third connection: %v, %v", resp, err)
	}
	if _, _, err := from("192.0.2.8"); err != nil {
		t.Errorf("another address: %v", err)
	}
}

// What limits count by: nobody chooses another address by a header of his own,
// nor by one of the many addresses of an IPv6 subscriber.
func TestRemote(t *testing.T) {
	const proxy = "10.0.0.1:4711"
	tests := []struct {
		name, from string
		proxied    bool
		forwarded  []string
		want       string
	}{
		{"IPv4", "192.0.2.7:1234", false, nil, "192.0.2.7"},
		{"IPv4 in IPv6", "[::ffff:192.0.2.7]:1234", false, nil, "192.0.2.7"},
		{"IPv6", "[2001:db8:1:2:a:b:c:d]:1234", false, nil, "2001:db8:1:2::/64"},
		{"IPv6 with a zone", "[fe80::1%eth0]:1234", false, nil, "fe80::/64"},
		{"this machine", "[::1]:1234", false, nil, "::1"},
		{"a header without a proxy", "192.0.2.7:1234", false, []string{"198.51.100.1"}, "192.0.2.7"},
		{"the proxy says nothing", proxy, true, nil, "10.0.0.1"},
		{"the proxy appends", proxy, true, []string{"198.51.100.1, 192.0.2.7"}, "192.0.2.7"},
		{"the proxy adds a line", proxy, true, []string{"198.51.100.1", "192.0.2.7"}, "192.0.2.7"},
		{"IPv6 by the proxy", proxy, true, []string{"2001:db8:1:2::9"}, "2001:db8:1:2::/64"},
		{"the proxy does not know", proxy, true, []string{"unknown"}, "unknown"},
	}
	for _, tt := range tests {
		g := &gateway{server: &Server{cfg: Config{BehindProxy: tt.proxied}}}
		r := &http.Request{RemoteAddr: tt.from, Header: http.Header{"X-Forwarded-For": tt.forwarded}}
		if got := g.remote(r); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// With very many addresses, the idle ones are forgotten now and then, and not
// looked for at each new one.
func TestIdleAddresses(t *testing.T) {
	g := newGateway(&Server{limits: Limits{}.withDefaults()})
	now := time.Now()
	fill := func() {
		for i := range 10_000 {
			g.byAddr[fmt.Sprint(i)] = &address{last: now.Add(-time.Hour)}
		}
	}
	fill()
	g.forgetIdle(now)
	if len(g.byAddr) != 0 {
		t.Errorf("%d idle addresses are kept", len(g.byAddr))
	}
	fill()
	g.forgetIdle(now.Add(time.Second))
	if len(g.byAddr) != 10_000 {
		t.Error("all addresses are looked at again after a second")
	}
	g.forgetIdle(now.Add(sweepEvery))
	if len(g.byAddr) != 0 {
		t.Errorf("%d idle addresses are kept", len(g.byAddr))
	}
}

// A reason that is too long for a close frame is cut between characters.
func TestCloseReason(t *testing.T) {
	for _, tt := range []struct{ reason, want string }{
		{"", ""},
		{strings.Repeat("a", 123), strings.Repeat("a", 123)},
		{strings.Repeat("a", 124), strings.Repeat("a", 123)},
		{strings.Repeat("a", 122) + "é", strings.Repeat("a", 122)},
		{strings.Repeat("€", 50), strings.Repeat("€", 41)},
	} {
		if got := closeReason(tt.reason); got != tt.want {
			t.Errorf("closeReason(%q) = %q, want %q", tt.reason, got, tt.want)
		}
	}
}

func encoded(t *testing.T, f wire.Frame) string {
	t.Helper()
	data, err := wire.Encode(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// A phone that is older, and one that is newer, of the same major version: fields
// that are missing and fields that nobody knows do not matter.
func TestOlderAndNewerPhones(t *testing.T) {
	s, _ := open(t, Config{})
	alice := addUser(t, s, "alice")
	addUser(t, s, "bob")
	for name, extra := range map[string]string{"older": "", "newer": `,"mood":{"colour":["blue"]}`} {
		t.Run(name, func(t *testing.T) {
			ws := dial(t, s)
			say := func(format string, args ...any) wire.Message {
				if err := ws.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, format, args...)); err != nil {
					t.Fatal(err)
				}
				for {
					f, err := readFrame(ws)
					if err != nil {
						t.Fatal(err)
					}
					if f.Re != 0 {
						return f.Body
					}
				}
			}
			h := wire.Hello{Version: 1, User: "alice", Device: calls.Device{ID: "A1"}, Key: marshalKey(alice.signer.PublicKey())}
			challenge := say(`{"type":"hello","seq":1%s,"body":{"version":1,"user":"alice","device":{"id":"A1"%s},"key":%q%s}}`, extra, extra, h.Key, extra)
			signature, err := wire.SignSSH(alice.signer, wire.SignatureNamespace, wire.SignInText(h, challenge.(wire.Challenge), "127.0.0.1"))
			if err != nil {
				t.Fatal(err)
			}
			if m := say(`{"type":"proof","seq":2,"body":{"signature":%q%s}}`, signature, extra); m.Type() != "welcome" {
				t.Fatalf("the phone is answered with %+v", m)
			}
			id := newID()
			m := say(`{"type":"call.initiate","seq":3,"body":{"call":%q,"receiver":{"kind":"user","id":"bob"%s},"call_type":"audio"%s}}`, id, extra, extra)
			if r, ok := m.(wire.CallResult); !ok || r.Call.Status != calls.Initiated {
				t.Fatalf("its call is answered with %+v", m)
			}
			if m := say(`{"type":"call.reject","seq":4,"body":{"call":%q,"status":"cancelled"%s}}`, id, extra); m.Type() != "call.result" {
				t.Errorf("its cancel is answered with %+v", m)
			}
		})
	}
}
