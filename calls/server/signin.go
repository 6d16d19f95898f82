package server

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
	"golang.org/x/crypto/ssh"

	"tring/calls"
	"tring/calls/wire"
)

// refusal is a sign-in that is refused: what the phone is told, and the close
// code.
type refusal struct {
	err  error
	code int
	seq  uint64
}

// signIn is hello, challenge, proof, welcome. It returns true when the phone is
// signed in, registered, and its writer runs.
func (s *Server) signIn(ctx context.Context, c *conn) bool {
	c.ws.SetReadLimit(wire.MaxFrameBeforeSignIn)
	_ = c.ws.SetReadDeadline(time.Now().Add(s.timers.SignIn))
	hello, r := s.hello(c)
	if r == nil {
		r = s.prove(ctx, c, hello)
	}
	if r == nil {
		return true
	}
	if r.err != nil {
		s.metrics.failed(r.err)
		if data, err := wire.Encode(wire.Frame{Re: r.seq, Body: wire.ErrorOf(r.err)}); err == nil {
			_ = c.writeText(data) // the close frame follows, or the socket is gone
		}
	}
	reason := "signed in"
	if r.err != nil {
		reason = wire.ErrorOf(r.err).Text
	}
	s.metrics.ended(r.code)
	c.closeWith(r.code, reason)
	return false
}

// receive reads one frame of the sign-in.
func (c *conn) receive() (wire.Frame, *refusal) {
	f, err := c.read()
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, errBadFrame), errors.Is(err, wire.ErrUnknownType):
		return f, &refusal{err: fmt.Errorf("that is no frame of a sign-in: %w", calls.ErrInvalidRequest), code: wire.CloseBadFrame, seq: f.Seq}
	case errors.Is(err, websocket.ErrReadLimit):
		return f, &refusal{code: wire.CloseTooLarge}
	}
	return f, &refusal{code: wire.CloseSignInLate, err: calls.ErrSignInTimeout}
}

func (s *Server) hello(c *conn) (wire.Hello, *refusal) {
	f, r := c.receive()
	if r != nil {
		return wire.Hello{}, r
	}
	h, ok := f.Body.(wire.Hello)
	bad := func(err error, code int) (wire.Hello, *refusal) {
		return h, &refusal{err: err, code: code, seq: f.Seq}
	}
	switch {
	case !ok:
		return bad(fmt.Errorf("a connection begins with hello: %w", calls.ErrInvalidRequest), wire.CloseBadFrame)
	case h.Version != wire.Version:
		return bad(calls.ErrVersion, wire.CloseSignIn)
	case !validID(string(h.Device.ID)):
		return bad(fmt.Errorf("the device id must be 1 to 64 of A-Z a-z 0-9 _ -: %w", calls.ErrInvalidRequest), wire.CloseBadFrame)
	}
	h.Device.Label = display(h.Device.Label)
	h.Kind = display(h.Kind)
	challenge := wire.Challenge{
		Version: wire.Version, Nonce: base64.StdEncoding.EncodeToString(randomBytes(32)), Server: s.cfg.Name,
	}
	c.challenge = challenge
	data, err := wire.Encode(wire.Frame{Re: f.Seq, Body: challenge})
	if err != nil || c.writeText(data) != nil {
		return h, &refusal{code: wire.CloseGoingAway}
	}
	return h, nil
}

// prove checks the signature and welcomes the phone, or binds a new key. The
// signature is checked first and for everybody, so that neither the answer nor
// its time tells whether the name exists.
func (s *Server) prove(ctx context.Context, c *conn, h wire.Hello) *refusal {
	f, r := c.receive()
	if r != nil {
		return r
	}
	refuse := func(err error, code int) *refusal { return &refusal{err: err, code: code, seq: f.Seq} }
	text := wire.SignInText(h, c.challenge, c.host)
	switch m := f.Body.(type) {
	case wire.Proof:
		key, err := verify(h.Key, text, m.Signature)
		by, a := s.signer(h, key)
		if a == nil || err != nil {
			return refuse(calls.ErrSignIn, wire.CloseSignIn)
		}
		if a.Phones[h.Device.ID].Removed {
			return refuse(calls.ErrSignIn, wire.CloseRemoved)
		}
		c.user, c.device, c.kind = a.User, h.Device, h.Kind
		s.vouch(c, by, key)
		if err := s.welcome(c, h, f.Seq); err != nil {
			return refuse(err, wire.CloseRateLimited)
		}
		s.hosted(c)
		if !a.knows(c) { // else thousands that come back at once would write as often
			s.aside(func(ctx context.Context) { s.remember(ctx, c) })
		}
		return nil
	case wire.Enrol:
		key, err := verify(h.Key, text, m.Signature)
		if err != nil || h.For != "" { // a host enrols no one in place of itself
			return refuse(calls.ErrSignIn, wire.CloseSignIn)
		}
		enrolled, err := s.enrol(ctx, m.Invite, key, nil)
		if err != nil {
			return refuse(err, wire.CloseSignIn)
		}
		if data, err := wire.Encode(wire.Frame{Re: f.Seq, Body: enrolled}); err == nil {
			_ = c.writeText(data) // if it is lost, the same key may enrol again
		}
		return &refusal{code: websocket.CloseNormalClosure}
	}
	return refuse(fmt.Errorf("a challenge is answered by a proof: %w", calls.ErrInvalidRequest), wire.CloseBadFrame)
}

// verify checks a proof and returns the key in the form in which accounts keep
// it.
func verify(authorized string, text []byte, signature string) (string, error) {
	pub, err := parseKey(authorized)
	if err != nil {
		return "", err
	}
	if err := wire.VerifySSH(pub, wire.SignatureNamespace, text, signature); err != nil {
		return "", fmt.Errorf("verify signature: %w", err)
	}
	return marshalKey(pub), nil
}

func parseKey(authorized string) (ssh.PublicKey, error) {
	pub, _, _, _, err := ssh.ParseAuthorizedKey([]byte(authorized))
	if err != nil {
		return nil, fmt.Errorf("the public key is not in the form \"ssh-ed25519 AAAA…\": %w", calls.ErrInvalidRequest)
	}
	return pub, nil
}

func marshalKey(pub ssh.PublicKey) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(pub)))
}

// has says whether the key is one of the account's. It compares as much for an
// account that does not exist.
func (a *account) has(key string) bool {
	keys := []string{"ssh-ed25519 nobody"}
	if a != nil && len(a.Keys) > 0 {
		keys = a.Keys
	}
	found := 0
	for _, k := range keys {
		found |= subtle.ConstantTimeCompare([]byte(k), []byte(key))
	}
	return found == 1 && a != nil && key != ""
}

// validID says whether a call or device id may be part of a key or subject.
func validID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// clip bounds a text of a phone; screens clean it before they draw it.
func clip(s string) string {
	if utf8.RuneCountInString(s) <= maxNameLength {
		return s
	}
	return string([]rune(s)[:maxNameLength])
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) //nolint:errcheck // it never fails (crypto/rand)
	return b
}
