package host

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"tring/calls"
	"tring/guard"
)

// TestStalledReader: whoever reads nothing is cut, costs nobody else a frame, and
// does not hold a stop up.
func TestStalledReader(t *testing.T) {
	t.Parallel()
	causes := make(chan error, 1)
	s := open(t, func(c *Config) {
		c.Limits.Stalled = 4 * time.Second // longer than a slow machine keeps alice from reading
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
		c.Limits.Keepalive = 10 * time.Millisecond
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

// answering is a client that answers, or not.
type answering struct {
	gossh.Conn
	until chan struct{} // closed when it answers no more
	over  <-chan struct{}
}

func (a answering) SendRequest(string, bool, []byte) (bool, []byte, error) {
	select {
	case <-a.until:
		<-a.over
		return false, nil, io.EOF
	default:
		return false, nil, nil
	}
}

// TestAnswersKeepAClient: it stays as long as it answers, and no longer.
func TestAnswersKeepAClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Limits{Keepalive: 15 * time.Second, Dead: 40 * time.Second, Handshake: 1000 * time.Hour}.orDefaults()
		m := newMetrics(func() SoundStats { return SoundStats{} })
		h := &Host{cfg: Config{Limits: l, Log: slog.New(slog.DiscardHandler)}, metrics: m, admission: newAdmission(l, m)}
		near, far := net.Pipe()
		defer far.Close()
		c := h.newConnection(near)
		client := answering{until: make(chan struct{}), over: c.ctx.Done()}
		go c.keepalive(client)
		time.Sleep(10 * l.Dead)
		if c.ctx.Err() != nil {
			t.Fatal("one that answers is gone")
		}
		began := time.Now()
		close(client.until)
		<-c.ctx.Done()
		if took := time.Since(began); took > l.Dead || took < l.Dead-l.Keepalive || context.Cause(c.ctx) != ErrGone {
			t.Errorf("one that does not is gone after %v: %v", took, context.Cause(c.ctx))
		}
	})
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
	s.until("its call is counted", func() bool { return s.metric("calls", "") == 1 })
}

// TestKeepCall: by setting, a call outlives its client for a while; its screen
// draws into nothing.
func TestKeepCall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		keep        time.Duration
		ended, kept float64
	}{"a while": {time.Hour, 1, 1}, "and no longer": {50 * time.Millisecond, 2, 0}} {
		t.Run(name, func(t *testing.T) {
			s := open(t, func(cfg *Config) { cfg.KeepCall = c.keep })
			alice := s.person("alice")
			waiting, calling := s.dial(alice), s.dial(alice)
			s.start(waiting, "wait")
			s.start(calling, "call")
			_, _ = waiting.Close(), calling.Close()
			s.until("the call is kept, or over", func() bool {
				return s.metric("connections", "") == 0 && s.metric("ended_total", "gone") == c.ended && s.metric("calls", "") == c.kept
			})
			if c.kept > 0 {
				s.until("it is told", func() bool { return strings.Contains(s.log.String(), "goes on without its client") })
			}
		})
	}
}

// TestKeepCallInLines: a phone that ends with its input goes on, too, unless it is
// the input alone that ends.
func TestKeepCallInLines(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wait, keep time.Duration
		leave      func(*gossh.Client, *session)
	}{
		"the end of the login": {patience, 50 * time.Millisecond, func(c *gossh.Client, _ *session) { _ = c.Close() }},
		"the end of the input": {50 * time.Millisecond, time.Hour, func(_ *gossh.Client, w *session) { _ = w.in.Close() }},
	} {
		t.Run(name, func(t *testing.T) {
			hangUps := make(chan string, 1)
			s := open(t, func(cfg *Config) {
				cfg.KeepCall = c.keep
				cfg.Run = func(ctx context.Context, l *Login) int {
					l.InCall(true)
					_, _ = fmt.Fprintln(l.Out, "ready")
					_, _ = io.Copy(io.Discard, l.In)
					if ctx.Err() != nil {
						hangUps <- "the end of the login"
					} else {
						hangUps <- "the end of the input"
					}
					return 0
				}
			})
			s.host.waits.gone = c.wait
			client := s.dial(s.person("alice"))
			c.leave(client, s.start(client, "call"))
			if at := <-hangUps; at != name {
				t.Errorf("it hangs up at %s", at)
			}
		})
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

// TestIdle: whoever types nothing is told, and goes.
func TestIdle(t *testing.T) {
	t.Parallel()
	s := open(t, func(c *Config) {
		c.Limits.Idle = 500 * time.Millisecond
		c.Limits.Keepalive = 5 * time.Millisecond // which is no key
	})
	w := s.start(s.dial(s.person("alice")), "wait")
	s.end(w)
	if said := w.err.String(); !strings.Contains(said, "nobody has typed") {
		t.Errorf("it is told %q", said)
	}
	if n := s.metric("ended_total", "idle"); n != 1 {
		t.Errorf("%v have ended idle", n)
	}
}

// TestWhoTypesOrTalksIsNotIdle: that is counted from the last key, and not in a call.
func TestWhoTypesOrTalksIsNotIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = time.Hour
		h := &Host{cfg: Config{Limits: Limits{Idle: limit}}, census: newCensus(), metrics: newMetrics(func() SoundStats { return SoundStats{} })}
		conn := &connection{ctx: t.Context()}
		typed, keys := io.Pipe()
		in := newInlet(typed, conn, true)
		go io.Copy(io.Discard, in) //nolint:errcheck // until the pipe is closed
		defer keys.Close()
		login := &Login{calls: make(chan struct{}, 1)}
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		o := &overseer{visit: &visit{host: h, door: &door{conn: conn, shut: make(chan struct{})}}, login: login, in: in, cancel: cancel}
		go o.watch(ctx)
		goesOn := func(doing string, long time.Duration) {
			t.Helper()
			time.Sleep(long)
			synctest.Wait()
			if ctx.Err() != nil {
				t.Fatalf("%s: it ended: %v", doing, context.Cause(ctx))
			}
		}
		for range 10 {
			_, _ = io.WriteString(keys, "x")
			goesOn("typing", limit-time.Second)
		}
		login.InCall(true)
		goesOn("talking", 10*limit)
		_, _ = io.WriteString(keys, "h")
		login.InCall(false)
		goesOn("after it", limit-time.Second)
		time.Sleep(limit)
		synctest.Wait()
		if why := context.Cause(ctx); why != ErrIdle {
			t.Errorf("nobody types: %v", why)
		}
	})
}

// TestStop: everyone is told; whoever is in no call goes at once, the others when
// their calls end; nobody new comes in.
func TestStop(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	alice, bob := s.dial(s.person("alice")), s.dial(s.person("bob"))
	waiting, calling := s.start(alice, "wait"), s.start(bob, "call")
	s.stop()
	for w, says := range map[*session]string{waiting: "calls end in 0s", calling: "calls end in 1h0m0s"} {
		s.until("they are told", func() bool { return strings.Contains(w.out.String(), says) })
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
	for name, grace := range map[string]time.Duration{"over": 50 * time.Millisecond, "hurried": time.Hour, "closed": time.Hour} {
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
			if name != "over" { // whose end may come before
				s.until("it is told", func() bool { return strings.Contains(w.out.String(), "the host stops") })
			}
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

// TestStrangersAskInTurn: who is nobody asks now and then whether he is somebody by
// now; the server has other people's questions to answer.
func TestStrangersAskInTurn(t *testing.T) {
	t.Parallel()
	s := open(t, func(c *Config) { c.Limits.Handshake = patience })
	s.invites["7-rabbit"] = "alice"
	c := s.dial(s.stranger("mallory"))
	run := func(command string) int {
		w := s.session(c)
		if err := w.Start(command); err != nil {
			t.Fatal(err)
		}
		return s.end(w)
	}
	began := time.Now()
	for range askBurst + 2 {
		if code := run("who"); code != exitFailed {
			t.Errorf("exit %d", code)
		}
	}
	if took := time.Since(began); took < 2*time.Second*9/10 {
		t.Errorf("he had his answers within %v", took)
	}
	if code := run("join 7-rabbit"); code != 0 {
		t.Fatalf("joining ends with %d", code)
	}
	for range 2 * askBurst {
		if code := run("who"); code != 0 {
			t.Errorf("somebody's exit is %d", code)
		}
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
