package ui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/ansi/parser"

	"tring/calls"
)

const bell = "\a"

// What is done so that somebody notices depends on nothing but the setting, the
// terminal, where the person looks, and what there is to notice.
func TestAlert(t *testing.T) {
	const (
		kitty   = "\x1b]99;i=tring:o=unfocused;Bo is calling\x1b\\"
		iterm   = "\x1b]9;Bo is calling\x1b\\"
		rxvt    = "\x1b]777;notify;tring;Bo is calling\x1b\\"
		wrapped = "\x1bPtmux;\x1b\x1b]777;notify;tring;Bo is calling\x1b\x1b\\\x1b\\"
	)
	away := noticing{want: NotifyAuto, desktop: true, bell: true, focus: focusAway}
	with := func(change func(*noticing)) noticing {
		n := away
		change(&n)
		return n
	}
	here, foot, ssh := Terminal{Name: "kitty"}, Terminal{Name: "foot"}, Terminal{Name: "kitty", Remote: true}
	for _, c := range []struct {
		name     string
		terminal Terminal
		how      noticing
		missed   bool
		want     alert
	}{
		{"at this desktop", here, away, false, alert{bell, "Bo is calling"}},
		{"at this desktop, missed", here, away, true, alert{"", "Bo is calling"}},
		{"without a bell", here, with(func(n *noticing) { n.bell = false }), false, alert{"", "Bo is calling"}},
		{"without a desktop", here, with(func(n *noticing) { n.desktop = false }), false, alert{kitty + bell, ""}},
		{"over ssh never by the desktop of the server", ssh, away, false, alert{kitty + bell, ""}},
		{"nor if one asks for it", ssh, with(func(n *noticing) { n.want = NotifyNative }), false, alert{kitty + bell, ""}},
		{"by the terminal", foot, with(func(n *noticing) { n.want = NotifyOSC }), true, alert{rxvt, ""}},
		{"iTerm2", Terminal{Name: "iterm2", Remote: true}, away, true, alert{iterm, ""}},
		{"a terminal that nobody knows", Terminal{Remote: true}, away, true, alert{rxvt, ""}},
		{"in tmux", Terminal{Tmux: true, Remote: true}, away, true, alert{wrapped, ""}},
		{"a terminal that shows none rings its bell", Terminal{Name: "linux"}, with(func(n *noticing) { n.desktop, n.bell = false, false }), true, alert{bell, ""}},
		{"by the bell", here, with(func(n *noticing) { n.want, n.bell = NotifyBell, false }), true, alert{bell, ""}},
		{"the bell rings once", here, with(func(n *noticing) { n.want = NotifyBell }), false, alert{bell, ""}},
		{"not at all", here, with(func(n *noticing) { n.want = NotifyOff }), false, alert{}},
		{"who looks at it sees it", here, with(func(n *noticing) { n.focus = focusHere }), false, alert{}},
		{"and hears the bell where nothing else rings", here, with(func(n *noticing) { n.focus, n.silent = focusHere, true }), false, alert{bell, ""}},
		{"but not for one that was missed", here, with(func(n *noticing) { n.focus, n.silent = focusHere, true }), true, alert{}},
		{"a focus that never changed: the bell does no harm", here, with(func(n *noticing) { n.focus = focusUntold }), false, alert{bell, ""}},
		{"nor does the terminal", ssh, with(func(n *noticing) { n.focus = focusUntold }), false, alert{kitty + bell, ""}},
		{"tmux does not tell of the focus", Terminal{Tmux: true}, with(func(n *noticing) { n.focus = focusUntold }), false, alert{bell, "Bo is calling"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.terminal.alert(c.how, news{"Bo is calling", !c.missed}); got != c.want {
				t.Errorf("got  %+q\nwant %+q", got, c.want)
			}
		})
	}
}

func TestTerminals(t *testing.T) {
	for _, c := range []struct {
		env    string
		answer string // to the question for its version
		want   Terminal
	}{
		{"", "", Terminal{}},
		{"TERM=xterm-kitty", "", Terminal{Name: "kitty"}},
		{"TERM=xterm-256color TERM_PROGRAM=iTerm.app", "", Terminal{Name: "iterm2"}},
		{"TERM=xterm-256color TERM_PROGRAM=iTerm.app", "iTerm2 3.5.0", Terminal{Name: "iterm2"}},
		{"TERM=xterm-256color TERM_PROGRAM=WezTerm", "WezTerm 20240203-110809-5046fc22", Terminal{Name: "wezterm"}},
		{"TERM=xterm-ghostty", "ghostty 1.2.0", Terminal{Name: "ghostty"}},
		{"TERM=foot-extra", "foot(1.16.2)", Terminal{Name: "foot"}},
		{"TERM=rxvt-unicode-256color", "", Terminal{Name: "rxvt"}},
		{"TERM=xterm-256color VTE_VERSION=7600", "VTE(7600)", Terminal{Name: "vte"}},
		{"TERM=xterm-256color WT_SESSION=1", "", Terminal{Name: "windows terminal"}},
		{"TERM=xterm-256color TERM_PROGRAM=Apple_Terminal", "", Terminal{Name: "apple_terminal"}},
		{"TERM=linux", "", Terminal{Name: "linux"}},
		// An xterm that was started from kitty has kitty's marks.
		{"TERM=xterm-256color KITTY_WINDOW_ID=3", "XTerm(379)", Terminal{Name: "xterm"}},
		// ssh lets nothing but TERM through; the answer says what it is.
		{"TERM=xterm-256color SSH_CONNECTION=1", "", Terminal{Remote: true}},
		{"TERM=xterm-256color SSH_TTY=/dev/pts/3", "WezTerm 2024", Terminal{Name: "wezterm", Remote: true}},
		{"TERM=xterm-256color SSH_CLIENT=1 LC_TERMINAL=iTerm2", "", Terminal{Name: "iterm2", Remote: true}},
		// tmux answers for itself, also where it runs at the other end of ssh.
		{"TERM=tmux-256color TMUX=x TERM_PROGRAM=tmux KITTY_WINDOW_ID=1", "tmux 3.3a", Terminal{Name: "kitty", Tmux: true}},
		{"TERM=screen-256color SSH_TTY=x", "tmux 3.3a", Terminal{Remote: true, Tmux: true}},
		{"TERM=xterm-kitty TMUX=x", "kitty(0.26.5)", Terminal{Name: "kitty"}}, // started from a tmux
		{"TERM=screen STY=1.x", "", Terminal{Name: "screen"}},
		{"TERM=xterm-kitty", "\x1b]52;c;?\a;rm", Terminal{Name: ";rm"}}, // a hostile answer is a name like any
	} {
		env := map[string]string{}
		for _, kv := range strings.Fields(c.env) {
			k, v, _ := strings.Cut(kv, "=")
			env[k] = v
		}
		got := TerminalOf(func(k string) string { return env[k] }).Versioned(c.answer)
		if got != c.want {
			t.Errorf("%s, which answers %q, is %+v, not %+v", c.env, c.answer, got, c.want)
		}
	}
}

// Whatever somebody is called: what is written is one whole sequence with
// nothing but text in it, for every terminal.
func TestNotificationsAreOneSequence(t *testing.T) {
	for _, name := range []string{
		"Bob", "", "e\x1b]52;c;aGk=\x07vil", "\x1b\\\x1b[2J", "4;3;100", "9;9", "2;\"box\"", "a;b;c", "\u009d0;x\u009c", "陈美玲 👩‍🚀", "-h", "100",
		strings.Repeat("x", 10_000),
	} {
		text := Language{}.titleIncoming(Clean(name, nameLimit))
		for _, program := range []string{"", "kitty", "iterm2", "wezterm", "foot", "linux"} {
			for _, tmux := range []bool{false, true} {
				terminal := Terminal{Name: program, Tmux: tmux}
				got := terminal.notification(text)
				if tmux && got != "" {
					inner, ok := strings.CutPrefix(strings.TrimSuffix(got, "\x1b\\"), "\x1bPtmux;")
					if !ok || strings.Contains(strings.ReplaceAll(inner, "\x1b\x1b", ""), "\x1b") {
						t.Fatalf("%q is not wrapped for tmux", got)
					}
					got = strings.ReplaceAll(inner, "\x1b\x1b", "\x1b")
				}
				if err := oneOSC(got, terminal.osc()); err != nil {
					t.Errorf("%s, for %q: %q: %v", program, name, got, err)
				}
			}
		}
	}
}

// oneOSC checks that a terminal takes s for one OSC of this number, and nothing
// else.
func oneOSC(s, number string) error {
	if s == "" && number == "" {
		return nil
	}
	p := ansi.NewParser()
	p.SetDataSize(1 << 16)
	var seen []string
	p.SetHandler(ansi.Handler{
		Print:     func(r rune) { seen = append(seen, "text "+string(r)) },
		Execute:   func(b byte) { seen = append(seen, fmt.Sprintf("control %x", b)) },
		HandleCsi: func(ansi.Cmd, ansi.Params) { seen = append(seen, "csi") },
		HandleDcs: func(ansi.Cmd, ansi.Params, []byte) { seen = append(seen, "dcs") },
		HandleOsc: func(_ int, data []byte) { seen = append(seen, "osc "+string(data)) },
	})
	for _, b := range []byte(s) {
		p.Advance(b)
	}
	var rest []string
	osc := 0
	for _, what := range seen {
		if body, ok := strings.CutPrefix(what, "osc "+number+";"); ok {
			osc++
			command, _, some := strings.Cut(body, ";")
			if number == oscITerm && some {
				return fmt.Errorf("it may be the command %q of ConEmu", command)
			}
			continue
		}
		rest = append(rest, what)
	}
	if osc != 1 || len(rest) > 0 || p.State() != parser.GroundState {
		return fmt.Errorf("it is %d of that number, and %q", osc, rest)
	}
	return nil
}

// shownOn is a desk whose person works with other windows too.
func shownOn(t *testing.T, cfg Config, test func(*desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 80, 24, cfg)
		d.tel.connect(fourContacts()...)
		d.settle()
		defer d.leave()
		test(d)
	})
}

func TestACallIsNoticedElsewhere(t *testing.T) {
	shownOn(t, Config{Bell: true, Terminal: Terminal{Name: "foot"}}, func(d *desk) {
		d.tell(tea.BlurMsg{})
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.settle()
		d.wrote("\x1b]777;notify;tring;Carla Weiss is calling\x1b\\" + bell)
		d.pass(3 * time.Second) // once
		d.wrote("")
		d.tel.ring("01JD000000000000000000000Y", "bob", calls.Audio)
		d.settle()
		d.wrote("\x1b]777;notify;tring;Bob Okafor is calling\x1b\\" + bell)
		d.tel.act(otherCall, "carla", "phone", calls.Reject{Status: calls.Cancelled})
		d.settle()
		d.wrote("\x1b]777;notify;tring;Missed a call from Carla Weiss\x1b\\")
		d.tel.act("01JD000000000000000000000Y", "ada", "kitchen", calls.Accept{Join: true})
		d.settle()
		d.wrote("") // answered in the kitchen: nothing was missed
	})
}

func TestWhoLooksIsNotDisturbed(t *testing.T) {
	shownOn(t, Config{Bell: true}, func(d *desk) {
		d.tell(tea.BlurMsg{})
		d.tell(tea.FocusMsg{})
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.settle()
		d.reads("is calling you")
		d.wrote("")
	})
}

// What the terminal answers counts from then on.
func TestTheTerminalSaysWhatItIs(t *testing.T) {
	shownOn(t, Config{Terminal: Terminal{Remote: true}}, func(d *desk) {
		d.tell(tea.TerminalVersionMsg{Name: "kitty(0.26.5)"})
		d.tell(tea.BlurMsg{})
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.settle()
		d.wrote("\x1b]99;i=tring:o=unfocused;Carla Weiss is calling\x1b\\")
	})
}

// A desktop that fails is asked once; the terminal stands in.
func TestTheTerminalStandsInForTheDesktop(t *testing.T) {
	for _, c := range []struct {
		name  string
		err   error
		asked int
		wrote string
	}{
		{"it works", nil, 2, bell + bell},
		{"it fails", errors.New("no such service"), 1, bell + "\x1b]9;Carla Weiss is calling\x1b\\\x1b]9;Bob Okafor is calling\x1b\\" + bell},
	} {
		t.Run(c.name, func(t *testing.T) {
			var asked []string
			cfg := Config{Bell: true, Terminal: Terminal{Name: "iterm2"}}
			cfg.Desktop = func(_ context.Context, text string) error {
				asked = append(asked, text)
				return c.err
			}
			shownOn(t, cfg, func(d *desk) {
				d.tell(tea.BlurMsg{})
				d.tel.ring(otherCall, "carla", calls.Audio)
				d.settle()
				d.tel.ring("01JD000000000000000000000Y", "bob", calls.Audio)
				d.settle()
				d.wrote(c.wrote)
				if len(asked) != c.asked || asked[0] != "Carla Weiss is calling" {
					t.Errorf("the desktop was asked to show %q", asked)
				}
			})
		})
	}
}

// The taskbar shows that it rings, where it is known to.
func TestProgressWhileItRings(t *testing.T) {
	for _, c := range []struct {
		terminal Terminal
		want     bool
	}{
		{Terminal{Name: "ghostty"}, true},
		{Terminal{Name: "vte", Remote: true}, true},
		{Terminal{Name: "ghostty", Tmux: true}, false},
		{Terminal{Name: "iterm2"}, false}, // older ones would show it as a notification
		{Terminal{}, false},
	} {
		shownOn(t, Config{Terminal: c.terminal}, func(d *desk) {
			shows := func(when string, want bool) {
				t.Helper()
				bar := d.model.View().ProgressBar
				if got := bar != nil && bar.State == tea.ProgressBarIndeterminate; got != want {
					t.Errorf("%+v shows a progress %s: %v", c.terminal, when, got)
				}
			}
			shows("while idle", false)
			d.tel.ring(otherCall, "carla", calls.Audio)
			d.settle()
			shows("when one is called", c.want)
			d.hit("r")
			shows("after that", false)
			d.press("enter")
			shows("when one calls", c.want)
			d.answer(testCall)
			shows("in a call", false)
		})
	}
}

// What was missed stands in the title and at the tab until somebody looks, also
// on a screen that was started later.
func TestMissedUntilLookedAt(t *testing.T) {
	shownOn(t, Config{}, func(d *desk) {
		title := func(want string) {
			t.Helper()
			if got := d.model.View().WindowTitle; got != want {
				t.Errorf("the window is called %q, not %q", got, want)
			}
		}
		title("tring")
		d.history()
		title("1 missed · tring")
		d.reads("Recent (1 missed)", "Missed")
		d.press("j", "?", "esc")
		d.reads("Recent (1 missed)") // no key but the look at them takes it away
		again := New(d.model.cfg)
		again.Update(historyMsg{page: calls.HistoryPage{Records: d.tel.records, MissedCount: d.tel.missed}})
		if got := again.View().WindowTitle; got != "1 missed · tring" {
			t.Errorf("a new screen is called %q", got)
		}
		d.press("tab")
		d.pass(time.Second)
		title("tring")
		if d.tel.missed != 0 {
			t.Error("the server was not told that they were looked at")
		}
	})
}
