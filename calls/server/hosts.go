package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/time/rate"

	"tring/calls"
	"tring/calls/wire"
)

// An ssh host signs in for the people who come to it by ssh. It has an account
// with one key, and is nobody whom one could call: no phone, no contact. It is
// trusted with every person's name, and with no other host's or test line's.

// ownHost is the account of the ssh host that runs in the server's own process: a
// name that no person can have.
const ownHost calls.UserID = "_ssh"

// hostFile holds what tells this server's own host from those of the other servers
// of a cluster.
const hostFile = "ssh-host"

// hostShare is how much more a host may ask for than a phone: it asks for many.
const hostShare = 10

// maxHosted is how many connections hosts may hold from one address.
const maxHosted = 4096

// EnrolHost makes the account of the ssh host in this process, or gives it another
// key; the older one serves no more. The host signs in like any other.
func (s *Server) EnrolHost(ctx context.Context, key ssh.PublicKey) error {
	name, err := s.ownHost()
	if err != nil {
		return err
	}
	return admin{s}.addHost(ctx, name, "", marshalKey(key))
}

// ownHost is the name of this server's own host.
func (s *Server) ownHost() (calls.UserID, error) {
	if s.store.embedded != nil {
		return ownHost, nil
	}
	path := filepath.Join(s.cfg.Data, hostFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		data = []byte(strings.ToLower(randomID()))
		err = writeFile(path, data)
	}
	if err != nil {
		return "", fmt.Errorf("name the ssh host: %w", err)
	}
	if id := strings.TrimSpace(string(data)); validID(id) {
		return ownHost + "-" + calls.UserID(id), nil
	}
	return "", fmt.Errorf("name the ssh host: %s is damaged; remove it", path)
}

// addHost makes the account of a host, or gives it another key.
func (a admin) addHost(ctx context.Context, user calls.UserID, name, key string) error {
	if key == "" {
		return fmt.Errorf("add ssh host %s: it needs its public key: %w", user, calls.ErrInvalidRequest)
	}
	return a.edit(ctx, user, name, func(acc *account) error {
		if !acc.Host && acc.Name != "" {
			return fmt.Errorf("%s is no ssh host but somebody's name; choose another: %w", user, calls.ErrInvalidRequest)
		}
		acc.Host, acc.Keys = true, []string{key}
		return nil
	})
}

// errIsHost is a host that is to be treated as a person.
func errIsHost(u calls.UserID) error {
	return fmt.Errorf("%s is an ssh host; choose another name, or remove it first: %w", u, calls.ErrInvalidRequest)
}

// person says whether a host may sign in for this account.
func (a *account) person() bool { return a != nil && !a.Host && !a.TestLine }

// reachable is an account that others can see and call; nil for a host, too.
func (s *accounts) reachable(u calls.UserID) *account {
	if a := s.get(u); a != nil && !a.Host {
		return a
	}
	return nil
}

// owner is the account that a key belongs to, of those that is holds for; nil for
// none. Of several the oldest counts, so that it stays the same one.
func (s *accounts) owner(key string, is func(*account) bool) *account {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found *account
	for _, u := range s.keys[key] {
		a := s.all[u]
		older := func() int { return cmp.Or(a.Created.Compare(found.Created), cmp.Compare(a.User, found.User)) }
		if is(a) && (found == nil || older() < 0) {
			found = a
		}
	}
	return found
}

// reindex keeps whose a key is, under the lock.
func (s *accounts) reindex(u calls.UserID, before, now *account) {
	var was, is []string
	if before != nil {
		was = before.Keys
	}
	if now != nil {
		is = now.Keys
	}
	for _, key := range was {
		if slices.Contains(is, key) {
			continue
		}
		s.keys[key] = slices.DeleteFunc(s.keys[key], func(o calls.UserID) bool { return o == u })
		if len(s.keys[key]) == 0 {
			delete(s.keys, key)
		}
	}
	for _, key := range is {
		if !slices.Contains(s.keys[key], u) {
			s.keys[key] = append(s.keys[key], u)
		}
	}
}

// signer is the account that signs in with a proven key, and on whose account;
// both are nil if it must not.
func (s *Server) signer(h wire.Hello, key string) (by, as *account) {
	by = s.accounts.get(h.User)
	if h.User == "" { // a host is known by its key
		by = s.accounts.owner(key, func(a *account) bool { return a.Host })
	}
	if !by.has(key) {
		return nil, nil
	}
	switch {
	case !by.Host && h.For == "":
		return by, by
	case by.Host && h.For == "" && h.Kind == wire.KindTool:
		return by, by
	case by.Host && h.For != "":
		if as = s.accounts.get(h.For); as.person() {
			return by, as
		}
	}
	return nil, nil
}

// voucher is the host that signed a connection in, and its key then; the zero value
// is a connection that its user signed in.
type voucher struct {
	host calls.UserID
	key  string
}

// holds says whether the host may still sign in.
func (v voucher) holds(s *accounts) bool {
	if v == (voucher{}) {
		return true
	}
	a := s.get(v.host)
	return a != nil && a.Host && slices.Contains(a.Keys, v.key)
}

// ofHost says whether this is a host's connection for itself.
func (c *conn) ofHost() bool { return c.voucher.host != "" && c.voucher.host == c.user }

// vouch notes that a host signs this connection in, for itself or for a person.
func (s *Server) vouch(c *conn, by *account, key string) {
	if !by.Host {
		return
	}
	c.voucher = voucher{by.User, key}
	if c.ofHost() {
		c.limit = rate.NewLimiter(rate.Limit(hostShare*s.limits.Requests), hostShare*s.limits.RequestBurst)
		return
	}
	if !c.tool() {
		c.kind = wire.KindSSH
	}
	c.device.Label = cmp.Or(c.device.Label, by.Name)
}

// hosted tells the operator of a sign-in for somebody.
func (s *Server) hosted(c *conn) {
	if c.voucher.host == "" {
		return
	}
	s.log.Info("signed in by an ssh host", "host", c.voucher.host, "user", c.user, "device", c.device.ID, "kind", c.kind)
	if !c.ofHost() {
		s.metrics.hosted.WithLabelValues(string(c.voucher.host)).Inc()
	}
}

// hostLeaves ends what a host holds, after a change of its account. Called with
// the hub's lock held.
func (h *hub) hostLeaves() {
	cut := func(c *conn) {
		if !c.voucher.holds(h.server.accounts) {
			c.cut(wire.CloseRemoved, "the ssh host was removed, or has another key")
		}
	}
	for _, devices := range h.conns {
		for _, c := range devices {
			cut(c)
		}
	}
	for _, tools := range h.tools {
		for c := range tools {
			cut(c)
		}
	}
}

// whose answers the requests of a host.
func (s *Server) whose(ctx context.Context, c *conn, m wire.Message) (wire.Message, error) {
	switch m := m.(type) {
	case wire.Whose:
		key, err := canonical(m.Key)
		if err != nil {
			return nil, err
		}
		if a := s.accounts.owner(key, (*account).person); a != nil {
			return wire.KeyOwner{User: a.User, Name: a.Name}, nil
		}
		return nil, fmt.Errorf("find the owner: %w", calls.ErrUnknownKey)
	case wire.EnrolKey:
		key, err := canonical(m.Key)
		if err != nil {
			return nil, err
		}
		owner := s.accounts.owner(key, (*account).person)
		e, err := s.enrol(ctx, m.Invite, key, func(u calls.UserID) error {
			if owner != nil && owner.User != u { // whoever comes with it is the older one's
				return fmt.Errorf("that key is %s's already: %w", owner.User, calls.ErrInvalidRequest)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		s.log.Info("key bound by an ssh host", "host", c.user, "user", e.User)
		return wire.KeyOwner(e), nil
	}
	return nil, fmt.Errorf("an ssh host asks whose a key is, and nothing else: %w", calls.ErrInvalidRequest)
}

// canonical is a key that somebody else has proved, in the form in which accounts
// keep it.
func canonical(authorized string) (string, error) {
	if len(authorized) > wire.MaxKey {
		return "", fmt.Errorf("a public key has at most %d bytes: %w", wire.MaxKey, calls.ErrInvalidRequest)
	}
	pub, err := parseKey(authorized)
	if err != nil {
		return "", err
	}
	if _, is := pub.(*ssh.Certificate); is {
		return "", fmt.Errorf("a certificate is no key: %w", calls.ErrInvalidRequest)
	}
	return marshalKey(pub), nil
}

// forgetGone forgets of somebody's phones by ssh, each of which is new, those that
// are gone; the last seen stays, for it says when that was.
func (s *Server) forgetGone(a *account, this calls.DeviceID) {
	s.hub.mu.Lock() // each time: one that came since has changed the account, and this runs again
	online := s.hub.phones(a.User)
	s.hub.mu.Unlock()
	for id, p := range a.Phones {
		if _, is := online[id]; p.Kind == wire.KindSSH && id != this && !is && !p.Removed {
			delete(a.Phones, id)
		}
	}
}
