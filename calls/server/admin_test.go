package server

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/crypto/ssh"

	"tring/calls"
	"tring/calls/wire"
)

// enrolWith shows an invite with a key and returns the answer.
func enrolWith(t *testing.T, s *Server, invite string, signer ssh.Signer) wire.Message {
	t.Helper()
	ws := dial(t, s)
	h := helloOf("", signer, "N1")
	writeFrame(t, ws, wire.Frame{Seq: 1, Body: h})
	f, err := readFrame(ws)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := wire.SignSSH(signer, wire.SignatureNamespace, wire.SignInText(h, f.Body.(wire.Challenge), "127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	writeFrame(t, ws, wire.Frame{Seq: 2, Body: wire.Enrol{Invite: invite, Signature: signature}})
	f, err = readFrame(ws)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readFrame(ws); codeOf(err) == 0 {
		t.Errorf("after an enrol the connection ends with %v", err)
	}
	return f.Body
}

// An invite binds the first key that is shown, once, and until it expires.
func TestEnrol(t *testing.T) {
	s, _ := open(t, Config{})
	first, _ := key(t)
	second, _ := key(t)
	invite, err := s.Admin().InviteUser(t.Context(), "bob", "Bob", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if m := enrolWith(t, s, "no such invite", first).(wire.Error); m.Code != calls.ErrInviteInvalid.Code {
		t.Errorf("a wrong invite: %+v", m)
	}
	if m, ok := enrolWith(t, s, invite, first).(wire.Enrolled); !ok || m.User != "bob" || m.Name != "Bob" {
		t.Errorf("a good invite: %+v", m)
	}
	if m, ok := enrolWith(t, s, invite, first).(wire.Enrolled); !ok || m.User != "bob" {
		t.Errorf("the same key again, because the answer was lost: %+v", m)
	}
	if m := enrolWith(t, s, invite, second).(wire.Error); m.Code != calls.ErrInviteUsed.Code {
		t.Errorf("another key with the used invite: %+v", m)
	}
	connect(t, s, testUser{"bob", first}, "B1")
	old, err := s.Admin().InviteUser(t.Context(), "bob", "", time.Nanosecond)
	if err != nil {
		t.Fatal(err)
	}
	if m, ok := enrolWith(t, s, old, second).(wire.Error); !ok || m.Code != calls.ErrInviteExpired.Code {
		t.Errorf("an old invite: %+v", m)
	}
}

// An invite ends with what it was for: with its account, also where one of the
// same name is made again, and with a newer invite.
func TestInviteRevoked(t *testing.T) {
	s, _ := open(t, Config{})
	a := s.Admin()
	invite := func() string {
		t.Helper()
		code, err := a.InviteUser(t.Context(), "bob", "Bob", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	invalid := func(what, code string, signer ssh.Signer) {
		t.Helper()
		if m, ok := enrolWith(t, s, code, signer).(wire.Error); !ok || m.Code != calls.ErrInviteInvalid.Code {
			t.Errorf("%s: %+v", what, m)
		}
	}
	removed, _ := key(t)
	other, _ := key(t)
	used := invite()
	if _, ok := enrolWith(t, s, used, removed).(wire.Enrolled); !ok {
		t.Fatal("a good invite is refused")
	}
	lost, unused := invite(), invite()
	invalid("an invite after a newer one was made", lost, other)
	if err := a.RemoveUser(t.Context(), "bob"); err != nil {
		t.Fatal(err)
	}
	invalid("an invite of nobody", unused, other)
	again := invite()
	invalid("the used invite of the removed account, with its key", used, removed)
	invalid("the unused invite of the removed account", unused, other)
	if _, ok := enrolWith(t, s, again, other).(wire.Enrolled); !ok {
		t.Error("the new account's invite is refused")
	}
	users, err := a.ListUsers(t.Context())
	if err != nil || len(users) != 1 || len(users[0].Keys) != 1 {
		t.Errorf("the users are %+v, %v; want bob with one key", users, err)
	}
}

// An invite that ran out serves nobody, not even the key that used it.
func TestInviteAdmits(t *testing.T) {
	now := time.Now()
	open := now.Add(time.Hour)
	for _, tt := range []struct {
		name string
		inv  invite
		want error
	}{
		{"new", invite{Expires: open}, nil},
		{"again by the same key", invite{Expires: open, Key: "mine"}, nil},
		{"used by another", invite{Expires: open, Key: "theirs"}, calls.ErrInviteUsed},
		{"over", invite{Expires: now.Add(-1)}, calls.ErrInviteExpired},
		{"again, and over", invite{Expires: now.Add(-1), Key: "mine"}, calls.ErrInviteExpired},
	} {
		if err := tt.inv.admits("mine", now); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

// The administrator's socket does what the server's own methods do.
func TestAdminSocket(t *testing.T) {
	s, stop := open(t, Config{})
	data := s.cfg.Data
	client, err := DialAdmin(data)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(data, "admin.sock"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket's mode is %v, %v", info.Mode(), err)
	}
	ctx := t.Context()
	signer, line := key(t)
	if err := client.AddUser(ctx, "alice", "Alice", line); err != nil {
		t.Fatal(err)
	}
	if err := client.AddUser(ctx, "echo", "Echo", "", AsTestLine()); err != nil {
		t.Fatal(err)
	}
	if err := client.AddUser(ctx, "shell", "", line, AsHost()); err != nil {
		t.Fatal(err)
	}
	if invite, err := client.InviteUser(ctx, "bob.b", "Bob", 0); err != nil || len(invite) != 20 {
		t.Errorf("invite %q, %v; want 15 bytes in base64url", invite, err)
	}
	for _, bad := range []struct{ user, key, text string }{
		{"Alice", "", "a-z"}, {"", "", "empty"}, {"carol", "not a key", "ssh-ed25519"},
	} {
		if err := client.AddUser(ctx, calls.UserID(bad.user), "", bad.key); err == nil || !strings.Contains(err.Error(), bad.text) {
			t.Errorf("add user %q with key %q: %v", bad.user, bad.key, err)
		}
	}
	users, err := client.ListUsers(ctx)
	if err != nil || len(users) != 4 || users[0].Keys[0] != ssh.FingerprintSHA256(signer.PublicKey()) || users[1].User != "bob.b" ||
		!users[2].TestLine || !users[3].Host || users[0].Host {
		t.Errorf("the users are %+v, %v", users, err)
	}
	p := connect(t, s, testUser{"alice", signer}, "A1")
	if err := client.RemoveUser(ctx, "alice"); err != nil {
		t.Fatal(err)
	}
	if got := p.code(); got != wire.CloseRemoved {
		t.Errorf("a removed user's phone was closed with %d", got)
	}
	if err := client.RemoveUser(ctx, "alice"); err == nil || !strings.Contains(err.Error(), "no such account") {
		t.Errorf("remove again: %v", err)
	}
	stop()
	if _, err := DialAdmin(data); err == nil || !strings.Contains(err.Error(), "no tring server runs") {
		t.Errorf("without a server: %v", err)
	}
}

// Health and metrics are served on the admin address.
func TestHealth(t *testing.T) {
	s, _ := open(t, Config{Admin: "127.0.0.1:0", Version: "1.2.3"})
	alice := addUser(t, s, "alice")
	addUser(t, s, "bob")
	connect(t, s, alice, "A1").act(callTo(newID(), "bob"))
	get := func(path string) string {
		t.Helper()
		resp, err := http.Get("http://" + s.AdminAddr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %s %v", path, resp.Status, body, err)
		}
		return string(body)
	}
	if got := get("/healthz"); got != "ok 1.2.3\n" {
		t.Errorf("healthz says %q", got)
	}
	metrics := get("/metrics")
	for _, line := range []string{"tring_connections 1", `tring_calls_live{status="initiated"} 1`, `tring_request_seconds_count{type="call.initiate"} 1`} {
		if !strings.Contains(metrics, line+"\n") {
			t.Errorf("metrics lack %q", line)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// Off loopback the server speaks TLS with a certificate of its own, whose pin is
// inside invites and stays the same after a restart.
func TestOwnCertificate(t *testing.T) {
	cfg := Config{Listen: ":0", Data: folder(t), TURN: "off", Timers: unhurried(Timers{})}
	s, stop := open(t, cfg)
	if !strings.HasPrefix(s.URL(), "wss://") || strings.Contains(s.URL(), "[::]") {
		t.Errorf("the URL is %s", s.URL())
	}
	invite, err := s.Admin().InviteUser(t.Context(), "bob", "", 0)
	if err != nil || !strings.HasSuffix(invite, "."+s.Pin()) || s.Pin() == "" {
		t.Errorf("the invite is %q, the pin %q, %v", invite, s.Pin(), err)
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(s.Addr().String(), "[::]"), ":")
	d := websocket.Dialer{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} // the pin is checked below
	ws, resp, err := d.Dial("wss://127.0.0.1:"+port+wire.Path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	state := ws.NetConn().(*tls.Conn).ConnectionState()
	sum := sha256.Sum256(state.PeerCertificates[0].RawSubjectPublicKeyInfo)
	if got := base64.RawURLEncoding.EncodeToString(sum[:]); got != s.Pin() {
		t.Errorf("the certificate's pin is %s, want %s", got, s.Pin())
	}
	ws.Close()
	info, err := os.Stat(filepath.Join(cfg.Data, "certificate.pem"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the certificate's mode is %v, %v", info, err)
	}
	pin := s.Pin()
	stop()
	if s, err = Open(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Pin() != pin {
		t.Error("the pin changed with a restart")
	}
}

// forgetful writes, and once says that somebody else was faster: as a node does
// that took a write, was lost, and is asked again.
type forgetful struct {
	jetstream.KeyValue
	lost bool
}

func (f *forgetful) Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	rev, err := f.KeyValue.Update(ctx, key, value, revision)
	if err == nil && !f.lost {
		f.lost = true
		return 0, jetstream.ErrKeyExists
	}
	return rev, err
}

// A write whose answer was lost is done again, and does not take back the invite
// that it made.
func TestInviteAfterALostAnswer(t *testing.T) {
	s, _ := open(t, Config{})
	addUser(t, s, "bob")
	kv := &forgetful{KeyValue: s.accounts.kv}
	s.accounts.kv = kv
	invite, err := s.Admin().InviteUser(t.Context(), "bob", "", time.Hour)
	if err != nil || !kv.lost {
		t.Fatalf("invite: %v; an answer was lost: %v", err, kv.lost)
	}
	signer, _ := key(t)
	if m, ok := enrolWith(t, s, invite, signer).(wire.Enrolled); !ok {
		t.Errorf("the invite: %+v", m)
	}
}
