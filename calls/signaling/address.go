package signaling

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"tring/calls"
	"tring/calls/wire"
)

// DefaultPort is where a server listens unless it is told otherwise.
const DefaultPort = "7433"

// SplitInvite takes an invite apart: the secret that the server knows, and the
// pin of the server's own certificate where it has one.
func SplitInvite(invite string) (secret, pin string) {
	secret, pin, _ = strings.Cut(strings.TrimSpace(invite), ".")
	return secret, pin
}

// parseURL completes an address that a person typed. Without a scheme it is
// plain on this machine and TLS elsewhere, and TLS wherever the server's key is
// known.
func parseURL(address string, pinned bool) (*url.URL, error) {
	bad := func(why string) error {
		return fmt.Errorf("server address %q: %s; write wss://HOST or wss://HOST:PORT: %w", address, why, calls.ErrInvalidRequest)
	}
	text := strings.TrimSpace(address)
	if !strings.Contains(text, "://") {
		text = "//" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, bad("it is no address")
	case u.Hostname() == "":
		return nil, bad("the host is missing")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, bad("it may hold a host, a port and a path only")
	case !validPort(u.Port()):
		return nil, bad("the port must be a number from 1 to 65535")
	}
	switch local := loopback(u.Hostname()); {
	case u.Scheme == "" && local && !pinned:
		u.Scheme = "ws"
	case u.Scheme == "":
		u.Scheme = "wss"
	case u.Scheme == "ws" && !local:
		return nil, bad("ws:// is not encrypted and serves only on this machine")
	case u.Scheme != "ws" && u.Scheme != "wss":
		return nil, bad(u.Scheme + ":// is not the address of a telephone server")
	}
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), DefaultPort)
	}
	return u.JoinPath(wire.Path), nil
}

func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}

// loopback never asks a name server: what "localhost" is, is fixed by RFC 6761
// §6.3.
func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// parsePin reads a pin; nil for the empty one.
func parsePin(pin string) ([]byte, error) {
	if pin == "" {
		return nil, nil
	}
	sum, err := base64.RawURLEncoding.DecodeString(pin)
	if err != nil || len(sum) != sha256.Size {
		return nil, fmt.Errorf("server key %q: it must be 43 characters, as in the invite: %w", pin, calls.ErrInvalidRequest)
	}
	return sum, nil
}
