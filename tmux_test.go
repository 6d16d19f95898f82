//go:build unix

package main

import (
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// pane is a shell in tmux, where a script can do what a person does beside the
// program too: stop it, go on, kill it, close the terminal. It is safe for
// concurrent use.
type pane struct {
	socket string
	env    []string
}

func (p pane) tmux(args ...string) (string, error) {
	cmd := exec.Command("tmux", append([]string{"-S", p.socket, "-f", os.DevNull}, args...)...)
	cmd.Env = p.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("tmux %s: %w: %s", args[0], err, out)
	}
	return string(out), nil
}

// text is what the pane shows; nothing once it is closed.
func (p pane) text() string {
	out, err := p.tmux("capture-pane", "-p")
	if err != nil {
		return ""
	}
	return out
}

// write types bytes, as a keyboard sends them.
func (p pane) write(keys string) error {
	args := []string{"send-keys", "-H"}
	for i := range len(keys) {
		args = append(args, hex.EncodeToString([]byte{keys[i]}))
	}
	_, err := p.tmux(args...)
	return err
}

func (p pane) resize(columns, rows int) error {
	_, err := p.tmux("resize-window", "-x", fmt.Sprint(columns), "-y", fmt.Sprint(rows))
	return err
}

// shell NAME COLSxROWS: a shell with job control in a terminal of its own, for
// press, see and the like. It needs tmux and bash.
func shell(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "shell NAME COLSxROWS")
	columns, rows := size(ts, args[1])
	folder, err := os.MkdirTemp("", "tmux") // the path of a socket must be short
	ts.Check(err)
	p := pane{filepath.Join(folder, "s"), append(environment(ts), "LC_ALL=C.UTF-8", "TERM=xterm-256color")}
	server := exec.Command("tmux", "-S", p.socket, "-f", os.DevNull, "-D")
	server.Env, server.Dir = p.env, ts.MkAbs(".")
	ts.Check(server.Start())
	j := &job{cmd: server, done: make(chan struct{}), terminal: p}
	go func() {
		_ = server.Wait() // told to end below
		close(j.done)
	}()
	jobsOf(ts).add(args[0], j)
	ts.Defer(func() {
		_, _ = p.tmux("kill-server") // it may have ended
		<-j.done
		_ = os.RemoveAll(folder)
	})
	// Asked by nothing that would start another server in the place of this one.
	wait(ts, func() bool {
		_, err = p.tmux("list-sessions")
		return err == nil
	}, func() string { return err.Error() })
	_, err = p.tmux("new-session", "-d", "-x", fmt.Sprint(columns), "-y", fmt.Sprint(rows), "-c", ts.MkAbs("."),
		"bash --norc --noprofile -i")
	ts.Check(err)
}

func paneOf(ts *testscript.TestScript, name string) pane {
	p, ok := jobsOf(ts).get(ts, name).terminal.(pane)
	usage(ts, ok, name+" is no shell")
	return p
}

// shut NAME: closes a shell's terminal, as somebody does who closes the window.
func shut(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "shut NAME")
	_, err := paneOf(ts, args[0]).tmux("kill-pane")
	ts.Check(err)
}

// usual NAME [FLAG…]: waits until these flags of a shell's terminal are as they are
// without any program; the screen, the cursor, the mouse and the keypad, if none
// is named.
func usual(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 1, "usual NAME [FLAG...]")
	flags := args[1:]
	if len(flags) == 0 {
		flags = []string{"alternate_on", "cursor_flag", "mouse_any_flag", "keypad_flag"}
	}
	var format, want []string
	for _, f := range flags {
		format = append(format, f+" #{"+f+"}")
		want = append(want, f+map[bool]string{true: " 1", false: " 0"}[f == "cursor_flag"])
	}
	p, got := paneOf(ts, args[0]), ""
	wait(ts, func() bool {
		out, err := p.tmux("display-message", "-p", strings.Join(format, ", "))
		ts.Check(err)
		got = strings.TrimSpace(out)
		return got == strings.Join(want, ", ")
	}, func() string {
		return fmt.Sprintf("the terminal of %s has %s, not %s", args[0], got, strings.Join(want, ", "))
	})
}
