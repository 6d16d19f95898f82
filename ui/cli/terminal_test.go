//go:build unix

package cli

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"tring/config"
	"tring/ui"
)

// answering is a terminal that answers questions.
func answering(t *testing.T, answers map[string]string) (tty *os.File) {
	t.Helper()
	screen, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo terminal: %v", err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		asked, buf := "", make([]byte, 256)
		for {
			n, err := screen.Read(buf)
			if err != nil {
				return
			}
			asked += string(buf[:n])
			for question, answer := range answers {
				if strings.Contains(asked, question) {
					asked = strings.Replace(asked, question, "", 1)
					if _, err := screen.WriteString(answer); err != nil {
						return
					}
				}
			}
		}
	}()
	t.Cleanup(func() {
		_ = tty.Close()
		_ = screen.Close()
		<-done
	})
	return tty
}

func TestAskTerminal(t *testing.T) {
	const version, keys, last = "\x1b[>0q", "\x1b[>3u\x1b[?u\x1b[<u", "\x1b[c"
	for _, c := range []struct {
		name    string
		answers map[string]string
		want    terminalAnswers
	}{
		{"kitty", map[string]string{version + keys + last: "\x1bP>|kitty(0.26.5)\x1b\\\x1b[?3u\x1b[?62;c"}, terminalAnswers{"kitty(0.26.5)", true}},
		{"tmux", map[string]string{version + keys + last: "\x1bP>|tmux 3.3a\x1b\\\x1b[?1;2c"}, terminalAnswers{"tmux 3.3a", false}},
		{"one that knows the protocol without releases", map[string]string{version + keys + last: "\x1b[?1u\x1b[?62c"}, terminalAnswers{"", false}},
		{"an old one", map[string]string{last: "\x1b[?1;2c"}, terminalAnswers{}},
		{"one that says nothing", nil, terminalAnswers{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			patience := patience // nobody waits for it who is answered
			if c.answers == nil {
				patience = 50 * time.Millisecond
			}
			got, err := askTerminal(answering(t, c.answers), patience)
			if err != nil || got != c.want {
				t.Errorf("it is %+v, %v", got, err)
			}
		})
	}
}

func TestAskNoTerminal(t *testing.T) {
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // it is only read
	if _, err := askTerminal(file, time.Second); err == nil || !strings.Contains(err.Error(), "ask the terminal") {
		t.Errorf("got %v", err)
	}
}

func TestFindingsOfTheTerminal(t *testing.T) {
	for _, c := range []struct {
		terminal ui.Terminal
		notify   string
		desktop  bool
		want     string
	}{
		{ui.Terminal{}, "auto", true, "the desktop shows a call while another window has the focus"},
		{ui.Terminal{Name: "kitty", Remote: true}, "auto", true, "the terminal shows a call while another window has the focus"},
		{ui.Terminal{Tmux: true}, "osc", true, "the terminal shows a call, if tmux lets it through (set -g allow-passthrough on) while another window has the focus"},
		{ui.Terminal{Name: "linux"}, "native", false, `the terminal's bell rings for a call while another window has the focus; "native" cannot be had here`},
		{ui.Terminal{}, "off", true, "nothing tells of a call (notify is off)"},
	} {
		got := notifyFinding(c.terminal, config.Settings{Notify: c.notify}, c.desktop)
		if !got.OK || got.Text != c.want {
			t.Errorf("%+v, %s: %+v", c.terminal, c.notify, got)
		}
	}
}
