package host

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"tring/calls"
	"tring/guard"
)

// TestStalledReader: whoever reads nothing is cut, costs nobody else a frame, and
// does not hold a stop up.
func TestStalledReader(t *testing.T) {
	t.Parallel()
	causes := make(chan error, 1)
	s := open(t, func(c *Config) {
		c.Limits.Stalled = time.Second
		c.Run = func(ctx context.Context, l *Login) int {
			code := runWords(ctx, l)
			if l.User == "mallory" {
				causes <- context.Cause(ctx)
			}
			return code
		}
	})
	mallory := s.dial(s.person("mallory"))
	w, err := mallory.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.StdoutPipe(); err != nil { // nobody reads it
		t.Fatal(err)
	}
	if err := w.Start("flood"); err != nil {
		t.Fatal(err)
	}
	alice := s.start(s.dial(s.person("alice")), "wait")
	for cut := false; !cut; {
		before := len(alice.out.String())
		_, _ = io.WriteString(alice.in, "x")
		s.until("alice's screen goes on", func() bool { return len(alice.out.String()) > before })
		select {
		case why := <-causes:
			if why != ErrStalled {
				t.Errorf("cut for %v", why)
			}
			cut = true
		default:
		}
	}
	s.until("it is counted", func() bool { return s.metric("ended_total", "stalled") == 1 })
}

// TestAliveClient: one that answers stays, however little is said.
func TestAliveClient(t *testing.T) {
	t.Parallel()
	s := open(t, func(c *Config) {
		c.Limits.Keepalive, c.Limits.Dead = 10*time.Millisecond, 5*time.Second
	})
	client := s.dial(s.person("alice"))
	w := s.start(client, "wait")
	before := s.metric("bytes_total", "in")
	s.until("many answers have come", func() bool { return s.metric("bytes_total", "in") > before+2000 })
	_, _ = io.WriteString(w.in, "q")
	if code := s.end(w); code != 0 {
		t.Errorf("code %d", code)
	}
}

// TestClosedChannel: a channel that is closed ends its login, and not the others
// of its connection.
func TestClosedChannel(t *testing.T) {
	s := open(t, nil)
	client := s.dial(s.person("alice"))
	one, two := s.start(client, "wait"), s.start(client, "call")
	_ = one.Close()
	s.until("it is over", func() bool { return s.metric("ended_total", "gone") == 1 })
	_, _ = io.WriteString(two.in, "x")
	s.until("the other goes on", func() bool { return strings.Contains(two.out.String(), "typed x") })
	if n := s.metric("calls", ""); n != 1 {
		t.Errorf("%v calls", n)
	}
}

// TestKeepCall: by setting, a call outlives its client for a while; its screen
// draws into nothing.
func TestKeepCall(t *testing.T) {
	t.Parallel()
	s := open(t, func(c *Config) { c.KeepCall = 2 * time.Second })
	alice := s.person("alice")
	waiting, calling := s.dial(alice), s.dial(alice)
	s.start(waiting, "wait")
	s.start(calling, "call")
	_, _ = waiting.Close(), calling.Close()
	s.until("the one without a call is over", func() bool { return s.metric("ended_total", "gone") == 1 })
	if n := s.metric("calls", ""); n != 1 {
		t.Errorf("%v calls", n)
	}
	s.until("the call is over", func() bool { return s.metric("ended_total", "gone") == 2 })
}

// TestKeepCallInLines: a phone that ends with its input goes on, too, unless it is
// the input alone that ends.
func TestKeepCallInLines(t *testing.T) {
	t.Parallel()
	s := open(t, func(c *Config) {
		c.KeepCall = time.Second
		c.Run = func(ctx context.Context, l *Login) int {
			l.InCall(true)
			_, _ = fmt.Fprintln(l.Out, "ready")
			_, err := io.Copy(io.Discard, l.In)
			_, _ = fmt.Fprintln(l.Out, "hangs up", err)
			s := "at the end of the input"
			if ctx.Err() != nil {
				s = "at the end of the login"
			}
			_, _ = fmt.Fprintln(l.Out, s)
			c.Log.Info("hung up", "when", s)
			return 0
		}
	})
	alice := s.person("alice")
	gone, quiet := s.dial(alice), s.dial(alice)
	s.start(gone, "call")
	w := s.start(quiet, "call")
	_ = gone.Close()
	_ = w.in.Close()
	s.until("the one without input hangs up", func() bool { return strings.Contains(w.out.String(), "at the end of the input") })
	s.end(w)
	s.until("the call that was kept is over", func() bool { return s.metric("ended_total", "gone") == 1 })
	if !strings.Contains(s.log.String(), `"at the end of the login"`) {
		t.Errorf("the call was not kept:\n%s", s.log.String())
	}
}

// TestAbandonedScreen: what a screen draws for a client that is gone fails nowhere,
// or it would end its phone and the call that is kept.
func TestAbandonedScreen(t *testing.T) {
	r, w := io.Pipe()
	_ = r.Close()
	o := newOutlet(w, w, time.Hour, func() {}, guard.New(func(reason any, _ []byte) { t.Error(reason) }))
	o.abandon()
	for range 3 {
		if n, err := (spout{o, 0}).Write(make([]byte, outletSize)); n != outletSize || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
	}
	o.close()
}

// TestIdle counts from the last key, and not in a call.
func TestIdle(t *testing.T) {
	t.Parallel()
	s := open(t, func(c *Config) {
		c.Limits.Idle = 1500 * time.Millisecond
		c.Limits.Keepalive = 5 * time.Millisecond // which is no key
	})
	client := s.dial(s.person("alice"))
	calling, typing, waiting := s.start(client, "call"), s.start(client, "wait"), s.start(client, "wait")
	ended := make(chan int, 1)
	go func() { ended <- s.end(waiting) }()
	for over := false; !over; {
		_, _ = io.WriteString(typing.in, "x")
		select {
		case <-ended:
			over = true
		case <-time.After(20 * time.Millisecond):
		}
	}
	if said := waiting.err.String(); !strings.Contains(said, "nobody has typed") {
		t.Errorf("it is told %q", said)
	}
	if n := s.metric("ended_total", ""); n != 1 {
		t.Errorf("%v have ended", n)
	}
	_, _ = io.WriteString(calling.in, "e")
	for _, w := range []*session{calling, typing} {
		s.end(w)
	}
	if n := s.metric("ended_total", "idle"); n != 3 {
		t.Errorf("%v have ended idle", n)
	}
}

// TestStop: everyone is told; whoever is in no call goes at once, the others when
// their calls end; nobody new comes in.
func TestStop(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	alice, bob := s.dial(s.person("alice")), s.dial(s.person("bob"))
	waiting, calling := s.start(alice, "wait"), s.start(bob, "call")
	s.stop()
	for _, w := range []*session{waiting, calling} {
		s.until("they are told", func() bool { return strings.Contains(w.out.String(), "calls end in 2m0s") })
	}
	if code := s.end(waiting); code != ExitStopping || !strings.Contains(waiting.err.String(), "the host is stopping") {
		t.Errorf("without a call: code %d, %q", code, waiting.err.String())
	}
	if _, err := s.tryDial(s.person("carol")); err == nil {
		t.Error("somebody came in")
	}
	late := s.session(bob)
	if err := late.Start("who"); err != nil {
		t.Fatal(err)
	}
	if code := s.end(late); code != ExitStopping || !strings.Contains(late.err.String(), "the host is stopping") {
		t.Errorf("a new login: code %d, %q", code, late.err.String())
	}
	_, _ = io.WriteString(calling.in, "x")
	s.until("the call goes on", func() bool { return strings.Contains(calling.out.String(), "typed x") })
	_, _ = io.WriteString(calling.in, "e")
	s.end(calling)
	if err := s.over(); err != nil {
		t.Error(err)
	}
}

// TestGrace: a call that goes on too long is cut, and at once by Hurry, which is
// what a second signal does, or Close; only Close leaves no time to say so.
func TestGrace(t *testing.T) {
	t.Parallel()
	for name, grace := range map[string]time.Duration{"over": 2 * time.Second, "hurried": time.Hour, "closed": time.Hour} {
		t.Run(name, func(t *testing.T) {
			causes := make(chan error, 1)
			s := open(t, func(c *Config) {
				c.Limits.Grace, c.KeepCall = grace, time.Hour
				c.Run = func(ctx context.Context, l *Login) int {
					code := runWords(ctx, l)
					causes <- context.Cause(ctx)
					return code
				}
			})
			w := s.start(s.dial(s.person("alice")), "call")
			s.stop()
			s.until("it is told", func() bool { return strings.Contains(w.out.String(), "the host stops") })
			switch name {
			case "hurried":
				s.host.Hurry()
			case "closed":
				if err := s.host.Close(); err != nil {
					t.Error(err)
				}
			}
			if name != "closed" {
				s.until("it is told why", func() bool { return strings.Contains(w.err.String(), ErrStopping.Error()) })
			}
			if err := s.over(); err != nil {
				t.Error(err)
			}
			if why := <-causes; why != ErrStopping {
				t.Errorf("cut for %v", why)
			}
		})
	}
}

// TestPlainPipe: without a terminal, bytes are as they were written, and all of
// them come before the end.
func TestPlainPipe(t *testing.T) {
	const lines = 40_000
	s := open(t, func(c *Config) {
		c.Run = func(_ context.Context, l *Login) int {
			for range lines {
				if _, err := io.WriteString(l.Out, "a line\n"); err != nil {
					return exitFailed
				}
			}
			_, _ = io.WriteString(l.Err, "done\n")
			return 7
		}
	})
	s.person("alice")
	cmd := s.ssh("-i", s.keyFile("alice"), "phone", "history")
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if exit, is := err.(*exec.ExitError); !is || exit.ExitCode() != 7 {
		t.Errorf("exit %v", err)
	}
	if string(out) != strings.Repeat("a line\n", lines) || complaints.String() != "done\n" {
		t.Errorf("%d bytes, %q", len(out), complaints.String())
	}
}

// TestFlood: what one connection sends is paced, and the others do not feel it.
func TestFlood(t *testing.T) {
	t.Parallel()
	s := open(t, func(c *Config) { c.Limits.Bytes = 64 << 10 })
	alice := s.start(s.dial(s.person("alice")), "wait")
	mallory := s.start(s.dial(s.person("mallory")), "wait")
	go func() {
		for flood := make([]byte, 32<<10); ; {
			if _, err := mallory.in.Write(flood); err != nil {
				return
			}
		}
	}()
	s.until("the flood is here", func() bool { return s.metric("bytes_total", "in") >= 2*strangerBurst })
	for range 50 {
		before := len(alice.out.String())
		_, _ = io.WriteString(alice.in, "x")
		s.until("alice's screen goes on", func() bool { return len(alice.out.String()) > before })
	}
}

// TestWhoIsAsked: identity is asked for each login, so a key that was taken away
// meanwhile opens nothing, though its connection is open.
func TestWhoIsAsked(t *testing.T) {
	s := open(t, nil)
	client := s.dial(s.person("alice"))
	s.start(client, "wait")
	s.mu.Lock()
	s.people = map[string]calls.UserID{}
	s.mu.Unlock()
	w := s.session(client)
	if err := w.Start("who"); err != nil {
		t.Fatal(err)
	}
	if code := s.end(w); code != exitFailed {
		t.Errorf("code %d, %q", code, w.out.String())
	}
}
