package host

import (
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// arrival is a stranger's connection from an address.
func arrival(t *testing.T, addr string) *connection {
	t.Helper()
	from, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return &connection{network: networkOf(from)}
}

func newTestAdmission(l Limits) *admission {
	return newAdmission(l.orDefaults(), newMetrics(func() SoundStats { return SoundStats{} }))
}

// TestLimitsOfAdmission: so many come in, and the next one is refused, until there is
// room again.
func TestLimitsOfAdmission(t *testing.T) {
	const one, here = "192.0.2.7:1", "127.0.0.1:1"
	leave := func(a *admission, first *connection) { a.leave(first) }
	for name, tt := range map[string]struct {
		limits  Limits
		from    string // empty is another address each time
		known   bool   // those who are in are somebody's
		come    int
		refused string
		room    func(a *admission, first *connection) // for one more
	}{
		"rate of an address": {
			limits: Limits{Rate: 1}, from: one, come: 4, refused: "rate",
			room: func(*admission, *connection) { time.Sleep(time.Second) },
		},
		"connections of an address": {
			limits: Limits{ConnectionsPerAddress: 3}, from: one, known: true, come: 3, refused: "address", room: leave,
		},
		"strangers of an address": {
			limits: Limits{StartupsPerAddress: 3}, from: one, come: 3, refused: "startups",
			room: func(a *admission, first *connection) { a.known(first) },
		},
		"connections in all":               {limits: Limits{Connections: 3}, come: 3, refused: "connections", room: leave},
		"connections in all, through sshd": {limits: Limits{Connections: 3}, from: here, come: 3, refused: "connections", room: leave},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newTestAdmission(tt.limits)
				next := func(n int) *connection {
					if tt.from != "" {
						return arrival(t, tt.from)
					}
					return arrival(t, fmt.Sprintf("192.0.2.%d:1", n))
				}
				var first *connection
				for n := range tt.come {
					c := next(n)
					if refused := a.enter(c); refused != "" {
						t.Fatalf("number %d is refused for %q", n+1, refused)
					}
					if tt.known {
						a.known(c)
					}
					if n == 0 {
						first = c
					}
				}
				if refused := a.enter(next(tt.come)); refused != tt.refused {
					t.Errorf("one too many is refused for %q, want %q", refused, tt.refused)
				}
				tt.room(a, first)
				if refused := a.enter(next(tt.come)); refused != "" {
					t.Errorf("there is room again, and the next one is refused for %q", refused)
				}
				if refused := a.enter(next(tt.come)); refused != tt.refused {
					t.Errorf("the room is taken, and the next one is refused for %q, want %q", refused, tt.refused)
				}
			})
		})
	}
}

// TestTriesOfInvitesAreLimited: an address has so many at once, and then one now and
// then.
func TestTriesOfInvitesAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newTestAdmission(Limits{})
		here, elsewhere := arrival(t, "127.0.0.1:1"), arrival(t, "192.0.2.7:1")
		for try := range joinBurst {
			if !a.mayJoin(here) {
				t.Fatalf("try %d is refused", try+1)
			}
		}
		if a.mayJoin(here) || !a.mayJoin(elsewhere) {
			t.Error("so many tries are an address's, and no other's")
		}
		time.Sleep(joinEvery)
		if !a.mayJoin(here) || a.mayJoin(here) {
			t.Error("after a while it has one more")
		}
	})
}

// TestAddressesAreLimited: an address has so many connections; but not this machine's
// own, from which an sshd passes everybody on.
func TestAddressesAreLimited(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.7:1": "address", "[2001:db8::7]:1": "address", "127.0.0.1:1": "", "127.9.9.9:1": "", "[::1]:1": "", "[::ffff:127.0.0.1]:1": "",
	} {
		a := newTestAdmission(Limits{ConnectionsPerAddress: 3})
		refused := ""
		for range 50 {
			if r := a.enter(arrival(t, addr)); refused == "" {
				refused = r
			}
		}
		if refused != want {
			t.Errorf("%s is refused for %q, want %q", addr, refused, want)
		}
	}
}

// TestCommandsInARow: commands one after another on one connection wait for their
// turn; none is refused.
func TestCommandsInARow(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	c := s.dial(s.person("alice"))
	for i := range channelBurst + channelRate {
		w := s.session(c)
		if err := w.Start("who"); err != nil {
			t.Fatalf("command %d: %v", i, err)
		}
		if code := s.end(w); code != 0 {
			t.Fatalf("command %d: code %d", i, code)
		}
	}
}
