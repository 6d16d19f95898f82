package server

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tring/calls"
	"tring/calls/wire"
)

// Admin is what an administrator does on the server's machine. *Server.Admin()
// and *AdminClient both are one. Safe for concurrent use.
type Admin interface {
	// AddUser makes an account, or adds a key to one. authorizedKey is a line of
	// an authorized_keys file; it may be empty. That of an ssh host is needed, and
	// replaces the one before.
	AddUser(ctx context.Context, user calls.UserID, name, authorizedKey string, options ...UserOption) error
	// InviteUser makes an account if there is none and returns an invite, good
	// once and until ttl is over (zero is DefaultInviteTTL). It revokes the
	// account's older invite, if that was not used yet.
	InviteUser(ctx context.Context, user calls.UserID, name string, ttl time.Duration) (invite string, err error)
	// ListUsers is every account by name.
	ListUsers(ctx context.Context) ([]UserInfo, error)
	// RemoveUser deletes an account with its invite, and ends its connections.
	RemoveUser(ctx context.Context, user calls.UserID) error
	// Backup writes accounts, invites, secrets and history, for Restore.
	Backup(ctx context.Context, w io.Writer) error
}

// UserOption is something special about an account.
type UserOption func(*userOptions)

type userOptions struct{ TestLine, Host bool }

// AsTestLine marks the account as a test line, such as echo.
func AsTestLine() UserOption { return func(o *userOptions) { o.TestLine = true } }

// AsHost marks the account as an ssh host's: it signs in for people whose keys it
// has checked, and is nobody itself.
func AsHost() UserOption { return func(o *userOptions) { o.Host = true } }

// UserInfo is an account as the administrator sees it.
type UserInfo struct {
	User     calls.UserID `json:"user"`
	Name     string       `json:"name"`
	Keys     []string     `json:"keys"` // SHA-256 fingerprints, as ssh-keygen -l shows them
	Online   int          `json:"online"`
	TestLine bool         `json:"test_line,omitempty"`
	Host     bool         `json:"host,omitempty"`
}

// DefaultInviteTTL is how long an invite holds unless the administrator says
// otherwise.
const DefaultInviteTTL = 7 * 24 * time.Hour

// inviteKept is how long an invite stays after it expired, so that its owner
// learns why it fails.
const inviteKept = 7 * 24 * time.Hour

// admin carries out Admin inside the server.
type admin struct{ s *Server }

// Admin is the server's administration, from inside the process.
func (s *Server) Admin() Admin { return admin{s} }

func (a admin) Backup(ctx context.Context, w io.Writer) error {
	settled, cancel := context.WithTimeout(ctx, a.s.timers.Store)
	defer cancel()
	err := a.s.finisher.settle(settled)
	if err == nil {
		err = a.s.store.backup(ctx, w)
	}
	if err != nil {
		a.s.log.Error("backup", "err", err)
	}
	return err
}

func (a admin) AddUser(ctx context.Context, user calls.UserID, name, authorizedKey string, options ...UserOption) error {
	var o userOptions
	for _, option := range options {
		option(&o)
	}
	key := ""
	if authorizedKey != "" {
		pub, err := parseKey(authorizedKey)
		if err != nil {
			return fmt.Errorf("add user %s: %w", user, err)
		}
		key = marshalKey(pub)
	}
	if err := user.Validate(); err != nil {
		return fmt.Errorf("add user: %w", err)
	}
	if o.Host {
		return a.addHost(ctx, user, name, key)
	}
	return a.edit(ctx, user, name, func(acc *account) error {
		if acc.Host {
			return errIsHost(user)
		}
		if key != "" && !slices.Contains(acc.Keys, key) {
			acc.Keys = append(acc.Keys, key)
		}
		acc.TestLine = acc.TestLine || o.TestLine
		return nil
	})
}

// edit changes or makes an account; a new one has no name yet when change runs.
func (a admin) edit(ctx context.Context, user calls.UserID, name string, change func(*account) error) error {
	name, err := chosen(name)
	if err != nil {
		return fmt.Errorf("add user %s: %w", user, err)
	}
	_, err = a.s.accounts.update(ctx, user, true, func(acc *account) error {
		if err := change(acc); err != nil {
			return err
		}
		if name != "" {
			acc.Name = name
		}
		if acc.Name == "" {
			acc.Name = string(user)
		}
		return nil
	})
	return err
}

func (a admin) ListUsers(context.Context) ([]UserInfo, error) {
	users := []UserInfo{}
	h := a.s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, acc := range a.s.accounts.list() {
		u := UserInfo{User: acc.User, Name: acc.Name, Keys: []string{}, TestLine: acc.TestLine, Host: acc.Host}
		u.Online = len(h.phones(acc.User))
		if acc.Host {
			u.Online = len(h.tools[acc.User])
		}
		for _, k := range acc.Keys {
			if pub, err := parseKey(k); err == nil {
				u.Keys = append(u.Keys, fingerprint(pub))
			}
		}
		users = append(users, u)
	}
	slices.SortFunc(users, func(x, y UserInfo) int { return strings.Compare(string(x.User), string(y.User)) })
	return users, nil
}

func (a admin) RemoveUser(ctx context.Context, user calls.UserID) error {
	removed, err := a.s.accounts.remove(ctx, user)
	if err != nil {
		return err
	}
	return a.s.store.forgetInvite(ctx, removed.Invite)
}

// invite is an invite as the bucket keeps it, under the hash of its secret. It
// holds as long as its account names it.
type invite struct {
	User    calls.UserID `json:"user"`
	Expires time.Time    `json:"expires"`
	Key     string       `json:"key,omitempty"` // that used it
}

func inviteKey(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func (a admin) InviteUser(ctx context.Context, user calls.UserID, name string, ttl time.Duration) (string, error) {
	if ttl <= 0 {
		ttl = DefaultInviteTTL
	}
	secret := base64.RawURLEncoding.EncodeToString(randomBytes(15))
	old, hash := "", inviteKey(secret)
	if err := user.Validate(); err != nil {
		return "", fmt.Errorf("invite user: %w", err)
	}
	err := a.edit(ctx, user, name, func(acc *account) error {
		if acc.Host {
			return errIsHost(user)
		}
		if acc.Invite != hash { // else it runs again after an answer that was lost
			old, acc.Invite = acc.Invite, hash
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	data, err := json.Marshal(invite{User: user, Expires: time.Now().Add(ttl).UTC()})
	if err != nil {
		return "", fmt.Errorf("encode invite: %w", err)
	}
	_, err = a.s.store.invites.Create(ctx, hash, data, jetstream.KeyTTL(ttl+inviteKept))
	if err != nil && !conflict(err) { // a conflict is with a try of its own, whose answer was lost
		return "", fmt.Errorf("store invite: %w", err)
	}
	if err := a.s.store.forgetInvite(ctx, old); err != nil {
		return "", err
	}
	if pin := a.s.Pin(); pin != "" {
		return secret + "." + pin, nil
	}
	return secret, nil
}

// forgetInvite deletes what is kept of an invite; "" is none. Without it the
// invite would be refused too: its account does not name it.
func (st *store) forgetInvite(ctx context.Context, hash string) error {
	if hash == "" {
		return nil
	}
	if err := st.invites.Purge(ctx, hash, jetstream.PurgeTTL(markerTTL)); err != nil {
		return fmt.Errorf("delete the older invite: %w", err)
	}
	return nil
}

// enrol binds a key to the account of an invite. The same key may enrol twice,
// because its answer may have been lost. may refuses an account; nil refuses none.
func (s *Server) enrol(ctx context.Context, code, key string, may func(calls.UserID) error) (wire.Enrolled, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timers.Store)
	defer cancel()
	secret, _, _ := strings.Cut(strings.TrimSpace(code), ".")
	hash := inviteKey(secret)
	for {
		e, err := s.store.invites.Get(ctx, hash)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			return wire.Enrolled{}, fmt.Errorf("enrol: %w", calls.ErrInviteInvalid)
		}
		if err != nil {
			return wire.Enrolled{}, fmt.Errorf("read invite: %w", err)
		}
		var inv invite
		if err := json.Unmarshal(e.Value(), &inv); err != nil {
			return wire.Enrolled{}, fmt.Errorf("decode invite: %w", err)
		}
		if err := inv.admits(key, time.Now()); err != nil {
			return wire.Enrolled{}, fmt.Errorf("enrol: %w", err)
		}
		if may != nil {
			if err := may(inv.User); err != nil {
				return wire.Enrolled{}, fmt.Errorf("enrol: %w", err)
			}
		}
		if inv.Key == "" {
			inv.Key = key
			data, err := json.Marshal(inv)
			if err != nil {
				return wire.Enrolled{}, fmt.Errorf("encode invite: %w", err)
			}
			if _, err := s.store.invites.Update(ctx, hash, data, e.Revision()); conflict(err) {
				continue
			} else if err != nil {
				return wire.Enrolled{}, fmt.Errorf("use invite: %w", err)
			}
		}
		return s.bind(ctx, inv.User, hash, key)
	}
}

// admits says whether the invite may still be shown with this key.
func (i invite) admits(key string, now time.Time) error {
	switch {
	case i.Key != "" && i.Key != key:
		return calls.ErrInviteUsed
	case now.After(i.Expires):
		return calls.ErrInviteExpired
	}
	return nil
}

// bind gives the key to the account, if that still waits for this invite: it was
// not removed since, nor made anew, nor given another invite.
func (s *Server) bind(ctx context.Context, u calls.UserID, hash, key string) (wire.Enrolled, error) {
	a, err := s.accounts.update(ctx, u, false, func(a *account) error {
		switch {
		case slices.Contains(a.Keys, key): // the answer was lost
		case a.Invite != hash:
			return fmt.Errorf("enrol: %w", calls.ErrInviteInvalid)
		default:
			a.Keys = append(a.Keys, key)
		}
		if a.Invite == hash {
			a.Invite = ""
		}
		return nil
	})
	if errors.Is(err, errNoAccount) { // removed since
		return wire.Enrolled{}, fmt.Errorf("enrol: %w", calls.ErrInviteInvalid)
	}
	if err != nil {
		return wire.Enrolled{}, err
	}
	return wire.Enrolled{User: a.User, Name: a.Name}, nil
}
