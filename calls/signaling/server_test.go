package signaling

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/crypto/ssh"

	"tring/calls"
	"tring/calls/wire"
	"tring/guard/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// patience is how long a test waits for what must happen.
const patience = 3 * time.Minute

// line is the server's end of one connection.
type line struct {
	t    *testing.T
	conn *websocket.Conn
	done <-chan struct{} // closed when the test ends
}

// startServer answers each connection with handle, whose end closes it.
func startServer(t *testing.T, handle func(l *line)) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	serveLines(t, srv, handle)
	srv.Start()
	return srv
}

func serveLines(t *testing.T, srv *httptest.Server, handle func(l *line)) {
	done := make(chan struct{})
	var lines sync.WaitGroup
	upgrader := websocket.Upgrader{Subprotocols: []string{wire.Subprotocol}}
	mux := http.NewServeMux()
	mux.HandleFunc(wire.Path, func(w http.ResponseWriter, r *http.Request) {
		lines.Add(1) // before the upgrade, up to which srv.Close waits for us
		defer lines.Done()
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		handle(&line{t, conn, done})
	})
	srv.Config.Handler = mux
	t.Cleanup(func() { close(done); srv.Close(); lines.Wait() })
}

func (l *line) write(f wire.Frame) {
	data, err := wire.Encode(f)
	if err != nil {
		l.t.Errorf("encode: %v", err)
		return
	}
	_ = l.conn.WriteMessage(websocket.TextMessage, data) // the phone may be gone already
}

func (l *line) read() (wire.Frame, bool) {
	_ = l.conn.SetReadDeadline(time.Now().Add(patience))
	_, data, err := l.conn.ReadMessage()
	if err != nil {
		return wire.Frame{}, false
	}
	f, err := wire.Decode(data)
	if err != nil {
		l.t.Errorf("the phone sent %q: %v", data, err)
	}
	return f, true
}

func (l *line) closeWith(code int) {
	_ = l.conn.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""))
	l.drain()
}

// drain reads on, so that pings are answered, until the phone is gone.
func (l *line) drain() {
	for {
		if _, ok := l.read(); !ok {
			return
		}
	}
}

var challenge = wire.Challenge{Version: wire.Version, Nonce: "bm9uY2U", Server: "test"}

// prove plays the server's part up to the proof; false if the phone has not
// proved the key that it showed.
func (l *line) prove() (wire.Hello, wire.Message, bool) {
	f, ok := l.read()
	hello, isHello := f.Body.(wire.Hello)
	if !ok || !isHello {
		return hello, nil, false
	}
	l.write(wire.Frame{Re: f.Seq, Body: challenge})
	f, ok = l.read()
	if !ok {
		return hello, nil, false
	}
	var signature string
	switch m := f.Body.(type) {
	case wire.Proof:
		signature = m.Signature
	case wire.Enrol:
		signature = m.Signature
	}
	pub, _, _, _, err := ssh.ParseAuthorizedKey([]byte(hello.Key))
	if err != nil {
		l.t.Errorf("key %q: %v", hello.Key, err)
		return hello, f.Body, false
	}
	if err := wire.VerifySSH(pub, wire.SignatureNamespace, wire.SignInText(hello, challenge, "127.0.0.1"), signature); err != nil {
		l.t.Errorf("the phone's proof: %v", err)
		return hello, f.Body, false
	}
	return hello, f.Body, true
}

// signIn is the whole exchange.
func (l *line) signIn() (wire.Hello, bool) {
	hello, _, ok := l.prove()
	if ok {
		l.write(wire.Frame{Re: 2, Body: wire.Welcome{Snapshot: calls.Snapshot{Me: calls.Identity{User: hello.User}, MissedCount: 3}}})
	}
	return hello, ok
}

func newSigner(t *testing.T) Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func optionsFor(t *testing.T, srv *httptest.Server) Options {
	t.Helper()
	return Options{
		URL: strings.Replace(srv.URL, "http", "ws", 1), User: "alice", Kind: "phone",
		Device: calls.Device{ID: "01DEVICE", Label: "laptop"}, Signer: newSigner(t), times: testTimes(),
	}
}

// testTimes are of a client that comes back at once, and gives nothing up however
// busy its machine is: the tests of giving up set their own.
func testTimes() times {
	const never = time.Hour
	return times{dial: never, signIn: never, ping: never, dead: never, write: never, retry: time.Millisecond, calm: 10 * time.Millisecond}
}

func newClient(t *testing.T, o Options) *Client {
	t.Helper()
	o.times = testTimes()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// phone is a Receiver that keeps what it hears.
type phone struct {
	t      *testing.T
	inputs chan calls.Input
	known  []calls.ID
}

func (p *phone) Receive(in calls.Input) { p.inputs <- in }
func (p *phone) Known() []calls.ID      { return p.known }

// run starts the client, and returns its phone and a way to wait for its end.
func run(t *testing.T, c *Client) (p *phone, stop context.CancelFunc, ended func() error) {
	t.Helper()
	p = &phone{t: t, inputs: make(chan calls.Input, 4096), known: []calls.ID{"01KNOWN"}}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- c.Run(ctx, p) }()
	ended = sync.OnceValue(func() error {
		select {
		case err := <-result:
			return err
		case <-time.After(patience):
			t.Error("Run does not end")
			return nil
		}
	})
	t.Cleanup(func() { cancel(); _ = ended() })
	return p, cancel, ended
}

// next waits for the next input of one type; others are a failure.
func next[In calls.Input](p *phone) In {
	p.t.Helper()
	var none In
	select {
	case in := <-p.inputs:
		if want, ok := in.(In); ok {
			return want
		}
		p.t.Fatalf("heard %#v, want a %T", in, none)
	case <-time.After(patience):
		p.t.Fatalf("nothing heard, want a %T", none)
	}
	return none
}
