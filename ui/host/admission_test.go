package host

import (
	"net"
	"testing"
)

// TestAddressesAreLimited: an address has so many connections; but not this machine's
// own, from which an sshd passes everybody on.
func TestAddressesAreLimited(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.7:1": "address", "[2001:db8::7]:1": "address", "127.0.0.1:1": "", "127.9.9.9:1": "", "[::1]:1": "", "[::ffff:127.0.0.1]:1": "",
	} {
		a := newAdmission(Limits{ConnectionsPerAddress: 3}.orDefaults(), newMetrics(func() SoundStats { return SoundStats{} }))
		from, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		refused := ""
		for range 50 {
			if r := a.enter(&connection{network: networkOf(from)}); refused == "" {
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
