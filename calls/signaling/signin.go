package signaling

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/crypto/ssh"

	"tring/calls"
	"tring/calls/wire"
	"tring/guard"
)

// Enrol binds the key of the options to the account that the invite was made
// for. A pin inside the invite is used where the options have none.
func Enrol(ctx context.Context, o Options, invite string) (wire.Enrolled, error) {
	secret, pin := SplitInvite(invite)
	if secret == "" {
		return wire.Enrolled{}, fmt.Errorf("enrol: the invite is empty: %w", calls.ErrInviteInvalid)
	}
	if o.Pin == "" {
		o.Pin = pin
	}
	o.User, o.For = "", "" // the invite says who it is
	c, err := New(o)
	if err != nil {
		return wire.Enrolled{}, err
	}
	conn, err := c.dial(ctx)
	if err != nil {
		return wire.Enrolled{}, err
	}
	defer conn.Close()
	m, err := c.introduce(ctx, conn, nil, func(signature string) wire.Message {
		return wire.Enrol{Invite: secret, Signature: signature}
	})
	if err != nil {
		return wire.Enrolled{}, fmt.Errorf("server %s: %w", c.url.Host, err)
	}
	enrolled, ok := m.(wire.Enrolled)
	if !ok {
		return wire.Enrolled{}, fmt.Errorf("enrol at %s: %w", c.url.Host, unexpected(m))
	}
	return enrolled, nil
}

// signIn is the exchange hello, challenge, proof, welcome.
func (c *Client) signIn(ctx context.Context, conn *websocket.Conn, known []calls.ID) (wire.Welcome, error) {
	m, err := c.introduce(ctx, conn, known, func(signature string) wire.Message {
		return wire.Proof{Signature: signature}
	})
	if err != nil {
		return wire.Welcome{}, fmt.Errorf("sign in at %s as %s: %w", c.url.Host, c.options.User, err)
	}
	welcome, ok := m.(wire.Welcome)
	if !ok {
		return wire.Welcome{}, fmt.Errorf("sign in at %s: %w", c.url.Host, unexpected(m))
	}
	return welcome, nil
}

// introduce shows the key, proves it with the frame that prove makes of the
// signature, and returns the server's answer.
func (c *Client) introduce(ctx context.Context, conn *websocket.Conn, known []calls.ID,
	prove func(signature string) wire.Message,
) (wire.Message, error) {
	stop := c.options.Guard.AfterEnd(ctx, func() { conn.Close() })
	defer stop()
	if err := conn.SetReadDeadline(time.Now().Add(c.times.signIn)); err != nil {
		return nil, err
	}
	hello := c.hello(known)
	if err := c.write(conn, 1, hello); err != nil {
		return nil, err
	}
	m, err := read(conn)
	if err != nil {
		return nil, closed(err)
	}
	challenge, ok := m.(wire.Challenge)
	if !ok {
		return nil, unexpected(m)
	}
	if challenge.Version != wire.Version {
		return nil, calls.ErrVersion
	}
	signature, err := sign(ctx, c.options.Guard, c.options.Signer, wire.SignInText(hello, challenge, c.url.Hostname()))
	if err != nil {
		return nil, err
	}
	if err := c.write(conn, 2, prove(signature)); err != nil {
		return nil, err
	}
	m, err = read(conn)
	if err != nil {
		return nil, closed(err)
	}
	return m, nil
}

func (c *Client) hello(known []calls.ID) wire.Hello {
	o := c.options
	return wire.Hello{
		Version: wire.Version, User: o.User, Device: o.Device, Kind: o.Kind, For: o.For, Known: known,
		Key: strings.TrimSpace(string(ssh.MarshalAuthorizedKey(o.Signer.PublicKey()))),
	}
}

func (c *Client) write(conn *websocket.Conn, seq uint64, m wire.Message) error {
	data, err := wire.Encode(wire.Frame{Seq: seq, Body: m})
	if err != nil {
		return err
	}
	if err := conn.SetWriteDeadline(time.Now().Add(c.times.write)); err != nil {
		return err
	}
	return conn.WriteMessage(websocket.TextMessage, data)
}

// read reads one frame of the sign-in; an Error comes back as an error. What the
// close frame after it says is more exact, where it says anything.
func read(conn *websocket.Conn) (wire.Message, error) {
	_, data, err := conn.ReadMessage()
	if err != nil {
		return nil, err
	}
	frame, err := wire.Decode(data)
	if err != nil {
		return nil, err
	}
	refused, ok := frame.Body.(wire.Error)
	if !ok {
		return frame.Body, nil
	}
	if _, _, err := conn.ReadMessage(); websocket.IsCloseError(err, wire.CloseRemoved) {
		return nil, err
	}
	return nil, refused.Err()
}

// sign asks the key to sign. The key may live in an ssh agent that asks its
// owner first and cannot be interrupted: ctx stops the waiting, not the agent.
func sign(ctx context.Context, g guard.Guard, signer Signer, text []byte) (string, error) {
	type result struct {
		signature string
		err       error
	}
	done := make(chan result, 1)
	g.Go(func() {
		signature, err := wire.SignSSH(signer, wire.SignatureNamespace, text)
		done <- result{signature, err}
	})
	select {
	case r := <-done:
		return r.signature, r.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func unexpected(m wire.Message) error {
	return fmt.Errorf("the server answered with %s, which is out of turn", m.Type())
}
