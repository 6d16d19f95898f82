package host

import (
	"io"
	"runtime"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// bench is a stand for a benchmark.
func bench(b *testing.B, change func(*Config)) (*stand, gossh.Signer) {
	b.Helper()
	s := open(b, func(c *Config) {
		c.Log = nil
		c.Limits.LoginsPerKey, c.Limits.ConnectionsPerAddress, c.Limits.Rate = 1<<20, 1<<20, 1<<20
		if change != nil {
			change(c)
		}
	})
	return s, s.person("alice")
}

// BenchmarkLogin is the host's part of a login: TCP, handshake, key, terminal, and
// the first word on the screen; the client's part is in it, too.
func BenchmarkLogin(b *testing.B) {
	s, alice := bench(b, nil)
	for b.Loop() {
		w, client := s.word(b, alice)
		_ = w.Close()
		_ = client.Close()
	}
}

// word logs in with a terminal and reads the first word.
func (s *stand) word(b *testing.B, key gossh.Signer) (*gossh.Session, *gossh.Client) {
	b.Helper()
	client, err := gossh.Dial("tcp", s.host.Addr().String(), &gossh.ClientConfig{
		Auth: []gossh.AuthMethod{gossh.PublicKeys(key)}, HostKeyCallback: gossh.FixedHostKey(s.host.key),
	})
	if err != nil {
		b.Fatal(err)
	}
	w, err := client.NewSession()
	if err != nil {
		b.Fatal(err)
	}
	out, err := w.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := w.RequestPty("xterm", 24, 80, nil); err != nil {
		b.Fatal(err)
	}
	if err := w.Start("wait"); err != nil {
		b.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("ready"))); err != nil {
		b.Fatal(err)
	}
	return w, client
}

// BenchmarkIdleLogin is what a login that waits costs in memory, its client and its
// client's connection included.
func BenchmarkIdleLogin(b *testing.B) {
	s, alice := bench(b, nil)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	logins := 0
	for b.Loop() {
		s.word(b, alice)
		logins++
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapInuse+after.StackInuse-before.HeapInuse-before.StackInuse)/float64(logins)/1024, "KiB/login")
}
