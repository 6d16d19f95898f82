package host

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/time/rate"

	"tring/guard"
)

// connection is one TCP connection, from before its handshake on. Reading paces its
// client, closing it forgets it. Safe for concurrent use.
type connection struct {
	net.Conn
	id               string
	address, network string
	limits           Limits
	admission        *admission
	pace             *rate.Limiter
	in, out          prometheus.Counter
	keep             sync.Once   // of keepalive
	guard            guard.Guard // of what is the connection's rather than a login's
	opens            *rate.Limiter
	asks             *rate.Limiter // of whose its key is

	ctx    context.Context // ends when it is closed; its cause says why
	cancel context.CancelCauseFunc

	mu       sync.Mutex
	channels int
	nobody   *time.Timer // closes a connection that is nobody's for too long
	empty    *time.Timer // closes a connection without channels
}

// paceBurst is what a client may send at once: a stall of four seconds leaves
// 400 kB of sound.
const paceBurst = 2 << 20

// A stranger sends little: what he may leave unread here is memory, and he is
// counted in hundreds.
const (
	strangerPace  = 16 << 10
	strangerBurst = 128 << 10
)

// Channels that a connection may open in a second, and at once. A multiplexed
// client opens one for each command.
const (
	channelRate  = 10
	channelBurst = 30
)

// Questions to the server whose key it is, of a connection that is nobody's, in a
// second and at once: the server has other people's to answer.
const (
	askRate  = 1
	askBurst = 5
)

func (h *Host) newConnection(conn net.Conn) *connection {
	address, _, err := net.SplitHostPort(conn.RemoteAddr().String())
	if err != nil {
		address = conn.RemoteAddr().String()
	}
	c := &connection{
		Conn: conn, id: letters(), address: address, network: networkOf(conn.RemoteAddr()),
		limits: h.cfg.Limits, admission: h.admission,
		pace:  rate.NewLimiter(strangerPace, strangerBurst),
		in:    h.metrics.bytes.WithLabelValues("in"),
		out:   h.metrics.bytes.WithLabelValues("out"),
		opens: rate.NewLimiter(channelRate, channelBurst),
		asks:  rate.NewLimiter(askRate, askBurst),
	}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	c.guard = h.guard(h.cfg.Log.With("connection", c.id, "address", c.address), func() { _ = c.end(ErrFailed) })
	c.mu.Lock()
	c.nobody = c.guard.After(2*c.limits.Handshake, func() { _ = c.end(ErrGone) })
	c.mu.Unlock()
	return c
}

// Read is paced: whoever floods waits, and with him all that his connection carries.
func (c *connection) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p[:min(len(p), strangerBurst)])
	c.in.Add(float64(n))
	if n > 0 && c.pace.WaitN(c.ctx, n) != nil {
		return n, net.ErrClosed
	}
	return n, err
}

func (c *connection) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.out.Add(float64(n))
	return n, err
}

// Close ends the connection and all that it carries.
func (c *connection) Close() error { return c.end(ErrGone) }

// end is Close for a reason.
func (c *connection) end(why error) error {
	c.cancel(why)
	c.mu.Lock()
	c.nobody.Stop()
	if c.empty != nil {
		c.empty.Stop()
	}
	c.mu.Unlock()
	c.admission.leave(c)
	return c.Conn.Close()
}

// known tells that the connection is somebody's.
func (c *connection) known() {
	c.mu.Lock()
	c.nobody.Stop()
	c.mu.Unlock()
	c.pace.SetBurst(paceBurst)
	c.pace.SetLimit(rate.Limit(c.limits.Bytes))
	c.asks.SetLimit(rate.Inf)
	c.admission.known(c)
}

// open counts a channel in, if there may be one more.
// One too soon after others waits for its turn, which is short: those that wait are
// counted, too.
func (c *connection) open() bool {
	if !c.count() {
		return false
	}
	if c.opens.Wait(c.ctx) != nil { // it is closed
		c.shut()
		return false
	}
	return true
}

func (c *connection) count() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.channels >= c.limits.Channels {
		return false
	}
	c.channels++
	if c.empty != nil {
		c.empty.Stop()
	}
	return true
}

func (c *connection) shut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.channels--; c.channels == 0 && c.ctx.Err() == nil {
		c.empty = c.guard.After(c.limits.Empty, func() { _ = c.end(ErrIdle) })
	}
}

// keepalive asks the client whether it is there until the connection ends, and
// ends it when no answer came for Limits.Dead. The question may block as long as
// the client does; the timer does not.
func (c *connection) keepalive(conn gossh.Conn) {
	dead := c.guard.After(c.limits.Dead, func() { _ = c.end(ErrGone) })
	defer dead.Stop()
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-pause.C:
		}
		if _, _, err := conn.SendRequest("keepalive@openssh.com", true, nil); err != nil {
			return
		}
		dead.Reset(c.limits.Dead)
		pause.Reset(c.limits.Keepalive)
	}
}
