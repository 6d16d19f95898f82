package server

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"tring/calls/wire"
)

// gateway takes WebSocket connections. Safe for concurrent use.
type gateway struct {
	server   *Server
	upgrader websocket.Upgrader

	mu     sync.Mutex
	byAddr map[string]*address
	swept  time.Time // when idle addresses were forgotten last
	open   map[*conn]struct{}
	closed bool
}

// address is what one remote address does; forgotten when it is idle.
type address struct {
	open   int // but for those that hosts hold
	hosted int // that hosts hold
	limit  *rate.Limiter
	last   time.Time
}

const sweepEvery = 5 * time.Second

func newGateway(s *Server) *gateway {
	g := &gateway{server: s, byAddr: map[string]*address{}, open: map[*conn]struct{}{}}
	g.upgrader = websocket.Upgrader{
		ReadBufferSize: 256, WriteBufferSize: 4096, WriteBufferPool: &sync.Pool{},
		HandshakeTimeout: s.timers.SignIn,
		Subprotocols:     []string{wire.Subprotocol},
		// A browser names the page it acts for; a phone has none, and no page is
		// trusted (cross-site WebSocket hijacking).
		CheckOrigin: func(r *http.Request) bool { return r.Header.Get("Origin") == "" },
	}
	return g
}

func (g *gateway) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+wire.Path, g.connect)
	return mux
}

// connect upgrades a request and leaves the rest to the phone's reader goroutine,
// so that no buffer of the HTTP server lives as long as the connection.
func (g *gateway) connect(w http.ResponseWriter, r *http.Request) {
	s := g.server
	remote := g.remote(r)
	if !g.admit(remote) {
		s.metrics.refused.Inc()
		http.Error(w, "too many connections from this address", http.StatusTooManyRequests)
		return
	}
	ws, err := g.upgrader.Upgrade(w, r, nil)
	if err != nil { // the upgrader has answered
		g.leave(remote, false)
		return
	}
	c := &conn{
		ws: ws, server: s, host: hostOf(r.Host), remote: remote,
		limit:   rate.NewLimiter(rate.Limit(s.limits.Requests), s.limits.RequestBurst),
		written: make(chan struct{}),
	}
	if !g.add(c) {
		c.closeWith(wire.CloseGoingAway, "the server stops")
		ws.Close()
		g.leave(remote, false)
		return
	}
	go g.run(c)
}

// run signs one phone in. Checking a signature takes a large stack: what follows,
// which is mostly waiting, has a goroutine of its own.
func (g *gateway) run(c *conn) {
	if g.server.signIn(g.server.ctx, c) {
		c.challenge = wire.Challenge{}
		if c.voucher.host != "" {
			g.vouched(c.remote)
		}
		go g.serve(c)
		return
	}
	c.ws.Close()
	g.charge(c.remote)
	g.leave(c.remote, false)
	g.remove(c)
}

// serve serves a phone; it is the phone's reader goroutine.
func (g *gateway) serve(c *conn) {
	defer g.remove(c)
	defer g.leave(c.remote, c.voucher.host != "")
	c.serve(g.server.ctx)
	g.server.disconnected(c)
	<-c.written
}

// remote is the address that the connection comes from. Behind a proxy it is the
// last one of the last header line, which is what the proxy itself added.
func (g *gateway) remote(r *http.Request) string {
	if lines := r.Header.Values("X-Forwarded-For"); g.server.cfg.BehindProxy && len(lines) > 0 {
		hops := strings.Split(lines[len(lines)-1], ",")
		if last := strings.TrimSpace(hops[len(hops)-1]); last != "" {
			return network(last)
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	return network(host)
}

// network is what limits count an address by: an IPv6 subscriber has a /64 to
// choose addresses from (RFC 6177).
func network(host string) string {
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil {
		return host
	}
	if ip = ip.Unmap().WithZone(""); ip.Is4() || ip.IsLoopback() {
		return ip.String()
	}
	return netip.PrefixFrom(ip, 64).Masked().String()
}

// admit counts a connection of an address, or refuses it. This machine's own
// connections (test lines, trial) are not counted. Where a host is, whose people all
// come from its address, only what fails to sign in counts against the rate.
func (g *gateway) admit(remote string) bool {
	if isLoopback(remote) && !g.server.cfg.BehindProxy {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	a := g.byAddr[remote]
	if a == nil {
		g.forgetIdle(now)
		l := g.server.limits
		a = &address{limit: rate.NewLimiter(rate.Limit(l.SignIns), l.SignInBurst)}
		g.byAddr[remote] = a
	}
	a.last = now
	if a.open >= g.server.limits.Connections || a.hosted >= maxHosted {
		return false
	}
	if a.hosted > 0 && a.limit.TokensAt(now) < 1 || a.hosted == 0 && !a.limit.AllowN(now, 1) {
		return false
	}
	a.open++
	return true
}

// vouched counts a connection as one that a host holds.
func (g *gateway) vouched(remote string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if a := g.byAddr[remote]; a != nil {
		a.open--
		a.hosted++
	}
}

// charge takes a failed sign-in from the rate of an address that has a host.
func (g *gateway) charge(remote string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if a := g.byAddr[remote]; a != nil && a.hosted > 0 {
		a.limit.Allow()
	}
}

// forgetIdle bounds the memory that addresses take. It looks at all of them, so
// not at each new one.
func (g *gateway) forgetIdle(now time.Time) {
	if len(g.byAddr) < 10_000 || now.Sub(g.swept) < sweepEvery {
		return
	}
	g.swept = now
	for name, a := range g.byAddr {
		if a.open+a.hosted == 0 && now.Sub(a.last) > time.Minute {
			delete(g.byAddr, name)
		}
	}
}

// leave takes out a connection of an address, or one that a host held.
func (g *gateway) leave(remote string, hosted bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch a := g.byAddr[remote]; {
	case a == nil:
	case hosted:
		a.hosted--
	default:
		a.open--
	}
}

// add takes part in the server's stop; false if it is stopping already.
func (g *gateway) add(c *conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.open[c] = struct{}{}
	g.server.tasks.Add(1)
	return true
}

func (g *gateway) remove(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.open, c)
	g.server.tasks.Done()
}

// closeAll tells every phone that the server goes away. Sockets that do not
// take it are closed after grace.
func (g *gateway) closeAll(grace time.Duration) {
	g.mu.Lock()
	g.closed = true
	conns := make([]*conn, 0, len(g.open))
	for c := range g.open {
		conns = append(conns, c)
	}
	g.mu.Unlock()
	deadline := time.Now().Add(grace)
	for _, c := range conns {
		c.cut(wire.CloseGoingAway, "the server stops; come back")
		_ = c.ws.NetConn().SetDeadline(deadline) // also ends a sign-in in progress
	}
}

func hostOf(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	return strings.Trim(host, "[]")
}
