package host

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// TestSoundOfALogin: a sound channel finds the login of its connection, or of its
// key; it is a command and a subsystem, and ends when the client closes it.
func TestSoundOfALogin(t *testing.T) {
	for name, ask := range map[string]func(*session) error{
		"command":   func(w *session) error { return w.Start("audio") },
		"subsystem": func(w *session) error { return w.RequestSubsystem("audio") },
	} {
		for _, where := range []string{"the same connection", "another connection"} {
			t.Run(name+" on "+where, func(t *testing.T) {
				s := open(t, func(c *Config) { c.Run = tellSound })
				alice := s.person("alice")
				client := s.dial(alice)
				screen := s.start(client, "x")
				if where != "the same connection" {
					client = s.dial(alice)
				}
				stranger := s.session(s.dial(s.person("bob")))
				sound := s.session(client)
				for _, w := range []*session{stranger, sound} {
					if err := ask(w); err != nil {
						t.Fatal(err)
					}
				}
				s.until("it is attached", func() bool { return strings.Contains(screen.out.String(), "sound true") })
				s.until("the stranger's is there, too", func() bool { return s.metric("channels", "sound") == 2 })
				if n := s.metric("sound_attached", ""); n != 1 {
					t.Errorf("%v are attached", n)
				}
				_ = sound.Close()
				s.until("it is gone", func() bool { return strings.Contains(screen.out.String(), "sound false") })
			})
		}
	}
}

// tellSound says when sound comes and goes.
func tellSound(ctx context.Context, l *Login) int {
	defer l.Line.Watch(func(attached bool) {
		go fmt.Fprintf(l.Out, "sound %v\n", attached) //nolint:errcheck // the test sees it
	})()
	_, _ = fmt.Fprintln(l.Out, "ready")
	<-ctx.Done()
	return 0
}

// TestStopWaitsForNoSound: sound that waits for its next login holds no stop up.
func TestStopWaitsForNoSound(t *testing.T) {
	t.Parallel()
	s := open(t, func(c *Config) { c.Run = tellSound })
	alice := s.person("alice")
	screen, sound := s.start(s.dial(alice), "x"), s.session(s.dial(alice))
	if err := sound.Start("audio"); err != nil {
		t.Fatal(err)
	}
	s.until("it is attached", func() bool { return strings.Contains(screen.out.String(), "sound true") })
	s.stop()
	if err := s.over(); err != nil {
		t.Error(err)
	}
	if s.end(sound); strings.Contains(sound.err.String(), "no telephone of yours came") {
		t.Error("it was waited for")
	}
}

// TestSoundOfAStranger: it is refused like any command.
func TestSoundOfAStranger(t *testing.T) {
	s := open(t, nil)
	s.stranger("mallory")
	for _, name := range []string{soundSubsystem, opusSubsystem} {
		s.says(t, s.ssh("-i", s.keyFile("mallory"), "-s", "phone", name), exitFailed, "nobody here has the key")
	}
}
