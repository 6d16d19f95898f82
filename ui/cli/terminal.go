package cli

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"time"

	"github.com/charmbracelet/x/term"

	"tring/config"
	"tring/ui"
)

// terminalPatience is how long a terminal may take to answer: over a slow ssh
// too.
const terminalPatience = time.Second

// terminalAnswers are what a terminal says of itself.
type terminalAnswers struct {
	version  string // in its own words; empty: it does not say
	releases bool   // it reports that a key was released
}

// What a terminal is asked, in this order: its version (XTVERSION), which of the
// keyboard's reports it has switched on when it is asked for those of releases,
// and what it is (DA1). That last every terminal answers, so that nobody waits
// for the others' answers where there are none.
const terminalQuestions = "\x1b[>0q" + "\x1b[>3u\x1b[?u\x1b[<u" + "\x1b[c"

var ( // constants in all but syntax
	versionAnswer = regexp.MustCompile(`\x1bP>\|([^\x1b]*)\x1b\\`)
	keysAnswer    = regexp.MustCompile(`\x1b\[\?(\d+)u`)
	lastAnswer    = regexp.MustCompile(`\x1b\[\?[\d;]*c`)
)

// askTerminal asks the terminal, which must be this program's alone meanwhile.
func askTerminal(tty *os.File, patience time.Duration) (answers terminalAnswers, err error) {
	restore, err := rawTerminal(tty)
	if err != nil {
		return answers, fmt.Errorf("ask the terminal: %w", err)
	}
	defer restore()
	if _, err := tty.WriteString(terminalQuestions); err != nil {
		return answers, fmt.Errorf("ask the terminal: %w", err)
	}
	said := hearTerminal(tty, patience)
	if m := versionAnswer.FindSubmatch(said); m != nil {
		answers.version = string(m[1])
	}
	if m := keysAnswer.FindSubmatch(said); m != nil {
		flags, err := strconv.Atoi(string(m[1]))
		answers.releases = err == nil && flags&2 != 0
	}
	return answers, nil
}

// hearTerminal reads until the last answer, or until the patience is over. Where
// a terminal cannot be read with a deadline, the reader is left behind: it ends
// with the program.
func hearTerminal(tty *os.File, patience time.Duration) []byte {
	heard := make(chan []byte)
	done := make(chan struct{})
	defer close(done)
	defer func() { _ = tty.SetReadDeadline(time.Unix(1, 0)) }()
	go func() {
		for {
			buf := make([]byte, 256)
			n, err := tty.Read(buf)
			select {
			case heard <- buf[:n]:
			case <-done:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	var said []byte
	enough := time.After(patience)
	for !lastAnswer.Match(said) {
		select {
		case more := <-heard:
			said = append(said, more...)
			if len(more) == 0 {
				return said
			}
		case <-enough:
			return said
		}
	}
	return said
}

// rawTerminal lets the answers come at once and unseen. The descriptor is not
// taken out of the file, which would make it block for good.
func rawTerminal(tty *os.File) (restore func(), err error) {
	conn, err := tty.SyscallConn()
	if err != nil {
		return nil, err
	}
	var was *term.State
	if e := conn.Control(func(fd uintptr) { was, err = term.MakeRaw(fd) }); e != nil {
		return nil, e
	}
	if err != nil {
		return nil, err
	}
	return func() { _ = conn.Control(func(fd uintptr) { _ = term.Restore(fd, was) }) }, nil
}

// examineTerminal looks at the terminal, and asks it.
func (a *app) examineTerminal(settings config.Settings) []finding {
	name := a.getenv("TERM")
	switch _, _, ok := a.terminals(); {
	case !ok:
		return []finding{{"terminal", true, "none: the phone shows plain lines here"}}
	case name == "dumb" || name == "":
		return []finding{{"terminal", true, "TERM is " + name + ": the phone shows plain lines here"}}
	}
	colours := "colours by " + name
	switch {
	case a.getenv("NO_COLOR") != "":
		colours = "no colours (NO_COLOR)"
	case a.getenv("COLORTERM") != "":
		colours = "colours by " + a.getenv("COLORTERM")
	}
	found := finding{"terminal", true, name + ", " + colours}
	var answers terminalAnswers
	if tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0); err == nil {
		defer tty.Close() //nolint:errcheck // it was written to without an error
		if answers, err = askTerminal(tty, terminalPatience); err != nil {
			found.Text += "; " + explain(err)
		}
	}
	if answers.version != "" {
		found.Text += "; it is " + ui.Clean(answers.version, 40)
	}
	terminal := ui.TerminalOf(a.getenv).Versioned(answers.version)
	return []finding{found, talkFinding(answers.releases), notifyFinding(terminal, settings, desktop(terminal, a.getenv) != nil)}
}

// talkFinding is how the key to talk works here.
func talkFinding(releases bool) finding {
	if releases {
		return finding{"talk", true, "space talks as long as it is held"}
	}
	return finding{"talk", true, "space begins to talk and ends it: the terminal reports no releases of keys"}
}

// notifyFinding is how one is told of a call here.
func notifyFinding(t ui.Terminal, s config.Settings, desktop bool) finding {
	f := finding{What: "notify", OK: true}
	want := ui.Notify(s.Notify)
	way := t.Way(want, desktop)
	switch way {
	case ui.NotifyNative:
		f.Text = "the desktop shows a call"
	case ui.NotifyOSC:
		f.Text = "the terminal shows a call"
		if t.Tmux {
			f.Text += ", if tmux lets it through (set -g allow-passthrough on)"
		}
	case ui.NotifyBell:
		f.Text = "the terminal's bell rings for a call"
	case ui.NotifyOff:
		f.Text = "nothing tells of a call (notify is off)"
	case ui.NotifyAuto:
	}
	if way != ui.NotifyOff {
		f.Text += " while another window has the focus"
	}
	if way != want && want != ui.NotifyAuto && want != "" {
		f.Text += fmt.Sprintf("; %q cannot be had here", want)
	}
	return f
}
