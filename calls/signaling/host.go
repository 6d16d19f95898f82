package signaling

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"

	"tring/calls"
	"tring/calls/wire"
)

// Host is an ssh host's own connection to its server, kept up by Run: over it the
// host asks whose keys are. It is safe for concurrent use, but for Run, which is
// called once.
//
// The phones of the people who come to the host have connections of their own,
// with the same Signer and Options.For, and without Options.User.
type Host struct {
	client *Client

	mu   sync.Mutex
	up   chan struct{} // closed by the next change of the connection
	err  error         // why there is no connection; nil before the first
	over bool          // Run has ended
}

// NewHost makes a host's connection from the options' URL, Pin, Signer, Device and
// Log. The Signer has the key that the administrator enrolled with tring user add
// --host.
func NewHost(o Options) (*Host, error) {
	o.User, o.For, o.Kind = "", "", wire.KindTool // its key says who it is
	c, err := New(o)
	if err != nil {
		return nil, err
	}
	return &Host{client: c, up: make(chan struct{})}, nil
}

// Run keeps the connection up until ctx ends, and then returns nil; or until the
// server refuses the host for good, and then returns why: [calls.ErrSignIn] for a
// key that is not enrolled, [calls.ErrRemoved] for one that was. changed, which may
// be nil, hears of each connection (nil) and of each failure; it must return soon.
func (h *Host) Run(ctx context.Context, changed func(err error)) error {
	err := h.client.Run(ctx, hostReceiver{h, changed})
	end := err
	if end == nil {
		end = calls.ErrOffline
	}
	h.set(end, true)
	return err
}

// hostReceiver hears of the connection; a host has no calls.
type hostReceiver struct {
	host    *Host
	changed func(error)
}

func (r hostReceiver) Known() []calls.ID { return nil }

func (r hostReceiver) Receive(in calls.Input) {
	var err error
	switch in := in.(type) {
	case calls.Connected:
	case calls.Disconnected:
		if err = in.Err; err == nil {
			err = calls.ErrOffline
		}
	default:
		return
	}
	r.host.set(err, false)
	if r.changed != nil {
		r.changed(err)
	}
}

// state is a channel that the next change of the connection closes, whether Run
// has ended, and why there is no connection.
func (h *Host) state() (up chan struct{}, over bool, why error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.up, h.over, h.err
}

func (h *Host) set(err error, over bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err, h.over = err, h.over || over
	close(h.up)
	h.up = make(chan struct{})
}

// Whose is the account that a key belongs to; [calls.ErrUnknownKey] if it is
// nobody's. While there is no connection it waits for one, or for ctx.
func (h *Host) Whose(ctx context.Context, key ssh.PublicKey) (wire.KeyOwner, error) {
	owner, err := h.ask(ctx, wire.Whose{Key: authorized(key)})
	if err != nil {
		return wire.KeyOwner{}, fmt.Errorf("ask whose key that is: %w", err)
	}
	return owner, nil
}

// Enrol binds somebody's key, which the host has checked, to the account of an
// invite. It waits like Whose.
func (h *Host) Enrol(ctx context.Context, key ssh.PublicKey, invite string) (wire.KeyOwner, error) {
	secret, _ := SplitInvite(invite)
	if secret == "" {
		return wire.KeyOwner{}, fmt.Errorf("enrol: the invite is empty: %w", calls.ErrInviteInvalid)
	}
	return h.ask(ctx, wire.EnrolKey{Key: authorized(key), Invite: secret})
}

func authorized(key ssh.PublicKey) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

// ask sends a request of which the repetition is harmless, again after each
// reconnect, until it is answered.
func (h *Host) ask(ctx context.Context, m wire.Message) (wire.KeyOwner, error) {
	for {
		up, over, _ := h.state()
		answer, err := h.client.Request(ctx, m)
		_, _, why := h.state()
		if !errors.Is(err, calls.ErrOffline) && (ctx.Err() == nil || why == nil) {
			return ownerOf(answer, err)
		}
		if over {
			return wire.KeyOwner{}, why
		}
		select {
		case <-up:
		case <-ctx.Done():
			if why == nil {
				why = ctx.Err()
			}
			return wire.KeyOwner{}, fmt.Errorf("%w: %w", calls.ErrOffline, why)
		}
	}
}

func ownerOf(m wire.Message, err error) (wire.KeyOwner, error) {
	if err != nil {
		return wire.KeyOwner{}, err
	}
	owner, ok := m.(wire.KeyOwner)
	if !ok {
		return owner, unexpected(m)
	}
	return owner, nil
}
