package signaling

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tring/calls"
)

func TestAddressOfAServer(t *testing.T) {
	for _, tt := range []struct {
		address string
		pinned  bool
		want    string // the URL, or a part of the error
	}{
		{"ws://127.0.0.1:7433", false, "ws://127.0.0.1:7433/v1/phone"},
		{"wss://phone.example", false, "wss://phone.example:7433/v1/phone"},
		{"phone.example:443", false, "wss://phone.example:443/v1/phone"},
		{"phone.example", false, "wss://phone.example:7433/v1/phone"},
		{" localhost ", false, "ws://localhost:7433/v1/phone"},
		{"localhost", true, "wss://localhost:7433/v1/phone"},
		{"[::1]:80", false, "ws://[::1]:80/v1/phone"},
		{"[2001:db8::1]", false, "wss://[2001:db8::1]:7433/v1/phone"},
		{"wss://phone.example/tring/", false, "wss://phone.example:7433/tring/v1/phone"},
		{"", false, "host is missing"},
		{"wss://", false, "host is missing"},
		{"ws://phone.example", false, "not encrypted"},
		{"https://phone.example", false, "https:// is not the address"},
		{"wss://alice@phone.example", false, "host, a port and a path only"},
		{"phone.example?x=1", false, "host, a port and a path only"},
		{"phone.example:99999", false, "port must be a number"},
		{"phone.example:http", false, "no address"},
		{"a b", false, "no address"},
	} {
		t.Run(tt.address, func(t *testing.T) {
			u, err := parseURL(tt.address, tt.pinned)
			if err == nil && u.String() != tt.want {
				t.Errorf("is %s, want %s", u, tt.want)
			}
			if err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q, want %q", err, tt.want)
			}
		})
	}
}

func TestInviteHoldsASecretAndPerhapsAPin(t *testing.T) {
	for invite, want := range map[string][2]string{
		"secret": {"secret", ""}, " secret.pin\n": {"secret", "pin"}, "": {"", ""},
	} {
		if secret, pin := SplitInvite(invite); secret != want[0] || pin != want[1] {
			t.Errorf("%q is %q and %q, want %q", invite, secret, pin, want)
		}
	}
}

func TestOptionsAreCheckedBeforeAnythingIsConnected(t *testing.T) {
	for name, o := range map[string]Options{
		"no ssh key":      {URL: "localhost"},
		"server address":  {URL: "http://x", Signer: newSigner(t)},
		"must be 43 char": {URL: "localhost", Pin: "short", Signer: newSigner(t)},
	} {
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want %q", err, name)
		}
	}
}

// startTLSServer is a server with a certificate of its own.
func startTLSServer(t *testing.T) *httptest.Server {
	srv := httptest.NewUnstartedServer(nil)
	serveLines(t, srv, func(l *line) {
		if _, ok := l.signIn(); ok {
			l.drain()
		}
	})
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	return srv
}

func TestPinnedServerIsTrustedByItsKeyAlone(t *testing.T) {
	srv := startTLSServer(t)
	sum := sha256.Sum256(srv.Certificate().RawSubjectPublicKeyInfo)
	o := optionsFor(t, srv)

	o.Pin = base64.RawURLEncoding.EncodeToString(sum[:])
	p, _, _ := run(t, newClient(t, o))
	next[calls.Connected](p)

	sum[0]++
	o.Pin = base64.RawURLEncoding.EncodeToString(sum[:])
	p, _, _ = run(t, newClient(t, o))
	d := next[calls.Disconnected](p)
	if !strings.Contains(d.Err.Error(), "not the one of your invite") {
		t.Errorf("wrong key: %v", d.Err)
	}
	if _, err := Enrol(t.Context(), o, "secret"); err == nil || !strings.Contains(err.Error(), "not the one of your invite") {
		t.Errorf("enrolled at a server with the wrong key: %v", err)
	}
}

func TestFailedConnectionSaysWhatToDo(t *testing.T) {
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	full := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer full.Close()
	plain := startServer(t, func(*line) {})
	secure := startTLSServer(t)
	host := func(s *httptest.Server) string { return s.Listener.Addr().String() }

	for _, tt := range []struct{ name, url, want string }{
		{"nobody listens", "ws://127.0.0.1:1", "check that it runs"},
		{"a web server", "ws://" + host(web), "no telephone server (HTTP 404)"},
		{"an overloaded server", "ws://" + host(full), "cannot take the phone now"},
		{"plain where TLS is spoken", "ws://" + host(secure), "write wss://"},
		{"TLS where plain is spoken", "wss://" + host(plain), "write ws://"},
		{"a certificate of its own", "wss://" + host(secure), "log in with an invite"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, _, _ := run(t, newClient(t, Options{URL: tt.url, User: "alice", Signer: newSigner(t)}))
			d := next[calls.Disconnected](p)
			if d.Final || !strings.Contains(d.Err.Error(), tt.want) {
				t.Errorf("heard %v (final %v), want %q", d.Err, d.Final, tt.want)
			}
		})
	}
}

func TestUnknownHostIsAMatterOfSpelling(t *testing.T) {
	err := explain(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "phone.exmaple", IsNotFound: true}}, nil)
	if !strings.Contains(err.Error(), "check the name") || !errors.As(err, new(*net.DNSError)) {
		t.Errorf("explained as %q", err)
	}
}
