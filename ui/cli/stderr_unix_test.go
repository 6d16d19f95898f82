//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

var stderrTests = []struct {
	name       string
	act        func(restore func(), tty *os.File)
	crashes    bool
	onTTY      []string
	inLog      []string
	neverTTY   []string
	neverInLog []string
}{
	{
		name: "library chatter",
		act: func(_ func(), tty *os.File) {
			chatter("cannot open /dev/snd")
			fmt.Fprintln(tty, "calling bob")
		},
		onTTY: []string{"calling bob"}, inLog: []string{"earlier line", "cannot open /dev/snd"},
		neverTTY: []string{"/dev/snd"}, neverInLog: []string{"calling bob"},
	},
	{
		name: "after restore",
		act: func(restore func(), _ *os.File) {
			restore()
			restore()
			chatter("plain again")
		},
		onTTY: []string{"plain again"}, neverInLog: []string{"plain again"},
	},
	{
		name: "panic in another goroutine",
		act: func(func(), *os.File) {
			go func() { panic("broken in the background") }()
			select {}
		},
		crashes: true,
		onTTY:   []string{"panic: broken in the background", "goroutine "},
		inLog:   []string{"panic: broken in the background"},
	},
	{
		name: "panic after restore",
		act: func(restore func(), _ *os.File) {
			restore()
			panic("broken at the end")
		},
		crashes: true,
		onTTY:   []string{"panic: broken at the end"}, neverInLog: []string{"broken"},
	},
}

// What a library writes to descriptor 2 goes to the log; what the program says, and
// the crash of any goroutine, still reaches the terminal. Each case runs this test
// binary again, since there is one descriptor 2 in a process.
func TestRedirectStderr(t *testing.T) {
	const log = "STDERR_TEST_LOG"
	for _, tt := range stderrTests {
		t.Run(tt.name, func(t *testing.T) {
			if path := os.Getenv(log); path != "" {
				restore, tty, err := redirectStderr(path)
				if err != nil {
					t.Fatal(err)
				}
				tt.act(restore, tty)
				os.Exit(0)
			}
			terminal, written := runAgain(t, log, tt.crashes)
			checkText(t, "terminal", terminal, tt.onTTY, tt.neverTTY)
			checkText(t, "log", written, tt.inLog, tt.neverInLog)
		})
	}
}

// runAgain runs this test in a process of its own, with the path of a log in the
// environment, and returns what that wrote to its stderr and to the log.
func runAgain(t *testing.T, log string, crashes bool) (terminal, written string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte("earlier line\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	again := exec.Command(os.Args[0], "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$")
	again.Env = append(os.Environ(), log+"="+path)
	again.Stderr = &stderr
	if err := again.Run(); (err != nil) != crashes {
		t.Fatalf("ended with %v, crash expected: %v\n%s", err, crashes, stderr.String())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return stderr.String(), string(text)
}

func TestRedirectStderrNeedsAWritableLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "log")
	if _, _, err := redirectStderr(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("redirectStderr(%q) = %v, want an error that names the file", path, err)
	}
}

// chatter writes as a C library does: to the descriptor, past os.Stderr.
func chatter(text string) {
	if _, err := syscall.Write(syscall.Stderr, []byte(text+"\n")); err != nil {
		panic(err)
	}
}

func checkText(t *testing.T, where, text string, want, never []string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%s lacks %q:\n%s", where, w, text)
		}
	}
	for _, n := range never {
		if strings.Contains(text, n) {
			t.Errorf("%s has %q:\n%s", where, n, text)
		}
	}
}
