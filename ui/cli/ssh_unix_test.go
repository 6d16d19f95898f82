//go:build unix

package cli

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"tring/audio"
	"tring/calls"
	"tring/ui/host"
)

// talker is a sound card that says what time it is, and notes how old the times
// are that it hears. It is safe for concurrent use.
type talker struct {
	began time.Time
	mu    sync.Mutex
	ages  []time.Duration // of what was heard lately
}

func (d *talker) OpenSource() (audio.SourceCloser, error) { return d.open(), nil }
func (d *talker) OpenSink() (audio.SinkCloser, error)     { return d.open(), nil }
func (*talker) Describe() string                          { return "a talking clock" }
func (d *talker) open() *talkerEnd                        { return &talkerEnd{talker: d, closed: make(chan struct{})} }

type talkerEnd struct {
	*talker
	pace   audio.Pace
	once   sync.Once
	closed chan struct{}
}

func (e *talkerEnd) Close() error {
	e.once.Do(func() { close(e.closed) })
	return nil
}

func (e *talkerEnd) wait() error {
	wait, _ := e.pace.Next(time.Since(e.began))
	select {
	case <-time.After(wait):
		return nil
	case <-e.closed:
		return os.ErrClosed
	}
}

func (e *talkerEnd) Read(f audio.Frame) error {
	if err := e.wait(); err != nil {
		return err
	}
	e.say(f)
	return nil
}

func (e *talkerEnd) Write(f audio.Frame) error {
	e.hear(f)
	return e.wait()
}

func (d *talker) say(f audio.Frame) {
	for i := range f {
		f[i] = int16(time.Since(d.began)/audio.FrameDuration) + 1
	}
}

func (d *talker) hear(f audio.Frame) {
	newest := slices.Max(f)
	if newest <= 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ages = append(d.ages, time.Since(d.began)-time.Duration(newest-1)*audio.FrameDuration)
}

// lately is the median age of what was heard since it was asked last, and of how
// many frames.
func (d *talker) lately() (age time.Duration, frames int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	ages := d.ages
	d.ages = nil
	if len(ages) == 0 {
		return 0, 0
	}
	slices.Sort(ages)
	return ages[len(ages)/2], len(ages)
}

// way is a TCP way to a host that stalls and breaks on demand.
type way struct {
	net.Listener
	to string

	mu    sync.Mutex
	open  chan struct{} // closed while it carries
	conns []net.Conn
}

func newWay(t *testing.T, to string) *way {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &way{Listener: l, to: to, open: make(chan struct{})}
	close(w.open)
	t.Cleanup(func() { _ = l.Close(); w.cut() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				_ = near.Close()
				continue
			}
			w.mu.Lock()
			w.conns = append(w.conns, near, far)
			w.mu.Unlock()
			go w.carry(near, far)
			go w.carry(far, near)
		}
	}()
	return w
}

func (w *way) carry(from, to net.Conn) {
	defer to.Close()
	b := make([]byte, 4<<10)
	for {
		n, err := from.Read(b)
		w.mu.Lock()
		open := w.open
		w.mu.Unlock()
		<-open
		if _, failed := to.Write(b[:n]); err != nil || failed != nil {
			return
		}
	}
}

func (w *way) stall() (goOn func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	open := make(chan struct{})
	w.open = open
	return func() { close(open) }
}

func (w *way) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		_ = c.Close()
	}
	w.conns = nil
}

// lodging is a host whose telephone is a talking clock, and the settings of an
// ssh client that may come in.
type lodging struct {
	*way
	clock  *talker // at the host
	logins atomic.Int32
	config string
}

func lodge(t *testing.T) *lodging {
	t.Helper()
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("SKIPPED: no ssh here: ", err)
	}
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(key, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	l := &lodging{clock: &talker{began: time.Now()}, config: filepath.Join(dir, "config")}
	h, err := host.New(host.Config{
		Listen: "127.0.0.1:0", HostKey: filepath.Join(dir, "host"), Codec: audio.PCM{}, Run: l.run,
		Whose:  func(context.Context, ssh.PublicKey) (calls.UserID, error) { return "ann", nil },
		Join:   func(context.Context, ssh.PublicKey, string) (calls.UserID, error) { return "ann", nil },
		Limits: host.Limits{Grace: -1, Handshake: patience, Stalled: patience, Dead: patience},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- h.Serve(ctx) }()
	t.Cleanup(func() { stop(); <-served })
	l.way = newWay(t, h.Addr().String())
	_, port, _ := net.SplitHostPort(l.Addr().String())
	config := fmt.Sprintf("Host phone\nHostName 127.0.0.1\nPort %s\nIdentityFile %s\nIdentitiesOnly yes\n"+
		"UserKnownHostsFile %s\nStrictHostKeyChecking accept-new\nLogLevel ERROR\n", port, key, filepath.Join(dir, "known"))
	if err := os.WriteFile(l.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return l
}

// run is the telephone: it says what time it is, and hears.
func (l *lodging) run(ctx context.Context, login *host.Login) int {
	l.logins.Add(1)
	var ends sync.WaitGroup
	defer ends.Wait()
	mic, _ := login.Line.OpenSource()
	speaker, _ := login.Line.OpenSink()
	ends.Go(func() {
		for f := make(audio.Frame, audio.FrameSamples); mic.Read(f) == nil; {
			l.clock.hear(f)
		}
	})
	ends.Go(func() {
		for f := make(audio.Frame, audio.FrameSamples); speaker.Write(f) == nil; {
			l.clock.say(f)
		}
	})
	<-ctx.Done()
	_, _ = mic.Close(), speaker.Close()
	return 0
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	late := time.After(patience)
	for look := time.NewTicker(20 * time.Millisecond); !so(); {
		select {
		case <-look.C:
		case <-late:
			t.Fatal("waited in vain: " + what)
		}
	}
}

// notes are what the program says to people.
type notes struct {
	mu    sync.Mutex
	bytes bytes.Buffer
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.bytes.Write(p)
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.bytes.String()
}

// One connection carries the phone and the sound, both ways. It stalls for four
// seconds, and a second later nobody hears what is old; it breaks, and is made
// again, also when a signal killed its ssh.
func TestSSHCarriesSoundOverALineThatStallsAndBreaks(t *testing.T) {
	t.Parallel()
	l := lodge(t)
	near := &talker{began: l.clock.began}
	engine := audio.NewEngine(audio.Config{Device: near, Codec: audio.PCM{}, PacketDuration: audio.FrameDuration, DelayMost: sshDelayMost})
	defer engine.Close()
	var said notes
	in, hold, err := os.Pipe() // a person who types nothing
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer hold.Close()
	a := &app{now: time.Now, in: in, out: io.Discard, err: &said, getenv: func(string) string { return "" }}
	far := &farSound{engine: engine, log: slog.New(slog.DiscardHandler), wanted: true}
	pids := filepath.Join(t.TempDir(), "pids")
	program := filepath.Join(t.TempDir(), "ssh")
	script := "#!/bin/sh\n[ \"$1\" = -M ] && echo $$ >" + pids + "\nexec ssh \"$@\"\n"
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	link := sshLink{program: program, host: "phone", command: []string{"plain"}, options: []string{"-F", l.config}}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	folder, err := socketFolder(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	go func() { done <- a.keepConnected(ctx, link, far, folder) }()

	both := func() bool {
		_, here := near.lately()
		_, there := l.clock.lately()
		return here > 0 && there > 0
	}
	eventually(t, "sound both ways; ssh said: "+said.String(), both)
	goOn := l.stall()
	<-time.After(4 * time.Second)
	goOn()
	eventually(t, "sound as young as before the stall, both ways", func() bool {
		both() // what was until now is of the past
		<-time.After(time.Second)
		here, heard := near.lately()
		there, heardThere := l.clock.lately()
		t.Logf("here %d frames, %v old; at the host %d frames, %v old", heard, here, heardThere, there)
		return max(here, there) <= 150*time.Millisecond && min(heard, heardThere) >= 50
	})

	for n, breaks := range []func(){l.cut, func() { kill(t, pids) }} {
		breaks()
		eventually(t, "another login", func() bool { return int(l.logins.Load()) == n+2 })
		both()
		eventually(t, "sound again", both)
		if strings.Count(said.String(), "The connection broke; it is made again in 1s.") != n+1 {
			t.Errorf("it said %q", said.String())
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("its end: %v", err)
	}
}

// kill ends the process whose id is in a file, as one whose memory is wanted.
func kill(t *testing.T, file string) {
	t.Helper()
	id, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(id)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// What comes in one go after a stall of the pipe is not played late.
func TestPCMPlayNeverFallsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		card := &talker{began: time.Now()}
		engine := audio.NewEngine(audio.Config{Device: card, Codec: audio.PCM{}, PacketDuration: audio.FrameDuration, DelayMost: pcmMost})
		defer engine.Close()
		in, out := io.Pipe()
		defer out.Close()
		played := make(chan error, 1)
		go func() { played <- (&pcm{engine}).play(in) }()
		f, b := make(audio.Frame, audio.FrameSamples), []byte(nil)
		for n, tick := 0, time.NewTicker(audio.FrameDuration); n < 700; n++ {
			<-tick.C
			card.say(f)
			for _, v := range f {
				b = append(b, byte(v), byte(v>>8))
			}
			if n >= 100 && n < 500 {
				continue // as ssh writes after its line stalled: what it has, at once
			}
			if _, err := out.Write(b); err != nil {
				t.Fatal(err)
			}
			if b = b[:0]; n == 600 { // a second after its end
				card.lately()
			}
		}
		_ = out.Close()
		if err := <-played; err != nil {
			t.Fatal(err)
		}
		if age, frames := card.lately(); age > 150*time.Millisecond || frames < 50 {
			t.Errorf("%d frames a second after the stall, %v old", frames, age)
		}
	})
}

// The person's own options come first, since ssh takes the first of each.
func TestSSHIsCalledWithThePersonsOptions(t *testing.T) {
	o := sshOptions{port: "22", user: "ann", config: "c", jump: "gate", identities: []string{"k"}, options: []string{"IPQoS=none"}}
	l := sshLink{host: "-phone", command: []string{"call", "bob"}, options: o.args(), socket: "s", pty: true}
	own := "-p 22 -l ann -F c -J gate -i k -o IPQoS=none"
	rest := strings.Join(always, " ")
	if got, want := strings.Join(l.screenArgs(), " "), "-M -S s -o ControlPersist=no "+own+" "+rest+" -t -- -phone call bob"; got != want {
		t.Errorf("screen: ssh %s\nwant %s", got, want)
	}
	if got, want := strings.Join(l.soundArgs(), " "), "-T -o BatchMode=yes -S s -o ControlMaster=no "+own+" "+rest+" -s -- -phone audio-opus"; got != want {
		t.Errorf("sound: ssh %s\nwant %s", got, want)
	}
}
