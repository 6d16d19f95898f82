package host

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	gossh "golang.org/x/crypto/ssh"

	"tring/calls"
)

// patience bounds every wait of these tests; nothing waits for so long unless it
// is broken.
const patience = 3 * time.Minute

// stand is a host with people whose keys it knows.
type stand struct {
	t      testing.TB
	host   *Host
	dir    string
	log    *lockedBuffer
	stop   context.CancelFunc
	served chan error

	mu      sync.Mutex
	people  map[string]calls.UserID // by fingerprint
	invites map[string]calls.UserID
}

// lockedBuffer is a buffer for many goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// open serves a host until the test ends; change may change its config. It has
// patience: where a test is not about one, no limit of time is met by a slow machine.
func open(t testing.TB, change func(*Config)) *stand {
	t.Helper()
	s := &stand{
		t: t, dir: t.TempDir(), log: &lockedBuffer{}, served: make(chan error, 1),
		people: map[string]calls.UserID{}, invites: map[string]calls.UserID{},
	}
	cfg := Config{
		Listen: "127.0.0.1:0", HostKey: filepath.Join(s.dir, "host_key"),
		Limits: Limits{Rate: 10_000, Handshake: patience, Stalled: patience, Dead: patience, Grace: time.Hour},
		Log:    slog.New(slog.NewTextHandler(s.log, nil)),
		Whose:  s.whose, Join: s.join, Run: runWords,
	}
	if change != nil {
		change(&cfg)
	}
	h, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h.waits.goodbye, h.waits.failed, h.waits.closed = patience, patience, patience
	s.host = h
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	go func() { s.served <- h.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		_ = h.Close()
		if err := s.over(); err != nil {
			t.Errorf("Serve: %v", err)
		}
		if t.Failed() {
			t.Logf("the host's log:\n%s", s.log)
		}
	})
	return s
}

// over waits for Serve's end.
func (s *stand) over() error {
	s.t.Helper()
	select {
	case err := <-s.served:
		s.served <- nil // for whoever asks next
		return err
	case <-time.After(patience):
		s.t.Fatal("Serve has not ended")
		return nil
	}
}

func (s *stand) whose(_ context.Context, key gossh.PublicKey) (calls.UserID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if user, ok := s.people[gossh.FingerprintSHA256(key)]; ok {
		return user, nil
	}
	return "", ErrUnknownKey
}

func (s *stand) join(_ context.Context, key gossh.PublicKey, invite string) (calls.UserID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	user, ok := s.invites[invite]
	if !ok {
		return "", errors.New("this invite is used, or expired,\nor never was")
	}
	delete(s.invites, invite)
	s.people[gossh.FingerprintSHA256(key)] = user
	return user, nil
}

// person makes a key, as a file of OpenSSH's too, and the account it belongs to.
func (s *stand) person(name string) gossh.Signer {
	signer := s.stranger(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.people[gossh.FingerprintSHA256(signer.PublicKey())] = calls.UserID(name)
	return signer
}

// stranger makes a key that nobody here knows, as a file too.
func (s *stand) stranger(name string) gossh.Signer {
	s.t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.keep(name, key)
}

func (s *stand) keep(name string, key any) gossh.Signer {
	s.t.Helper()
	block, err := gossh.MarshalPrivateKey(key, name)
	if err != nil {
		s.t.Fatal(err)
	}
	signer, err := gossh.NewSignerFromKey(key)
	if err != nil {
		s.t.Fatal(err)
	}
	write := func(path string, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	write(s.keyFile(name), pem.EncodeToMemory(block))
	write(s.keyFile(name)+".pub", gossh.MarshalAuthorizedKey(signer.PublicKey()))
	return signer
}

func (s *stand) keyFile(name string) string { return filepath.Join(s.dir, name) }

// dial logs in with the Go client.
func (s *stand) dial(key gossh.Signer) *gossh.Client {
	s.t.Helper()
	client, err := s.tryDial(key)
	if err != nil {
		s.t.Fatal(err)
	}
	return client
}

func (s *stand) tryDial(key gossh.Signer) (*gossh.Client, error) {
	client, err := gossh.Dial("tcp", s.host.Addr().String(), &gossh.ClientConfig{
		User: "anybody", Auth: []gossh.AuthMethod{gossh.PublicKeys(key)},
		HostKeyCallback: gossh.FixedHostKey(s.host.key), Timeout: patience,
	})
	if err == nil {
		s.t.Cleanup(func() { _ = client.Close() })
	}
	return client, err
}

// session is a session with its output kept.
type session struct {
	*gossh.Session
	out, err lockedBuffer
	in       io.WriteCloser
}

func (s *stand) session(c *gossh.Client) *session {
	s.t.Helper()
	w, err := newSession(c)
	if err != nil {
		s.t.Fatal(err)
	}
	return w
}

func newSession(c *gossh.Client) (*session, error) {
	sess, err := c.NewSession()
	if err != nil {
		return nil, err
	}
	w := &session{Session: sess}
	sess.Stdout, sess.Stderr = &w.out, &w.err
	w.in, err = sess.StdinPipe()
	return w, err
}

// start asks for a command with a terminal, and waits until it says "ready".
func (s *stand) start(c *gossh.Client, command string) *session {
	s.t.Helper()
	w, err := s.tryStart(c, command)
	if err != nil {
		s.t.Fatal(err)
	}
	return w
}

func (s *stand) tryStart(c *gossh.Client, command string) (*session, error) {
	s.t.Helper()
	w, err := newSession(c)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(w.RequestPty("xterm-256color", 30, 100, nil), w.Start(command)); err != nil {
		return nil, err
	}
	gone := make(chan error, 1)
	go func() { gone <- c.Wait() }()
	s.until(command+" is ready, or the connection gone", func() bool {
		select {
		case err = <-gone:
			return true
		default:
			return strings.Contains(w.out.String(), "ready")
		}
	})
	return w, err
}

// comeIn logs in at a host that gives its clients so little time that on a slow
// machine some are late, and then they come again. Without a command there is a
// channel on which nothing is asked for.
func (s *stand) comeIn(key gossh.Signer, command string) (c *gossh.Client, w *session) {
	s.t.Helper()
	s.until("somebody comes in with "+command, func() bool {
		var err error
		if c, err = s.tryDial(key); err != nil {
			return false
		}
		if command == "" {
			w, err = newSession(c)
		} else {
			w, err = s.tryStart(c, command)
		}
		if err != nil {
			_ = c.Close()
		}
		return err == nil
	})
	return c, w
}

// end waits for the session's exit code.
func (s *stand) end(w *session) int {
	s.t.Helper()
	done := make(chan error, 1)
	go func() { done <- w.Wait() }()
	select {
	case err := <-done:
		var exit *gossh.ExitError
		if errors.As(err, &exit) {
			return exit.ExitStatus()
		} else if err != nil {
			return -1 // the connection was cut
		}
		return 0
	case <-time.After(patience):
		s.t.Fatal("the session has not ended")
		return 0
	}
}

// until waits for a condition.
func (s *stand) until(what string, ok func() bool) {
	s.t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			s.t.Fatalf("not so: %s\n%s", what, s.log)
		}
		<-time.After(2 * time.Millisecond)
	}
}

// metric is the sum of a metric's series that have the label's value.
func (s *stand) metric(name, value string) float64 {
	s.t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(s.host.Collector())
	families, err := registry.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		if f.GetName() != "tring_ssh_"+name {
			continue
		}
		for _, m := range f.GetMetric() {
			if value == "" || m.GetLabel()[0].GetValue() == value {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

// ssh is the real client, with nothing of this machine's own settings. It skips
// the test where there is none.
func (s *stand) ssh(args ...string) *exec.Cmd { return s.openSSH("ssh", args...) }

func (s *stand) openSSH(program string, args ...string) *exec.Cmd {
	s.t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		s.t.Skipf("no %s here: install the OpenSSH client (packaging/deps test)", program)
	}
	host, port, _ := net.SplitHostPort(s.host.Addr().String())
	known := filepath.Join(s.dir, "known_hosts")
	line := fmt.Sprintf("[%s]:%s %s", host, port, gossh.MarshalAuthorizedKey(s.host.key))
	config := filepath.Join(s.dir, "config")
	text := fmt.Sprintf("Host phone\n HostName %s\n Port %s\n", host, port)
	if err := errors.Join(os.WriteFile(known, []byte(line), 0o600), os.WriteFile(config, []byte(text), 0o600)); err != nil {
		s.t.Fatal(err)
	}
	all := append([]string{"-F", config, "-o", "UserKnownHostsFile=" + known, "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"}, args...)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	s.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, path, all...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "TERM=xterm-256color"}
	return cmd
}

// runWords is what the people of these tests may do.
func runWords(ctx context.Context, l *Login) int {
	word := "screen"
	if len(l.Args) > 0 {
		word = l.Args[0]
	}
	switch word {
	case "who":
		_, _ = fmt.Fprintln(l.Out, l.User)
	case "words":
		_, _ = fmt.Fprintf(l.Out, "%q\n", l.Args[1:])
	case "environment":
		for _, name := range []string{"TERM", "LANG", "LC_ALL", "COLORTERM", "LD_PRELOAD", "PATH", "HOME", "SSH_AUTH_SOCK", "DISPLAY", "ACCESSIBLE", "TZ"} {
			_, _ = fmt.Fprintf(l.Out, "%s=%s ", name, l.Getenv(name))
		}
	case "screen", "call", "wait":
		l.InCall(word == "call")
		_, _ = fmt.Fprintln(l.Out, "ready")
		hold(ctx, l)
	case "flood":
		for ctx.Err() == nil {
			if _, err := l.Out.Write(bytes.Repeat([]byte("frame "), 1000)); err != nil {
				break
			}
		}
		<-ctx.Done()
	case "panic":
		panic("as asked")
	case "panic-beside": // and the rest of the phone hangs up in peace
		l.Guard.Go(func() { panic("as asked") })
		<-ctx.Done()
	case "panic-timer":
		l.Guard.After(0, func() { panic("as asked") })
		<-ctx.Done()
	case "panic-often":
		for range 3 {
			l.Guard.Run(func() { panic("as asked") })
		}
		<-ctx.Done()
	case "panic-stuck": // it waits for something else than its end
		l.Guard.Go(func() { panic("as asked") })
		_, _ = io.Copy(io.Discard, l.In)
	default:
		_, _ = fmt.Fprintf(l.Err, "unknown command %q\n", word)
		return exitUsage
	}
	return 0
}

// hold does what a person types: "e" ends his call, "q" his login.
func hold(ctx context.Context, l *Login) {
	keys := make(chan byte)
	go func() {
		for b := make([]byte, 1); ; {
			if _, err := l.In.Read(b); err != nil {
				return
			}
			select {
			case keys <- b[0]:
			case <-ctx.Done():
				return
			}
		}
	}()
	tell := func(left time.Duration) { _, _ = fmt.Fprintf(l.Out, "the host stops; calls end in %v\n", left) }
	for {
		select {
		case <-ctx.Done():
			select {
			case left := <-l.Leaving: // which came before
				tell(left)
			default:
			}
			return
		case k := <-keys:
			switch k {
			case 'e':
				l.InCall(false)
			case 'q':
				return
			}
			_, _ = fmt.Fprintf(l.Out, "typed %c\n", k)
		case left := <-l.Leaving:
			tell(left)
		}
	}
}
