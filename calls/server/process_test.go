//go:build linux

package server

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"syscall"
	"testing"
	"time"

	"tring/calls"
)

// A server in a process of its own, which is this test's binary again: its
// processor time and memory are those of the server alone, and it can be killed.

const processEnv = "TRING_TEST_SERVER"

// processConfig is what the server process is told.
type processConfig struct {
	Config
	Users int    // u0, u1, … are made
	Key   string // their one key
}

// figures are what the server process says of itself.
type figures struct {
	Address, Admin        string
	CPU                   time.Duration
	RSS, Heap, Stack      int64
	Goroutines, Files     int
	Subscriptions         uint32
	Live, Calls, Claims   int
	History, HistoryBytes uint64
}

func userName(i int) calls.UserID { return calls.UserID(fmt.Sprintf("u%d", i)) }

// serveAsProcess runs the server if this process is to be one.
func serveAsProcess() bool {
	text := os.Getenv(processEnv)
	if text == "" {
		return false
	}
	var cfg processConfig
	err := json.Unmarshal([]byte(text), &cfg)
	if err == nil {
		err = cfg.serve()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return true
}

func (cfg processConfig) serve() error {
	s, err := Open(context.Background(), cfg.Config)
	if err != nil {
		return err
	}
	for i := range cfg.Users {
		if s.accounts.get(userName(i)) != nil {
			continue
		}
		if err := s.Admin().AddUser(s.ctx, userName(i), "", cfg.Key); err != nil {
			return err
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		defer stop()
		s.obey(os.Stdin, os.Stdout)
	}()
	return s.Serve(ctx)
}

// obey answers each line of its parent with figures, until the parent is gone.
func (s *Server) obey(in io.Reader, out io.Writer) {
	answer := json.NewEncoder(out)
	f := figures{Address: s.Addr().String()}
	if s.health != nil {
		f.Admin = s.AdminAddr().String()
	}
	_ = answer.Encode(f) // a parent that is gone reads no answer
	for lines := bufio.NewScanner(in); lines.Scan(); {
		command, path, _ := strings.Cut(lines.Text(), " ")
		switch command {
		case "profile":
			if file, err := os.Create(path); err == nil {
				_ = pprof.StartCPUProfile(file)
			}
		case "profiled":
			pprof.StopCPUProfile()
		case "heap":
			runtime.GC()
			if file, err := os.Create(path); err == nil {
				_ = pprof.WriteHeapProfile(file)
				file.Close()
			}
		case "look":
			debug.FreeOSMemory()
		}
		_ = answer.Encode(s.figures())
	}
}

func (s *Server) figures() figures {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	f := figures{
		CPU:  time.Duration(u.Utime.Nano() + u.Stime.Nano()),
		Heap: int64(m.HeapAlloc), Stack: int64(m.StackInuse), RSS: residentBytes(),
		Goroutines: runtime.NumGoroutine(), Live: len(s.hub.liveCalls()),
	}
	if entries, err := os.ReadDir("/proc/self/fd"); err == nil {
		f.Files = len(entries)
	}
	if s.store.embedded != nil {
		f.Subscriptions = s.store.embedded.NumSubscriptions()
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if keys, err := s.store.calls.ids(ctx); err == nil {
		f.Calls = len(keys)
	}
	if keys, err := s.store.claims.keys(ctx); err == nil {
		f.Claims = len(keys)
	}
	if info, err := s.store.history.Info(ctx); err == nil {
		f.History, f.HistoryBytes = info.State.Msgs, info.State.Bytes
	}
	return f
}

func residentBytes() int64 {
	data, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(data)) {
		var kb int64
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kb); n == 1 {
			return kb << 10
		}
	}
	return 0
}

// serverProcess is a running server process, as its parent sees it.
type serverProcess struct {
	t     testing.TB
	cmd   *exec.Cmd
	stdin io.WriteCloser
	out   *json.Decoder
	figures
}

// startProcess runs a server in a process of its own and waits until it listens.
func startProcess(t testing.TB, cfg processConfig) *serverProcess {
	t.Helper()
	text, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	p := &serverProcess{t: t, cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append(os.Environ(), processEnv+"="+string(text))
	p.cmd.Stderr = os.Stderr
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = json.NewDecoder(stdout)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	if err := p.out.Decode(&p.figures); err != nil {
		t.Fatalf("the server process did not start: %v", err)
	}
	return p
}

// ask has the process do something, and returns what it says of itself then.
func (p *serverProcess) ask(command string) figures {
	p.t.Helper()
	var f figures
	if _, err := io.WriteString(p.stdin, command+"\n"); err != nil {
		p.t.Fatal(err)
	}
	if err := p.out.Decode(&f); err != nil {
		p.t.Fatalf("%s: %v", command, err)
	}
	return f
}

// stop lets the process stop as an administrator does; kill is SIGKILL.
func (p *serverProcess) stop() {
	if p.cmd.ProcessState == nil {
		p.stdin.Close()
		_ = p.cmd.Wait() // what it has to say is on stderr
	}
}

func (p *serverProcess) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}
