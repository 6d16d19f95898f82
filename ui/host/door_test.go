package host

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/anmitsu/go-shlex"
	"github.com/prometheus/client_golang/prometheus"
	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/time/rate"
)

// FuzzDoor: whatever a client asks for, the door stays up, and what it passes on is
// within bounds.
func FuzzDoor(f *testing.F) {
	pty := gossh.Marshal(struct {
		Term                          string
		Width, Height, PixelW, PixelH uint32
		Modes                         string
	}{"xterm", 80, 24, 0, 0, "\x00"})
	f.Add("pty-req", pty)
	f.Add("window-change", gossh.Marshal(struct{ W, H, PW, PH uint32 }{0, 1 << 31, 0, 0}))
	f.Add("env", gossh.Marshal(struct{ Name, Value string }{"LANG", "de_DE.UTF-8"}))
	f.Add("exec", gossh.Marshal(struct{ Command string }{`call "bob" '`}))
	f.Add("subsystem", gossh.Marshal(struct{ Name string }{"audio"}))
	f.Add("auth-agent-req@openssh.com", []byte{0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, kind string, payload []byte) {
		counter := prometheus.NewCounter(prometheus.CounterOpts{Name: "x"})
		d := &door{
			resized: make(chan Size, 1), limit: rate.NewLimiter(rate.Inf, 1), refused: counter, dropped: counter,
			asked: time.NewTimer(time.Hour),
		}
		d.allowsPTY(pty)
		for range 3 {
			d.resize(payload)
			if d.allows(&gossh.Request{Type: kind, Payload: payload}) && kind == "env" {
				var v struct{ Name, Value string }
				if err := gossh.Unmarshal(payload, &v); err != nil || environment("", false, []string{v.Name + "=" + v.Value})(v.Name) != v.Value {
					t.Errorf("%q passes", payload)
				}
			}
		}
		select {
		case size := <-d.resized:
			if size.Width < 1 || size.Width > maxWidth || size.Height < 1 || size.Height > maxHeight {
				t.Errorf("%q is a size of %v", payload, size)
			}
		default:
		}
		if term := environment(string(payload), true, nil)("TERM"); term == "" || len(term) > maxValue || strings.ContainsAny(term, "\x1b/ ") {
			t.Errorf("%q is a TERM of %q", payload, term)
		}
		raw := string(payload)
		if args, err := shlex.Split(raw, true); err == nil && readable(raw) {
			for _, arg := range args {
				if !utf8.ValidString(arg) {
					t.Errorf("%q has the word %q", raw, arg)
				}
			}
		}
	})
}
