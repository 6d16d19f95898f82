package server

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"

	"tring/calls"
)

// turnClient is a TURN client with the servers of a grant.
func turnClient(t *testing.T, server calls.Server) *turn.Client {
	t.Helper()
	pc, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimSuffix(strings.TrimPrefix(server.URLs[0], "turn:"), "?transport=udp")
	c, err := turn.NewClient(&turn.ClientConfig{
		STUNServerAddr: address, TURNServerAddr: address, Conn: pc, Realm: turnRealm,
		Username: server.Username, Password: server.Credential, LoggerFactory: quiet(), RTO: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); pc.Close() })
	if err := c.Listen(); err != nil {
		t.Fatal(err)
	}
	return c
}

// A phone in a call gets credentials that the relay takes, and two phones reach
// each other through it. Wrong or old credentials get nothing.
func TestTURN(t *testing.T) {
	s, _ := open(t, Config{})
	alice := addUser(t, s, "alice")
	addUser(t, s, "bob")
	a := connect(t, s, alice, "A1")
	grant := a.act(callTo(newID(), "bob")).Grant
	if len(grant.Servers) != 2 || !strings.HasPrefix(grant.Servers[0].URLs[0], "stun:127.0.0.1:") || grant.TTL.Duration() != time.Hour {
		t.Fatalf("the servers are %+v", grant)
	}
	one, two := turnClient(t, grant.Servers[1]), turnClient(t, grant.Servers[1])
	if _, err := one.SendBindingRequest(); err != nil {
		t.Errorf("STUN: %v", err)
	}
	left, err := one.Allocate()
	if err != nil {
		t.Fatal(err)
	}
	defer left.Close()
	right, err := two.Allocate()
	if err != nil {
		t.Fatal(err)
	}
	defer right.Close()
	if _, err := right.WriteTo([]byte("open"), left.LocalAddr()); err != nil { // makes the permission
		t.Fatal(err)
	}
	if _, err := left.WriteTo([]byte("hello"), right.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 16)
	_ = right.SetReadDeadline(time.Now().Add(patience))
	if n, _, err := right.ReadFrom(buf); err != nil || string(buf[:n]) != "hello" {
		t.Errorf("through the relay came %q, %v", buf[:n], err)
	}
	wrong := grant.Servers[1]
	wrong.Credential = "wrong"
	old := calls.Server{URLs: wrong.URLs, Username: "1000000000:alice:A1"}
	old.Credential = s.turn.credential(old.Username)
	for name, server := range map[string]calls.Server{"wrong password": wrong, "expired": old} {
		if conn, err := turnClient(t, server).Allocate(); err == nil {
			conn.Close()
			t.Errorf("%s: the relay took it", name)
		}
	}
}

// A name that ran out makes no new allocation, and keeps for a day what it has: a
// long call is not cut to change the name.
func TestExpiredNameKeepsItsAllocation(t *testing.T) {
	r := &relayer{secret: []byte("secret")}
	for _, tt := range []struct {
		method stun.Method
		ago    time.Duration
		want   bool
	}{
		{stun.MethodAllocate, -time.Minute, true},
		{stun.MethodAllocate, time.Minute, false},
		{stun.MethodRefresh, time.Minute, true},
		{stun.MethodRefresh, 23 * time.Hour, true},
		{stun.MethodRefresh, 25 * time.Hour, false},
		{stun.MethodCreatePermission, time.Hour, true},
		{stun.MethodChannelBind, time.Hour, true},
	} {
		name := strconv.FormatInt(time.Now().Add(-tt.ago).Unix(), 10) + ":alice:A1"
		if _, _, ok := r.authenticate(&turn.RequestAttributes{Username: name, Method: tt.method}); ok != tt.want {
			t.Errorf("%s, expired %v ago: taken %v", tt.method, tt.ago, ok)
		}
	}
}

// The relay goes into no network of the server's side.
func TestForbiddenPeers(t *testing.T) {
	public := &relayer{relays: map[string]struct{}{"192.168.1.5:40000": {}}}
	for ip, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true,
		"127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.6": false, "169.254.169.254": false,
		"100.64.0.1": false, "0.0.0.0": false, "224.0.0.1": false, "255.255.255.255": false, "198.18.0.1": false,
		"::1": false, "fe80::1": false, "fd00::1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false,
		"64:ff9b::a00:1": false, "2002:a00:1::": false, "ff02::1": false,
		"192.168.1.5": true, // another relayed address of ours; its ports are narrowed below
	} {
		if got := public.permit(nil, net.ParseIP(ip)); got != want {
			t.Errorf("permission for %s: %v, want %v", ip, got, want)
		}
	}
	if !public.relayed(netip.MustParseAddrPort("192.168.1.5:40000")) || public.relayed(netip.MustParseAddrPort("192.168.1.5:53")) {
		t.Error("the exception for relayed addresses is wider than their ports")
	}
	// A packet into the server's side is dropped even with a permission.
	inside, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer inside.Close()
	socket, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	conn := &relayConn{PacketConn: socket, relayer: public}
	defer conn.Close()
	if n, err := conn.WriteTo([]byte("x"), inside.LocalAddr()); n != 1 || err != nil {
		t.Errorf("a dropped packet: %d, %v", n, err)
	}
	_ = inside.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, _, err := inside.ReadFrom(make([]byte, 8)); err == nil {
		t.Errorf("%d bytes came through", n)
	}
}
