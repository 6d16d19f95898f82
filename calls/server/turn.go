package server

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/pion/logging"
	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
)

// relayer is the server's own STUN and TURN, over UDP. Safe for concurrent use.
type relayer struct {
	server   *turn.Server
	secret   []byte
	port     int
	loopback bool // the server listens on loopback only

	mu     sync.Mutex
	byUser map[string]int      // allocations
	relays map[string]struct{} // our own relayed addresses
}

const (
	turnRealm = "tring"
	// One device may have an allocation for each address it has, for its call
	// and for the one that it just left.
	maxAllocations     = 16
	maxAllAllocations  = 4096
	allocationLifetime = 10 * time.Minute // RFC 8656 §3.2
)

// startTURN listens on the UDP address. With port 0 in the server's own address
// it takes the TCP port if that is free, or any other.
func startTURN(cfg Config, tcp *net.TCPAddr, secret []byte) (*relayer, error) {
	address := cfg.TURN
	if address == "" {
		host, _, err := net.SplitHostPort(cfg.Listen)
		if err != nil {
			return nil, fmt.Errorf("listen address %q: %w", cfg.Listen, err)
		}
		address = net.JoinHostPort(host, strconv.Itoa(tcp.Port))
	}
	pc, err := net.ListenPacket("udp", address)
	if errors.Is(err, syscall.EADDRINUSE) && cfg.TURN == "" && strings.HasSuffix(cfg.Listen, ":0") {
		pc, err = net.ListenPacket("udp", strings.TrimSuffix(address, strconv.Itoa(tcp.Port))+"0")
	}
	if err != nil {
		return nil, fmt.Errorf("listen for TURN on UDP %s: %w; choose another address, or switch TURN off", address, err)
	}
	local := pc.LocalAddr().(*net.UDPAddr) //nolint:forcetypeassert // a UDP socket has a UDP address
	r := &relayer{
		secret: secret, port: local.Port, loopback: local.IP.IsLoopback(),
		byUser: map[string]int{}, relays: map[string]struct{}{},
	}
	r.server, err = turn.NewServer(turn.ServerConfig{
		Realm: turnRealm, AuthHandler: r.authenticate, QuotaHandler: r.quota,
		AllocationLifetime: allocationLifetime,
		LoggerFactory:      quiet(),
		EventHandler: turn.EventHandler{
			OnAllocationDeleted: func(_, _ net.Addr, _, userID, _ string) { r.released(userID) },
		},
		PacketConnConfigs: []turn.PacketConnConfig{{
			PacketConn: pc, PermissionHandler: r.permit,
			RelayAddressGenerator: &relayAddresses{relayer: r, listen: local.IP},
		}},
	})
	if err != nil {
		pc.Close()
		return nil, fmt.Errorf("start TURN: %w", err)
	}
	return r, nil
}

// quiet keeps pion from printing: what strangers send to a public port is no
// news.
func quiet() logging.LoggerFactory {
	f := logging.NewDefaultLoggerFactory()
	f.DefaultLogLevel = logging.LogLevelDisabled
	f.ScopeLevels = map[string]logging.LogLevel{}
	return f
}

func (r *relayer) close(log *slog.Logger) {
	if err := r.server.Close(); err != nil {
		log.Debug("stop TURN", "err", err)
	}
}

// credential is the password of a time-limited name, as in "A REST API for
// access to TURN services" (draft-uberti-behave-turn-rest-00 §2.2).
func (r *relayer) credential(username string) string {
	m := hmac.New(sha1.New, r.secret)
	m.Write([]byte(username))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// keepLife is how long after its end a name keeps the allocations that it made,
// so that a long call is not cut to change the name. A new allocation needs a
// name that holds: phones renew theirs.
const keepLife = 24 * time.Hour

// authenticate runs for each request.
func (r *relayer) authenticate(ra *turn.RequestAttributes) (string, []byte, bool) {
	expiry, _, ok := strings.Cut(ra.Username, ":")
	unix, err := strconv.ParseInt(expiry, 10, 64)
	if !ok || err != nil {
		return "", nil, false
	}
	expires := time.Unix(unix, 0)
	if ra.Method != stun.MethodAllocate {
		expires = expires.Add(keepLife)
	}
	if time.Now().After(expires) {
		return "", nil, false
	}
	return ra.Username, turn.GenerateAuthKey(ra.Username, ra.Realm, r.credential(ra.Username)), true
}

// quota counts allocations by user and device, whatever the expiry in the name.
func (r *relayer) quota(username, _ string, _ net.Addr) bool {
	_, device, _ := strings.Cut(username, ":")
	r.mu.Lock()
	defer r.mu.Unlock()
	all := 0
	for _, n := range r.byUser {
		all += n
	}
	if r.byUser[device] >= maxAllocations || all >= maxAllAllocations {
		return false
	}
	r.byUser[device]++
	return true
}

func (r *relayer) released(username string) {
	_, device, _ := strings.Cut(username, ":")
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byUser[device]--; r.byUser[device] <= 0 {
		delete(r.byUser, device)
	}
}

// permit says where relayed packets may go: never into the network of the
// server's side (coturn CVE-2020-26262). Our own relayed addresses are an
// exception, narrowed to their ports by relayConn, so that two phones that both
// need the relay reach each other.
func (r *relayer) permit(_ net.Addr, peer net.IP) bool {
	ip, ok := netip.AddrFromSlice(peer)
	if !ok {
		return false
	}
	ip = ip.Unmap()
	if ip.IsLoopback() {
		return r.loopback
	}
	return !forbidden(ip) || r.isRelay(ip)
}

func (r *relayer) isRelay(ip netip.Addr) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for a := range r.relays {
		if ap, err := netip.ParseAddrPort(a); err == nil && ap.Addr().Unmap() == ip {
			return true
		}
	}
	return false
}

// forbidden ranges beside those that netip knows: this network, shared address
// space, protocol assignments, documentation, benchmarking, reserved, and IPv6
// addresses that carry an IPv4 one (RFC 6890).
var forbiddenRanges = []netip.Prefix{ //nolint:gochecknoglobals // a constant in all but syntax
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("2001::/32"),
	netip.MustParsePrefix("::/96"), netip.MustParsePrefix("2001:db8::/32"),
}

func forbidden(ip netip.Addr) bool {
	ip = ip.Unmap()
	if ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() {
		return true
	}
	for _, p := range forbiddenRanges {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}
