//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience is how long a script waits for anything: long, because only what fails
// waits in vain, and a machine may be busy.
const patience = 2 * time.Minute

// jobs are the processes that a script started and that may still run.
type jobs struct {
	mu     sync.Mutex
	byName map[string]*job
}

type job struct {
	cmd   *exec.Cmd
	input io.Writer     // of a job that reads lines
	done  chan struct{} // closed when it has ended

	terminal terminal // of a job with a screen
}

func (all *jobs) add(name string, j *job) {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.byName[name] = j
}

type jobsKey struct{}

func setup(env *testscript.Env) error {
	all := &jobs{byName: map[string]*job{}}
	env.Values[jobsKey{}] = all
	env.Defer(func() {
		all.mu.Lock()
		defer all.mu.Unlock()
		for _, j := range all.byName {
			_ = j.cmd.Process.Kill() // it may have ended
			<-j.done
		}
	})
	env.Vars = append(env.Vars, "TRING_AUDIO=none", "TRING_HOME="+filepath.Join(env.WorkDir, "home"), "TERM=dumb")
	// No server gives up a phone that a busy machine lets wait; a script that shows
	// how one is given up has its own.
	for _, timer := range []string{"MEDIA", "CALLER_GONE", "LEASE", "SILENCE", "RECONNECT"} {
		env.Vars = append(env.Vars, "TRING_TIMERS_"+timer+"="+patience.String())
	}
	return nil
}

func jobsOf(ts *testscript.TestScript) *jobs { return ts.Value(jobsKey{}).(*jobs) }

func (all *jobs) get(ts *testscript.TestScript, name string) *job {
	all.mu.Lock()
	defer all.mu.Unlock()
	j := all.byName[name]
	if j == nil {
		ts.Fatalf("nothing was started as %s", name)
	}
	return j
}

func usage(ts *testscript.TestScript, ok bool, text string) {
	if !ok {
		ts.Fatalf("usage: %s", text)
	}
}

// as NAME: the next commands run with this person's folder.
func as(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "as NAME")
	ts.Setenv("TRING_HOME", ts.MkAbs(args[0]))
	ts.Setenv("TRING_LABEL", args[0]+"-phone")
}

// start NAME PROGRAM ARG…: runs in the background; what it prints is in NAME.out
// and NAME.err.
func start(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 2, "start NAME PROGRAM ARG...")
	begin(ts, nil, args)
}

// begin starts a program that reads this; nothing where it is nil.
func begin(ts *testscript.TestScript, in *os.File, args []string) *job {
	name := args[0]
	path, err := lookPath(ts.Getenv("PATH"), args[1])
	ts.Check(err)
	args = append(urgently(ts), append([]string{path}, args[2:]...)...)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = environment(ts)
	out, err := os.Create(ts.MkAbs(name + ".out"))
	ts.Check(err)
	defer out.Close()
	errs, err := os.Create(ts.MkAbs(name + ".err"))
	ts.Check(err)
	defer errs.Close()
	cmd.Stdout, cmd.Stderr = out, errs
	if in != nil {
		cmd.Stdin = in
	}
	ts.Check(cmd.Start())
	j := &job{cmd: cmd, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // ends reads the exit code from the process state
		close(j.done)
	}()
	jobsOf(ts).add(name, j)
	return j
}

// lines NAME PROGRAM ARG…: as start, with an input for what type types.
func lines(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 2, "lines NAME PROGRAM ARG...")
	out, in, err := os.Pipe()
	ts.Check(err)
	defer out.Close()
	j := begin(ts, out, args)
	j.input = in
	ts.Defer(func() { in.Close() })
}

// typeLine NAME LINE: types one line.
func typeLine(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "type NAME LINE")
	_, err := io.WriteString(jobsOf(ts).get(ts, args[0]).input, args[1]+"\n")
	ts.Check(err)
}

// environment is that of the script, as far as the program reads it.
func environment(ts *testscript.TestScript) []string {
	var env []string
	for _, k := range []string{
		"PATH", "HOME", "WORK", "TMPDIR", "TERM", "GOCOVERDIR", "ALSA_CONFIG_PATH", "PULSE_SERVER",
		"TRING_HOME", "TRING_LABEL", "TRING_AUDIO", "TRING_LOG_LEVEL", "TRING_LANG",
		"TRING_TIMERS_RING", "TRING_TIMERS_MEDIA", "TRING_TIMERS_CALLER_GONE", "TRING_TIMERS_LEASE",
		"TRING_TIMERS_MEDIA_LOST", "TRING_TIMERS_SILENCE", "TRING_TIMERS_RECONNECT",
	} {
		if v := ts.Getenv(k); v != "" {
			env = append(env, k+"="+v)
		}
	}
	return env
}

// urgently is how to start a program so that a busy machine does not starve its
// sound; nothing where that is not permitted.
func urgently(ts *testscript.TestScript) []string {
	if nice, err := lookPath(ts.Getenv("PATH"), "nice"); err == nil && os.Geteuid() == 0 {
		return []string{nice, "-n", "-10"}
	}
	return nil
}

func lookPath(path, program string) (string, error) {
	for _, dir := range filepath.SplitList(path) {
		file := filepath.Join(dir, program)
		if info, err := os.Stat(file); err == nil && info.Mode()&0o111 != 0 {
			return file, nil
		}
	}
	return "", fmt.Errorf("%s is not in PATH", program)
}

// waitline FILE PATTERN [VAR]: waits until a line of the file matches; VAR then
// holds the pattern's first group. With ! no line matches, now.
func waitLine(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) == 2 || len(args) == 3, "waitline FILE PATTERN [VAR]")
	pattern, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	file := ts.MkAbs(args[0])
	if neg {
		if data, _ := os.ReadFile(file); pattern.Match(data) {
			ts.Fatalf("%s has %s:\n%s", args[0], args[1], data)
		}
		return
	}
	var found []string
	wait(ts, func() bool {
		data, _ := os.ReadFile(file) // not there yet
		found = pattern.FindStringSubmatch(string(data))
		return found != nil
	}, func() string {
		data, _ := os.ReadFile(file)
		errs, _ := os.ReadFile(strings.TrimSuffix(file, ".out") + ".err")
		return fmt.Sprintf("no line of %s matches %s:\n%s%s", args[0], args[1], data, errs)
	})
	if len(args) == 3 {
		ts.Setenv(args[2], found[1])
	}
}

// wait polls a condition of another process until it holds.
func wait(ts *testscript.TestScript, holds func() bool, otherwise func() string) {
	waitEach(ts, 10*time.Millisecond, patience, holds, otherwise)
}

// waitEach is wait for what takes longer to look at, or to come.
func waitEach(ts *testscript.TestScript, every, most time.Duration, holds func() bool, otherwise func() string) {
	over := time.After(most)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-over:
			ts.Fatalf("%s", otherwise())
		}
	}
}

// kill NAME SIGNAL: INT, TERM, KILL, STOP or CONT.
func kill(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "kill NAME SIGNAL")
	signals := map[string]syscall.Signal{
		"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL, "STOP": syscall.SIGSTOP, "CONT": syscall.SIGCONT,
	}
	signal, ok := signals[args[1]]
	usage(ts, ok, "kill NAME INT|TERM|KILL|STOP|CONT")
	ts.Check(jobsOf(ts).get(ts, args[0]).cmd.Process.Signal(signal))
}

// ends NAME [CODE]: waits until the program ends, with this exit code.
func ends(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && (len(args) == 1 || len(args) == 2), "ends NAME [CODE]")
	j := jobsOf(ts).get(ts, args[0])
	said := func() string {
		out, _ := os.ReadFile(ts.MkAbs(args[0] + ".out"))
		errs, _ := os.ReadFile(ts.MkAbs(args[0] + ".err"))
		if j.terminal != nil {
			out = []byte(j.terminal.text())
		}
		return string(out) + string(errs)
	}
	select {
	case <-j.done:
	case <-time.After(patience):
		ts.Fatalf("%s still runs after %v:\n%s", args[0], patience, said())
	}
	if code := j.cmd.ProcessState.ExitCode(); len(args) > 1 && strconv.Itoa(code) != args[1] {
		ts.Fatalf("%s ended with %d, not %s:\n%s", args[0], code, args[1], said())
	}
}

// exits CODE PROGRAM ARG…: runs in the foreground and ends with this exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 2, "exits CODE PROGRAM ARG...")
	code := 0
	args = append(args[:1:1], append(urgently(ts), args[1:]...)...)
	err := ts.Exec(args[1], args[2:]...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, not %s", code, args[0])
	}
}

// eventually PATTERN PROGRAM ARG…: runs it again and again until a line that it prints
// matches; with ! until none does. What it printed last is the stdout.
func eventually(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) >= 2, "eventually PATTERN PROGRAM ARG...")
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	last := ""
	waitEach(ts, 100*time.Millisecond, patience, func() bool {
		if err := ts.Exec(args[1], args[2:]...); err != nil {
			return false
		}
		last = ts.ReadFile("stdout")
		return pattern.MatchString(last) != neg
	}, func() string { return fmt.Sprintf("%v prints\n%s", args[1:], last) })
}

// serve [ARG…]: starts a server as the job "server" in the folder srv, and puts
// its address into $URL. A second one takes the same port.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg, "serve [ARG...]")
	listen := strings.TrimPrefix(ts.Getenv("URL"), "ws://")
	if listen == "" {
		listen = "127.0.0.1:" + freePort(ts)
	}
	all := append([]string{
		"server", "tring", "serve", "--listen", listen, "--admin", "off", "--data", ts.MkAbs("srv"), "--log-level", "debug",
	}, args...)
	start(ts, false, all)
	waitLine(ts, false, []string{"server.err", `Serving on ([^ ,]+)`, "URL"})
}

// port VAR: puts into the variable a port that a program may take, and take again
// after it has ended.
func port(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "port VAR")
	ts.Setenv(args[0], freePort(ts))
}

// freePort is a port that nobody has, and that the system gives to nobody who asks
// for any: it stays free while a server is down.
func freePort(ts *testscript.TestScript) string {
	const least, most = 10000, 30000 // systems give away from 32768, or 49152
	for range 1000 {
		port := strconv.Itoa(least + rand.IntN(most-least))
		if l, err := net.Listen("tcp", ":"+port); err == nil {
			ts.Check(l.Close())
			return port
		}
	}
	ts.Fatalf("no port is free")
	return ""
}

// people NAME…: adds each to the running server and logs them in, each with a
// folder of the same name.
func people(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) > 0, "people NAME...")
	for _, name := range args {
		as(ts, false, []string{name})
		ts.Check(ts.Exec("tring", "user", "add", name, "--data", ts.MkAbs("srv")))
		invite := strings.TrimSpace(ts.ReadFile("stdout"))
		ts.Check(ts.Exec("tring", "login", ts.Getenv("URL"), "--invite", invite))
	}
}

// last FILE PATTERN: the last line of the file matches.
func last(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "last FILE PATTERN")
	lines := bytes.Split(bytes.TrimSpace([]byte(ts.ReadFile(args[0]))), []byte("\n"))
	if line := lines[len(lines)-1]; !regexp.MustCompile(args[1]).Match(line) {
		ts.Fatalf("the last line of %s does not match %s: %s", args[0], args[1], line)
	}
}
