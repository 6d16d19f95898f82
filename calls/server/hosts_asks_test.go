package server

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tring/calls"
	"tring/calls/wire"

	"github.com/gorilla/websocket"
	"golang.org/x/crypto/ssh"
	"pgregory.net/rapid"
)

// What a host may ask, and nobody else.
func TestHostAsks(t *testing.T) {
	s, _ := open(t, Config{})
	alice := addUser(t, s, "alice")
	shell := addHost(t, s, "shell")
	lineSigner, lineKey := key(t)
	if err := s.Admin().AddUser(t.Context(), "echo", "Echo", lineKey, AsTestLine()); err != nil {
		t.Fatal(err)
	}
	stranger, strangers := key(t)
	p := asking(t, s, shell)
	if me := p.hello.Me; me.User != "shell" || len(p.hello.Contacts) != 0 || p.hello.Settings != (calls.Settings{}) {
		t.Errorf("the host is welcomed with %+v", p.hello.Snapshot)
	}
	line := func(k ssh.Signer) string { return marshalKey(k.PublicKey()) }
	certificate := &ssh.Certificate{Key: alice.signer.PublicKey(), CertType: ssh.UserCert}
	if err := certificate.SignCert(strings.NewReader(strings.Repeat("r", 64)), stranger); err != nil {
		t.Fatal(err)
	}
	refusals := []struct {
		name string
		m    wire.Message
		err  error
	}{
		{"an unknown key", wire.Whose{Key: strangers}, calls.ErrUnknownKey},
		{"the key of a host", wire.Whose{Key: line(shell.signer)}, calls.ErrUnknownKey},
		{"the key of a test line", wire.Whose{Key: line(lineSigner)}, calls.ErrUnknownKey},
		{"no key", wire.Whose{}, calls.ErrInvalidRequest},
		{"no key at all", wire.Whose{Key: "ssh-ed25519 garbage"}, calls.ErrInvalidRequest},
		{"a certificate", wire.Whose{Key: marshalKey(certificate)}, calls.ErrInvalidRequest},
		{"a huge key", wire.Whose{Key: line(alice.signer) + strings.Repeat(" x", wire.MaxKey)}, calls.ErrInvalidRequest},
		{"a wrong invite", wire.EnrolKey{Key: strangers, Invite: "AAAA"}, calls.ErrInviteInvalid},
		{"a huge key for an invite", wire.EnrolKey{Key: strings.Repeat("k", wire.MaxKey+1), Invite: "AAAA"}, calls.ErrInvalidRequest},
		{"a call", callTo(newID(), "alice"), calls.ErrInvalidRequest},
		{"the end of a call", wire.EndCall{CallID: on(newID())}, calls.ErrInvalidRequest},
		{"contacts", wire.Directory{}, calls.ErrInvalidRequest},
		{"history", wire.History{}, calls.ErrInvalidRequest},
		{"phones", wire.Phones{}, calls.ErrInvalidRequest},
		{"settings", wire.SetSettings{Settings: calls.Settings{Name: "Root"}}, calls.ErrInvalidRequest},
		{"presence", wire.SetPresence{Presence: calls.DND}, calls.ErrInvalidRequest},
		{"an answer", wire.KeyOwner{User: "alice"}, calls.ErrInvalidRequest},
	}
	for _, tt := range refusals {
		t.Run(tt.name, func(t *testing.T) { p.t = t; p.refused(tt.m, tt.err) })
	}
	p.t = t
	if m := p.ask(wire.Whose{Key: line(alice.signer) + " alice@laptop"}); m != (wire.KeyOwner{User: "alice", Name: "Alice"}) {
		t.Errorf("alice's key: %+v", m)
	}
	for name, q := range map[string]*testPhone{
		"a person": connect(t, s, alice, "A1"), "a command": connectTool(t, s, alice, "A1"),
		"a person through the host": through(t, s, shell, "alice", "S1"),
	} {
		t.Run(name, func(t *testing.T) {
			q.t = t
			if e := q.refused(wire.Whose{Key: line(alice.signer)}, calls.ErrInvalidRequest); !strings.Contains(e.Text, "only an ssh host") {
				t.Errorf("it is told %q", e.Text)
			}
			q.refused(wire.EnrolKey{Key: strangers, Invite: "AAAA"}, calls.ErrInvalidRequest)
		})
	}
}

// A host binds the key of somebody who has an invite, once, and no key that is
// somebody else's.
func TestHostEnrols(t *testing.T) {
	s, _ := open(t, Config{})
	alice, shell := addUser(t, s, "alice"), addHost(t, s, "shell")
	invite, err := s.Admin().InviteUser(t.Context(), "bob", "Bob", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	p := asking(t, s, shell)
	_, bobs := key(t)
	_, another := key(t)
	p.refused(wire.EnrolKey{Key: marshalKey(alice.signer.PublicKey()), Invite: invite}, calls.ErrInvalidRequest)
	for range 2 { // the first answer may be lost
		if m := p.ask(wire.EnrolKey{Key: bobs, Invite: invite}); m != (wire.KeyOwner{User: "bob", Name: "Bob"}) {
			t.Errorf("bob is told %+v", m)
		}
	}
	p.refused(wire.EnrolKey{Key: another, Invite: invite}, calls.ErrInviteUsed)
	if m := p.ask(wire.Whose{Key: bobs}); m != (wire.KeyOwner{User: "bob", Name: "Bob"}) {
		t.Errorf("bob's key is %+v", m)
	}
	through(t, s, shell, "bob", "S1")

	// An invite that is shown at the door is not for somebody.
	ws := dial(t, s)
	h := hosting(shell, "alice", "S1", "phone")
	writeFrame(t, ws, wire.Frame{Seq: 1, Body: h})
	f, err := readFrame(ws)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := wire.SignSSH(shell.signer, wire.SignatureNamespace, wire.SignInText(h, f.Body.(wire.Challenge), "127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	writeFrame(t, ws, wire.Frame{Seq: 2, Body: wire.Enrol{Invite: invite, Signature: signature}})
	if f, err := readFrame(ws); err != nil || f.Body != wire.ErrorOf(calls.ErrSignIn) {
		t.Errorf("for with an invite is answered with %+v, %v", f.Body, err)
	}
}

// The host in the server's own process has an account that nobody else can have;
// a new key ends the old one. Servers of a cluster do not share it.
func TestEnrolHost(t *testing.T) {
	outside := outsideNATS(t, "", "")
	for name, nats := range map[string][]string{"alone": nil, "in a cluster": {outside}} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			s, stop := open(t, Config{Data: data, NATS: nats})
			first, _ := key(t)
			second, _ := key(t)
			for range 2 {
				if err := s.EnrolHost(t.Context(), first.PublicKey()); err != nil {
					t.Fatal(err)
				}
			}
			old := asking(t, s, testUser{"", first})
			if name := old.hello.Me.User; name.Validate() == nil {
				t.Errorf("a person could have the host's name %q", name)
			}
			if err := s.EnrolHost(t.Context(), second.PublicKey()); err != nil {
				t.Fatal(err)
			}
			if code := old.code(); code != wire.CloseRemoved {
				t.Errorf("the older key's connection was closed with %d", code)
			}
			if nats != nil {
				beside, _ := open(t, Config{NATS: nats})
				third, _ := key(t)
				if err := beside.EnrolHost(t.Context(), third.PublicKey()); err != nil {
					t.Fatal(err)
				}
			}
			now := asking(t, s, testUser{"", second})
			stop()
			s, _ = open(t, Config{Data: data, NATS: nats})
			if err := s.EnrolHost(t.Context(), second.PublicKey()); err != nil {
				t.Fatal(err)
			}
			if again := asking(t, s, testUser{"", second}); again.me.User != now.me.User {
				t.Errorf("after a restart the host is %s, before it was %s", again.me.User, now.me.User)
			}
		})
	}
}

// dialFrom connects as a proxy does for an address.
func dialFrom(t *testing.T, s *Server, address string) *websocket.Conn {
	t.Helper()
	d := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
	ws, resp, err := d.Dial("ws://"+s.Addr().String()+wire.Path, http.Header{"X-Forwarded-For": {address}})
	if resp != nil {
		resp.Body.Close()
	}
	if err != nil {
		return nil
	}
	t.Cleanup(func() { ws.Close() })
	return ws
}

// The people of a host all come from its address: its limits are not for them. But
// who knows no key is limited there as anywhere.
func TestPeopleOfAHostsAddress(t *testing.T) {
	const people, here, there = 8, "192.0.2.1", "198.51.100.7"
	s, _ := open(t, Config{BehindProxy: true, Limits: Limits{
		Requests: 1000, RequestBurst: 1000, SignIns: 1, SignInBurst: people - 2, Connections: people - 2,
	}})
	shell := addHost(t, s, "shell")
	come := func(h wire.Hello, signer ssh.Signer) string {
		ws := dialFrom(t, s, here)
		if ws == nil {
			return "refused"
		}
		m, err := signIn(t, ws, h, signer)
		if err != nil {
			t.Fatal(err)
		}
		if m.Type() == "error" {
			_, _ = readFrame(ws) // until the server closes
		}
		return m.Type()
	}
	if got := come(hosting(shell, "", "H1", wire.KindTool), shell.signer); got != "welcome" {
		t.Fatalf("the host is answered with %s", got)
	}
	for i := range people {
		u := addUser(t, s, calls.UserID(fmt.Sprintf("user%d", i)))
		if got := come(hosting(shell, u.id, "S1", "phone"), shell.signer); got != "welcome" {
			t.Errorf("person %d is answered with %s", i, got)
		}
	}
	stranger, _ := key(t)
	eventually(t, "a wrong key is no more looked at", func() bool {
		return come(hosting(testUser{"", stranger}, "user0", "S1", "phone"), stranger) == "refused"
	})
	if ws := dialFrom(t, s, there); ws == nil {
		t.Error("another address suffers")
	}
}

// The books of an address, while the clock stands still.
func TestLimitsOfAnAddress(t *testing.T) {
	const here = "192.0.2.1"
	synctest.Test(t, func(t *testing.T) {
		book := func() (*gateway, *address) {
			g := newGateway(&Server{cfg: Config{}, limits: Limits{SignIns: 1, SignInBurst: 5, Connections: 3}})
			g.admit(here)
			return g, g.byAddr[here]
		}
		let := func(g *gateway, tries int) (in int) {
			for range tries {
				if g.admit(here) {
					in++
				}
			}
			return in
		}
		g, a := book()
		if let(g, 3) != 2 {
			t.Error("without a host, an address does not have three connections")
		}
		g.leave(here, false)
		if let(g, 1) != 1 || a.open != 3 {
			t.Error("one that left makes no room")
		}
		g.charge(here)
		g.leave(here, false)
		if let(g, 1) != 1 {
			t.Error("without a host, a failure costs more than its connection")
		}
		g.leave(here, false)
		if let(g, 1) != 0 {
			t.Error("without a host, the rate does not hold")
		}

		g, a = book()
		g.vouched(here)
		for i := range 20 {
			if let(g, 1) != 1 {
				t.Fatalf("connection %d of a host is refused", i)
			}
			g.vouched(here)
		}
		if a.open != 0 || a.hosted != 21 || a.limit.Tokens() != 4 {
			t.Errorf("counted %+v with %v tokens", a, a.limit.Tokens())
		}
		for range 4 {
			g.charge(here)
		}
		if let(g, 1) != 0 {
			t.Error("after its failures, an address with a host is let in")
		}
		time.Sleep(time.Second)
		if let(g, 4) != 3 {
			t.Error("with a host, an address does not have three more connections")
		}
		g.swept = time.Time{}
		for i := range 10_000 {
			g.byAddr[fmt.Sprint(i)] = &address{limit: a.limit, last: time.Now()}
		}
		a.open = 0
		time.Sleep(2 * time.Minute)
		g.forgetIdle(time.Now())
		if len(g.byAddr) != 1 {
			t.Errorf("%d addresses are kept, want the one whose people are here", len(g.byAddr))
		}
		for range 21 {
			g.leave(here, true)
		}
		if a.hosted != 0 {
			t.Errorf("%d connections of a host are left", a.hosted)
		}
		a.hosted = maxHosted
		if let(g, 1) != 0 {
			t.Error("a host has no end of connections")
		}
	})
}

// Whose a key is, is the same by the index as by a look at all accounts.
func TestOwnersOfKeys(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newAccounts(nil)
		keys := []string{"k1", "k2", "k3"}
		for rev := range rapid.Uint64Range(1, 30).Draw(rt, "changes") {
			u := calls.UserID(rapid.SampledFrom([]string{"ann", "ben", "cat"}).Draw(rt, "user"))
			var a *account
			if rapid.IntRange(0, 3).Draw(rt, "kind") > 0 {
				a = &account{
					User: u, Host: rapid.Bool().Draw(rt, "host"),
					Keys:    rapid.SliceOfDistinct(rapid.SampledFrom(keys), func(k string) string { return k }).Draw(rt, "keys"),
					Created: time.Unix(rapid.Int64Range(0, 2).Draw(rt, "created"), 0),
				}
			}
			s.put(string(u), a, rev+1)
			for _, k := range keys {
				var want *account
				for _, u := range []calls.UserID{"cat", "ben", "ann"} {
					if o := s.all[u]; o.person() && slices.Contains(o.Keys, k) && (want == nil || !o.Created.After(want.Created)) {
						want = o
					}
				}
				if got := s.owner(k, (*account).person); got != want {
					rt.Fatalf("the owner of %s is %+v, want %+v", k, got, want)
				}
			}
		}
	})
}
