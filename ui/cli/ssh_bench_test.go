//go:build unix

package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tring/audio"
	"tring/audio/opus"
)

// knocker is a sound card whose microphone hears a knock now and then, and whose
// speaker notes when one comes out. What is read was in the air until then; what
// is written is in the air from then on, as with a sound file.
type knocker struct {
	began time.Time
	mute  bool

	mu     sync.Mutex
	said   []time.Duration
	heard  []time.Duration
	silent time.Duration // since when
}

const (
	knockEvery = 730 * time.Millisecond // no multiple of a frame or packet
	knockLong  = 30 * time.Millisecond
	knockLoud  = 12000
)

func (d *knocker) OpenSource() (audio.SourceCloser, error) { return d.open(), nil }
func (d *knocker) OpenSink() (audio.SinkCloser, error)     { return d.open(), nil }
func (*knocker) Describe() string                          { return "somebody who knocks" }
func (d *knocker) open() *knockerEnd {
	return &knockerEnd{talkerEnd: (&talker{began: d.began}).open(), knocker: d}
}

type knockerEnd struct {
	*talkerEnd
	*knocker
	last time.Duration
}

func (e *knockerEnd) Describe() string { return e.knocker.Describe() }

func (e *knockerEnd) Read(f audio.Frame) error {
	if err := e.wait(); err != nil {
		return err
	}
	first := time.Since(e.knocker.began) - audio.FrameDuration
	for i := range f {
		at := first + time.Duration(i)*time.Second/audio.Rate
		f[i] = 0
		if e.mute || at%knockEvery >= knockLong {
			continue
		}
		if f[i] = knockLoud; i/24%2 == 1 { // a square of 1 kHz
			f[i] = -knockLoud
		}
		if at-e.last > knockEvery/2 {
			e.knocker.mu.Lock()
			e.said = append(e.said, at)
			e.knocker.mu.Unlock()
			e.last = at
		}
	}
	return nil
}

func (e *knockerEnd) Write(f audio.Frame) error {
	if err := e.wait(); err != nil {
		return err
	}
	now := time.Since(e.knocker.began)
	e.knocker.mu.Lock()
	defer e.knocker.mu.Unlock()
	for i, v := range f {
		at := now + time.Duration(i)*time.Second/audio.Rate
		if v > knockLoud/4 || v < -knockLoud/4 {
			if at-e.silent > knockEvery/4 {
				e.heard = append(e.heard, at)
			}
			e.silent = at
		}
	}
	return nil
}

// BenchmarkMouthToEarBySSH is a call of two people who both came by ssh, to a
// server with an ssh host, all on this machine and with the real OpenSSH: how
// long a knock takes from the one's microphone to the other's speaker.
//
//	go test -c -o /tmp/cli.test ./ui/cli && chrt --rr 10 /tmp/cli.test -test.run '^$' -test.bench MouthToEarBySSH -test.benchtime 40x
//
// Without real-time priority a busy machine is measured: each of the three jitter
// buffers adapts to it.
func BenchmarkMouthToEarBySSH(b *testing.B) {
	if _, err := exec.LookPath("ssh"); err != nil {
		b.Skip("SKIPPED: no ssh here: ", err)
	}
	dir := b.TempDir()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	run := func(ctx context.Context, args ...string) int {
		home := func(name string) string {
			if name == "TRING_HOME" {
				return filepath.Join(dir, "home")
			}
			return ""
		}
		return Main(ctx, Env{Args: args, In: null, Out: null, Err: null, Getenv: home})
	}
	data, phones, people := filepath.Join(dir, "data"), freePort(b), freePort(b)
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan int, 1)
	go func() {
		served <- run(ctx, "serve", "--data", data, "--listen", "127.0.0.1:"+phones, "--ssh", "127.0.0.1:"+people, "--no-turn", "--admin", "off", "--log-level", "error")
	}()
	defer func() { stop(); <-served }()
	for {
		if c, err := net.Dial("tcp", "127.0.0.1:"+people); err == nil {
			_ = c.Close()
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	configs := map[string]string{}
	for _, name := range []string{"ann", "bob"} {
		key := filepath.Join(dir, name)
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
		if code := run(ctx, "user", "add", name, "--data", data, "--key", key+".pub"); code != 0 {
			b.Fatalf("user add: exit %d", code)
		}
		configs[name] = filepath.Join(dir, name+".conf")
		config := fmt.Sprintf("Host phone\nHostName 127.0.0.1\nPort %s\nIdentityFile %s\nIdentitiesOnly yes\n"+
			"UserKnownHostsFile %s\nStrictHostKeyChecking accept-new\nLogLevel ERROR\n", people, key, filepath.Join(dir, "known"))
		if err := os.WriteFile(configs[name], []byte(config), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	began := time.Now()
	ann, bob := &knocker{began: began}, &knocker{began: began, mute: true}
	calling, hangUp := context.WithCancel(ctx)
	var both sync.WaitGroup
	both.Go(func() { sshCall(b, calling, configs["bob"], bob, "answer", "--once") })
	time.Sleep(2 * time.Second)
	both.Go(func() { sshCall(b, calling, configs["ann"], ann, "call", "bob") })
	for count := 0; count < b.N+4; {
		time.Sleep(knockEvery)
		bob.mu.Lock()
		count = len(bob.heard)
		bob.mu.Unlock()
		if time.Since(began) > time.Duration(b.N+60)*knockEvery {
			break
		}
	}
	hangUp()
	both.Wait()
	var took []float64
	for _, at := range bob.heard[min(4, len(bob.heard)):] { // the first seconds are the buffers' to settle
		n, _ := slices.BinarySearch(ann.said, at)
		if n > 0 {
			took = append(took, float64(at-ann.said[n-1])/1e6)
		}
	}
	if len(took) == 0 {
		b.Fatal("nothing was heard")
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2], "p50-ms")
	b.ReportMetric(took[len(took)*95/100], "p95-ms")
	b.ReportMetric(float64(len(took)), "knocks")
}

func freePort(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// sshCall is `tring ssh phone COMMAND`, with this sound card.
func sshCall(b *testing.B, ctx context.Context, config string, card audio.Device, command ...string) {
	engine := audio.NewEngine(audio.Config{Device: card, Codec: fuller{opus.Codec{}}, PacketDuration: audio.FrameDuration, DelayMost: sshDelayMost})
	defer engine.Close()
	in, hold, err := os.Pipe()
	if err != nil {
		b.Error(err)
		return
	}
	defer in.Close()
	defer hold.Close()
	folder, err := socketFolder(os.Getenv)
	if err != nil {
		b.Error(err)
		return
	}
	defer os.RemoveAll(folder)
	var said notes
	a := &app{now: time.Now, in: in, out: io.Discard, err: &said, getenv: func(string) string { return "" }}
	far := &farSound{engine: engine, log: slog.New(slog.DiscardHandler), wanted: true}
	link := sshLink{program: "ssh", host: "phone", command: command, options: []string{"-F", config}}
	if err := a.keepConnected(ctx, link, far, folder); err != nil {
		b.Errorf("%s: %v: %s", strings.Join(command, " "), err, said.String())
	}
}
