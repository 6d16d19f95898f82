package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tring/calls"
	"tring/calls/wire"
)

// account is one user as the users bucket keeps it. A value in the cache is
// never changed.
type account struct {
	User       calls.UserID     `json:"user"`
	Name       string           `json:"name"`
	Keys       []string         `json:"keys,omitempty"`   // authorized_keys form, without comment
	Invite     string           `json:"invite,omitempty"` // the one that may still be used, by its hash
	TestLine   bool             `json:"test_line,omitempty"`
	Host       bool             `json:"host,omitempty"` // an ssh host, which signs in for people
	WhenBusy   calls.WhenBusy   `json:"when_busy,omitempty"`
	Presence   calls.Presence   `json:"presence,omitempty"` // online, away or dnd: what the user chose
	Favourites []calls.Receiver `json:"favourites,omitempty"`
	// Blocked holds, for each blocked user, since when this one shall seem to be
	// offline.
	Blocked map[calls.UserID]time.Time `json:"blocked,omitempty"`
	Phones  map[calls.DeviceID]phone   `json:"phones,omitempty"`
	Seen    calls.ID                   `json:"seen,omitempty"` // missed calls up to this one were looked at
	Created time.Time                  `json:"created"`
}

// phone is what the server remembers of a device.
type phone struct {
	Label    string    `json:"label,omitempty"`
	Kind     string    `json:"kind,omitempty"`
	LastSeen time.Time `json:"last_seen"`
	Removed  bool      `json:"removed,omitempty"`
}

// knows says whether what the account remembers of a phone is right and not old.
// One by ssh may be about to be forgotten.
func (a *account) knows(c *conn) bool {
	p := a.Phones[c.device.ID]
	return p.Label == c.device.Label && p.Kind == c.kind && c.kind != wire.KindSSH && time.Since(p.LastSeen) < rememberEvery
}

func (a *account) blocks(u calls.UserID) bool { _, ok := a.Blocked[u]; return ok }

// lastSeen is when a phone of the account was last seen to come or go.
func (a *account) lastSeen() time.Time {
	var last time.Time
	for _, p := range a.Phones {
		last = later(last, p.LastSeen)
	}
	return last
}

func (a *account) settings() calls.Settings {
	s := calls.Settings{Name: a.Name, WhenBusy: a.WhenBusy, Presence: a.Presence}
	if s.WhenBusy == "" {
		s.WhenBusy = calls.Ask
	}
	if s.Presence == "" {
		s.Presence = calls.Online
	}
	return s
}

// forgetPhones keeps the list of phones short: of those that are not this one the
// last seen stay.
func (a *account) forgetPhones(this calls.DeviceID) {
	if len(a.Phones) <= maxPhones {
		return
	}
	ids := slices.SortedFunc(maps.Keys(a.Phones), func(x, y calls.DeviceID) int {
		return a.Phones[y].LastSeen.Compare(a.Phones[x].LastSeen)
	})
	for _, id := range ids[maxPhones:] {
		if id != this {
			delete(a.Phones, id)
		}
	}
}

// accounts is a copy in memory of the users bucket. Safe for concurrent use.
type accounts struct {
	kv jetstream.KeyValue
	// changed is told of each change, outside the lock; nil is no account.
	changed func(user calls.UserID, before, now *account)

	mu   sync.RWMutex
	all  map[calls.UserID]*account
	revs map[string]uint64         // by key, also of removed accounts
	keys map[string][]calls.UserID // whose an ssh key is
	// names is everybody by name, made when it is asked for; nil after a change.
	names []listed

	whole atomic.Bool // the state of the start has been read
}

func newAccounts(kv jetstream.KeyValue) *accounts {
	return &accounts{kv: kv, all: map[calls.UserID]*account{}, revs: map[string]uint64{}, keys: map[string][]calls.UserID{}}
}

func (s *accounts) get(u calls.UserID) *account {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.all[u]
}

// list is every account, in no order.
func (s *accounts) list() []*account {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]*account, 0, len(s.all))
	for _, a := range s.all {
		all = append(all, a)
	}
	return all
}

// update changes an account under its revision and returns it as it is then.
// change may run several times. A missing account is made if create is set, and
// is errNoAccount otherwise.
func (s *accounts) update(ctx context.Context, u calls.UserID, create bool, change func(*account) error) (*account, error) {
	key := keyToken(string(u))
	for {
		a, was, rev, err := s.read(ctx, key)
		if errors.Is(err, errNoAccount) && create {
			a, err = &account{User: u, Created: time.Now().UTC()}, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read account %s: %w", u, err)
		}
		if err := change(a); err != nil {
			return nil, err
		}
		data, err := json.Marshal(a)
		if err != nil {
			return nil, fmt.Errorf("encode account %s: %w", u, err)
		}
		if bytes.Equal(data, was) {
			s.put(key, a, rev) // perhaps of a try whose answer was lost
			return a, nil
		}
		if rev == 0 {
			rev, err = s.kv.Create(ctx, key, data)
		} else {
			rev, err = s.kv.Update(ctx, key, data, rev)
		}
		switch {
		case err == nil:
			s.put(key, a, rev)
			return a, nil
		case !conflict(err):
			return nil, fmt.Errorf("write account %s: %w", u, err)
		}
	}
}

// errNoAccount is an account that does not exist.
var errNoAccount = errors.New("there is no such account")

func (s *accounts) read(ctx context.Context, key string) (a *account, data []byte, rev uint64, err error) {
	e, err := s.kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, nil, 0, errNoAccount
	}
	if err != nil {
		return nil, nil, 0, err
	}
	a = &account{}
	if err := json.Unmarshal(e.Value(), a); err != nil {
		return nil, nil, 0, err
	}
	return a, e.Value(), e.Revision(), nil
}

// remove deletes an account and returns it as it was.
func (s *accounts) remove(ctx context.Context, u calls.UserID) (*account, error) {
	key := keyToken(string(u))
	a, _, _, err := s.read(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("remove user %s: %w", u, err)
	}
	if err := s.kv.Purge(ctx, key); err != nil {
		return nil, fmt.Errorf("remove user %s: %w", u, err)
	}
	return a, nil
}

// put takes a state of the bucket, from the watch or from an own write; an older
// one than it has changes nothing. a is nil for a removed account.
func (s *accounts) put(key string, a *account, rev uint64) {
	s.mu.Lock()
	if rev <= s.revs[key] {
		s.mu.Unlock()
		return
	}
	s.revs[key] = rev
	u := calls.UserID(strings.ReplaceAll(key, "=", "."))
	before := s.all[u]
	if a == nil || before == nil || a.Name != before.Name || a.TestLine != before.TestLine {
		s.names = nil
	}
	s.reindex(u, before, a)
	if a == nil {
		delete(s.all, u)
	} else {
		s.all[u] = a
	}
	s.mu.Unlock()
	if s.changed != nil {
		s.changed(u, before, a)
	}
}

// watch follows the bucket until ctx ends; ready is closed when the state of the
// start has been read.
func (s *accounts) watch(ctx context.Context, updates <-chan jetstream.KeyValueEntry, ready chan<- struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-updates:
			if !ok {
				return
			}
			if e == nil {
				s.whole.Store(true)
				close(ready)
				continue
			}
			var a *account
			if e.Operation() == jetstream.KeyValuePut {
				a = &account{}
				if json.Unmarshal(e.Value(), a) != nil {
					continue // written by a newer version: not an account for us
				}
			}
			s.put(e.Key(), a, e.Revision())
		}
	}
}
