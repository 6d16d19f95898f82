package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"tring/calls"
)

func TestLogin(t *testing.T) {
	s := open(t, nil)
	c := s.dial(s.person("alice"))
	w := s.start(c, "wait")
	if _, err := io.WriteString(w.in, "q"); err != nil {
		t.Fatal(err)
	}
	if code := s.end(w); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if out := w.out.String(); out != "ready\r\n" {
		t.Errorf("a terminal's lines end with CR LF, here: %q", out)
	}
	if !strings.Contains(s.log.String(), "user=alice") || !strings.Contains(s.log.String(), "key=SHA256:") {
		t.Errorf("the log names user and key:\n%s", s.log)
	}
}

// TestHostKey: it is made for its owner alone, kept, and not taken when others
// have had it.
func TestHostKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "host_key")
	first, err := Key(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Key(path)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := gossh.FingerprintSHA256(first.PublicKey()), gossh.FingerprintSHA256(again.PublicKey()); a != b || first.PublicKey().Type() != "ssh-ed25519" {
		t.Errorf("made %s, read %s, of type %s", a, b, first.PublicKey().Type())
	}
	if public, err := os.ReadFile(path + ".pub"); err != nil || !bytes.Equal(public, gossh.MarshalAuthorizedKey(first.PublicKey())) {
		t.Errorf("its public half is %q, %v", public, err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := Key(path); err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that others may read: %v", err)
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.invites["7-rabbit"] = "dave"
	key := s.stranger("dave")
	run := func(command string) (int, string, string) {
		w := s.session(s.dial(key))
		if err := w.Start(command); err != nil {
			t.Fatal(err)
		}
		code := s.end(w)
		return code, w.out.String(), w.err.String()
	}
	if code, _, said := run("who"); code != exitFailed || !strings.Contains(said, "ssh -t HOST join CODE") ||
		!strings.Contains(said, gossh.FingerprintSHA256(key.PublicKey())) || strings.Count(said, "\n") != 1 {
		t.Errorf("a stranger: code %d, %q", code, said)
	}
	if code, _, said := run("join"); code != exitUsage || !strings.Contains(said, "join CODE") {
		t.Errorf("join without a code: %d, %q", code, said)
	}
	if code, _, said := run("join 8-rabbit"); code != exitFailed || strings.Count(said, "\n") != 1 || !strings.Contains(said, "this invite is used") {
		t.Errorf("a wrong invite: %d, %q", code, said)
	}
	if code, out, _ := run("join 7-rabbit"); code != 0 || !strings.Contains(out, "You are dave here") {
		t.Errorf("join: %d, %q", code, out)
	}
	if code, out, _ := run("who"); code != 0 || out != "dave\n" {
		t.Errorf("after it: %d, %q", code, out)
	}
	for tries := 0; ; tries++ { // of which a slow machine gives some back meanwhile
		code, _, said := run("join 9-rabbit")
		if code == exitFailed && strings.Contains(said, "too many tries") {
			break
		}
		if tries > 10*joinBurst {
			t.Fatalf("guessing: %d, %q", code, said)
		}
	}
}

// TestWhoseFails: a server that does not answer is not a stranger's case.
func TestWhoseFails(t *testing.T) {
	s := open(t, func(c *Config) {
		c.Whose = func(context.Context, gossh.PublicKey) (calls.UserID, error) {
			return "", errors.New("dial tcp 192.0.2.1: secret detail")
		}
	})
	w := s.session(s.dial(s.person("alice")))
	if err := w.Start("who"); err != nil {
		t.Fatal(err)
	}
	if code := s.end(w); code != exitFailed || !strings.Contains(w.err.String(), "try again") || strings.Contains(w.err.String(), "192.0.2.1") {
		t.Errorf("code %d, %q", code, w.err.String())
	}
}

func TestLoginsPerKey(t *testing.T) {
	s := open(t, func(c *Config) { c.Limits.LoginsPerKey = 2 })
	alice := s.person("alice")
	one, two := s.start(s.dial(alice), "wait"), s.start(s.dial(alice), "wait")
	three := s.session(s.dial(alice))
	if err := three.Start("wait"); err != nil {
		t.Fatal(err)
	}
	if code := s.end(three); code != exitFailed || !strings.Contains(three.err.String(), "too often") {
		t.Errorf("the third: %d, %q", code, three.err.String())
	}
	s.start(s.dial(s.person("bob")), "wait") // is another
	_, _ = io.WriteString(one.in, "q")
	s.end(one)
	s.start(s.dial(alice), "wait")
	_ = two
}

func TestChannelsPerConnection(t *testing.T) {
	s := open(t, func(c *Config) { c.Limits.Channels = 2 })
	c := s.dial(s.person("alice"))
	one := s.start(c, "wait")
	s.start(c, "wait")
	if _, err := c.NewSession(); err == nil || !strings.Contains(err.Error(), "too many channels") {
		t.Errorf("the third channel: %v", err)
	}
	_, _ = io.WriteString(one.in, "q")
	s.end(one)
	s.until("a place is free again", func() bool {
		sess, err := c.NewSession()
		if err == nil {
			_ = sess.Close()
		}
		return err == nil
	})
}

// TestCrowd: a thousand connections that never say who they are keep nobody else
// out, whether they come from one address or from many.
func TestCrowd(t *testing.T) {
	t.Parallel()
	from := func(int) net.IP { return net.IPv4(127, 0, 1, 1) }
	t.Run("one address", func(t *testing.T) { crowd(t, 1000, from) })
	t.Run("many addresses", func(t *testing.T) {
		crowd(t, 1000, func(i int) net.IP { return net.IPv4(127, 0, byte(2+i/200), byte(1+i%200)) })
	})
}

func crowd(t *testing.T, size int, from func(int) net.IP) {
	if runtime.GOOS != "linux" {
		t.Skip("only here is all of 127.0.0.0/8 this machine")
	}
	s := open(t, nil)
	alice := s.person("alice")
	limits := s.host.cfg.Limits
	for i := range size {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: from(i)}}
		conn, err := d.Dial("tcp", s.host.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close() //nolint:errcheck // it says nothing
		if i%100 == 50 {
			s.start(s.dial(alice), "wait").Close() //nolint:errcheck // likewise
		}
	}
	s.until("all are judged", func() bool {
		return s.metric("refused_total", "")+s.metric("strangers", "") >= float64(size)
	})
	if n := s.metric("strangers", ""); int(n) > limits.Startups {
		t.Errorf("%v are waited for, of at most %d", n, limits.Startups)
	}
	s.start(s.dial(alice), "wait")
}

// TestNobody: a connection that says nothing, one that asks for nothing, and one
// that talks of something else, are closed; people stay.
func TestNobody(t *testing.T) {
	t.Parallel()
	s := open(t, func(c *Config) { c.Limits.Handshake = 1500 * time.Millisecond })
	_, alice := s.comeIn(s.person("alice"), "wait")
	ended := make(chan string, 5)
	for name, words := range map[string]string{
		"silence": "", "the web": "GET / HTTP/1.1\r\n\r\n", "garbage": strings.Repeat("\xff\x00", 100_000),
	} {
		conn, err := net.Dial("tcp", s.host.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			_, _ = io.WriteString(conn, words)
			_, _ = io.Copy(io.Discard, conn)
			ended <- name
		}()
	}
	mute, _ := s.comeIn(s.stranger("mallory"), "")
	half, _ := s.comeIn(s.person("bob"), "wait")
	_, _ = half.NewSession()
	for name, client := range map[string]*gossh.Client{"a stranger": mute, "a channel without a command": half} {
		go func() {
			_ = client.Wait()
			ended <- name
		}()
	}
	for range 5 {
		select {
		case <-ended:
		case <-time.After(patience):
			t.Fatal("one of them is still connected")
		}
	}
	s.until("only alice is left", func() bool { return s.metric("connections", "") == 1 })
	_, _ = io.WriteString(alice.in, "x")
	s.until("alice goes on", func() bool { return strings.Contains(alice.out.String(), "typed x") })
}

// TestStrangersMemory: a stranger may leave little here that nobody reads.
func TestStrangersMemory(t *testing.T) {
	t.Parallel()
	s := open(t, func(c *Config) { c.Limits.Handshake = 1500 * time.Millisecond })
	_, w := s.comeIn(s.stranger("mallory"), "")
	for flood := make([]byte, 32<<10); ; {
		if _, err := w.in.Write(flood); err != nil {
			break
		}
	}
	if n := s.metric("bytes_total", "in"); n > 1<<20 {
		t.Errorf("%v bytes were taken", n)
	}
}

// TestPanic: it ends the login that it is of, and is told.
func TestPanic(t *testing.T) {
	s := open(t, nil)
	alice := s.dial(s.person("alice"))
	bob := s.start(s.dial(s.person("bob")), "wait")
	other := s.start(alice, "wait")
	s.host.waits.failed = 10 * time.Millisecond
	for n, kind := range []string{"panic", "panic-beside", "panic-timer", "panic-often", "panic-stuck"} {
		w := s.session(alice)
		if err := w.Start(kind); err != nil {
			t.Fatal(err)
		}
		if code := s.end(w); code != exitFailed || strings.Count(w.err.String(), "\n") != 1 {
			t.Errorf("%s: code %d, %q", kind, code, w.err.String())
		}
		if got := s.metric("panics_total", ""); got != float64(n+1) {
			t.Errorf("%s: %v panics counted", kind, got)
		}
		if got := s.metric("ended_total", "panic"); got != float64(n+1) {
			t.Errorf("%s: %v logins ended by one", kind, got)
		}
		if got := strings.Count(s.log.String(), "runWords"); got <= n {
			t.Errorf("%s: no stack is logged", kind)
		}
	}
	for _, w := range []*session{bob, other} {
		_, _ = io.WriteString(w.in, "x")
		s.until("the others go on", func() bool { return strings.Contains(w.out.String(), "typed x") })
	}
}

// TestResizes: a storm of window changes brings the last, and few of the others.
func TestResizes(t *testing.T) {
	t.Parallel()
	const storm = 5000
	gate, done := make(chan struct{}), make(chan []Size, 1)
	s := open(t, func(c *Config) {
		c.Run = func(_ context.Context, l *Login) int {
			sizes := []Size{l.Terminal.Size}
			_, _ = fmt.Fprintln(l.Out, "ready")
			<-gate
			for size := range l.Terminal.Resized {
				if sizes = append(sizes, size); size.Height == 33 {
					break
				}
			}
			done <- sizes
			return 0
		}
	})
	w := s.start(s.dial(s.person("alice")), "x")
	for i := range storm {
		if err := w.WindowChange(24, 10+i%300); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.WindowChange(33, 120); err != nil {
		t.Fatal(err)
	}
	s.until("the storm has come in", func() bool { return s.metric("resizes_dropped_total", "") >= storm })
	close(gate)
	if code := s.end(w); code != 0 {
		t.Errorf("code %d", code)
	}
	if sizes := <-done; len(sizes) != 2 || sizes[0] != (Size{100, 30}) || sizes[1] != (Size{120, 33}) {
		t.Errorf("sizes %v", sizes)
	}
}

func TestClamp(t *testing.T) {
	for _, c := range []struct {
		w, h uint32
		want Size
	}{
		{0, 0, Size{80, 24}},
		{120, 0, Size{120, 24}},
		{1, 1, Size{1, 1}},
		{1000, 1000, Size{500, 200}},
		{1 << 31, 40, Size{500, 40}},
	} {
		if got := clamp(c.w, c.h); got != c.want {
			t.Errorf("%d×%d is taken as %v, want %v", c.w, c.h, got, c.want)
		}
	}
}

func TestEnvironment(t *testing.T) {
	for _, c := range []struct {
		term string
		said []string
		name string
		want string
	}{
		{"xterm-256color", nil, "TERM", "xterm-256color"},
		{"", nil, "TERM", "dumb"},
		{"xterm\x1b]0;owned\a", nil, "TERM", "dumb"},
		{"../../etc/passwd", nil, "TERM", "dumb"},
		{strings.Repeat("x", 10_000), nil, "TERM", "dumb"},
		{"xterm", []string{"LANG=de_DE.UTF-8"}, "LANG", "de_DE.UTF-8"},
		{"xterm", []string{"LC_TIME=$(id)"}, "LC_TIME", ""},
		{"xterm", []string{"TZ=America/Argentina/Ushuaia"}, "TZ", "America/Argentina/Ushuaia"},
		{"xterm", []string{"TZ=Etc/GMT+5"}, "TZ", "Etc/GMT+5"},
		{"xterm", []string{"TZ=UTC"}, "TZ", "UTC"},
		{"xterm", []string{"TZ=/etc/passwd"}, "TZ", ""},
		{"xterm", []string{"TZ=:/etc/localtime"}, "TZ", ""},
		{"xterm", []string{"TZ=Europe/../../../etc/passwd"}, "TZ", ""},
		{"xterm", []string{"TZ=Europe//Berlin"}, "TZ", ""},
		{"xterm", []string{"TZ=Europe/"}, "TZ", ""},
		{"xterm", []string{"LC_time=C"}, "LC_time", ""},
		{"xterm", []string{"LD_PRELOAD=x.so"}, "LD_PRELOAD", ""},
		{"xterm", []string{"TERM=vt52"}, "TERM", "xterm"},
		{"xterm", []string{"COLORTERM=truecolor", "COLORTERM=24bit"}, "COLORTERM", "24bit"},
		{"xterm", nil, "HOME", ""},
	} {
		if got := environment(c.term, true, c.said)(c.name); got != c.want {
			t.Errorf("TERM %.20q, %.40q: %s is %q, want %q", c.term, c.said, c.name, got, c.want)
		}
	}
	if got := environment("", false, nil)("TERM"); got != "" {
		t.Errorf("without a terminal TERM is %q", got)
	}
}

// TestNetwork: a subscriber of IPv6 is one, whatever address of his he takes.
func TestNetwork(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.7:4711":         "192.0.2.7",
		"[::ffff:192.0.2.7]:1":   "192.0.2.7",
		"[2001:db8:1:2:3::4]:22": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:22":      "fe80::/64",
	} {
		a, err := net.ResolveTCPAddr("tcp", strings.Replace(addr, "%eth0", "", 1))
		if err != nil {
			t.Fatal(err)
		}
		if got := networkOf(a); got != want {
			t.Errorf("%s counts as %s, want %s", addr, got, want)
		}
	}
}

// TestAdmission: addresses that are gone take no memory for good.
func TestAdmission(t *testing.T) {
	a := newAdmission(Limits{Rate: 1000, LoginsPerKey: 1}.orDefaults(), newMetrics(func() SoundStats { return SoundStats{} }))
	for i := range 20 * fewNetworks {
		a.network(fmt.Sprintf("198.51.%d.%d", i/256, i%256))
	}
	if n := len(a.networks); n > 2*fewNetworks {
		t.Errorf("%d addresses are remembered", n)
	}
	key := holder{"login", "SHA256:x"}
	if !a.hold(key) || a.hold(key) || !a.hold(holder{"sound", "SHA256:x"}) {
		t.Error("a key has one place for logins here, and one for sound")
	}
	a.give(key)
	if !a.hold(key) {
		t.Error("a place given back is free")
	}
}
