package signaling

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"tring/calls"
	"tring/calls/wire"
	"tring/guard"
)

// bomb is a phone, and its key, in which one thing panics.
type bomb struct {
	ssh.Signer
	where string
}

func (b bomb) at(where string) {
	if b.where == where {
		panic(where)
	}
}

func (b bomb) Receive(calls.Input) { b.at("receive") }
func (b bomb) Known() []calls.ID   { b.at("known"); return nil }

func (b bomb) Sign(random io.Reader, data []byte) (*ssh.Signature, error) {
	b.at("sign")
	return b.Signer.Sign(random, data)
}

func (b bomb) SignWithAlgorithm(random io.Reader, data []byte, _ string) (*ssh.Signature, error) {
	return b.Sign(random, data)
}

// TestAPanicIsTheGuards: wherever in a connection it is, the guard has it, nothing
// of the connection remains, and who asks something is answered.
func TestAPanicIsTheGuards(t *testing.T) {
	for _, where := range []string{"known", "sign", "receive"} {
		t.Run(where, func(t *testing.T) {
			srv := startServer(t, func(l *line) {
				l.signIn()
				l.drain()
			})
			o := optionsFor(t, srv)
			b := bomb{o.Signer, where}
			o.Signer = b
			failures := make(chan any, 1)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			o.Guard = guard.New(func(reason any, _ []byte) {
				cancel() // the telephone is switched off
				failures <- reason
			})
			c, done := newClient(t, o), make(chan struct{})
			go func() {
				defer close(done)
				o.Guard.Run(func() { _ = c.Run(ctx, b) })
			}()
			select {
			case reason := <-failures:
				if reason != where {
					t.Errorf("the guard was told %v", reason)
				}
			case <-time.After(patience):
				t.Fatal("the guard was told nothing")
			}
			<-done
			if _, err := c.Request(t.Context(), wire.MarkSeen{}); !errors.Is(err, calls.ErrOffline) {
				t.Errorf("who asks is told %v", err)
			}
		})
	}
}
