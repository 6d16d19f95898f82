package signaling

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"tring/calls"
	"tring/calls/wire"
	"tring/guard"
)

// Signer proves a key: it is an [ssh.Signer], from a file or an ssh agent.
type Signer = ssh.Signer

// Options say whom to connect to and as whom.
type Options struct {
	// URL is the server's address: ws://127.0.0.1:7433, wss://host[:port], or
	// just host[:port], which is ws on this machine and wss elsewhere. The port
	// is 7433 unless given.
	URL string
	// Pin is the base64url SHA-256 of the server's SubjectPublicKeyInfo, without
	// padding; the certificate's chain is then not asked for. Empty trusts the
	// system's roots.
	Pin    string
	User   calls.UserID
	Device calls.Device
	Kind   string       // "phone", "line", "ssh", "tool"
	For    calls.UserID // set by an ssh host that signs in for somebody
	Signer Signer
	Log    *slog.Logger // nil discards
	Guard  guard.Guard  // runs the client's goroutines

	times times // zero is that of the service
}

// Receiver takes what the server tells. Receive must return soon, for it holds
// up the reading of the next frame; it is called from one goroutine. Known are
// the calls that the phone believes to be live.
type Receiver = interface {
	Receive(in calls.Input)
	Known() []calls.ID
}

// Answer takes the server's answer to one request: an error of the service comes
// as err together with the [wire.Error] message, [calls.ErrOffline] without one.
// It is called once, possibly before Send returns, and must not block.
type Answer = func(m wire.Message, err error)

// Client is a connection that is kept up. It is safe for concurrent use, but
// for Run, which is called once.
type Client struct {
	options Options
	url     *url.URL
	pin     []byte
	times   times
	log     *slog.Logger
	session atomic.Pointer[session] // while signed in
}

// times are the durations of one client.
type times struct {
	dial   time.Duration // TCP, TLS and WebSocket together
	signIn time.Duration // from hello to welcome
	ping   time.Duration
	dead   time.Duration // of silence, or of waiting for one answer
	write  time.Duration // one frame
	retry  time.Duration // the first wait between two attempts, at most
	calm   time.Duration // the longest
}

// defaultTimes are those of the service, with sign-in twice as patient as the
// server.
func defaultTimes() times {
	return times{
		dial: 10 * time.Second, signIn: 10 * time.Second,
		ping: 10 * time.Second, dead: 25 * time.Second, write: 10 * time.Second,
		retry: 200 * time.Millisecond, calm: 15 * time.Second,
	}
}

// New makes a client. It connects to nothing; an error says what is wrong with
// the options.
func New(o Options) (*Client, error) {
	if o.Signer == nil {
		return nil, errors.New("connect: there is no ssh key to sign in with; name one, or make one by logging in")
	}
	u, err := parseURL(o.URL, o.Pin != "")
	if err != nil {
		return nil, err
	}
	pin, err := parsePin(o.Pin)
	if err != nil {
		return nil, err
	}
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Client{options: o, url: u, pin: pin, times: cmp.Or(o.times, defaultTimes()), log: log}, nil
}

// Run keeps the phone connected until ctx ends, and then returns nil; or until
// the server refuses for good, and then returns why. The Receiver hears
// Connected with the snapshot, then what the server tells, then Disconnected,
// which a failed attempt posts too.
func (c *Client) Run(ctx context.Context, r Receiver) error {
	for attempt := 0; ; attempt++ {
		began := time.Now()
		err := c.connect(ctx, r)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // asked to stop: what broke by it is no error
		}
		end := final(err)
		r.Receive(calls.Disconnected{Err: err, Final: end})
		if end {
			return err
		}
		if time.Since(began) > c.times.dial+c.times.signIn { // it held: begin anew
			attempt = 0
		}
		wait := c.wait(attempt)
		c.log.Info("not connected", "err", err, "retry_in", wait)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// wait is the back-off with full jitter: so that a thousand phones of one server
// do not all come back in the same instant.
func (c *Client) wait(attempt int) time.Duration {
	most := c.times.calm
	if attempt < 16 {
		most = min(most, c.times.retry<<attempt)
	}
	return rand.N(most) + 1
}

// connect is one connection from dial to its end, which it explains.
func (c *Client) connect(ctx context.Context, r Receiver) error {
	conn, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	welcome, err := c.signIn(ctx, conn, r.Known())
	if err != nil {
		return err
	}
	s := newSession(conn, c.times, c.log, c.options.Guard)
	defer s.abandon()
	c.session.Store(s)
	defer c.session.Store(nil)
	c.log.Info("signed in", "server", c.url.Host, "user", welcome.Me.User)
	r.Receive(calls.Connected{Snapshot: welcome.Snapshot})
	return s.run(ctx, r)
}

// Send sends a request; the frames leave in the order of the calls. Without a
// connection the answer is ErrOffline at once; if it breaks first, ErrOffline
// then. A request that the server does not answer in 25 s breaks it.
func (c *Client) Send(m wire.Message, answer Answer) {
	if s := c.session.Load(); s != nil {
		s.send(m, answer)
		return
	}
	answer(nil, calls.ErrOffline)
}

// Request sends a request and waits for its answer, or for ctx.
func (c *Client) Request(ctx context.Context, m wire.Message) (wire.Message, error) {
	type reply struct {
		m   wire.Message
		err error
	}
	got := make(chan reply, 1)
	c.Send(m, func(m wire.Message, err error) { got <- reply{m, err} })
	select {
	case r := <-got:
		return r.m, r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the server's answer to %s: %w", m.Type(), ctx.Err())
	}
}

// final says whether trying again is no use.
func final(err error) bool {
	for _, refusal := range []error{calls.ErrSignIn, calls.ErrRemoved, calls.ErrReplaced, calls.ErrVersion} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}
