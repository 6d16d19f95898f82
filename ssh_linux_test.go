package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// The figures of telephones by ssh, of a host process of its own: see
// docs/performance.md. The clients read all that comes, and answer no question of
// the host's to their terminals.

// hostHouse is a house with a host for ssh, whose people have keys.
type hostHouse struct {
	*house
	*onPTY // the host's process; it has no terminal
	dir    string
	port   string
	keys   []ssh.Signer
}

// crowd are so many people, of whom each knows the next one.
const crowd = 50

func newHostHouse(b *testing.B, people int) *hostHouse {
	b.Helper()
	h := &hostHouse{house: newHouse(b)}
	h.dir = filepath.Dir(h.tring)
	data := filepath.Join(h.dir, "srv")
	for i := range people {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		signer, err := ssh.NewSignerFromKey(private)
		if err != nil {
			b.Fatal(err)
		}
		h.keys = append(h.keys, signer)
		sshPublic, err := ssh.NewPublicKey(public)
		if err != nil {
			b.Fatal(err)
		}
		file := filepath.Join(h.dir, "key.pub")
		if err := os.WriteFile(file, ssh.MarshalAuthorizedKey(sshPublic), 0o600); err != nil {
			b.Fatal(err)
		}
		h.run(b, "user", "add", person(i), "--key", file, "--data", data)
	}
	h.startHost(b, data)
	return h
}

func person(i int) string { return fmt.Sprintf("p%02d", i) }

func (h *hostHouse) run(b *testing.B, args ...string) {
	b.Helper()
	if out, err := exec.Command(h.tring, args...).CombinedOutput(); err != nil {
		b.Fatalf("tring %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// startHost lets the host sign in, and starts it.
func (h *hostHouse) startHost(b *testing.B, data string) {
	folder := filepath.Join(h.dir, "host")
	args := []string{"host", "--server", h.url, "--ssh", "127.0.0.1:0", "--data", folder}
	_ = exec.Command(h.tring, args...).Run() // makes the key, and is refused
	h.run(b, "user", "add", "far", "--host", "--key", filepath.Join(folder, "key.pub"), "--data", data)
	h.onPTY = &onPTY{output: &output{wrote: make(chan struct{}, 1)}, cmd: exec.Command(h.tring, args...)}
	h.cmd.Stderr = h.output
	if err := h.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = h.cmd.Process.Kill()
		_ = h.cmd.Wait()
	})
	h.shows(b, "host key", 0)
	h.port = regexp.MustCompile(`127\.0\.0\.1:(\d+), host key`).FindStringSubmatch(h.text())[1]
}

// visitor is a client that has logged in.
type visitor struct {
	*onPTY
	client *ssh.Client
	keys   io.Writer
}

// visit logs in as one of the people; without a command there is a terminal of
// 80×24.
func (h *hostHouse) visit(b *testing.B, who int, command string) *visitor {
	b.Helper()
	v := &visitor{onPTY: &onPTY{output: &output{wrote: make(chan struct{}, 1)}, began: time.Now()}}
	var err error
	v.client, err = ssh.Dial("tcp", net.JoinHostPort("127.0.0.1", h.port), &ssh.ClientConfig{
		User: person(who), Auth: []ssh.AuthMethod{ssh.PublicKeys(h.keys[who])}, HostKeyCallback: ssh.InsecureIgnoreHostKey(),
	})
	if err != nil {
		b.Fatalf("%s logs in: %v", person(who), err)
	}
	session, err := v.client.NewSession()
	if err != nil {
		b.Fatal(err)
	}
	session.Stdout, session.Stderr = v.output, v.output
	if v.keys, err = session.StdinPipe(); err != nil {
		b.Fatal(err)
	}
	if command != "" {
		err = session.Start(command)
	} else if err = session.RequestPty("xterm-256color", 24, 80, ssh.TerminalModes{}); err == nil {
		err = session.Shell()
	}
	if err != nil {
		b.Fatal(err)
	}
	return v
}

// all lets everybody log in, a few a second as the host's limits want it.
func (h *hostHouse) all(b *testing.B, command func(i int) (words, sees string)) []*visitor {
	b.Helper()
	pace := time.NewTicker(120 * time.Millisecond)
	defer pace.Stop()
	var visitors []*visitor
	for i := range h.keys {
		words, sees := command(i)
		v := h.visit(b, i, words)
		v.shows(b, sees, 0)
		visitors = append(visitors, v)
		<-pace.C
	}
	b.Cleanup(func() {
		for _, v := range visitors {
			_ = v.client.Close()
		}
	})
	return visitors
}

// measure reports what the host uses for the visitors, for so long.
func (h *hostHouse) measure(b *testing.B, visitors []*visitor, span time.Duration) {
	written := func() (bytes int) {
		for _, v := range visitors {
			bytes += v.len()
		}
		return bytes
	}
	time.Sleep(3 * time.Second) // what beginning cost
	bytes, used, began := written(), h.used(), time.Now()
	for b.Loop() {
		time.Sleep(span)
	}
	all := time.Since(began).Seconds()
	b.ReportMetric(float64(written()-bytes)/all/float64(len(visitors)), "B/s/login")
	b.ReportMetric(100*(h.used()-used).Seconds()/all, "%cpu")
	b.ReportMetric(h.resident(b), "MiB")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkLoginToFrame is from the connect of a client to the telephone's first
// picture.
func BenchmarkLoginToFrame(b *testing.B) {
	h := newHostHouse(b, 2)
	var times []time.Duration
	for b.Loop() {
		for range 20 {
			v := h.visit(b, 0, "")
			v.shows(b, "People", 0)
			times = append(times, time.Since(v.began))
			_ = v.client.Close()
			time.Sleep(150 * time.Millisecond) // the host's limit for an address
		}
	}
	report(b, times)
}

// BenchmarkLoginsIdle is ten seconds of many telephones that nobody touches.
func BenchmarkLoginsIdle(b *testing.B) {
	h := newHostHouse(b, crowd)
	empty := h.resident(b)
	visitors := h.all(b, func(int) (words, sees string) { return "", "online" })
	h.measure(b, visitors, 10*time.Second)
	b.ReportMetric((h.resident(b)-empty)/crowd, "MiB/login")
}

// speak attaches sound to a login, over its connection: a voice that swells and
// fades, so that the meters move.
func (v *visitor) speak(b *testing.B) {
	b.Helper()
	session, err := v.client.NewSession()
	if err != nil {
		b.Fatal(err)
	}
	session.Stdout, session.Stderr = io.Discard, io.Discard
	in, err := session.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := session.Start("audio"); err != nil {
		b.Fatal(err)
	}
	go func() {
		packet := time.NewTicker(20 * time.Millisecond)
		defer packet.Stop()
		pcm := make([]byte, 2*960)
		for n := 0; ; n++ {
			<-packet.C
			loud := 8000 * math.Abs(math.Sin(float64(n)/40))
			for i := range len(pcm) / 2 {
				binary.LittleEndian.PutUint16(pcm[2*i:], uint16(int16(loud*math.Sin(float64(i)*2*math.Pi*400/48000))))
			}
			if _, err := in.Write(pcm); err != nil {
				return // the connection is closed
			}
		}
	}()
}

// BenchmarkLoginsInCalls is ten seconds of many telephones of which each two talk:
// with screens, and by commands without one, which is what media costs alone. All
// have sound.
func BenchmarkLoginsInCalls(b *testing.B) {
	b.Run("screens", func(b *testing.B) {
		h := newHostHouse(b, crowd)
		visitors := h.all(b, func(int) (words, sees string) { return "", "online" })
		for i := 0; i < crowd; i += 2 {
			typeKeys(b, visitors[i], "/"+person(i+1)+"\r")
			visitors[i+1].shows(b, "is calling you", 0)
		}
		time.Sleep(time.Second) // a call that just came takes no key
		for i := 1; i < crowd; i += 2 {
			typeKeys(b, visitors[i], "a")
			visitors[i].shows(b, "talking", 0)
		}
		for _, v := range visitors {
			v.speak(b)
		}
		h.measure(b, visitors, 10*time.Second)
	})
	b.Run("commands", func(b *testing.B) {
		h := newHostHouse(b, crowd)
		visitors := h.all(b, func(i int) (words, sees string) {
			if i%2 == 0 {
				return "answer --json", `"connected"`
			}
			return "call --json " + person(i-1), "MediaConnected"
		})
		for _, v := range visitors {
			v.speak(b)
		}
		h.measure(b, visitors, 10*time.Second)
	})
}

func typeKeys(b *testing.B, v *visitor, keys string) {
	b.Helper()
	if _, err := io.Copy(v.keys, bytes.NewBufferString(keys)); err != nil {
		b.Fatal(err)
	}
}
