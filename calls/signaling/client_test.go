package signaling

import (
	"errors"
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

// refuse answers the proof with an error, and closes.
func refuse(err *calls.Error) func(*line) {
	return func(l *line) {
		if _, _, ok := l.prove(); ok {
			l.write(wire.Frame{Re: 2, Body: wire.ErrorOf(err)})
		}
	}
}

// cutWith takes the phone, and closes with this code.
func cutWith(code int) func(*line) {
	return func(l *line) {
		if _, ok := l.signIn(); ok {
			l.closeWith(code)
		}
	}
}

func TestRefusalThatTimeDoesNotHealEndsThePhone(t *testing.T) {
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
		}, calls.ErrRemoved, "removed"},
		{"another phone took the device's id", cutWith(wire.CloseReplaced), calls.ErrReplaced, "another phone"},
		{"the phone was removed", cutWith(wire.CloseRemoved), calls.ErrRemoved, "removed"},
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
	for _, err := range []error{&websocket.CloseError{Code: wire.CloseSignInLate}, wire.ErrorOf(calls.ErrSignInTimeout).Err()} {
		if got := closed(err); final(got) || !strings.Contains(got.Error(), "ssh agent") {
			t.Errorf("the owner of the key was slow: %v, want another try", got)
		}
	}
	for _, err := range []error{&websocket.CloseError{Code: wire.CloseSignIn}, wire.ErrorOf(calls.ErrSignIn).Err()} {
		if got := closed(err); !final(got) {
			t.Errorf("the key was refused: %v, want it final", got)
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
	for err := errSlept; errors.Is(err, errSlept); { // a machine that was too busy for a look begins anew
		next[calls.Connected](p)
		err = next[calls.Disconnected](p).Err
		if !errors.Is(err, errSlept) && !strings.Contains(err.Error(), "silent") {
			t.Errorf("heard %v, want that the server is silent", err)
		}
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
	for heard := false; !heard; { // a machine that was too busy for a ping begins anew
		select {
		case in := <-p.inputs:
			_, heard = in.(calls.PresenceUpdate)
		case <-time.After(patience):
			t.Fatal("no connection lives longer than the time after which silence is death")
		}
	}
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
	s.ticked = s.ticked.Add(-2 * c.times.dead) // as if the wall clock had gone on without us
	s.mu.Unlock()
	close(woken)
	if d := next[calls.Disconnected](p); !errors.Is(d.Err, errSlept) {
		t.Errorf("heard %v, want that the machine slept", d.Err)
	}
	next[calls.Connected](p)
}
