//go:build linux

package server

import (
	"crypto/tls"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/crypto/ssh"

	"tring/calls"
	"tring/calls/wire"
)

// loadPhone is a phone that costs little: one of thousands in one process. It
// keeps nothing of what it hears.
type loadPhone struct {
	ws    *websocket.Conn
	me    calls.Viewer
	hello wire.Welcome

	mu      sync.Mutex
	seq     uint64
	waiting map[uint64]chan wire.Message
	expects map[expected]chan struct{}
	all     func(wire.Message) // hears everything, if set
	closed  chan struct{}
}

type expected struct {
	call  calls.ID
	event calls.EventName
}

var errNoAnswer = errors.New("no answer")

// dialPhone connects and signs in; secure is TLS without a look at the
// certificate.
func dialPhone(address string, secure bool, u calls.UserID, device calls.DeviceID, signer ssh.Signer, known ...calls.ID) (*loadPhone, error) {
	d := websocket.Dialer{
		Subprotocols: []string{wire.Subprotocol}, ReadBufferSize: 1024, WriteBufferSize: 1024,
		HandshakeTimeout: time.Minute, TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}
	scheme := "ws://"
	if secure {
		scheme = "wss://"
	}
	ws, _, err := d.Dial(scheme+address+wire.Path, nil)
	if err != nil {
		return nil, err
	}
	p := &loadPhone{
		ws: ws, me: calls.Viewer{User: u, Device: device}, closed: make(chan struct{}), seq: 2,
		waiting: map[uint64]chan wire.Message{}, expects: map[expected]chan struct{}{},
	}
	if err := p.signIn(signer, known); err != nil {
		ws.Close()
		return nil, fmt.Errorf("sign in %s: %w", u, err)
	}
	go p.read()
	return p, nil
}

func (p *loadPhone) signIn(signer ssh.Signer, known []calls.ID) error {
	h := helloOf(p.me.User, signer, p.me.Device, known...)
	if err := p.write(wire.Frame{Seq: 1, Body: h}); err != nil {
		return err
	}
	f, err := p.next()
	if err != nil {
		return err
	}
	challenge, ok := f.Body.(wire.Challenge)
	if !ok {
		return fmt.Errorf("answered by %+v", f.Body)
	}
	signature, err := wire.SignSSH(signer, wire.SignatureNamespace, wire.SignInText(h, challenge, "127.0.0.1"))
	if err != nil {
		return err
	}
	if err := p.write(wire.Frame{Seq: 2, Body: wire.Proof{Signature: signature}}); err != nil {
		return err
	}
	if f, err = p.next(); err != nil {
		return err
	}
	if p.hello, ok = f.Body.(wire.Welcome); !ok {
		return fmt.Errorf("answered by %+v", f.Body)
	}
	return nil
}

func (p *loadPhone) write(f wire.Frame) error {
	data, err := wire.Encode(f)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ws.WriteMessage(websocket.TextMessage, data)
}

func (p *loadPhone) next() (wire.Frame, error) {
	_, data, err := p.ws.ReadMessage()
	if err != nil {
		return wire.Frame{}, err
	}
	return wire.Decode(data)
}

func (p *loadPhone) read() {
	defer close(p.closed)
	for {
		f, err := p.next()
		if err != nil {
			return
		}
		p.mu.Lock()
		all := p.all
		if answer := p.waiting[f.Re]; f.Re != 0 && answer != nil {
			answer <- f.Body
			delete(p.waiting, f.Re)
		} else if e, ok := f.Body.(wire.CallEvent); ok {
			for _, name := range e.Events {
				x := expected{e.Call.ID, name}
				if heard := p.expects[x]; heard != nil {
					close(heard)
					delete(p.expects, x)
				}
			}
		}
		p.mu.Unlock()
		if all != nil {
			all(f.Body)
		}
	}
}

// hearAll has every frame of this phone told to f.
func (p *loadPhone) hearAll(f func(wire.Message)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = f
}

// expect is closed when the phone hears the event of the call.
func (p *loadPhone) expect(id calls.ID, name calls.EventName) <-chan struct{} {
	heard := make(chan struct{})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expects[expected{id, name}] = heard
	return heard
}

// ask sends a request and waits for its answer; an error answer is an error.
func (p *loadPhone) ask(m wire.Message) (wire.Message, error) {
	answer := make(chan wire.Message, 1)
	p.mu.Lock()
	p.seq++
	f := wire.Frame{Seq: p.seq, Body: m}
	p.waiting[f.Seq] = answer
	p.mu.Unlock()
	if err := p.write(f); err != nil {
		return nil, err
	}
	wait := time.NewTimer(3 * patience)
	defer wait.Stop()
	select {
	case m := <-answer:
		if e, ok := m.(wire.Error); ok {
			return m, e.Err()
		}
		return m, nil
	case <-p.closed:
		return nil, calls.ErrOffline
	case <-wait.C:
		return nil, errNoAnswer
	}
}

// hears waits for what the phone expects; what it loses the server before never comes.
func (p *loadPhone) hears(expected <-chan struct{}) error {
	wait := time.NewTimer(3 * patience)
	defer wait.Stop()
	select {
	case <-expected:
		return nil
	case <-p.closed:
		return errNoAnswer
	case <-wait.C:
		return errNoAnswer
	}
}
