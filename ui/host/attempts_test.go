//go:debug rsa1024min=0
package host

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// attempts is what people try at an ssh server, and what comes of it here. The
// table of docs/security.md is made of it; TestAttempts holds them together.
var attempts = []struct {
	what, result string
	try          func(*testing.T, *stand)
}{
	{"a password, keyboard-interactive, no authentication at all", "refused: public keys only", noKey},
	{"a key that nobody here has", "one line that says how to be added; code 1", strangersKey},
	{"somebody else's name (`ssh -l bob`)", "the name means nothing: the key says who it is", othersName},
	{"offering somebody else's public key before one's own", "the key that signed says who it is", othersPublicKey},
	{"a certificate, an RSA key of 1024 bits", "refused", weakKeys},
	{"an RSA key with SHA-1 (`ssh-rsa`)", "refused; with SHA-2 it is let in", sha1},
	{"old algorithms: group14-sha1, nistp256, AES-CBC, AES-CTR, an RSA host key", "nothing in common; no connection", oldAlgorithms},
	{"`ssh -L`, `-D`, `-W`, a tunnel to a socket of the host", "every channel is refused; nothing is dialled", localForward},
	{"`ssh -R`, of a port and of a socket", "refused; nothing listens", remoteForward},
	{"`ssh -w` (a network tunnel)", "refused", tunnel},
	{"`ssh -A` (the agent)", "refused; the host never asks an agent", agent},
	{"`ssh -Y` (X11)", "refused", x11},
	{"`sftp`, `scp`", "refused: no such subsystem, no such command", copying},
	{"a subsystem other than `audio` and `audio-opus`", "refused", otherSubsystem},
	{"a command that is none, a shell's `;`, `$(…)`, `|`", "one line, code 2; no shell reads it", otherCommand},
	{"a command with control characters or an open quote", "one line, code 2", garbledCommand},
	{"a command of 100 kB", "refused", hugeCommand},
	{"environment of any kind (`LD_PRELOAD`, `PATH`, …)", "only TERM, LANG, LC_*, COLORTERM, NO_COLOR, ACCESSIBLE and TZ arrive, of plain signs; TZ is a name, never a path", variables},
	{"a thousand variables", "32 are looked at", manyVariables},
	{"a second terminal, a second command on one channel", "refused", second},
	{"signals, breaks, made-up requests", "refused", madeUp},
	{"requests in a flood", "more than the limit are refused, the session goes on", requestFlood},
}

// security is the page with the table.
const security = "../../docs/security.md"

func TestAttempts(t *testing.T) {
	t.Parallel()
	table := "| attempt | result |\n|---|---|\n"
	s := open(t, nil)
	for _, name := range []string{"alice", "bob"} {
		s.person(name)
	}
	for _, a := range attempts {
		table += fmt.Sprintf("| %s | %s |\n", strings.ReplaceAll(a.what, "|", `\|`), a.result)
		t.Run(a.what, func(t *testing.T) { a.try(t, s) })
	}
	page, err := os.ReadFile(security)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(page, []byte(table)) {
		t.Errorf("%s does not have this table:\n\n%s", security, table)
	}
	if who := s.says(t, s.as("alice", "who"), 0); who != "alice\n" {
		t.Errorf("after all that alice is %q", who)
	}
}

// as is the real client with a person's key.
func (s *stand) as(name string, args ...string) *exec.Cmd {
	return s.with(name, nil, args...)
}

// with is as with options before the host's name.
func (s *stand) with(name string, options []string, args ...string) *exec.Cmd {
	all := append([]string{"-i", s.keyFile(name)}, options...)
	return s.ssh(append(append(all, "phone"), args...)...)
}

// says runs a client and returns all that it says. Its exit code must be the one
// given, and what it says must match.
func (s *stand) says(t *testing.T, cmd *exec.Cmd, code int, match ...string) string {
	t.Helper()
	out, err := cmd.CombinedOutput()
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if got != code {
		t.Errorf("%v: exit code %d, want %d: %s", cmd.Args, got, code, out)
	}
	for _, m := range match {
		if !regexp.MustCompile(m).Match(out) {
			t.Errorf("%v says %q, not %s", cmd.Args, out, m)
		}
	}
	return string(out)
}

func (s *stand) signer(t *testing.T, name string) gossh.Signer {
	t.Helper()
	text, err := os.ReadFile(s.keyFile(name))
	if err != nil {
		t.Fatal(err)
	}
	key, err := gossh.ParsePrivateKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func noKey(t *testing.T, s *stand) {
	for _, method := range []string{"password", "keyboard-interactive", "none", "hostbased", "gssapi-with-mic"} {
		s.says(t, s.with("alice", []string{"-o", "PreferredAuthentications=" + method}, "who"), 255, `Permission denied \(publickey\)`)
	}
	_, err := gossh.Dial("tcp", s.host.Addr().String(), &gossh.ClientConfig{
		User: "alice", Auth: []gossh.AuthMethod{gossh.Password("secret")}, HostKeyCallback: gossh.FixedHostKey(s.host.key),
	})
	if err == nil {
		t.Error("a password opens")
	}
}

func strangersKey(t *testing.T, s *stand) {
	s.stranger("mallory")
	for _, command := range []string{"", "who", "audio"} {
		said := s.says(t, s.as("mallory", command), exitFailed, `nobody here has the key SHA256:.*join CODE.*tring user add`)
		if strings.Count(said, "tring:") != 1 || !strings.HasSuffix(said, "`.\n") {
			t.Errorf("%q: %q is not one line", command, said)
		}
	}
}

func othersName(t *testing.T, s *stand) {
	if who := s.says(t, s.with("alice", []string{"-l", "bob"}, "who"), 0); who != "alice\n" {
		t.Errorf("it is %q", who)
	}
}

func othersPublicKey(t *testing.T, s *stand) {
	public, err := os.ReadFile(s.keyFile("bob") + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	// The client offers what it has of bob's, which is no private key.
	only := s.keyFile("bobs.pub")
	if err := os.WriteFile(only, public, 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ := s.ssh("-v", "-i", only, "-i", s.keyFile("alice"), "phone", "who").CombinedOutput()
	if !strings.Contains(string(out), "Offering public key: "+only) || !regexp.MustCompile(`(?m)^alice\r?$`).Match(out) {
		t.Errorf("it says\n%s", out)
	}
}

func weakKeys(t *testing.T, s *stand) {
	ca, alice := s.signer(t, "bob"), s.signer(t, "alice")
	cert := &gossh.Certificate{
		Key: alice.PublicKey(), CertType: gossh.UserCert, ValidPrincipals: []string{"alice"}, ValidBefore: gossh.CertTimeInfinity,
	}
	if err := cert.SignCert(rand.Reader, ca); err != nil {
		t.Fatal(err)
	}
	certified, err := gossh.NewCertSigner(cert, alice)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.tryDial(certified); err == nil {
		t.Error("a certificate opens")
	}
	if _, err := s.tryDial(rsaKey(t, 1024)); err == nil {
		t.Error("1024 bits open")
	}
	if _, err := s.tryDial(rsaKey(t, 2048)); err != nil {
		t.Errorf("2048 bits: %v", err)
	}
}

func rsaKey(t *testing.T, bits int) gossh.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := gossh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func sha1(t *testing.T, s *stand) {
	signer := rsaKey(t, 2048)
	with := func(algorithm string) error {
		only, err := gossh.NewSignerWithAlgorithms(signer.(gossh.AlgorithmSigner), []string{algorithm})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.tryDial(only)
		return err
	}
	if with(gossh.KeyAlgoRSA) == nil {
		t.Error("ssh-rsa opens")
	}
	for _, algorithm := range []string{gossh.KeyAlgoRSASHA256, gossh.KeyAlgoRSASHA512} {
		if err := with(algorithm); err != nil {
			t.Errorf("%s: %v", algorithm, err)
		}
	}
}

func oldAlgorithms(t *testing.T, s *stand) {
	for _, option := range []string{
		"KexAlgorithms=diffie-hellman-group14-sha1", "KexAlgorithms=ecdh-sha2-nistp256",
		"Ciphers=aes128-cbc", "Ciphers=aes128-ctr", "HostKeyAlgorithms=ssh-rsa,rsa-sha2-512",
	} {
		s.says(t, s.with("alice", []string{"-o", option}, "who"), 255, "no matching")
	}
	for _, option := range []string{
		"KexAlgorithms=curve25519-sha256", "KexAlgorithms=curve25519-sha256@libssh.org",
		"Ciphers=aes128-gcm@openssh.com", "Ciphers=aes256-gcm@openssh.com", "Ciphers=chacha20-poly1305@openssh.com",
	} {
		s.says(t, s.with("alice", []string{"-o", option}, "who"), 0)
	}
}

// localForward: the target hears nothing, whichever way it is asked for.
func localForward(t *testing.T, s *stand) {
	dialled := make(chan string, 4)
	listen := func(network, address string) net.Addr {
		target, err := net.Listen(network, address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = target.Close() })
		go func() {
			if conn, err := target.Accept(); err == nil {
				_ = conn.Close()
				dialled <- network
			}
		}()
		return target.Addr()
	}
	port := listen("tcp", "127.0.0.1:0").(*net.TCPAddr)
	socket := listen("unix", filepath.Join(s.dir, "target"))
	s.says(t, s.ssh("-i", s.keyFile("alice"), "-W", port.String(), "phone"), 255, "open failed|forwarding failed")

	// What a program says to a SOCKS proxy: no authentication; connect to that port.
	socks := append([]byte{5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1}, byte(port.Port>>8), byte(port.Port))
	s.forward(t, "-L", ":"+port.String(), nil)
	s.forward(t, "-L", ":"+socket.String(), nil)
	s.forward(t, "-D", "", socks)

	client := s.dial(s.signer(t, "alice"))
	for _, kind := range []string{"direct-tcpip", "direct-streamlocal@openssh.com", "forwarded-tcpip", "x11", "auth-agent@openssh.com"} {
		if _, _, err := client.OpenChannel(kind, nil); err == nil {
			t.Errorf("a channel of kind %s opens", kind)
		}
	}
	select {
	case network := <-dialled:
		t.Errorf("the host has dialled a %s address", network)
	default:
	}
}

// forward lets the real client forward a port of its own, and says something to it.
// It is cut off there; the session beside it goes on.
func (s *stand) forward(t *testing.T, option, to string, words []byte) {
	t.Helper()
	local := s.unused()
	cmd := s.with("alice", []string{"-tt", "-o", "ExitOnForwardFailure=yes", option, local + to}, "wait")
	keys, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var through net.Conn
	s.until("the client listens", func() bool {
		var err error
		through, err = net.Dial("tcp", local)
		return err == nil
	})
	_, _ = through.Write(words)
	// A SOCKS proxy answers twelve bytes of its own.
	if said, _ := io.ReadAll(io.LimitReader(through, 100)); len(said) > len(words) {
		t.Errorf("%s %s: %q comes through", option, to, said)
	}
	_, _ = io.WriteString(keys, "q")
	if err := cmd.Wait(); err != nil {
		t.Errorf("%s %s: the session beside it: %v", option, to, err)
	}
}

// unused is an address where nobody listens: not one of those that a system gives to
// who asks for any, for it gives them to others meanwhile.
func (s *stand) unused() (address string) {
	s.t.Helper()
	s.until("a port is free", func() bool {
		address = fmt.Sprintf("127.0.0.1:%d", 10_000+mathrand.IntN(20_000))
		free, err := net.Listen("tcp", address)
		if err == nil {
			_ = free.Close()
		}
		return err == nil
	})
	return address
}

func remoteForward(t *testing.T, s *stand) {
	for _, what := range []string{"0:127.0.0.1:1", filepath.Join(s.dir, "socket") + ":127.0.0.1:1"} {
		s.says(t, s.with("alice", []string{"-o", "ExitOnForwardFailure=yes", "-R", what}, "who"), 255, "remote port forwarding failed")
	}
	if _, err := os.Stat(filepath.Join(s.dir, "socket")); err == nil {
		t.Error("there is a socket")
	}
}

func tunnel(t *testing.T, s *stand) {
	client := s.dial(s.signer(t, "alice"))
	// The real client makes the device first, which takes root; this is what it asks then.
	payload := gossh.Marshal(struct{ Mode, Unit uint32 }{1, 0x7fffffff})
	if _, _, err := client.OpenChannel("tun@openssh.com", payload); err == nil {
		t.Error("a tunnel opens")
	}
}

func agent(t *testing.T, s *stand) {
	path, err := exec.LookPath("ssh-agent")
	if err != nil {
		t.Skip("no ssh-agent here")
	}
	socket := filepath.Join(t.TempDir(), "agent")
	daemon := exec.Command(path, "-D", "-a", socket)
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	defer daemon.Wait()         //nolint:errcheck // it was killed
	defer daemon.Process.Kill() //nolint:errcheck // as it is here
	s.until("the agent listens", func() bool {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	before := s.metric("refused_total", "request")
	cmd := s.with("alice", []string{"-A"}, "environment")
	cmd.Env = append(cmd.Env, "SSH_AUTH_SOCK="+socket)
	s.says(t, cmd, 0, "SSH_AUTH_SOCK= ")
	if s.metric("refused_total", "request") == before {
		t.Error("nothing was refused")
	}
}

func x11(t *testing.T, s *stand) {
	cmd := s.with("alice", []string{"-Y"}, "environment")
	cmd.Env = append(cmd.Env, "DISPLAY=127.0.0.1:77")
	s.says(t, cmd, 0, "DISPLAY= ", "X11 forwarding request failed")
}

func copying(t *testing.T, s *stand) {
	file := filepath.Join(s.dir, "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	key := s.keyFile("alice")
	s.says(t, s.openSSH("sftp", "-i", key, "phone"), 255, "subsystem request failed")
	s.says(t, s.openSSH("scp", "-i", key, file, "phone:x"), 255, "subsystem request failed")
	s.says(t, s.openSSH("scp", "-O", "-i", key, file, "phone:x"), 1, "unknown command|lost connection")
	s.says(t, s.openSSH("scp", "-O", "-i", key, "phone:/etc/passwd", s.dir), 1, "unknown command")
}

func otherSubsystem(t *testing.T, s *stand) {
	for _, name := range []string{"netconf", "audio-flac", "../audio", ""} {
		sess := s.session(s.dial(s.signer(t, "alice")))
		if err := sess.RequestSubsystem(name); err == nil {
			t.Errorf("%q opens", name)
		}
	}
}

func otherCommand(t *testing.T, s *stand) {
	s.says(t, s.as("alice", "/bin/sh", "-c", "id"), exitUsage, `unknown command "/bin/sh"`)
	for _, command := range []string{`words a;id`, "words `id` $(id)", "words a|id >x <y &", `words "two words" 'a'`} {
		said := s.says(t, s.as("alice", command), 0)
		if strings.Contains(said, "uid=") || !strings.HasPrefix(said, "[") {
			t.Errorf("%s says %q", command, said)
		}
	}
}

func garbledCommand(t *testing.T, s *stand) {
	for _, command := range []string{`words "open`, "words \x1b[2J", "words \xff", "who\nwho", "audio flac", "audio opus x"} {
		w := s.session(s.dial(s.signer(t, "alice")))
		if err := w.Start(command); err != nil {
			t.Fatal(err)
		}
		if code := s.end(w); code != exitUsage || strings.Count(w.err.String(), "\n") != 1 || strings.Contains(w.err.String(), "\x1b") {
			t.Errorf("%q: code %d, %q", command, code, w.err.String())
		}
	}
}

func hugeCommand(t *testing.T, s *stand) {
	s.says(t, s.as("alice", "words "+strings.Repeat("x", 100_000)), 255, "exec request failed")
	s.says(t, s.as("alice", "words "+strings.Repeat("x", 1000)), 0)
}

func variables(t *testing.T, s *stand) {
	cmd := s.with("alice", []string{
		"-tt", "-o", "SetEnv=LD_PRELOAD=/tmp/evil.so PATH=/tmp HOME=/tmp LANG=de_DE.UTF-8 COLORTERM=truecolor LC_ALL=$(id)",
	}, "environment")
	s.says(t, cmd, 0, `^TERM=xterm-256color LANG=de_DE.UTF-8 LC_ALL= COLORTERM=truecolor LD_PRELOAD= PATH= HOME= `)
}

func manyVariables(t *testing.T, s *stand) {
	w := s.session(s.dial(s.signer(t, "alice")))
	taken := 0
	for range 1000 {
		if w.Setenv("LANG", "C") == nil {
			taken++
		}
	}
	if taken > maxEnv {
		t.Errorf("%d were taken", taken)
	}
}

func second(t *testing.T, s *stand) {
	w := s.start(s.dial(s.signer(t, "alice")), "wait")
	if err := w.RequestPty("xterm", 24, 80, nil); err == nil {
		t.Error("a second terminal")
	}
	for _, kind := range []string{"exec", "shell", "subsystem"} {
		if ok, err := w.SendRequest(kind, true, gossh.Marshal(struct{ V string }{"audio"})); ok || err != nil {
			t.Errorf("a second %s: %v, %v", kind, ok, err)
		}
	}
	_, _ = io.WriteString(w.in, "q")
	if code := s.end(w); code != 0 {
		t.Errorf("code %d", code)
	}
}

func madeUp(t *testing.T, s *stand) {
	client := s.dial(s.signer(t, "alice"))
	w := s.start(client, "wait")
	for _, kind := range []string{"signal", "break", "xon-xoff", "eow@openssh.com", "x11-req", "auth-agent-req@openssh.com", "made-up"} {
		if ok, err := w.SendRequest(kind, true, gossh.Marshal(struct{ V string }{"KILL"})); ok || err != nil {
			t.Errorf("%s: %v, %v", kind, ok, err)
		}
	}
	for _, kind := range []string{"tcpip-forward", "streamlocal-forward@openssh.com", "hostkeys-prove-00@openssh.com", "made-up"} {
		if ok, _, err := client.SendRequest(kind, true, nil); ok || err != nil {
			t.Errorf("%s: %v, %v", kind, ok, err)
		}
	}
	_, _ = io.WriteString(w.in, "x")
	s.until("the session goes on", func() bool { return strings.Contains(w.out.String(), "typed x") })
}

func requestFlood(t *testing.T, s *stand) {
	w := s.start(s.dial(s.signer(t, "alice")), "wait")
	before := s.metric("refused_total", "request")
	for range 5000 {
		if _, err := w.SendRequest("shell", false, nil); err != nil {
			t.Fatal(err)
		}
	}
	_, _ = io.WriteString(w.in, "x")
	s.until("the session goes on", func() bool { return strings.Contains(w.out.String(), "typed x") })
	if n := s.metric("refused_total", "request") - before; n < 4000 {
		t.Errorf("%v refused", n)
	}
}
