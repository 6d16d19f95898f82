package server

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/crypto/ssh"
	"pgregory.net/rapid"

	"tring/calls"
	"tring/calls/wire"
)

// addHost enrols an ssh host with a key.
func addHost(t testing.TB, s *Server, id calls.UserID) testUser {
	t.Helper()
	signer, line := key(t)
	if err := s.Admin().AddUser(t.Context(), id, "Shell "+string(id), line, AsHost()); err != nil {
		t.Fatal(err)
	}
	return testUser{id, signer}
}

// hosting is the hello of a host for somebody, or with "" for itself.
func hosting(host testUser, user calls.UserID, device calls.DeviceID, kind string) wire.Hello {
	h := helloOf("", host.signer, device)
	h.For, h.Kind = user, kind
	return h
}

// through signs a phone in by a host.
func through(t testing.TB, s *Server, host testUser, user calls.UserID, device calls.DeviceID) *testPhone {
	t.Helper()
	return connectWith(t, s, hosting(host, user, device, "phone"), host.signer)
}

// asking is a host's own connection.
func asking(t testing.TB, s *Server, host testUser) *testPhone {
	t.Helper()
	return connectWith(t, s, hosting(host, "", "H1", wire.KindTool), host.signer)
}

// For whom a host may sign in. Every refusal is the one of an unknown key.
func TestHostSignsIn(t *testing.T) {
	s, _ := open(t, Config{})
	alice := addUser(t, s, "alice")
	shell, other := addHost(t, s, "shell"), addHost(t, s, "other")
	lineSigner, lineKey := key(t)
	if err := s.Admin().AddUser(t.Context(), "echo", "Echo", lineKey, AsTestLine()); err != nil {
		t.Fatal(err)
	}
	stranger, _ := key(t)
	named := func(h wire.Hello, name calls.UserID) wire.Hello { h.User = name; return h }
	tests := []struct {
		name   string
		hello  wire.Hello
		signer ssh.Signer
		user   calls.UserID // who is welcomed; "" is a refusal
	}{
		{"for a person", hosting(shell, "alice", "S1", "phone"), shell.signer, "alice"},
		{"for a person, by name", named(hosting(shell, "alice", "S1", "phone"), "shell"), shell.signer, "alice"},
		{"a command of a person", hosting(shell, "alice", "S1", wire.KindTool), shell.signer, "alice"},
		{"for itself, to ask", hosting(shell, "", "S1", wire.KindTool), shell.signer, "shell"},
		{"for itself, by name", named(hosting(shell, "", "S1", wire.KindTool), "shell"), shell.signer, "shell"},
		{"a person", helloOf("alice", alice.signer, "A1"), alice.signer, "alice"},
		{"an unknown key", helloOf("alice", stranger, "A1"), stranger, ""},
		{"an unknown key for a person", hosting(testUser{"", stranger}, "alice", "S1", "phone"), stranger, ""},
		{"an unknown key by a host's name", named(hosting(testUser{"", stranger}, "alice", "S1", "phone"), "shell"), stranger, ""},
		{"somebody else signs", hosting(shell, "alice", "S1", "phone"), stranger, ""},
		{"a host as a phone", hosting(shell, "", "S1", "phone"), shell.signer, ""},
		{"a host as a phone by ssh", named(hosting(shell, "", "S1", wire.KindSSH), "shell"), shell.signer, ""},
		{"for nobody", hosting(shell, "nobody", "S1", "phone"), shell.signer, ""},
		{"for itself by name", hosting(shell, "shell", "S1", "phone"), shell.signer, ""},
		{"for itself, to ask, twice said", hosting(shell, "shell", "S1", wire.KindTool), shell.signer, ""},
		{"for another host", hosting(shell, "other", "S1", wire.KindTool), shell.signer, ""},
		{"for a test line", hosting(shell, "echo", "S1", "line"), shell.signer, ""},
		{"by another host's name", named(hosting(shell, "alice", "S1", "phone"), "other"), shell.signer, ""},
		{"by a person's name", named(hosting(shell, "alice", "S1", "phone"), "alice"), shell.signer, ""},
		{"a person for another", named(hosting(alice, "alice", "S1", "phone"), "alice"), alice.signer, ""},
		{"a person without a name", hosting(alice, "", "S1", wire.KindTool), alice.signer, ""},
		{"a test line for a person", named(hosting(testUser{"echo", lineSigner}, "alice", "S1", "phone"), "echo"), lineSigner, ""},
		{"a host's key for a person's name", helloOf("alice", other.signer, "S1"), other.signer, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ws := dial(t, s)
			defer ws.Close()
			m, err := signIn(t, ws, tt.hello, tt.signer)
			if err != nil {
				t.Fatal(err)
			}
			if w, ok := m.(wire.Welcome); tt.user != "" && (!ok || w.Me.User != tt.user) {
				t.Fatalf("the answer is %+v, want a welcome of %s", m, tt.user)
			}
			if tt.user != "" {
				return
			}
			if want := wire.ErrorOf(calls.ErrSignIn); m != want {
				t.Errorf("the answer is %+v, want %+v", m, want)
			}
			if _, err := readFrame(ws); codeOf(err) != wire.CloseSignIn {
				t.Errorf("closed with %v", err)
			}
		})
	}
}

// A phone by ssh is a phone like any other, which its owner sees as what it is and
// may remove.
func TestPhoneThroughAHost(t *testing.T) {
	s, _ := open(t, Config{Admin: "127.0.0.1:0"})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	shell := addHost(t, s, "shell")
	a, b := connect(t, s, alice, "A1"), connect(t, s, bob, "B1")
	h := hosting(shell, "alice", "S1", "phone")
	h.Device.Label = " "
	p := connectWith(t, s, h, shell.signer)
	if me := p.hello.Me; me.Name != "Alice" || me.Device != (calls.Device{ID: "S1", Label: "Shell shell"}) || len(p.hello.Contacts) != 1 {
		t.Errorf("it is welcomed with %+v", p.hello.Snapshot)
	}
	talk(t, b, p, newID())
	page := a.ask(wire.Phones{}).(wire.PhonesPage)
	is := func(i calls.PhoneInfo) bool {
		return i.Device.ID == "S1" && i.Kind == wire.KindSSH && i.Device.Label == "Shell shell" && i.Online
	}
	eventually(t, "alice sees the phone by ssh", func() bool {
		page = a.ask(wire.Phones{}).(wire.PhonesPage)
		return len(page.Phones) == 2 && slices.ContainsFunc(page.Phones, is)
	})
	if got := metric(t, s, `tring_hosted_sign_ins_total{host="shell"}`); got != 1 {
		t.Errorf("%v sign-ins of the host are counted", got)
	}
	if m := a.ask(wire.RemovePhone{Device: "S1"}); m != (wire.OK{}) {
		t.Fatalf("remove: %+v", m)
	}
	if code := p.code(); code != wire.CloseRemoved {
		t.Errorf("the removed phone was closed with %d", code)
	}
	m, err := signIn(t, dial(t, s), h, shell.signer)
	if e, ok := m.(wire.Error); err != nil || !ok || e.Code != calls.ErrSignIn.Code {
		t.Errorf("it comes back and is told %+v, %v", m, err)
	}
}

// Each login is a phone of its own: those that are gone do not fill the list.
func TestPhonesThroughAHostAreForgotten(t *testing.T) {
	s, _ := open(t, Config{})
	alice, shell := addUser(t, s, "alice"), addHost(t, s, "shell")
	a := connect(t, s, alice, "A1")
	phones := func() (ids []calls.DeviceID) {
		for _, p := range a.ask(wire.Phones{}).(wire.PhonesPage).Phones {
			ids = append(ids, p.Device.ID)
		}
		slices.Sort(ids)
		return ids
	}
	stays := through(t, s, shell, "alice", "S0")
	for i := range 4 {
		id := calls.DeviceID(fmt.Sprintf("S%d", i+1))
		p := through(t, s, shell, "alice", id)
		eventually(t, "the new phone is listed", func() bool { return slices.Contains(phones(), id) })
		p.hangOff()
	}
	want := []calls.DeviceID{"A1", "S0", "S4"}
	eventually(t, "the last of those that are gone is left", func() bool { return slices.Equal(phones(), want) })
	stays.hangOff()
	eventually(t, "only the last one is left", func() bool { return slices.Equal(phones(), []calls.DeviceID{"A1", "S0"}) })
}

// What a host holds ends with it, or with its key, at once; nothing else does.
func TestHostRemoved(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, s *Server) error{
		"removed":     func(t *testing.T, s *Server) error { return s.Admin().RemoveUser(t.Context(), "shell") },
		"another key": func(t *testing.T, s *Server) error { addHost(t, s, "shell"); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := open(t, Config{})
			alice := addUser(t, s, "alice")
			shell, other := addHost(t, s, "shell"), addHost(t, s, "other")
			direct, elsewhere := connect(t, s, alice, "A1"), through(t, s, other, "alice", "S2")
			held := []*testPhone{
				asking(t, s, shell), through(t, s, shell, "alice", "S1"),
				connectWith(t, s, hosting(shell, "alice", "S1", wire.KindTool), shell.signer),
			}
			if err := s.Admin().AddUser(t.Context(), "shell", "New name", marshalKey(shell.signer.PublicKey()), AsHost()); err != nil {
				t.Fatal(err)
			}
			for _, p := range held { // the same key is no end
				p.ask(wire.Phones{})
			}
			if err := end(t, s); err != nil {
				t.Fatal(err)
			}
			for i, p := range held {
				if code := p.code(); code != wire.CloseRemoved {
					t.Errorf("connection %d was closed with %d", i, code)
				}
			}
			for _, p := range []*testPhone{direct, elsewhere} {
				if m := p.ask(wire.Phones{}); m.Type() != "phones.page" {
					t.Errorf("%s is told %+v", p.me.Device, m)
				}
			}
			m, err := signIn(t, dial(t, s), hosting(shell, "alice", "S3", "phone"), shell.signer)
			if e, ok := m.(wire.Error); err != nil || !ok || e.Code != calls.ErrSignIn.Code {
				t.Errorf("the host comes back and is told %+v, %v", m, err)
			}
		})
	}
}

// A host that is removed while people come to it leaves nobody behind.
func TestHostRemovedWhilePeopleCome(t *testing.T) {
	s, _ := open(t, Config{})
	var people []calls.UserID
	for i := range 8 {
		people = append(people, addUser(t, s, calls.UserID(fmt.Sprintf("user%d", i))).id)
	}
	shell := addHost(t, s, "shell")
	var all sync.WaitGroup
	for i, u := range people {
		all.Go(func() {
			for n := range 4 {
				h := hosting(shell, u, calls.DeviceID(fmt.Sprintf("S%d", n)), []string{"phone", wire.KindTool}[n%2])
				if _, err := signIn(t, dial(t, s), h, shell.signer); err != nil {
					t.Error(err)
				}
				if i == 0 && n == 1 {
					if err := s.Admin().RemoveUser(t.Context(), "shell"); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	eventually(t, "nobody is left", func() bool {
		s.hub.mu.Lock()
		defer s.hub.mu.Unlock()
		return len(s.hub.conns) == 0 && len(s.hub.tools) == 0
	})
}

// A host is nobody: it is not listed, cannot be called, and is no name for a person.
func TestHostIsNobody(t *testing.T) {
	s, _ := open(t, Config{})
	alice := addUser(t, s, "alice")
	a := connect(t, s, alice, "A1")
	shell := addHost(t, s, "shell")
	asking(t, s, shell)
	addUser(t, s, "bob") // whose presence comes after
	a.until("bob", func(m wire.Message) bool { p, ok := m.(wire.Presence); return ok && p.Receiver.ID == "bob" })
	a.mu.Lock()
	for _, m := range a.heard {
		if p, ok := m.(wire.Presence); ok && p.Receiver.ID == "shell" {
			t.Errorf("alice hears of the host: %+v", p)
		}
	}
	a.mu.Unlock()
	for _, query := range []string{"", "shell"} {
		page := a.ask(wire.Directory{DirectoryQuery: calls.DirectoryQuery{Query: query}}).(wire.DirectoryPage)
		if slices.ContainsFunc(page.Contacts, func(c calls.Contact) bool { return c.Receiver.ID == "shell" }) {
			t.Errorf("a search for %q finds %+v", query, page.Contacts)
		}
	}
	again := connect(t, s, alice, "A2")
	if n := len(again.hello.Contacts); n != 1 {
		t.Errorf("alice has %d contacts: %+v", n, again.hello.Contacts)
	}
	a.refused(callTo(newID(), "shell"), calls.ErrUnknownReceiver)
	a.refused(wire.SetFavourite{Receiver: calls.User("shell"), On: true}, calls.ErrUnknownReceiver)
	a.refused(wire.SetBlocked{User: "shell", On: true}, calls.ErrUnknownReceiver)

	_, line := key(t)
	admin := s.Admin()
	for name, err := range map[string]error{
		"a person of the host's name":   admin.AddUser(t.Context(), "shell", "", line),
		"a test line of that name":      admin.AddUser(t.Context(), "shell", "", line, AsTestLine()),
		"a host of a person's name":     admin.AddUser(t.Context(), "alice", "", line, AsHost()),
		"a host without a key":          admin.AddUser(t.Context(), "third", "", "", AsHost()),
		"a host of a name that is none": admin.AddUser(t.Context(), "_ssh", "", line, AsHost()),
	} {
		if calls.Code(err) != calls.ErrInvalidRequest.Code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := admin.InviteUser(t.Context(), "shell", "", time.Hour); calls.Code(err) != calls.ErrInvalidRequest.Code {
		t.Errorf("an invite of the host: %v", err)
	}
}

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
			q.refused(wire.Whose{Key: line(alice.signer)}, calls.ErrInvalidRequest)
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
func TestLimitsOfAHostsAddress(t *testing.T) {
	const people, burst, connections = 8, 4, 3
	s, _ := open(t, Config{BehindProxy: true, Limits: Limits{
		Requests: 1000, RequestBurst: 1000, SignIns: 1, SignInBurst: burst, Connections: connections,
	}})
	shell := addHost(t, s, "shell")
	stranger, _ := key(t)
	const here, there = "192.0.2.1", "198.51.100.7"
	began := time.Now()
	come := func(h wire.Hello, signer ssh.Signer) (string, *websocket.Conn) {
		ws := dialFrom(t, s, here)
		if ws == nil {
			return "refused", nil
		}
		m, err := signIn(t, ws, h, signer)
		if err != nil {
			t.Fatal(err)
		}
		return m.Type(), ws
	}
	if got, _ := come(hosting(shell, "", "H1", wire.KindTool), shell.signer); got != "welcome" {
		t.Fatalf("the host is answered with %s", got)
	}
	for i := range people {
		u := addUser(t, s, calls.UserID(fmt.Sprintf("user%d", i)))
		if got, _ := come(hosting(shell, u.id, "S1", "phone"), shell.signer); got != "welcome" {
			t.Errorf("person %d is answered with %s", i, got)
		}
	}
	failed := 0
	for range 2 * burst {
		got, ws := come(hosting(testUser{"", stranger}, "user0", "S1", "phone"), stranger)
		if got == "refused" {
			break
		}
		failed++
		_, _ = readFrame(ws) // until it is closed, and counted
	}
	if slow := time.Since(began) > time.Second; failed > burst && !slow || failed == 2*burst {
		t.Errorf("a wrong key was looked at %d times, want at most %d", failed, burst)
	}
	if ws := dialFrom(t, s, there); ws == nil {
		t.Error("another address suffers")
	}
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
