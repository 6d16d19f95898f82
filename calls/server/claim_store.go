package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tring/calls"
)

// claim is who holds a key, since when, and the revision of that.
type claim struct {
	call     calls.ID
	made     time.Time
	revision uint64
}

// claimStore keeps claims. create, replace and remove are compare-and-set: they
// fail with a conflict if somebody else was faster. Safe for concurrent use.
type claimStore interface {
	create(ctx context.Context, key string, id calls.ID) error
	get(ctx context.Context, key string) (claim, error) // errNoClaim
	replace(ctx context.Context, key string, id calls.ID, old claim) error
	remove(ctx context.Context, key string, old claim) error
	keys(ctx context.Context) ([]string, error)
}

var errNoClaim = errors.New("nobody holds that claim")

// sharedClaims are in a bucket, where several gateways are.
type sharedClaims struct{ kv jetstream.KeyValue }

func (s sharedClaims) create(ctx context.Context, key string, id calls.ID) error {
	_, err := s.kv.Create(ctx, key, []byte(id))
	return err
}

func (s sharedClaims) get(ctx context.Context, key string) (claim, error) {
	e, err := s.kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return claim{}, errNoClaim
	}
	if err != nil {
		return claim{}, err
	}
	return claim{call: calls.ID(e.Value()), made: e.Created(), revision: e.Revision()}, nil
}

func (s sharedClaims) replace(ctx context.Context, key string, id calls.ID, old claim) error {
	_, err := s.kv.Update(ctx, key, []byte(id), old.revision)
	return err
}

func (s sharedClaims) remove(ctx context.Context, key string, old claim) error {
	return s.kv.Purge(ctx, key, jetstream.LastRevision(old.revision), jetstream.PurgeTTL(markerTTL))
}

func (s sharedClaims) keys(ctx context.Context) ([]string, error) {
	keys, err := s.kv.Keys(ctx)
	if errors.Is(err, jetstream.ErrNoKeysFound) {
		return nil, nil
	}
	return keys, err
}

// ownClaims are those of the only gateway there is, in its memory; see reclaim.
type ownClaims struct {
	mu   sync.Mutex
	last uint64
	all  map[string]claim
}

func newOwnClaims() *ownClaims { return &ownClaims{all: map[string]claim{}} }

func (o *ownClaims) create(_ context.Context, key string, id calls.ID) error {
	return o.set(key, id, 0)
}

func (o *ownClaims) replace(_ context.Context, key string, id calls.ID, old claim) error {
	return o.set(key, id, old.revision)
}

func (o *ownClaims) set(key string, id calls.ID, revision uint64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.all[key].revision != revision {
		return fmt.Errorf("claim %s: %w", key, jetstream.ErrKeyExists)
	}
	o.last++
	o.all[key] = claim{call: id, made: time.Now(), revision: o.last}
	return nil
}

func (o *ownClaims) get(_ context.Context, key string) (claim, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c, ok := o.all[key]
	if !ok {
		return claim{}, errNoClaim
	}
	return c, nil
}

func (o *ownClaims) remove(_ context.Context, key string, old claim) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.all[key].revision == old.revision {
		delete(o.all, key)
	}
	return nil
}

// free frees what a call that is over still holds, without a wait.
func (o *ownClaims) free(c calls.Call) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, key := range claimsOf(c) {
		if o.all[key].call == c.ID {
			delete(o.all, key)
		}
	}
}

func (o *ownClaims) keys(context.Context) ([]string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	keys := make([]string, 0, len(o.all))
	for k := range o.all {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys, nil
}
