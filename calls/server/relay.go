package server

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/pion/turn/v5"

	"tring/calls"
)

// servers are STUN and TURN as this phone reaches them: at the host by which it
// reached the server, so that a LAN, a name and a tunnel all work by themselves.
func (r *relayer) servers(c *conn, expires time.Time) []calls.Server {
	hostport := net.JoinHostPort(c.host, strconv.Itoa(r.port))
	username := fmt.Sprintf("%d:%s:%s", expires.Unix(), c.user, c.device.ID)
	return []calls.Server{
		{URLs: []string{"stun:" + hostport}},
		{URLs: []string{"turn:" + hostport + "?transport=udp"}, Username: username, Credential: r.credential(username)},
	}
}

// relayAddresses makes the sockets of allocations. Relayed addresses are on the
// address that the server listens on, or else on the one from which this
// machine reaches the world.
type relayAddresses struct {
	relayer *relayer
	listen  net.IP
}

var errUDPOnly = errors.New("the relay carries UDP only")

func (g *relayAddresses) Validate() error { return nil }

func (g *relayAddresses) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errUDPOnly
}

func (g *relayAddresses) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) {
	return nil, errUDPOnly
}

func (g *relayAddresses) AllocatePacketConn(conf turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	ip := g.listen
	if ip.IsUnspecified() {
		ip = outward(conf.Network)
	}
	pc, err := net.ListenPacket(conf.Network, net.JoinHostPort(ip.String(), "0"))
	if err != nil {
		return nil, nil, fmt.Errorf("allocate relay: %w", err)
	}
	conn := &relayConn{PacketConn: pc, relayer: g.relayer}
	g.relayer.mu.Lock()
	g.relayer.relays[pc.LocalAddr().String()] = struct{}{}
	g.relayer.mu.Unlock()
	return conn, pc.LocalAddr(), nil
}

// outward is the address from which this machine reaches the world, or else, as
// on a LAN without a router, one that it has. Connecting a UDP socket sends
// nothing.
func outward(network string) net.IP {
	target := "192.0.2.1:9"
	if network == "udp6" {
		target = "[2001:db8::1]:9"
	}
	c, err := net.Dial(network, target)
	if err != nil {
		return anyAddress(network == "udp6")
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).IP //nolint:forcetypeassert // a UDP socket has a UDP address
}

func anyAddress(v6 bool) net.IP {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		addresses = nil // then there is loopback only
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() && (n.IP.To4() == nil) == v6 {
			return n.IP
		}
	}
	if v6 {
		return net.IPv6loopback
	}
	return net.IPv4(127, 0, 0, 1)
}

// relayConn is the socket of one allocation. It drops what is meant for this
// server's side, unless it is for another relayed address: a permission names an
// address without a port.
type relayConn struct {
	net.PacketConn
	relayer *relayer
}

func (c *relayConn) WriteTo(b []byte, to net.Addr) (int, error) {
	udp, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, errUDPOnly
	}
	ap := udp.AddrPort()
	ap = netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	if forbidden(ap.Addr()) && !c.relayer.loopback && !c.relayer.relayed(ap) {
		return len(b), nil // dropped, as a firewall would
	}
	return c.PacketConn.WriteTo(b, to)
}

func (r *relayer) relayed(ap netip.AddrPort) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.relays[ap.String()]
	return ok
}

func (c *relayConn) Close() error {
	c.relayer.mu.Lock()
	delete(c.relayer.relays, c.LocalAddr().String())
	c.relayer.mu.Unlock()
	return c.PacketConn.Close()
}
