package server

import (
	"bytes"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"tring/calls"
	"tring/calls/wire"
)

// Who is refused at the door, with which code, and that nothing tells an unknown
// name from a wrong key.
func TestSignInRefused(t *testing.T) {
	s, _ := open(t, Config{})
	alice := addUser(t, s, "alice")
	stranger, _ := key(t)
	newer := helloOf("alice", alice.signer, "A1")
	newer.Version = wire.Version + 1
	host := helloOf("alice", alice.signer, "A1")
	host.For = "bob"
	notAKey := helloOf("alice", alice.signer, "A1")
	notAKey.Key = "ssh-ed25519 garbage"
	tests := []struct {
		name  string
		hello wire.Hello
		err   error
		code  int
	}{
		{"wrong key", helloOf("alice", stranger, "A1"), calls.ErrSignIn, wire.CloseSignIn},
		{"unknown user", helloOf("nobody", stranger, "A1"), calls.ErrSignIn, wire.CloseSignIn},
		{"no key", notAKey, calls.ErrSignIn, wire.CloseSignIn},
		{"for somebody else", host, calls.ErrSignIn, wire.CloseSignIn},
		{"newer version", newer, calls.ErrVersion, wire.CloseSignIn},
		{"device id with a dot", helloOf("alice", alice.signer, "A.>"), calls.ErrInvalidRequest, wire.CloseBadFrame},
	}
	texts := map[string]string{}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ws := dial(t, s)
			signer := alice.signer
			if tt.hello.Key == marshalKey(stranger.PublicKey()) {
				signer = stranger
			}
			m, err := signIn(t, ws, tt.hello, signer)
			if err != nil {
				t.Fatal(err)
			}
			e, ok := m.(wire.Error)
			if !ok || e.Code != calls.Code(tt.err) {
				t.Fatalf("the answer is %+v, want the error %s", m, calls.Code(tt.err))
			}
			texts[tt.name] = e.Text
			if _, err := readFrame(ws); codeOf(err) != tt.code {
				t.Errorf("closed with %v, want %d", err, tt.code)
			}
		})
	}
	if texts["wrong key"] != texts["unknown user"] {
		t.Errorf("a wrong key is told %q, an unknown user %q", texts["wrong key"], texts["unknown user"])
	}
}

// A signature serves for the device and the host that it names only: a server
// cannot pass on the challenge of another.
func TestSignatureOfAnotherText(t *testing.T) {
	s, _ := open(t, Config{})
	alice := addUser(t, s, "alice")
	for name, tt := range map[string]struct {
		device calls.DeviceID
		host   string
		want   string
	}{
		"its own":        {"A1", "127.0.0.1", "welcome"},
		"another device": {"A2", "127.0.0.1", "error"},
		"another host":   {"A1", "phone.example", "error"},
	} {
		t.Run(name, func(t *testing.T) {
			ws := dial(t, s)
			h := helloOf("alice", alice.signer, "A1")
			signed := h
			signed.Device.ID = tt.device
			writeFrame(t, ws, wire.Frame{Seq: 1, Body: h})
			f, err := readFrame(ws)
			if err != nil {
				t.Fatal(err)
			}
			text := wire.SignInText(signed, f.Body.(wire.Challenge), tt.host)
			signature, err := wire.SignSSH(alice.signer, wire.SignatureNamespace, text)
			if err != nil {
				t.Fatal(err)
			}
			writeFrame(t, ws, wire.Frame{Seq: 2, Body: wire.Proof{Signature: signature}})
			f, err = readFrame(ws)
			if err != nil || f.Body.Type() != tt.want {
				t.Fatalf("the answer is %+v, %v", f.Body, err)
			}
			if e, ok := f.Body.(wire.Error); ok && e.Code != calls.ErrSignIn.Code {
				t.Errorf("refused with %s", e.Code)
			}
		})
	}
}

// A phone that says nothing at the door is shown out.
func TestSignInTooSlow(t *testing.T) {
	s, _ := open(t, Config{Timers: Timers{SignIn: 200 * time.Millisecond}})
	ws := dialHasty(t, s)
	f, err := readFrame(ws)
	if e, ok := f.Body.(wire.Error); err != nil || !ok || e.Code != calls.ErrSignInTimeout.Code {
		t.Fatalf("a silent phone hears %+v, %v", f.Body, err)
	}
	if _, err := readFrame(ws); codeOf(err) != wire.CloseSignInLate {
		t.Errorf("closed with %v", err)
	}
}

// No web page connects in a visitor's name.
func TestOriginRefused(t *testing.T) {
	s, _ := open(t, Config{})
	header := http.Header{"Origin": {"https://evil.example"}}
	_, resp, err := websocket.DefaultDialer.Dial("ws://"+s.Addr().String()+wire.Path, header)
	if err == nil || resp == nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("a connection with an Origin: %v, %v", resp, err)
	}
}

// What is no frame closes the connection with a stated code, before sign-in and
// after; an unknown request is answered and the connection goes on.
func TestGarbage(t *testing.T) {
	s, _ := open(t, Config{})
	alice := addUser(t, s, "alice")
	tests := []struct {
		name          string
		kind          int
		data          []byte
		before, after int // close codes
	}{
		{"no JSON", websocket.TextMessage, []byte("ring ring"), wire.CloseBadFrame, wire.CloseBadFrame},
		{"empty", websocket.TextMessage, nil, wire.CloseBadFrame, wire.CloseBadFrame},
		{"binary", websocket.BinaryMessage, []byte{0, 1, 2}, wire.CloseBadFrame, wire.CloseBadFrame},
		{"bad UTF-8", websocket.TextMessage, []byte("{\"type\":\"hello\xff\"}"), wire.CloseBadFrame, wire.CloseBadFrame},
		{"wrong body", websocket.TextMessage, []byte(`{"type":"call.end","seq":3,"body":{"call":7}}`), wire.CloseBadFrame, wire.CloseBadFrame},
		{"4 KiB and more", websocket.TextMessage, longHello(5 << 10), wire.CloseTooLarge, 0},
		{"64 KiB and more", websocket.TextMessage, longHello(65 << 10), wire.CloseTooLarge, wire.CloseTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ws := dial(t, s)
			if err := ws.WriteMessage(tt.kind, tt.data); err != nil {
				t.Fatal(err)
			}
			var err error
			for err == nil {
				_, err = readFrame(ws)
			}
			if codeOf(err) != tt.before {
				t.Errorf("before sign-in: closed with %v, want %d", err, tt.before)
			}
			p := connect(t, s, alice, "A1")
			if err := p.ws.WriteMessage(tt.kind, tt.data); err != nil {
				t.Fatal(err)
			}
			if tt.after == 0 { // small enough for a phone that is signed in
				p.refused(wire.Welcome{}, calls.ErrInvalidRequest)
				return
			}
			if got := p.code(); got != tt.after {
				t.Errorf("after sign-in: closed with %d, want %d", got, tt.after)
			}
		})
	}
	t.Run("unknown request", func(t *testing.T) {
		p := connect(t, s, alice, "A1")
		p.refused(unknown{}, calls.ErrInvalidRequest)
		if _, ok := p.ask(wire.Phones{}).(wire.PhonesPage); !ok {
			t.Error("the connection does not go on")
		}
	})
}

type unknown struct{}

func (unknown) Type() string { return "call.transfer" }

func longHello(n int) []byte {
	return []byte(`{"type":"hello","body":{"version":1,"pad":"` + strings.Repeat("x", n) + `"}}`)
}

// A device that signs in again replaces its older connection; nine phones are
// too many; a removed phone does not come back.
func TestDevices(t *testing.T) {
	s, _ := open(t, Config{})
	alice := addUser(t, s, "alice")
	old := connect(t, s, alice, "A1")
	p := connect(t, s, alice, "A1")
	if got := old.code(); got != wire.CloseReplaced {
		t.Errorf("the older connection was closed with %d", got)
	}
	for _, d := range []calls.DeviceID{"A2", "A3", "A4", "A5", "A6", "A7", "A8"} {
		connect(t, s, alice, d)
	}
	if m, _ := signIn(t, dial(t, s), helloOf("alice", alice.signer, "A9"), alice.signer); m.(wire.Error).Code != calls.ErrTooManyDevices.Code {
		t.Errorf("the ninth phone is told %+v", m)
	}
	eventually(t, "all eight phones are known", func() bool {
		page := p.ask(wire.Phones{}).(wire.PhonesPage)
		online := 0
		for _, f := range page.Phones {
			if f.Online && f.This == (f.Device.ID == "A1") {
				online++
			}
		}
		return online == 8
	})
	second := connect(t, s, alice, "A2") // replaces it, so that this test holds it
	if m := p.ask(wire.RemovePhone{Device: "A2"}); m.Type() != "ok" {
		t.Errorf("remove phone: %+v", m)
	}
	if got := second.code(); got != wire.CloseRemoved {
		t.Errorf("the removed phone was closed with %d", got)
	}
	ws := dial(t, s)
	if m, _ := signIn(t, ws, helloOf("alice", alice.signer, "A2"), alice.signer); m.Type() != "error" {
		t.Errorf("the removed phone came back: %+v", m)
	}
	if _, err := readFrame(ws); codeOf(err) != wire.CloseRemoved {
		t.Errorf("closed with %v", err)
	}
}

// A phone that says nothing for too long is gone.
func TestSilence(t *testing.T) {
	s, _ := open(t, Config{Timers: Timers{Silence: 200 * time.Millisecond}})
	connect(t, s, addUser(t, s, "alice"), "A1").code()
}

// Pings keep a phone, until they stop: by a clock that no busy machine delays.
func TestPingsKeepAPhone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Server{timers: Timers{}.withDefaults(), metrics: newMetrics()}
		c := &conn{server: s, limit: rate.NewLimiter(rate.Inf, 0), written: make(chan struct{})}
		near, far := net.Pipe()
		done := make(chan struct{})
		h := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(done)
			var err error
			if c.ws, err = newGateway(s).upgrader.Upgrade(w, r, nil); err != nil {
				t.Error(err)
				return
			}
			c.start()
			c.serve(t.Context())
			<-c.written
		})}
		pipe := &oneConn{conn: make(chan net.Conn, 1), closed: make(chan struct{})}
		pipe.conn <- far
		go func() { _ = h.Serve(pipe) }()
		d := websocket.Dialer{
			Subprotocols: []string{wire.Subprotocol},
			NetDial:      func(string, string) (net.Conn, error) { return near, nil },
		}
		ws, resp, err := d.Dial("ws://phone.example"+wire.Path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		ended := make(chan time.Time)
		go func() { // who reads takes the pongs, and the goodbye
			_, _, _ = ws.ReadMessage()
			ended <- time.Now()
		}()
		var last time.Time
		for range 20 {
			time.Sleep(s.timers.Silence - time.Second)
			last = time.Now()
			if err := ws.WriteControl(websocket.PingMessage, nil, last.Add(time.Second)); err != nil {
				t.Fatalf("the phone that pings was cut off, too: %v", err)
			}
		}
		if after := (<-ended).Sub(last); after != s.timers.Silence {
			t.Errorf("a phone that stops to ping is cut off after %v, want %v", after, s.timers.Silence)
		}
		ws.Close()
		<-done
		h.Close()
	})
}

// oneConn is a listener of one connection.
type oneConn struct {
	conn   chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *oneConn) Accept() (net.Conn, error) {
	select {
	case c := <-l.conn:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *oneConn) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }

// many are more large frames than wait for a phone that does not read.
func many() []outgoing {
	big := wire.Frame{Body: wire.Relayed{Payload: bytes.Repeat([]byte("x"), 40<<10)}}
	return slices.Repeat([]outgoing{{frame: big}}, queueSize+1)
}

// A phone that does not read is cut off, and delays nobody.
func TestSlowPhone(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a := connect(t, s, alice, "A1")
	ws := dial(t, s)
	if _, err := signIn(t, ws, helloOf("bob", bob.signer, "B1"), bob.signer); err != nil {
		t.Fatal(err)
	}
	s.hub.mu.Lock()
	slow := s.hub.conns["bob"]["B1"]
	s.hub.mu.Unlock()
	code := func() int { slow.mu.Lock(); defer slow.mu.Unlock(); return slow.code }
	for code() == 0 { // nobody reads: sockets and queue fill up
		slow.enqueue(many()...)
	}
	if got := code(); got != wire.CloseSlow {
		t.Errorf("the slow phone is cut off with %d", got)
	}
	id := newID()
	a.act(callTo(id, "bob"))
	eventually(t, "bob is offline", func() bool {
		s.hub.mu.Lock()
		defer s.hub.mu.Unlock()
		return s.hub.conns["bob"]["B1"] == nil
	})
}

// Every bad input at the start is one plain error that says what to do.
func TestOpenRefused(t *testing.T) {
	taken, _ := open(t, Config{})
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		cfg  Config
		text string
	}{
		{"port taken", Config{Listen: taken.Addr().String()}, "the port is taken"},
		{"data folder in use", Config{Listen: "127.0.0.1:0", Data: taken.cfg.Data}, "in use by another tring server"},
		{"data folder under a file", Config{Listen: "127.0.0.1:0", Data: filepath.Join(file, "data")}, "not a directory"},
		{"no data folder", Config{Listen: "127.0.0.1:0"}, "no data folder"},
		{"address without port", Config{Listen: "localhost", Data: "x"}, "HOST:PORT"},
		{"admin on the network", Config{Listen: ":0", Admin: ":7434", Data: "x"}, "loopback"},
		{"port out of range", Config{Listen: "127.0.0.1:99999", Data: "x"}, "from 0 to 65535"},
		{"TURN without port", Config{Listen: ":0", TURN: "127.0.0.1", Data: "x"}, "HOST:PORT"},
		{"ring time that no call has", Config{Listen: ":0", Timers: Timers{Ring: calls.MaxRingTime + 1}, Data: "x"}, "3m0s at most"},
		{"certificate without key", Config{Listen: ":0", CertFile: "c.pem", Data: "x"}, "both"},
		{"missing certificate", Config{Listen: ":0", CertFile: "c.pem", KeyFile: "k.pem"}, "c.pem"},
		{"domain and proxy", Config{Listen: ":0", Domain: "a.example", BehindProxy: true, Data: "x"}, "choose one"},
		{"NATS is away", Config{Listen: "127.0.0.1:0", NATS: []string{"nats://127.0.0.1:1"}}, "connect to NATS"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.cfg.Data == "" && tt.name != "no data folder" {
				tt.cfg.Data = t.TempDir()
			}
			s, err := Open(t.Context(), tt.cfg)
			if err == nil {
				s.Close()
				t.Fatal("it opened")
			}
			if !strings.Contains(err.Error(), tt.text) || strings.Contains(err.Error(), "\n") {
				t.Errorf("the error is %q, want one line with %q", err, tt.text)
			}
		})
	}
	t.Run("unwritable data folder", func(t *testing.T) {
		folder := t.TempDir()
		if err := os.Chmod(folder, 0o500); err != nil {
			t.Fatal(err)
		}
		if os.Geteuid() == 0 { // who may write anywhere but in the kernel's own tree
			if folder = "/sys"; runtime.GOOS != "linux" {
				t.Skip("SKIPPED: root may write everywhere on this system")
			}
		}
		if _, err := Open(t.Context(), Config{Listen: "127.0.0.1:0", Data: folder}); err == nil || !strings.Contains(err.Error(), "may write") {
			t.Errorf("the error is %v", err)
		}
	})
}

// A start that fails leaves the data folder as it was, at whatever step it fails.
func TestFailedOpenLeavesNothing(t *testing.T) {
	taken, _ := open(t, Config{})
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	for name, cfg := range map[string]Config{
		"port taken":       {Listen: taken.Addr().String()},
		"admin port taken": {Listen: ":0", Admin: taken.Addr().String()},
		"TURN port taken":  {Listen: "127.0.0.1:0", TURN: udp.LocalAddr().String()},
	} {
		t.Run(name, func(t *testing.T) {
			fail := func() {
				t.Helper()
				if s, err := Open(t.Context(), cfg); err == nil {
					s.Close()
					t.Fatal("it opened")
				}
			}
			cfg.Data = filepath.Join(t.TempDir(), "new")
			fail()
			if _, err := os.Stat(cfg.Data); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the new folder is there: %v", err)
			}
			cfg.Data = t.TempDir()
			if err := os.WriteFile(filepath.Join(cfg.Data, "server.toml"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			fail()
			if names := namesIn(t, cfg.Data); len(names) != 1 || names[0] != "server.toml" {
				t.Errorf("in the folder are %v", names)
			}
			s, err := Open(t.Context(), Config{Listen: "127.0.0.1:0", Data: cfg.Data, Timers: unhurried(Timers{})})
			if err != nil {
				t.Fatal(err)
			}
			addUser(t, s, "alice")
			s.Close()
			before := namesIn(t, cfg.Data)
			fail()
			if after := namesIn(t, cfg.Data); !slices.Contains(after, "jetstream") || len(after) < len(before) {
				t.Errorf("of %v are left %v", before, after)
			}
		})
	}
}

func namesIn(t *testing.T, folder string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
