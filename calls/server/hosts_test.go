package server

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tring/calls"
	"tring/calls/wire"

	"golang.org/x/crypto/ssh"
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

// Each login is a phone of its own: those that are gone do not fill the list. But
// who was removed stays removed.
func TestPhonesThroughAHostAreForgotten(t *testing.T) {
	s, _ := open(t, Config{})
	alice, shell := addUser(t, s, "alice"), addHost(t, s, "shell")
	a := connect(t, s, alice, "A1")
	listed := func(want ...string) {
		t.Helper()
		var is []string
		eventually(t, "the phones are "+strings.Join(want, " "), func() bool {
			is = nil
			for _, p := range a.ask(wire.Phones{}).(wire.PhonesPage).Phones {
				state := " gone"
				if p.Online {
					state = " here"
				}
				is = append(is, string(p.Device.ID)+state)
			}
			slices.Sort(is)
			return slices.Equal(is, want)
		})
	}
	connect(t, s, alice, "A0").hangOff()
	listed("A0 gone", "A1 here")
	stays := through(t, s, shell, "alice", "S0")
	listed("A0 gone", "A1 here", "S0 here")
	first := through(t, s, shell, "alice", "S1")
	listed("A0 gone", "A1 here", "S0 here", "S1 here")
	seen := func() time.Time { return s.accounts.get("alice").Phones["S1"].LastSeen }
	came := seen()
	first.hangOff()
	eventually(t, "it is remembered that it left", func() bool { return seen().After(came) })
	listed("A0 gone", "A1 here", "S0 here", "S1 gone")
	second := through(t, s, shell, "alice", "S2")
	listed("A0 gone", "A1 here", "S0 here", "S2 here")
	second.hangOff()
	listed("A0 gone", "A1 here", "S0 here", "S2 gone")
	if m := a.ask(wire.RemovePhone{Device: "S2"}); m != (wire.OK{}) {
		t.Fatalf("remove: %+v", m)
	}
	stays.hangOff()
	listed("A0 gone", "A1 here", "S0 gone")
	m, err := signIn(t, dial(t, s), hosting(shell, "alice", "S2", "phone"), shell.signer)
	if e, ok := m.(wire.Error); err != nil || !ok || e.Code != calls.ErrSignIn.Code {
		t.Errorf("the removed phone comes back and is told %+v, %v", m, err)
	}
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

// A host that is removed between somebody's proof and welcome is seen to be gone.
func TestHostRemovedInBetween(t *testing.T) {
	s, _ := open(t, Config{})
	addUser(t, s, "alice")
	shell := addHost(t, s, "shell")
	for _, kind := range []string{wire.KindSSH, wire.KindTool} {
		c := &conn{
			server: s, user: "alice", device: calls.Device{ID: "S1"}, kind: kind,
			voucher: voucher{shell.id, "the key before"},
		}
		if err := s.welcome(c, wire.Hello{}, 1); !errors.Is(err, calls.ErrSignIn) {
			t.Errorf("a %s is welcomed with %v, want %v", kind, err, calls.ErrSignIn)
		}
	}
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
		is := func(c calls.Contact) bool { return c.Receiver.ID == "shell" }
		if slices.ContainsFunc(page.Contacts, is) || page.Total != len(page.Contacts) {
			t.Errorf("a search for %q finds %+v, and counts %d", query, page.Contacts, page.Total)
		}
	}
	if changed := s.presence.changed(map[calls.UserID]touched{"shell": {listed: true}}); len(changed) != 0 {
		t.Errorf("the host has a presence: %+v", changed)
	}
	s.hub.mu.Lock()
	if list := s.contacts(s.accounts.get("alice"), []calls.UserID{"shell"}); len(list) != 0 { // once called, in another life
		t.Errorf("the host is a contact: %+v", list)
	}
	s.hub.mu.Unlock()
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

// A host that was removed, and whose name and key a person has now, speaks for nobody.
func TestVoucher(t *testing.T) {
	s := newAccounts(nil)
	s.put("shell", &account{User: "shell", Host: true, Keys: []string{"k"}}, 1)
	s.put("alice", &account{User: "alice", Keys: []string{"k"}}, 1)
	for v, want := range map[voucher]bool{
		{}: true, {"shell", "k"}: true, {"shell", "older"}: false, {"alice", "k"}: false, {"nobody", "k"}: false,
	} {
		if got := v.holds(s); got != want {
			t.Errorf("%+v holds: %v, want %v", v, got, want)
		}
	}
}
