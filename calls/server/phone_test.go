package server

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/oklog/ulid/v2"
	"golang.org/x/crypto/ssh"

	"tring/calls"
	"tring/calls/wire"
)

// patience is how long a test waits for something that must happen.
const patience = 3 * time.Minute

// unhurried are timers that run out in no test, however busy its machine: what a
// test wants to run out, it sets itself.
func unhurried(t Timers) Timers {
	t.Ring = cmp.Or(t.Ring, calls.MaxRingTime)
	for _, timer := range []*time.Duration{
		&t.Media, &t.CallerGone, &t.Lease, &t.MediaLost, &t.Silence, &t.SignIn, &t.Gateway,
	} {
		*timer = cmp.Or(*timer, time.Hour)
	}
	for _, timer := range []*time.Duration{&t.Store, &t.Probe, &t.Stop} {
		*timer = cmp.Or(*timer, patience)
	}
	return t
}

// folder is a data folder with a short path: that of a test's own holds the test's
// name, and the path of a socket has no room for it everywhere.
func folder(t testing.TB) string {
	t.Helper()
	path, err := os.MkdirTemp("", "tring")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(path) })
	return path
}

// open starts a server for a test and returns it with a function that stops it.
func open(t testing.TB, cfg Config) (*Server, func()) {
	t.Helper()
	if cfg.Data == "" {
		cfg.Data = folder(t)
	}
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	if cfg.Limits == (Limits{}) {
		cfg.Limits = Limits{Requests: 100_000, RequestBurst: 100_000, Initiates: 100_000, InitiateBurst: 100_000}
	}
	cfg.Timers = unhurried(cfg.Timers)
	s := opened(t, cfg)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-served:
			if err != nil {
				t.Errorf("serve: %v", err)
			}
		case <-time.After(patience):
			t.Error("the server did not stop")
		}
	})
	t.Cleanup(stop)
	return s, stop
}

// opened opens a server, again where its NATS is not ready yet.
func opened(t testing.TB, cfg Config) *Server {
	t.Helper()
	for began := time.Now(); ; {
		s, err := Open(t.Context(), cfg)
		if err == nil {
			return s
		}
		if len(cfg.NATS) == 0 || time.Since(began) > patience {
			t.Fatal(err)
		}
	}
}

// key is a new ssh key and its authorized_keys line.
func key(t testing.TB) (ssh.Signer, string) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer, marshalKey(signer.PublicKey())
}

// testUser is a user with a key on a server.
type testUser struct {
	id     calls.UserID
	signer ssh.Signer
}

func addUser(t testing.TB, s *Server, id calls.UserID) testUser {
	t.Helper()
	signer, line := key(t)
	if err := s.Admin().AddUser(t.Context(), id, strings.ToUpper(string(id[:1]))+string(id[1:]), line); err != nil {
		t.Fatal(err)
	}
	return testUser{id, signer}
}

// testPhone is a phone of the real protocol: it keeps every event that it hears.
type testPhone struct {
	t      testing.TB
	ws     *websocket.Conn
	me     calls.Viewer
	hello  wire.Welcome
	closed chan struct{}

	mu       sync.Mutex
	writing  sync.Mutex
	seq      uint64
	waiting  map[uint64]chan wire.Message
	heard    []wire.Message
	wake     chan struct{}
	closeErr error
}

func dial(t testing.TB, s *Server) *websocket.Conn {
	t.Helper()
	d := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
	ws, resp, err := d.Dial("ws://"+s.Addr().String()+wire.Path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	t.Cleanup(func() { ws.Close() })
	return ws
}

// dialHasty dials a server that waits for nobody: also the request of a connection
// may come too late for it.
func dialHasty(t testing.TB, s *Server) (ws *websocket.Conn) {
	t.Helper()
	d := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
	eventually(t, "a connection is taken", func() bool {
		conn, resp, err := d.Dial("ws://"+s.Addr().String()+wire.Path, nil)
		if err != nil {
			return false
		}
		resp.Body.Close()
		ws = conn
		return true
	})
	t.Cleanup(func() { ws.Close() })
	return ws
}

func writeFrame(t testing.TB, ws *websocket.Conn, f wire.Frame) {
	t.Helper()
	data, err := wire.Encode(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := ws.WriteMessage(websocket.TextMessage, data); err != nil {
		t.Fatal(err)
	}
}

func readFrame(ws *websocket.Conn) (wire.Frame, error) {
	_ = ws.SetReadDeadline(time.Now().Add(patience))
	_, data, err := ws.ReadMessage()
	if err != nil {
		return wire.Frame{}, err
	}
	return wire.Decode(data)
}

// helloOf is the hello of a user's phone, signed by signer in signIn.
func helloOf(u calls.UserID, signer ssh.Signer, device calls.DeviceID, known ...calls.ID) wire.Hello {
	return wire.Hello{
		Version: wire.Version, User: u, Kind: "phone", Key: marshalKey(signer.PublicKey()), Known: known,
		Device: calls.Device{ID: device, Label: "phone " + string(device)},
	}
}

// signIn goes through hello, challenge and proof; the answer is a Welcome or an
// Error.
func signIn(t testing.TB, ws *websocket.Conn, h wire.Hello, signer ssh.Signer) (wire.Message, error) {
	t.Helper()
	writeFrame(t, ws, wire.Frame{Seq: 1, Body: h})
	f, err := readFrame(ws)
	if err != nil {
		return nil, err
	}
	challenge, ok := f.Body.(wire.Challenge)
	if !ok {
		return f.Body, nil
	}
	signature, err := wire.SignSSH(signer, wire.SignatureNamespace, wire.SignInText(h, challenge, "127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	writeFrame(t, ws, wire.Frame{Seq: 2, Body: wire.Proof{Signature: signature}})
	f, err = readFrame(ws)
	return f.Body, err
}

// connect signs a phone of the user in.
func connect(t testing.TB, s *Server, u testUser, device calls.DeviceID, known ...calls.ID) *testPhone {
	t.Helper()
	return connectWith(t, s, helloOf(u.id, u.signer, device, known...), u.signer)
}

// connectWith signs in with this hello.
func connectWith(t testing.TB, s *Server, h wire.Hello, signer ssh.Signer) *testPhone {
	t.Helper()
	ws := dial(t, s)
	m, err := signIn(t, ws, h, signer)
	if err != nil {
		t.Fatalf("sign in %+v: %v", h, err)
	}
	welcome, ok := m.(wire.Welcome)
	if !ok {
		t.Fatalf("sign in %+v: %+v", h, m)
	}
	p := &testPhone{
		t: t, ws: ws, me: welcome.Me.Viewer(), hello: welcome, closed: make(chan struct{}),
		waiting: map[uint64]chan wire.Message{}, wake: make(chan struct{}, 1), seq: 2,
	}
	go p.read()
	return p
}

func (p *testPhone) read() {
	defer close(p.closed)
	_ = p.ws.SetReadDeadline(time.Time{})
	for {
		_, data, err := p.ws.ReadMessage()
		if err != nil {
			p.mu.Lock()
			p.closeErr = err
			p.mu.Unlock()
			return
		}
		f, err := wire.Decode(data)
		if err != nil {
			p.t.Errorf("the server sent %q: %v", data, err)
			return
		}
		p.mu.Lock()
		if answer := p.waiting[f.Re]; f.Re != 0 && answer != nil {
			answer <- f.Body
			delete(p.waiting, f.Re)
		} else {
			p.heard = append(p.heard, f.Body)
		}
		p.mu.Unlock()
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
}

// ask sends a request and waits for its answer.
func (p *testPhone) ask(m wire.Message) wire.Message {
	p.t.Helper()
	answer := make(chan wire.Message, 1)
	p.mu.Lock()
	p.seq++
	f := wire.Frame{Seq: p.seq, Body: m}
	p.waiting[f.Seq] = answer
	p.mu.Unlock()
	data, err := wire.Encode(f)
	if err != nil {
		p.t.Fatal(err)
	}
	p.writing.Lock()
	err = p.ws.WriteMessage(websocket.TextMessage, data)
	p.writing.Unlock()
	if err != nil {
		return wire.Error{Code: "closed", Text: err.Error()}
	}
	select {
	case m := <-answer:
		return m
	case <-p.closed:
		return wire.Error{Code: "closed", Text: p.closeErr.Error()}
	case <-time.After(2 * patience):
		p.t.Errorf("%s: no answer to %s", p.me.User, m.Type())
		return wire.Error{Code: "no answer"}
	}
}

// act sends a request about a call that must succeed, and returns the call.
func (p *testPhone) act(m wire.Message) calls.CallState {
	p.t.Helper()
	switch a := p.ask(m).(type) {
	case wire.CallResult:
		return a.CallState
	case wire.Error:
		p.t.Fatalf("%s: %s: %s (%s)", p.me.User, m.Type(), a.Text, a.Code)
	default:
		p.t.Fatalf("%s: %s was answered by %s", p.me.User, m.Type(), a.Type())
	}
	return calls.CallState{}
}

// refused sends a request that must be refused with the code of want.
func (p *testPhone) refused(m wire.Message, want error) wire.Error {
	p.t.Helper()
	a, ok := p.ask(m).(wire.Error)
	if !ok || a.Code != calls.Code(want) {
		p.t.Fatalf("%s: %s: got %+v, want the error %s", p.me.User, m.Type(), a, calls.Code(want))
	}
	return a
}

// hears waits until the phone has heard the event about this call, and returns
// its frame.
func (p *testPhone) hears(id calls.ID, name calls.EventName) wire.CallEvent {
	p.t.Helper()
	var found wire.CallEvent
	p.until(fmt.Sprintf("%s of %s", name, id), func(m wire.Message) bool {
		e, ok := m.(wire.CallEvent)
		if ok && e.Call.ID == id && slices.Contains(e.Events, name) {
			found = e
			return true
		}
		return false
	})
	return found
}

// until waits for a message.
func (p *testPhone) until(what string, match func(wire.Message) bool) {
	p.t.Helper()
	deadline := time.After(patience)
	for {
		p.mu.Lock()
		ok := slices.ContainsFunc(p.heard, match)
		p.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-p.wake:
		case <-p.closed:
			p.t.Fatalf("%s: the connection ended while waiting for %s: %v", p.me.User, what, p.closeErr)
		case <-deadline:
			p.t.Fatalf("%s did not hear %s; it heard %+v", p.me.User, what, p.heard)
		}
	}
}

// hearsConnected waits until the phone has heard that both ends of a call are
// connected, which is written a moment after they say so.
func (p *testPhone) hearsConnected(id calls.ID) {
	p.t.Helper()
	p.until("that both are connected", func(m wire.Message) bool {
		e, ok := m.(wire.CallEvent)
		return ok && e.Call.ID == id && !e.Call.ConnectedAt.IsZero()
	})
}

// count is how often the phone heard the event about this call.
func (p *testPhone) count(id calls.ID, name calls.EventName) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.heard {
		if e, ok := m.(wire.CallEvent); ok && e.Call.ID == id && slices.Contains(e.Events, name) {
			n++
		}
	}
	return n
}

// code waits for the end of the connection and returns its close code.
func (p *testPhone) code() int {
	p.t.Helper()
	select {
	case <-p.closed:
		return codeOf(p.closeErr)
	case <-time.After(patience):
		p.t.Fatalf("%s: the connection was not closed", p.me.User)
		return 0
	}
}

func codeOf(err error) int {
	if e, ok := errors.AsType[*websocket.CloseError](err); ok {
		return e.Code
	}
	return 0
}

// hangOff breaks the connection without a goodbye, as a killed phone does.
func (p *testPhone) hangOff() {
	p.ws.NetConn().Close()
	<-p.closed
}

func newID() calls.ID { return calls.ID(ulid.Make().String()) }

func callTo(id calls.ID, u calls.UserID) wire.InitiateCall {
	return wire.InitiateCall{CallID: wire.CallID{Call: id}, Receiver: calls.User(u), CallType: calls.Audio}
}

func on(id calls.ID) wire.CallID { return wire.CallID{Call: id} }

// eventually waits until the condition holds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	eventuallyIn(t, patience, what, ok)
}

func eventuallyIn(t testing.TB, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(limit)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("this did not happen: %s", what)
		}
	}
}
