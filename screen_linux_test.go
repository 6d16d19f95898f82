package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
)

// The figures of the screen, of whole processes on a terminal device: see
// docs/performance.md. A terminal stands behind it that answers nothing.

// house is a built program and a server with two accounts.
type house struct {
	tring string
	url   string // of the server
	homes map[string]string
}

func newHouse(b *testing.B, people ...string) *house {
	b.Helper()
	dir := b.TempDir()
	h := &house{tring: filepath.Join(dir, "tring"), homes: map[string]string{}}
	install(b, h.tring)
	data := filepath.Join(dir, "srv")
	server := exec.Command(h.tring, "serve", "--listen", "127.0.0.1:0", "--admin", "off", "--data", data)
	said := &output{}
	server.Stdout, server.Stderr = said, said
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	serving := regexp.MustCompile(`Serving on ([^ ,]+)`)
	if !until(func() bool { return serving.MatchString(said.text()) }) {
		b.Fatalf("no server:\n%s", said.text())
	}
	h.url = serving.FindStringSubmatch(said.text())[1]
	for _, name := range people {
		h.homes[name] = filepath.Join(dir, name)
		invite, err := exec.Command(h.tring, "user", "add", name, "--data", data).Output()
		if err != nil {
			b.Fatalf("add %s: %v", name, err)
		}
		login := h.command(name, "login", h.url, "--invite", strings.TrimSpace(string(invite)))
		if out, err := login.CombinedOutput(); err != nil {
			b.Fatalf("log in: %v\n%s", err, out)
		}
	}
	return h
}

// install builds the program, and copies it as an installation does: of a file that
// was just linked the system maps more pages than of one that was copied.
func install(b *testing.B, to string) {
	b.Helper()
	linked := to + ".linked"
	if out, err := exec.Command("go", "build", "-o", linked, ".").CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	if out, err := exec.Command("install", linked, to).CombinedOutput(); err != nil {
		b.Fatalf("install: %v\n%s", err, out)
	}
}

func (h *house) command(who string, args ...string) *exec.Cmd {
	cmd := exec.Command(h.tring, args...)
	cmd.Env = append(os.Environ(), "TRING_HOME="+h.homes[who], "TRING_AUDIO=none", "TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8")
	return cmd
}

// output is what a program wrote, and when it did last. It is safe for
// concurrent use.
type output struct {
	mu    sync.Mutex
	all   bytes.Buffer
	wrote chan struct{}
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.wrote != nil {
		select {
		case o.wrote <- struct{}{}:
		default:
		}
	}
	return o.all.Write(p)
}

func (o *output) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all.String()
}

func (o *output) len() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all.Len()
}

// onPTY is a program on a terminal device.
type onPTY struct {
	*output
	cmd    *exec.Cmd
	device *os.File
	began  time.Time
	ended  chan struct{}
}

func (h *house) onPTY(b *testing.B, who string, width, height uint16) *onPTY {
	b.Helper()
	p := &onPTY{output: &output{wrote: make(chan struct{}, 1)}, cmd: h.command(who), ended: make(chan struct{})}
	p.began = time.Now()
	var err error
	if p.device, err = pty.StartWithSize(p.cmd, &pty.Winsize{Rows: height, Cols: width}); err != nil {
		b.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		buffer := make([]byte, 1<<16)
		for {
			n, err := p.device.Read(buffer)
			_, _ = p.Write(buffer[:n])
			if err != nil {
				return
			}
		}
	}()
	return p
}

func (p *onPTY) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	_ = p.device.Close()
	<-p.ended
}

// shows waits until this was written, after the first from bytes.
func (p *onPTY) shows(b *testing.B, want string, from int) {
	b.Helper()
	over := time.After(patience)
	for !strings.Contains(p.text()[from:], want) {
		select {
		case <-p.wrote:
		case <-over:
			b.Fatalf("never wrote %q: %q", want, p.text()[from:])
		}
	}
}

// used is the processor time of a process, and resident its memory in MiB.
func (p *onPTY) used() time.Duration { return (&program{cmd: p.cmd}).spent() }

func (p *onPTY) resident(b *testing.B) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	found := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(status)
	kib, _ := strconv.Atoi(string(found[1]))
	return float64(kib) / 1024
}

// report tells two percentiles of some times.
func report(b *testing.B, times []time.Duration) {
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(times[len(times)*95/100].Microseconds())/1000, "p95-ms")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkFirstFrame is from the start of the program, with an account, to its
// first picture on the terminal.
func BenchmarkFirstFrame(b *testing.B) {
	h := newHouse(b, "alice", "bob")
	var times []time.Duration
	for b.Loop() {
		for range 20 {
			p := h.onPTY(b, "alice", 80, 24)
			p.shows(b, "People", 0)
			times = append(times, time.Since(p.began))
			p.kill()
		}
	}
	report(b, times)
}

// BenchmarkKeyToFrame is from a key to what it changes on the terminal.
func BenchmarkKeyToFrame(b *testing.B) {
	h := newHouse(b, "alice", "bob", "carol")
	p := h.onPTY(b, "alice", 80, 24)
	defer p.kill()
	p.shows(b, "carol", 0)
	p.quiet()
	var times []time.Duration
	for b.Loop() {
		for i := range 100 {
			from, began := p.len(), time.Now()
			if _, err := p.device.WriteString([]string{"j", "k"}[i%2]); err != nil {
				b.Fatal(err)
			}
			p.shows(b, "›", from)
			times = append(times, time.Since(began))
			time.Sleep(time.Duration(20+i*7%50) * time.Millisecond) // at any moment between two frames
		}
	}
	report(b, times)
}

// quiet waits until nothing is written any more.
func (p *onPTY) quiet() {
	for {
		select {
		case <-p.wrote:
		case <-time.After(time.Second):
			return
		}
	}
}

// BenchmarkIdlePhone is ten seconds of a telephone that nobody touches.
func BenchmarkIdlePhone(b *testing.B) {
	h := newHouse(b, "alice", "bob")
	p := h.onPTY(b, "alice", 80, 24)
	defer p.kill()
	p.shows(b, "bob", 0)
	p.quiet()
	p.watch(b, 10*time.Second)
}

// watch reports what the program uses of the machine for so long.
func (p *onPTY) watch(b *testing.B, span time.Duration) {
	bytes, used := p.len(), p.used()
	began := time.Now()
	for b.Loop() {
		time.Sleep(span)
	}
	all := time.Since(began).Seconds()
	b.ReportMetric(float64(p.len()-bytes)/all, "B/s")
	b.ReportMetric(100*(p.used()-used).Seconds()/all, "%cpu")
	b.ReportMetric(p.resident(b), "MiB")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkPhoneInCall is ten seconds of a whole telephone in a call: the screen,
// the codec, the network. The sound devices are silent ones.
func BenchmarkPhoneInCall(b *testing.B) {
	for _, size := range [][2]uint16{{80, 24}, {120, 40}} {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			h := newHouse(b, "alice", "bob")
			other := h.command("bob", "answer", "--json")
			heard := &output{}
			other.Stdout = heard
			if err := other.Start(); err != nil {
				b.Fatal(err)
			}
			defer func() {
				_ = other.Process.Kill()
				_ = other.Wait()
			}()
			until(func() bool { return strings.Contains(heard.text(), `"connected"`) })
			p := h.onPTY(b, "alice", size[0], size[1])
			defer p.kill()
			p.shows(b, "bob", 0)
			p.quiet()
			if _, err := p.device.WriteString("\r"); err != nil {
				b.Fatal(err)
			}
			p.shows(b, "talking", 0)
			time.Sleep(2 * time.Second) // what connecting cost
			p.watch(b, 10*time.Second)
		})
	}
}
