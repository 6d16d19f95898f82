package host

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// admission counts who is here and decides who may come: connections by address,
// logins by key, tries of invites. Safe for concurrent use.
type admission struct {
	limits  Limits
	metrics *metrics

	mu        sync.Mutex
	here      map[*connection]struct{}
	strangers []*connection // nobody's yet, oldest first
	networks  map[string]*network
	sweepAt   int // of networks: how many make it worth to look for idle ones
	holders   map[holder]int
	closed    bool
}

// network is what is known of one address.
type network struct {
	connections, strangers int
	opens, joins           *rate.Limiter
	// local is this machine's own: everybody whom an sshd here passes on. Only what
	// counts all addresses counts him.
	local bool
}

// holder is a key with what it holds: logins or sound channels.
type holder struct{ kind, fingerprint string }

// Invites are long, so nobody guesses one; the limit spares the server the work.
const (
	joinEvery = 10 * time.Second
	joinBurst = 5
	// fewNetworks are not worth a sweep.
	fewNetworks = 1024
)

// loopback6 is the network of ::1.
const loopback6 = "::/64"

func newAdmission(l Limits, m *metrics) *admission {
	return &admission{
		limits: l, metrics: m, sweepAt: fewNetworks,
		here: map[*connection]struct{}{}, networks: map[string]*network{}, holders: map[holder]int{},
	}
}

// networkOf is what limits count an address by: an IPv6 subscriber has a /64 to
// himself.
func networkOf(addr net.Addr) string {
	host, _, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if ip = ip.Unmap().WithZone(""); ip.Is4() {
		return ip.String()
	}
	return netip.PrefixFrom(ip, 64).Masked().String()
}

// network is the entry of an address; with mu held.
func (a *admission) network(of string) *network {
	if n := a.networks[of]; n != nil {
		return n
	}
	if len(a.networks) >= a.sweepAt {
		for name, n := range a.networks {
			if n.connections == 0 && full(n.opens) && full(n.joins) {
				delete(a.networks, name)
			}
		}
		a.sweepAt = max(fewNetworks, 2*len(a.networks))
	}
	ip, _ := netip.ParseAddr(of) // that of IPv6 is a prefix
	n := &network{
		local: ip.IsLoopback() || of == loopback6,
		opens: rate.NewLimiter(rate.Limit(a.limits.Rate), 4*a.limits.Rate),
		joins: rate.NewLimiter(rate.Every(joinEvery), joinBurst),
	}
	a.networks[of] = n
	return n
}

// full is a limiter that remembers nothing.
func full(l *rate.Limiter) bool { return l.Tokens() >= float64(l.Burst()) }

// enter lets a connection in as a stranger, or says why not. When strangers are
// too many, the oldest of the address that has most of them makes room: whoever
// opens a thousand connections closes his own, and a person from elsewhere comes in.
func (a *admission) enter(c *connection) (refused string) {
	a.mu.Lock()
	n := a.network(c.network)
	switch {
	case a.closed:
		refused = "stopping"
	case !n.local && !n.opens.Allow():
		refused = "rate"
	case !n.local && n.connections >= a.limits.ConnectionsPerAddress:
		refused = "address"
	case !n.local && n.strangers >= a.limits.StartupsPerAddress:
		refused = "startups"
	case len(a.here) >= a.limits.Connections:
		refused = "connections"
	}
	if refused != "" {
		a.mu.Unlock()
		return refused
	}
	var evicted *connection
	if len(a.strangers) >= a.limits.Startups {
		evicted = a.crowded()
		a.release(evicted)
	}
	n.connections++
	n.strangers++
	a.here[c] = struct{}{}
	a.strangers = append(a.strangers, c)
	a.count()
	a.mu.Unlock()
	if evicted != nil {
		a.metrics.refused.WithLabelValues("crowded").Inc()
		_ = evicted.Close()
	}
	return ""
}

// crowded is the oldest stranger of the address that has most; with mu held.
func (a *admission) crowded() *connection {
	most := a.strangers[0]
	for _, c := range a.strangers {
		if a.networks[c.network].strangers > a.networks[most.network].strangers {
			most = c
		}
	}
	return most
}

// known tells that a connection is somebody's.
func (a *admission) known(c *connection) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if i := slices.Index(a.strangers, c); i >= 0 {
		a.strangers = slices.Delete(a.strangers, i, i+1)
		a.networks[c.network].strangers--
		a.count()
	}
}

// leave forgets a connection; once is enough.
func (a *admission) leave(c *connection) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.release(c)
	a.count()
}

// release is leave with mu held.
func (a *admission) release(c *connection) {
	if _, here := a.here[c]; !here {
		return
	}
	delete(a.here, c)
	n := a.networks[c.network]
	n.connections--
	if i := slices.Index(a.strangers, c); i >= 0 {
		a.strangers = slices.Delete(a.strangers, i, i+1)
		n.strangers--
	}
}

func (a *admission) count() {
	a.metrics.connections.Set(float64(len(a.here)))
	a.metrics.strangers.Set(float64(len(a.strangers)))
}

// hold takes one of the places of a key, which give returns.
func (a *admission) hold(h holder) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.holders[h] >= a.limits.LoginsPerKey {
		return false
	}
	a.holders[h]++
	return true
}

func (a *admission) give(h holder) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.holders[h]--; a.holders[h] == 0 {
		delete(a.holders, h)
	}
}

// mayJoin spends one try of an address. Keys are not counted: a stranger has as
// many as he likes.
func (a *admission) mayJoin(c *connection) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.network(c.network).joins.Allow()
}

// close lets nobody in any more and returns who is here.
func (a *admission) close() []*connection {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	all := make([]*connection, 0, len(a.here))
	for c := range a.here {
		all = append(all, c)
	}
	return all
}
