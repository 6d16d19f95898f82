package signaling

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"tring/calls"
	"tring/calls/wire"
)

func TestPhoneSignsInAndHearsTheSnapshotFirst(t *testing.T) {
	hellos := make(chan wire.Hello, 1)
	srv := startServer(t, func(l *line) {
		hello, ok := l.signIn()
		if ok {
			hellos <- hello
			l.drain()
		}
	})
	p, stop, ended := run(t, newClient(t, optionsFor(t, srv)))

	if got := next[calls.Connected](p); got.Snapshot.MissedCount != 3 {
		t.Errorf("snapshot %+v is not the server's", got.Snapshot)
	}
	hello := <-hellos
	if hello.Version != wire.Version || hello.User != "alice" || hello.Device.Label != "laptop" ||
		hello.Kind != "phone" || len(hello.Known) != 1 || hello.Known[0] != "01KNOWN" {
		t.Errorf("hello %+v does not say who the phone is", hello)
	}
	stop()
	if err := ended(); err != nil {
		t.Errorf("stopped: %v, want nil", err)
	}
}

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

func TestRefusalThatTimeDoesNotHealEndsThePhone(t *testing.T) {
	refuse := func(err *calls.Error) func(*line) {
		return func(l *line) {
			if _, _, ok := l.prove(); ok {
				l.write(wire.Frame{Re: 2, Body: wire.ErrorOf(err)})
			}
		}
	}
	after := func(code int) func(*line) {
		return func(l *line) {
			if _, ok := l.signIn(); ok {
				l.closeWith(code)
			}
		}
	}
	for _, tt := range []struct {
		name   string
		server func(*line)
		want   error
		text   string
	}{
		{"the key is not accepted", refuse(calls.ErrSignIn), calls.ErrSignIn, "alice"},
		{"the server wants a newer phone", refuse(calls.ErrVersion), calls.ErrVersion, "update"},
		{"refused by close code alone", func(l *line) {
			if _, _, ok := l.prove(); ok {
				l.closeWith(wire.CloseSignIn)
			}
		}, calls.ErrSignIn, "key"},
		{"the server is of another version", func(l *line) {
			if _, ok := l.read(); ok {
				l.write(wire.Frame{Re: 1, Body: wire.Challenge{Version: wire.Version + 1}})
			}
		}, calls.ErrVersion, "versions"},
		{"a removed phone comes back", func(l *line) {
			if _, _, ok := l.prove(); ok {
				l.write(wire.Frame{Re: 2, Body: wire.ErrorOf(calls.ErrSignIn)})
				l.closeWith(wire.CloseRemoved)
			}
		}, calls.ErrSignIn, "removed"},
		{"another phone took the device's id", after(wire.CloseReplaced), calls.ErrReplaced, "another phone"},
		{"the phone was removed", after(wire.CloseRemoved), calls.ErrSignIn, "removed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, _, ended := run(t, newClient(t, optionsFor(t, startServer(t, tt.server))))
			if err := ended(); !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("Run: %v, want %v with %q", err, tt.want, tt.text)
			}
			var last calls.Input
			for len(p.inputs) > 0 {
				last = <-p.inputs
			}
			if d, ok := last.(calls.Disconnected); !ok || !d.Final || !errors.Is(d.Err, tt.want) {
				t.Errorf("the last that the phone hears is %#v, want a final Disconnected", last)
			}
		})
	}
}

func TestSlowSignatureIsNoRefusal(t *testing.T) {
	for _, err := range []error{&websocket.CloseError{Code: wire.CloseSignIn}, wire.ErrorOf(calls.ErrSignIn).Err()} {
		if got := refusal(err, time.Second); !final(got) {
			t.Errorf("a quick signature was refused: %v, want it final", got)
		}
		if got := refusal(err, 6*time.Second); final(got) || !strings.Contains(got.Error(), "ssh agent") {
			t.Errorf("the owner of the key was slow: %v, want another try", got)
		}
	}
}

func TestPhoneComesBack(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(l *line) // of the first connections
	}{
		{"the network breaks", func(l *line) { l.conn.NetConn().Close() }},
		{"the server restarts", func(l *line) { l.closeWith(wire.CloseGoingAway) }},
		{"the server sends garbage", func(l *line) {
			_ = l.conn.WriteMessage(websocket.TextMessage, []byte("\xff{"))
			l.drain()
		}},
		{"too many requests", func(l *line) { l.closeWith(wire.CloseRateLimited) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var connections atomic.Int32
			srv := startServer(t, func(l *line) {
				if _, ok := l.signIn(); !ok {
					return
				}
				if connections.Add(1) <= 3 {
					tt.end(l)
					return
				}
				l.drain()
			})
			p, _, _ := run(t, newClient(t, optionsFor(t, srv)))
			for range 3 {
				next[calls.Connected](p)
				if d := next[calls.Disconnected](p); d.Err == nil || d.Final {
					t.Fatalf("heard %+v, want a reason, not final", d)
				}
			}
			next[calls.Connected](p)
		})
	}
}

func TestBackOffDoublesFrom200MillisecondsTo15Seconds(t *testing.T) {
	c := &Client{times: defaultTimes()}
	for attempt, most := range []time.Duration{200, 400, 800, 1600, 3200, 6400, 12800, 15000, 15000} {
		most *= time.Millisecond
		var longest time.Duration
		for range 2000 {
			w := c.wait(attempt)
			if w <= 0 || w > most {
				t.Fatalf("attempt %d waits %s, want at most %s", attempt, w, most)
			}
			longest = max(longest, w)
		}
		if longest < most*9/10 {
			t.Errorf("attempt %d never waits longer than %s, want full jitter up to %s", attempt, longest, most)
		}
	}
	if w := c.wait(10_000); w <= 0 || w > 15*time.Second {
		t.Errorf("after a night without a server it waits %s", w)
	}
}

func TestDeadConnectionIsNoticed(t *testing.T) {
	srv := startServer(t, func(l *line) {
		if _, ok := l.signIn(); ok {
			<-l.done // reads nothing more, so no pong comes
		}
	})
	c := newClient(t, optionsFor(t, srv))
	c.times.ping, c.times.dead = 20*time.Millisecond, 300*time.Millisecond
	p, _, _ := run(t, c)
	next[calls.Connected](p)
	if d := next[calls.Disconnected](p); !strings.Contains(d.Err.Error(), "silent") {
		t.Errorf("heard %v, want that the server is silent", d.Err)
	}
}

func TestQuietConnectionLivesOnPings(t *testing.T) {
	srv := startServer(t, func(l *line) {
		if _, ok := l.signIn(); !ok {
			return
		}
		pings := 0
		l.conn.SetPingHandler(func(data string) error {
			if pings++; pings == 40 { // far longer than the time after which silence is death
				l.write(wire.Frame{Body: wire.Presence{Contact: calls.Contact{Name: "still there"}}})
			}
			return l.conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(time.Second))
		})
		l.drain()
	})
	c := newClient(t, optionsFor(t, srv))
	c.times.ping, c.times.dead = 50*time.Millisecond, time.Second
	p, _, _ := run(t, c)
	next[calls.Connected](p)
	next[calls.PresenceUpdate](p)
}

func TestServerThatIsSilentDuringSignInIsGivenUp(t *testing.T) {
	srv := startServer(t, func(l *line) { <-l.done })
	c := newClient(t, optionsFor(t, srv))
	c.times.signIn = 50 * time.Millisecond
	p, _, _ := run(t, c)
	if d := next[calls.Disconnected](p); !strings.Contains(d.Err.Error(), "silent") {
		t.Errorf("heard %v, want that the server is silent", d.Err)
	}
}

func TestAfterSleepOldNewsIsThrownAway(t *testing.T) {
	var c *Client
	woken := make(chan struct{})
	first := make(chan struct{}, 1)
	first <- struct{}{}
	srv := startServer(t, func(l *line) {
		if _, ok := l.signIn(); !ok {
			return
		}
		select {
		case <-first:
			<-woken
			l.write(wire.Frame{Body: wire.CallEvent{CallState: calls.CallState{Call: calls.Call{ID: "long over"}}}})
		default:
		}
		l.drain()
	})
	c = newClient(t, optionsFor(t, srv))
	p, _, _ := run(t, c)
	next[calls.Connected](p)
	s := c.session.Load()
	s.mu.Lock()
	s.ticked = s.ticked.Add(-time.Hour) // as if the wall clock had gone on without us
	s.mu.Unlock()
	close(woken)
	if d := next[calls.Disconnected](p); !errors.Is(d.Err, errSlept) {
		t.Errorf("heard %v, want that the machine slept", d.Err)
	}
	next[calls.Connected](p)
}

func TestRequestIsAnsweredOrOffline(t *testing.T) {
	broken := make(chan struct{})
	srv := startServer(t, func(l *line) {
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
				close(broken)
				return // without an answer
			}
		}
	})
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
	<-broken
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
	next[calls.Connected](p)
	if _, err := c.Request(t.Context(), wire.EndCall{}); !errors.Is(err, calls.ErrOffline) {
		t.Errorf("answered %v, want offline", err)
	}
	if d := next[calls.Disconnected](p); !strings.Contains(d.Err.Error(), "not answered") {
		t.Errorf("heard %v, want that a request was not answered", d.Err)
	}
}

func TestNetworkThatTakesNothingIsGivenUp(t *testing.T) {
	srv := startServer(t, func(l *line) { l.drain() })
	c := newClient(t, optionsFor(t, srv))
	conn, err := c.dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := newSession(conn, c.times, c.log) // nobody pumps, as if each write waited for ever
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
