package server

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tring/calls"
)

// tokenLife is how long a call token holds, credentialLife those of TURN: the
// phone renews them at half-life.
const (
	tokenLife      = 5 * time.Minute
	credentialLife = time.Hour
)

// tokens makes and checks call tokens: an expiry and an HMAC over call, user,
// device and expiry, so that a token serves nobody else and nowhere else.
type tokens struct{ secret []byte }

func (t tokens) make(id calls.ID, v calls.Viewer, expires time.Time) string {
	unix := strconv.FormatInt(expires.Unix(), 10)
	return unix + "." + base64.RawURLEncoding.EncodeToString(t.mac(id, v, unix))
}

func (t tokens) mac(id calls.ID, v calls.Viewer, unix string) []byte {
	m := hmac.New(sha256.New, t.secret)
	fmt.Fprintf(m, "tring call token\n%s\n%s\n%s\n%s", id, v.User, v.Device, unix) // a hash never fails
	return m.Sum(nil)
}

func (t tokens) check(token string, id calls.ID, v calls.Viewer, now time.Time) error {
	unix, mac, _ := strings.Cut(token, ".")
	given, err := base64.RawURLEncoding.DecodeString(mac)
	expires, err2 := strconv.ParseInt(unix, 10, 64)
	if err != nil || err2 != nil || !hmac.Equal(given, t.mac(id, v, unix)) || now.Unix() > expires {
		return fmt.Errorf("join call: %w", calls.ErrInvalidToken)
	}
	return nil
}

// grant is a call token and media servers for one phone.
func (s *Server) grant(id calls.ID, c *conn) calls.Grant {
	now := time.Now()
	g := calls.Grant{
		Token: s.tokens.make(id, c.viewer(), now.Add(tokenLife)),
		TTL:   calls.ToMillis(credentialLife),
	}
	if s.turn != nil {
		g.Servers = s.turn.servers(c, now.Add(credentialLife))
	}
	return g
}

// grantFor says what the answer to an act carries: token and servers where the
// act takes a phone into a call.
func (s *Server) grantFor(act calls.Act, call calls.Call, c *conn) calls.Grant {
	switch act.(type) {
	case calls.Initiate, calls.Accept, calls.Join, calls.Token:
		if call.Holds(c.viewer()) && !call.Status.Terminal() {
			return s.grant(call.ID, c)
		}
	}
	return calls.Grant{}
}
