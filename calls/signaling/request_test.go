package signaling

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"tring/calls"
	"tring/calls/wire"
)

func TestAnswersAndEventsKeepTheServersOrder(t *testing.T) {
	const rounds = 50
	srv := startServer(t, func(l *line) {
		if _, ok := l.signIn(); !ok {
			return
		}
		for i := range rounds {
			f, ok := l.read()
			if !ok {
				return
			}
			state := calls.CallState{Call: calls.Call{ID: f.Body.(wire.EndCall).Call, Revision: uint64(2*i + 1)}}
			l.write(wire.Frame{Re: f.Seq, Body: wire.CallResult{CallState: state}})
			state.Call.Revision++
			l.write(wire.Frame{Body: wire.CallEvent{CallState: state}})
		}
		l.drain()
	})
	c := newClient(t, optionsFor(t, srv))
	p, _, _ := run(t, c)
	next[calls.Connected](p)

	for i := range rounds {
		c.Send(wire.EndCall{CallID: wire.CallID{Call: calls.ID(fmt.Sprint(i))}}, func(m wire.Message, err error) {
			if err != nil {
				t.Errorf("request %d: %v", i, err)
				return
			}
			p.Receive(calls.Changed{State: m.(wire.CallResult).CallState})
		})
	}
	for i := range uint64(2 * rounds) {
		call := next[calls.Changed](p).State.Call
		if call.Revision != i+1 || call.ID != calls.ID(fmt.Sprint(i/2)) {
			t.Fatalf("heard call %s revision %d as number %d", call.ID, call.Revision, i+1)
		}
	}
}

func TestFramesBecomeInputs(t *testing.T) {
	srv := startServer(t, func(l *line) {
		if _, ok := l.signIn(); !ok {
			return
		}
		_ = l.conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"from.the.future","body":{"x":1}}`))
		l.write(wire.Frame{Body: wire.Relayed{CallID: wire.CallID{Call: "c"}, From: "d", Payload: []byte("sdp")}})
		l.write(wire.Frame{Body: wire.Error{Code: "internal", Text: "hiccup"}})
		l.write(wire.Frame{Body: wire.Presence{Contact: calls.Contact{Name: "Bob", Presence: calls.Online}}})
		l.drain()
	})
	p, _, _ := run(t, newClient(t, optionsFor(t, srv)))
	next[calls.Connected](p)
	if r := next[calls.Relayed](p); r.Call != "c" || r.From != "d" || string(r.Payload) != "sdp" {
		t.Errorf("relayed %+v", r)
	}
	if c := next[calls.PresenceUpdate](p).Contact; c.Name != "Bob" || c.Presence != calls.Online {
		t.Errorf("contact %+v", c)
	}
}

// clerk answers some requests, and a hang-up with the end of the connection.
func clerk(l *line) {
	if _, ok := l.signIn(); !ok {
		return
	}
	for {
		f, ok := l.read()
		if !ok {
			return
		}
		switch f.Body.(type) {
		case wire.Phones:
			l.write(wire.Frame{Re: f.Seq, Body: wire.PhonesPage{Phones: []calls.PhoneInfo{{Kind: "phone"}}}})
		case wire.AcceptCall:
			refused := wire.ErrorOf(calls.ErrAnsweredElsewhere)
			refused.Call = &calls.CallState{Call: calls.Call{ID: "c", Status: calls.Ongoing}}
			l.write(wire.Frame{Re: f.Seq, Body: refused})
		case wire.EndCall:
			return
		}
	}
}

func TestRequestIsAnsweredOrOffline(t *testing.T) {
	srv := startServer(t, clerk)
	c := newClient(t, optionsFor(t, srv))
	if _, err := c.Request(t.Context(), wire.Phones{}); !errors.Is(err, calls.ErrOffline) {
		t.Errorf("before the connection: %v, want offline", err)
	}
	p, stop, ended := run(t, c)
	next[calls.Connected](p)

	m, err := c.Request(t.Context(), wire.Phones{})
	if page, ok := m.(wire.PhonesPage); err != nil || !ok || page.Phones[0].Kind != "phone" {
		t.Errorf("answered %#v, %v", m, err)
	}
	m, err = c.Request(t.Context(), wire.AcceptCall{})
	if !errors.Is(err, calls.ErrAnsweredElsewhere) {
		t.Errorf("refused with %v, want answered elsewhere", err)
	}
	if refused, ok := m.(wire.Error); !ok || refused.Call == nil || refused.Call.Call.Status != calls.Ongoing {
		t.Errorf("refused with %#v, want the call as it is", m)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err = c.Request(ctx, wire.Ringing{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("given up with %v, want the deadline", err)
	}
	if _, err = c.Request(t.Context(), wire.EndCall{}); !errors.Is(err, calls.ErrOffline) {
		t.Errorf("the connection broke: %v, want offline", err)
	}
	stop()
	if err := ended(); err != nil {
		t.Error(err)
	}
	if _, err := c.Request(t.Context(), wire.Phones{}); !errors.Is(err, calls.ErrOffline) {
		t.Errorf("after the end: %v, want offline", err)
	}
}

func TestRequestThatTheServerNeverAnswersBreaksTheConnection(t *testing.T) {
	srv := startServer(t, func(l *line) {
		if _, ok := l.signIn(); ok {
			l.drain() // and so answers pings
		}
	})
	c := newClient(t, optionsFor(t, srv))
	c.times.ping, c.times.dead = 20*time.Millisecond, time.Second
	p, _, _ := run(t, c)
	for hurried := true; hurried; { // a machine that was too busy for a ping begins anew
		next[calls.Connected](p)
		if _, err := c.Request(t.Context(), wire.EndCall{}); !errors.Is(err, calls.ErrOffline) {
			t.Errorf("answered %v, want offline", err)
		}
		err := next[calls.Disconnected](p).Err
		hurried = errors.Is(err, errSlept) || strings.Contains(err.Error(), "silent")
		if !hurried && !strings.Contains(err.Error(), "not answered") {
			t.Errorf("heard %v, want that a request was not answered", err)
		}
	}
}

func TestNetworkThatTakesNothingIsGivenUp(t *testing.T) {
	srv := startServer(t, func(l *line) { l.drain() })
	c := newClient(t, optionsFor(t, srv))
	conn, err := c.dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := newSession(conn, c.times, c.log, nil) // nobody pumps, as if each write waited for ever
	var offline int
	for range queue + 1 {
		s.send(wire.EndCall{}, func(_ wire.Message, err error) {
			if errors.Is(err, calls.ErrOffline) {
				offline++
			}
		})
	}
	if offline != 1 || !errors.Is(s.ended(), errStuck) {
		t.Errorf("%d requests are offline at once, the connection ended with %v", offline, s.ended())
	}
	if s.abandon(); offline != queue+1 {
		t.Errorf("%d requests know that no answer will come, want all", offline)
	}
}

func TestEnrolBindsTheKeyToTheInvite(t *testing.T) {
	srv := startServer(t, func(l *line) {
		hello, m, ok := l.prove()
		if !ok {
			return
		}
		enrol, ok := m.(wire.Enrol)
		switch {
		case !ok || hello.User != "":
			l.write(wire.Frame{Re: 2, Body: wire.ErrorOf(calls.ErrInvalidRequest)})
		case enrol.Invite != "c2VjcmV0":
			l.write(wire.Frame{Re: 2, Body: wire.ErrorOf(calls.ErrInviteUsed)})
		default:
			l.write(wire.Frame{Re: 2, Body: wire.Enrolled{User: "bob", Name: "Bob"}})
		}
	})
	o := optionsFor(t, srv)
	if got, err := Enrol(t.Context(), o, " c2VjcmV0\n"); err != nil || got.User != "bob" {
		t.Errorf("enrolled %+v, %v", got, err)
	}
	if _, err := Enrol(t.Context(), o, "another"); !errors.Is(err, calls.ErrInviteUsed) {
		t.Errorf("a used invite: %v", err)
	}
	if _, err := Enrol(t.Context(), o, ""); !errors.Is(err, calls.ErrInviteInvalid) {
		t.Errorf("no invite: %v", err)
	}
}
