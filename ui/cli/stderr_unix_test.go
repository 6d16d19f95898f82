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

// What a library writes to descriptor 2 goes to the log; what the program says, and
// the crash of any goroutine, still reaches the terminal. Each case runs this test
// binary again, since there is one descriptor 2 in a process.
func TestRedirectStderr(t *testing.T) {
	const log = "STDERR_TEST_LOG"
	tests := []struct {
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
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if path := os.Getenv(log); path != "" {
				restore, tty, err := redirectStderr(path)
				if err != nil {
					t.Fatal(err)
				}
				tt.act(restore, tty)
				os.Exit(0)
			}
			path := filepath.Join(t.TempDir(), "log")
			if err := os.WriteFile(path, []byte("earlier line\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			var terminal strings.Builder
			again := exec.Command(os.Args[0], "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$")
			again.Env = append(os.Environ(), log+"="+path)
			again.Stderr = &terminal
			if err := again.Run(); (err != nil) != tt.crashes {
				t.Fatalf("ended with %v, crash expected: %v\n%s", err, tt.crashes, terminal.String())
			}
			written, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			check(t, "terminal", terminal.String(), tt.onTTY, tt.neverTTY)
			check(t, "log", string(written), tt.inLog, tt.neverInLog)
		})
	}
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

func check(t *testing.T, where, text string, want, never []string) {
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
