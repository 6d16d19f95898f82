package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tring/config"
	"tring/ui"
)

func env(kv ...string) func(string) string {
	return func(k string) string {
		for _, e := range kv {
			if v, ok := strings.CutPrefix(e, k+"="); ok {
				return v
			}
		}
		return ""
	}
}

// The desktop of the machine is asked only where somebody sits in front of it,
// and never started.
func TestDesktop(t *testing.T) {
	withBus := t.TempDir()
	if err := os.WriteFile(filepath.Join(withBus, "bus"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, system string
		getenv       func(string) string
		want         bool
	}{
		{"a session bus", "linux", env("DBUS_SESSION_BUS_ADDRESS=unix:path=/x"), true},
		{"systemd's bus of the user", "linux", env("XDG_RUNTIME_DIR=" + withBus), true},
		{"no bus there", "linux", env("XDG_RUNTIME_DIR=" + t.TempDir()), false},
		{"a server", "linux", env(), false},
		{"a Mac", "darwin", env(), true},
		{"Windows", "windows", env(), true},
	} {
		if got := hasDesktop(c.system, c.getenv); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	bus := "DBUS_SESSION_BUS_ADDRESS=unix:path=/x"
	for _, remote := range []string{"SSH_CONNECTION=1", "SSH_TTY=/dev/pts/0", "SSH_CLIENT=1"} {
		getenv := env(bus, remote)
		if desktop(ui.TerminalOf(getenv), getenv) != nil {
			t.Errorf("with %s the desktop of the server would be asked", remote)
		}
	}
}

func TestOneNotificationAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang, shown := make(chan struct{}), []string{}
		show := oneAtATime(func(text string) error {
			<-hang
			shown = append(shown, text)
			return nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := show(ctx, "first"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a desktop that hangs: %v", err)
		}
		if err := show(t.Context(), "second"); !errors.Is(err, errNotifying) {
			t.Errorf("while it hangs: %v", err)
		}
		close(hang)
		synctest.Wait()
		if err := show(t.Context(), "third"); err != nil {
			t.Error(err)
		}
		if got := strings.Join(shown, " "); got != "first third" {
			t.Errorf("shown were %q", got)
		}
	})
}

// Nothing in a name is a command of the shell, markup, or an option.
func TestHarmless(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"Bob Okafor is calling", "Bob Okafor is calling"},
		{"Zoë O'Brien-Núñez (home)", "Zoë O'Brien-Núñez (home)"},
		{"陈美玲 👩 שלום", "陈美玲 👩 שלום"},
		{"--help is calling", "help is calling"},
		{"- -x", "x"},
		{"$(calc) `calc` \"; calc", "(calc) calc  calc"},
		{"<img src=x>]]>&amp;", "img srcxamp"},
		{"“a” „b“ \\n %s", "a b n s"},
		{"a\x1b[2J\nb\x00", "a2Jb"},
	} {
		if got := harmless(c.name); got != c.want {
			t.Errorf("%q became %q, not %q", c.name, got, c.want)
		}
	}
}

// What the settings and the environment say reaches the screen.
func TestNoticed(t *testing.T) {
	a := &app{getenv: env("TERM=xterm-kitty", "SSH_TTY=x")}
	c := a.noticed(config.Settings{Notify: "osc", Talk: "push"}, ui.Config{Version: "1"})
	if c.Notify != ui.NotifyOSC || c.Talk != ui.TalkPush || c.Desktop != nil || c.Version != "1" ||
		c.Terminal != (ui.Terminal{Name: "kitty", Remote: true}) {
		t.Errorf("got %+v", c)
	}
}
