//go:build unix

package host

import (
	"io"
	"syscall"
	"testing"
	"time"
)

// TestStoppedReader: a host stops although a client takes nothing at all.
func TestStoppedReader(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.host.waits.goodbye = 50 * time.Millisecond
	if err := s.hang(t, "flood"); err != nil {
		t.Fatal(err)
	}
	s.stop()
	if err := s.over(); err != nil {
		t.Error(err)
	}
}

// TestDeadPeer: a client that is alive for the kernel only is noticed.
func TestDeadPeer(t *testing.T) {
	t.Parallel()
	s := open(t, func(c *Config) {
		c.Limits.Keepalive, c.Limits.Dead = 100*time.Millisecond, 2*time.Second
	})
	for late := time.Now().Add(patience); ; {
		err := s.hang(t, "wait")
		if err == nil {
			break
		}
		if time.Now().After(late) { // than a slow machine's client, which was taken for dead before
			t.Fatal(err)
		}
	}
	s.until("it is over", func() bool { return s.metric("ended_total", "gone") >= 1 && s.metric("connections", "") == 0 })
}

// hang starts the real client with a command and stops it with SIGSTOP.
func (s *stand) hang(t *testing.T, command string) error {
	t.Helper()
	s.person("mallory")
	cmd := s.ssh("-tt", "-i", s.keyFile("mallory"), "phone", command)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if _, err := io.ReadFull(out, make([]byte, 5)); err != nil {
		return err
	}
	return cmd.Process.Signal(syscall.SIGSTOP)
}
