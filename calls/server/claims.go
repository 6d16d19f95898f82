package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tring/calls"
)

// Claims decide what one call's revision cannot: a claim is a small key whose
// value is the call's id, created if absent before the call is written, and
// freed by its terminal step.

// claimAbsent is how long a claim holds whose call does not exist (yet).
const claimAbsent = 5 * time.Second

func deviceClaim(v calls.Viewer) string {
	return "device." + keyToken(string(v.User)) + "." + string(v.Device)
}

// pairClaim is the same for both directions: one pending ring per pair.
func pairClaim(a, b calls.UserID) string {
	return "pair." + keyToken(string(min(a, b))) + "." + keyToken(string(max(a, b)))
}

// take claims key for the call. If another call keeps it, that call is returned;
// holds says whether it still has the right to, and otherwise the claim is void.
func (s *Server) take(ctx context.Context, key string, id calls.ID, holds func(calls.Call) bool) (*stored, error) {
	looked := time.Now()
	for {
		err := s.store.claims.create(ctx, key, id)
		if err == nil {
			return nil, nil
		}
		if !conflict(err) {
			return nil, fmt.Errorf("claim %s: %w", key, err)
		}
		held, err := s.store.claims.get(ctx, key)
		if errors.Is(err, errNoClaim) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("claim %s: %w", key, err)
		}
		if held.call == id {
			return nil, nil
		}
		other, err := s.find(ctx, held.call)
		switch {
		case err == nil && holds(other.Call):
			return &other, nil
		case errors.Is(err, errNoCall) && fresh(held.made) && time.Since(looked) < claimAbsent:
			if err := pause(ctx, 10*time.Millisecond); err != nil { // it is about to be written
				return nil, fmt.Errorf("claim %s: %w", key, err)
			}
			continue
		case err != nil && !errors.Is(err, errNoCall):
			return nil, err
		}
		err = s.store.claims.replace(ctx, key, id, held)
		if err == nil {
			return nil, nil
		}
		if !conflict(err) {
			return nil, fmt.Errorf("claim %s: %w", key, err)
		}
	}
}

// fresh says whether a claim is so young that its call may be about to be
// written. A claim of the future is one from before a step of the clock.
func fresh(made time.Time) bool {
	age := time.Since(made)
	return age < claimAbsent && age > -claimAbsent
}

// takeDevice claims the phone for a call; giveUp names a call of its own that it
// leaves for it.
func (s *Server) takeDevice(ctx context.Context, v calls.Viewer, id, giveUp calls.ID) (*stored, error) {
	return s.take(ctx, deviceClaim(v), id, func(c calls.Call) bool {
		return c.ID != giveUp && c.Holds(v) && !c.Status.Terminal()
	})
}

// swap passes the phone's claim from one call to another in one step, so that it
// is free at no moment between.
func (s *Server) swap(ctx context.Context, v calls.Viewer, from, to calls.ID) error {
	key := deviceClaim(v)
	for {
		held, err := s.store.claims.get(ctx, key)
		switch {
		case errors.Is(err, errNoClaim): // the other call ended, and freed it
			err = s.store.claims.create(ctx, key, to)
		case err == nil && held.call == to:
			return nil
		case err == nil && held.call != from:
			return fmt.Errorf("claim %s: %w", key, calls.ErrBusySelf)
		case err == nil:
			err = s.store.claims.replace(ctx, key, to, held)
		}
		if err == nil {
			return nil
		}
		if !conflict(err) {
			return fmt.Errorf("claim %s: %w", key, err)
		}
	}
}

// free gives a claim up if it is still this call's.
func (s *Server) free(ctx context.Context, key string, id calls.ID) error {
	held, err := s.store.claims.get(ctx, key)
	if errors.Is(err, errNoClaim) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("free %s: %w", key, err)
	}
	if held.call != id {
		return nil
	}
	err = s.store.claims.remove(ctx, key, held)
	if err != nil && !conflict(err) && !lostSequence(err) {
		return fmt.Errorf("free %s: %w", key, err)
	}
	return nil
}

// claimsOf are the claims that a call may have.
func claimsOf(c calls.Call) []string {
	var keys []string
	if c.Receiver.Kind == calls.ToUser {
		keys = append(keys, pairClaim(c.Initiator, calls.UserID(c.Receiver.ID)))
	}
	for _, p := range c.Parties {
		if p.Device != "" {
			keys = append(keys, deviceClaim(calls.Viewer{User: p.User, Device: p.Device}))
		}
	}
	return keys
}

func (s *Server) freeClaims(ctx context.Context, c calls.Call) error {
	for _, key := range claimsOf(c) {
		if err := s.free(ctx, key, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// reclaim makes the claims of the live calls again, at the start. Inside this
// process claims are kept in memory: they decide races, what they decided is in
// the calls, and so no act waits for the disk more than once.
func (s *Server) reclaim(ctx context.Context) error {
	if s.store.embedded == nil {
		return nil
	}
	for _, c := range s.hub.liveCalls() {
		for _, key := range claimsOf(c) {
			err := s.store.claims.create(ctx, key, c.ID)
			if err != nil && !conflict(err) {
				return fmt.Errorf("claim %s: %w", key, err)
			}
		}
	}
	return nil
}
