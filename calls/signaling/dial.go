package signaling

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"

	"github.com/gorilla/websocket"

	"tring/calls/wire"
)

// maxFrame bounds what a phone reads. It is more than a server accepts, since a
// phone asks for pages and trusts the server that it chose.
const maxFrame = 16 * wire.MaxFrame

// errPin is a server whose key is not the one that the phone knows.
var errPin = errors.New("the server's key is not the one of your invite: either somebody is in between, " +
	"or the server was set up anew; ask its administrator for a new invite")

// dial opens the WebSocket, or explains to a person why it could not.
func (c *Client) dial(ctx context.Context) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.times.dial)
	defer cancel()
	dialer := websocket.Dialer{
		Proxy:           http.ProxyFromEnvironment,
		TLSClientConfig: c.tlsConfig(),
		Subprotocols:    []string{wire.Subprotocol},
	}
	conn, resp, err := dialer.DialContext(ctx, c.url.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", c.url.Host, explain(err, resp))
	}
	if conn.Subprotocol() != wire.Subprotocol {
		conn.Close()
		return nil, fmt.Errorf("connect to %s: something answers there, but it is no telephone server of this version; check the address", c.url.Host)
	}
	conn.SetReadLimit(maxFrame)
	return conn, nil
}

// tlsConfig checks the server's key against the pin where there is one, and its
// chain against the system's roots where there is none.
func (c *Client) tlsConfig() *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.pin == nil {
		return config
	}
	config.InsecureSkipVerify = true //nolint:gosec // VerifyConnection checks more: the very key
	config.VerifyConnection = func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return errPin
		}
		sum := sha256.Sum256(state.PeerCertificates[0].RawSubjectPublicKeyInfo)
		if !bytes.Equal(sum[:], c.pin) {
			return errPin
		}
		return nil
	}
	return config
}

// explained says in words for a person what an error means and what to do; the
// error itself is for errors.Is and errors.As.
type explained struct {
	text  string
	cause error
}

func (e *explained) Error() string { return e.text }
func (e *explained) Unwrap() error { return e.cause }

// explain says what a failed dial means.
func explain(err error, resp *http.Response) error {
	if resp != nil && errors.Is(err, websocket.ErrBadHandshake) {
		return explainHTTP(resp)
	}
	if errors.Is(err, errPin) {
		return errPin
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return &explained{"no such host is known; check the name and your network", err}
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return &explained{"the server there does not speak TLS; if it runs on this machine, write ws://", err}
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return fmt.Errorf("its certificate is for another name; check the address (%w)", err)
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Errorf("its certificate is not trusted; log in with an invite, which holds the server's key (%w)", err)
	}
	timeout, isNet := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return &explained{"no server listens there; check that it runs and that the address is right", err}
	case errors.Is(err, context.DeadlineExceeded), isNet && timeout.Timeout():
		return &explained{"no answer; check the address, your network and the firewall", err}
	}
	return err
}

// explainHTTP: a web server answered, but did not become a WebSocket.
func explainHTTP(resp *http.Response) error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10)) // what is missing only makes the text plainer
	switch {
	case bytes.Contains(body, []byte("HTTP request to an HTTPS server")):
		return errors.New("the server there speaks TLS; write wss://")
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode >= http.StatusInternalServerError:
		return fmt.Errorf("the server cannot take the phone now (HTTP %d)", resp.StatusCode)
	}
	return fmt.Errorf("something answers there, but it is no telephone server (HTTP %d); check the address", resp.StatusCode)
}
