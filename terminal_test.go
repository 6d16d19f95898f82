//go:build unix

package main

import (
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"
)

// terminal is what a person sits at.
type terminal interface {
	text() string            // what it shows
	write(keys string) error // what is typed
	resize(columns, rows int) error
}

// emulated is a real terminal device with an emulator behind it, so that a
// script sees what a person would see. It is safe for concurrent use.
type emulated struct {
	device *os.File
	mu     sync.Mutex
	screen *vt.Emulator
	shown  []string // all that was to be seen since the last key, the newest last
}

// Write takes what the program prints.
func (t *emulated) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, err := t.screen.Write(p)
	if now := t.screen.String(); len(t.shown) == 0 || now != t.shown[len(t.shown)-1] {
		t.shown = append(t.shown[max(0, len(t.shown)-shownMost):], now)
	}
	return n, err
}

// shownMost is how many pictures are remembered.
const shownMost = 1000

func (t *emulated) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen.String()
}

// hasShown says whether the pattern was to be seen since the last key, for however
// short a time.
func (t *emulated) hasShown(pattern *regexp.Regexp) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.shown, pattern.MatchString) || pattern.MatchString(t.screen.String())
}

func (t *emulated) write(keys string) error {
	t.mu.Lock()
	t.shown = nil
	t.mu.Unlock()
	_, err := t.device.WriteString(keys)
	return err
}

func (t *emulated) resize(columns, rows int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.screen.Resize(columns, rows)
	return pty.Setsize(t.device, &pty.Winsize{Rows: uint16(rows), Cols: uint16(columns)})
}

// run copies both ways until the program has closed its side.
func (t *emulated) run() {
	go func() { _, _ = t.device.ReadFrom(t.screen) }() // answers to the program's questions; ends with the screen
	buffer := make([]byte, 1<<16)
	for {
		n, err := t.device.Read(buffer)
		if n > 0 {
			_, _ = t.Write(buffer[:n]) // the emulator takes everything
		}
		if err != nil {
			return
		}
	}
}

// size reads COLSxROWS.
func size(ts *testscript.TestScript, text string) (columns, rows int) {
	width, height, _ := strings.Cut(text, "x")
	columns, err := strconv.Atoi(width)
	ts.Check(err)
	rows, err = strconv.Atoi(height)
	ts.Check(err)
	return columns, rows
}

// screen NAME COLSxROWS PROGRAM ARG…: runs a program in a terminal of this size.
func screen(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 3, "screen NAME COLSxROWS PROGRAM ARG...")
	columns, rows := size(ts, args[1])
	path, err := lookPath(ts.Getenv("PATH"), args[2])
	ts.Check(err)
	args = append(append([]string{args[0]}, urgently(ts)...), append([]string{path}, args[3:]...)...)
	cmd := exec.Command(args[1], args[2:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(environment(ts), "TERM=xterm-256color", "COLORTERM=truecolor")
	device, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: uint16(rows), Cols: uint16(columns)})
	ts.Check(err)
	t := &emulated{device: device, screen: vt.NewEmulator(columns, rows)}
	j := &job{cmd: cmd, done: make(chan struct{}), terminal: t}
	go func() {
		t.run()
		_ = cmd.Wait() // ends reads the exit code from the process state
		close(j.done)
	}()
	jobsOf(ts).add(args[0], j)
	ts.Defer(func() {
		_ = cmd.Process.Kill() // it may have ended
		<-j.done
		// Its Close would race with its Read; the end of what it answers does not.
		if answers, ok := t.screen.InputPipe().(io.Closer); ok {
			_ = answers.Close()
		}
		_ = device.Close()
	})
}

// keys are those that have a name; everything else is typed as it is.
func keys(name string) string {
	switch name {
	case "enter":
		return "\r"
	case "esc":
		return "\x1b"
	case "tab":
		return "\t"
	case "up":
		return "\x1b[A"
	case "down":
		return "\x1b[B"
	case "ctrl+c":
		return "\x03"
	case "ctrl+z":
		return "\x1a"
	case "backspace":
		return "\x7f"
	case "space":
		return " "
	case "release": // of space
		return "\x1b[32;1:3u"
	case "blur": // the window loses the focus
		return "\x1b[O"
	}
	return name
}

// press NAME KEY…: enter, esc, tab, up, down, ctrl+c, ctrl+z, backspace, space,
// release, blur, or text.
func press(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 2, "press NAME KEY...")
	t := jobsOf(ts).get(ts, args[0]).terminal
	usage(ts, t != nil, "press needs a job with a screen")
	for _, k := range args[1:] {
		ts.Check(t.write(keys(k)))
	}
}

// resize NAME COLSxROWS: the person makes the window another size.
func resize(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "resize NAME COLSxROWS")
	t := jobsOf(ts).get(ts, args[0]).terminal
	usage(ts, t != nil, "resize needs a job with a screen")
	ts.Check(t.resize(size(ts, args[1])))
}

// see NAME PATTERN: waits until the pattern is on the screen, or was since the last
// key that the script pressed; with ! until it is not there.
func see(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) == 2, "see NAME PATTERN")
	t := jobsOf(ts).get(ts, args[0]).terminal
	usage(ts, t != nil, "see needs a job with a screen")
	pattern, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	wait(ts, func() bool {
		if e, ok := t.(*emulated); ok && !neg {
			return e.hasShown(pattern)
		}
		return pattern.MatchString(t.text()) != neg
	}, func() string {
		return "the screen of " + args[0] + " is\n" + t.text()
	})
}

// insist NAME KEY PATTERN: presses the key after a moment, and again where nothing
// comes of it, until the pattern is on the screen, as somebody does to whom the phone
// does not listen yet: it ignores keys for a moment after a call came. It is long
// before the key is pressed again: a phone that is slow shall not take it twice. With
// ! until the pattern is not there.
func insist(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) == 3, "insist NAME KEY PATTERN")
	t := jobsOf(ts).get(ts, args[0]).terminal
	usage(ts, t != nil, "insist needs a job with a screen")
	pattern, err := regexp.Compile("(?m)" + args[2])
	ts.Check(err)
	due, pressed := time.Now().Add(500*time.Millisecond), false
	wait(ts, func() bool {
		if pressed && pattern.MatchString(t.text()) != neg { // before, it may be what a picture half drawn lacks
			return true
		}
		if now := time.Now(); now.After(due) {
			due, pressed = now.Add(5*time.Second), true
			ts.Check(t.write(keys(args[1])))
		}
		return false
	}, func() string { return "the screen of " + args[0] + " is\n" + t.text() })
}
