package cli

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"tring/ui"
	"tring/ui/host"
)

// What a login is told is for somebody who is elsewhere: its own name for the
// program, and no flag that it does not have.
func TestHelpOfALogin(t *testing.T) {
	h := newHostel(t, "ann")
	for _, name := range []string{"call", "answer", "history", "presence"} {
		g := h.enter("ann", nil, name, "--help")
		g.ends()
		for _, wrong := range []string{"tring " + name, "(default )", "--audio", "wav:"} {
			if strings.Contains(g.text(), wrong) {
				t.Errorf("%s --help says %q:\n%s", name, wrong, g.text())
			}
		}
		if !strings.Contains(g.text(), "ssh HOST "+name) {
			t.Errorf("%s --help has no example:\n%s", name, g.text())
		}
	}
}

// heard is a log that a test reads.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(p)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

// A folder at the host that cannot be used is the administrator's affair: he has the
// cause in the log, and the person learns no path.
func TestFolderOfALoginIsBroken(t *testing.T) {
	for name, broken := range map[string]func(folder string) error{
		"a file": func(folder string) error { return os.WriteFile(folder, nil, 0o600) },
		"settings that nobody understands": func(folder string) error {
			if err := os.Mkdir(folder, 0o700); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(folder, "settings.toml"), []byte("lang = [\n"), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHostel(t, "ann")
			var log heard
			h.exchange.log = slog.New(slog.NewTextHandler(&log, nil))
			if err := broken(filepath.Join(h.people, "ann")); err != nil {
				t.Fatal(err)
			}
			g := h.enter("ann", nil, "contacts")
			if code := g.ends(); code != exitFailure || g.text() != "tring: "+errFolder.Error()+"\n" {
				t.Errorf("it ends with %d: %s", code, g.text())
			}
			if said := log.String(); !strings.Contains(said, h.people) || !strings.Contains(said, "user=ann") {
				t.Errorf("the log says %q", said)
			}
		})
	}
}

// A person whose account is removed hears what to do from where he is, and in his
// language: he whose phone is connected, and he whose phone is just about to be.
func TestAccountOfALoginIsRemoved(t *testing.T) {
	for lang, want := range map[string]struct{ online, removed, refused string }{
		"en":          {"ann · online", "ask the administrator", "this name. Ask the"},
		"de_DE.UTF-8": {"ann · da", "frag den Verwalter", "Frag den Verwalter"},
	} {
		enter := func(h *hostel) *guest {
			return h.enter("ann", map[string]string{"TERM": "xterm-256color", "LC_ALL": lang})
		}
		remove := func(h *hostel) {
			if err := h.srv.Admin().RemoveUser(h.ctx, "ann"); err != nil {
				h.t.Fatal(err)
			}
		}
		t.Run(lang+" connected", func(t *testing.T) {
			for tries := 0; ; tries++ {
				h := newHostel(t, "ann")
				g := enter(h)
				g.sees(want.online)
				remove(h)
				if g.seesOne(want.removed, want.refused) == want.removed {
					g.seesNo("tring login")
					return
				}
				if tries == 20 { // A slow machine loses the server's last word to a reset, and asks again.
					t.Fatalf("the screen says\n%s", g.text())
				}
			}
		})
		t.Run(lang+" before", func(t *testing.T) {
			h := newHostel(t, "ann")
			remove(h)
			g := enter(h)
			g.sees(want.refused)
			g.seesNo("tring login")
		})
	}
}

// A command's words for people are in their language.
func TestCallSpeaksTheLanguageOfALogin(t *testing.T) {
	h := newHostel(t, "ann", "bob")
	h.answers("bob", "--policy", "reject")
	g := h.enter("ann", map[string]string{"LC_ALL": "de_DE.UTF-8"}, "call", "bob")
	if code := g.ends(); code != exitRejected || !strings.Contains(g.text(), "abgelehnt") {
		t.Errorf("it ends with %d: %s", code, g.text())
	}
}

// Sound that comes between what the screen was made with and its first look is told.
func TestSoundThatComesWithTheScreen(t *testing.T) {
	lines := host.NewLines(nil, slog.New(slog.DiscardHandler))
	line := lines.Open("connection", "key")
	h := &hosted{login: &host.Login{Line: line}}
	unwatch := line.Watch(func(bool) {})
	defer unwatch()
	first := h.note()
	in, end := io.Pipe()
	carried := make(chan int)
	go func() {
		carried <- lines.Carry(t.Context(), host.SoundChannel{Connection: "connection", In: in, Out: io.Discard, Err: io.Discard})
	}()
	until(t, "the sound is there", line.Attached)
	ctx, enough := context.WithCancel(t.Context())
	told, followed := make(chan tea.Msg), make(chan struct{})
	go func() {
		defer close(followed)
		h.follow(ctx, first, func(m tea.Msg) { told <- m })
	}()
	select {
	case m := <-told:
		if m != ui.SoundNote("") {
			t.Errorf("told %q", m)
		}
	case <-time.After(time.Minute):
		t.Error("nothing is told")
	}
	enough()
	<-followed
	_, _ = end.Close(), line.Close()
	<-carried
}
