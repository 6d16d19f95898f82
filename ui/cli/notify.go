package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"unicode"

	"github.com/gen2brain/beeep"

	"tring/config"
	"tring/ui"
)

// errNotifying is a desktop that still shows, or fails to show, the last
// notification.
var errNotifying = errors.New("the desktop is busy with the last notification")

func init() { beeep.AppName = "tring" } // before anybody reads it

// noticed is a screen that also says what there is beside the picture: how a
// call is noticed, and how one talks.
func (a *app) noticed(s config.Settings, c ui.Config) ui.Config {
	c.Terminal = ui.TerminalOf(a.getenv)
	c.Terminal.Remote = c.Terminal.Remote || a.hosted != nil
	c.Notify, c.Talk, c.Desktop = ui.Notify(s.Notify), ui.Talk(s.Talk), desktop(c.Terminal, a.getenv)
	return c
}

// keepTitle puts the window's title on the terminal's stack and returns what
// takes it back: Bubble Tea leaves an empty one (XTWINOPS 22 and 23). Nothing is
// lost where there is no stack, or no terminal any more.
func (a *app) keepTitle() (restore func()) {
	_, _ = io.WriteString(a.out, "\x1b[22;2t")
	return func() { _, _ = io.WriteString(a.out, "\x1b[23;2t") }
}

// desktop shows a notification on the desktop of this machine; nil where there
// is none, or where the person sits at another one. The function is safe for
// concurrent use.
func desktop(terminal ui.Terminal, getenv func(string) string) func(context.Context, string) error {
	if terminal.Remote || !hasDesktop(runtime.GOOS, getenv) {
		return nil
	}
	return oneAtATime(func(text string) error { return beeep.Notify(harmless(text), "tring", "") })
}

// hasDesktop says whether there is a desktop that shows notifications. Without
// a session bus nothing may ask for one: that would start a bus of its own.
func hasDesktop(system string, getenv func(string) string) bool {
	switch system {
	case "darwin", "windows":
		return true
	}
	if getenv("DBUS_SESSION_BUS_ADDRESS") != "" {
		return true
	}
	runtimeDir := getenv("XDG_RUNTIME_DIR")
	if runtimeDir == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(runtimeDir, "bus"))
	return err == nil
}

// oneAtATime gives up waiting for show when the context ends, and calls it not
// again before it has returned: a desktop that hangs costs one goroutine, not one
// for each call.
func oneAtATime(show func(text string) error) func(context.Context, string) error {
	free := make(chan struct{}, 1)
	return func(ctx context.Context, text string) error {
		select {
		case free <- struct{}{}:
		default:
			return errNotifying
		}
		shown := make(chan error, 1)
		go func() {
			shown <- show(text)
			<-free
		}()
		select {
		case err := <-shown:
			if err != nil {
				return fmt.Errorf("notify by the desktop: %w", err)
			}
			return nil
		case <-ctx.Done():
			return fmt.Errorf("notify by the desktop: %w", ctx.Err())
		}
	}
}

// harmless is a text that no way to a desktop takes for more than text. Some of
// them go through a command line, XML or a script of the shell, and the name in
// it is a stranger's.
func harmless(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsDigit(r), strings.ContainsRune(" .,:!?'_+@#/()-…", r):
			return r
		case unicode.IsSymbol(r) && r > unicode.MaxLatin1: // emoji
			return r
		}
		return -1
	}, text)
	return strings.TrimLeft(text, "- ")
}
