package host

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"encoding/pem"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"tring/audio"
	"tring/calls"
)

// BenchmarkSoundChannel sends frames of 10 ms at their pace through the real
// OpenSSH, as raw samples, to a line that says them back, and tells what both
// ways together add. A jitter buffer is no part of it.
//
//	go test -run '^$' -bench SoundChannel -benchtime 3000x ./ui/host
func BenchmarkSoundChannel(b *testing.B) {
	h, client := soundHost(b)
	cmd := exec.Command("ssh", append(client, "-T", "phone", "audio")...)
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = in.Close(); _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	line := h.lines.Open("none", h.fingerprint)
	defer line.Close()
	line.Watch(func(bool) {})
	for line.carrier.Load() == nil {
		time.Sleep(time.Millisecond)
	}
	c := line.carrier.Load()
	over := make(chan struct{})
	defer close(over)
	go func() { // says back what comes, as soon as it is there
		f := make(audio.Frame, audio.FrameSamples)
		for said := int64(0); ; {
			if frames, _ := c.heard(); frames > said {
				said++
				f[0] = int16(said)
				c.play(f)
				continue
			}
			select {
			case <-over:
				return
			case <-time.After(100 * time.Microsecond):
			}
		}
	}()
	sent := make([]time.Time, b.N+1)
	took := make([]time.Duration, 0, b.N)
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		frame := make([]byte, frameBytes)
		for range b.N {
			if _, err := io.ReadFull(out, frame); err != nil {
				return
			}
			took = append(took, time.Since(sent[len(took)]))
		}
	}()
	b.ResetTimer()
	frame := make([]byte, frameBytes)
	pace, began := audio.Pace{}, time.Now()
	for n := range b.N {
		wait, _ := pace.Next(time.Since(began))
		time.Sleep(wait)
		binary.LittleEndian.PutUint16(frame, uint16(n))
		sent[n] = time.Now()
		if _, err := in.Write(frame); err != nil {
			b.Fatal(err)
		}
	}
	<-heard
	slices.Sort(took)
	at := func(share float64) float64 { return float64(took[int(share*float64(len(took)-1))]) / 1e6 }
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(float64(len(took))/float64(b.N), "heard")
}

type benchHost struct {
	*Host
	fingerprint string
}

// soundHost is a host where everybody is ann, and what ssh needs to come in.
func soundHost(b *testing.B) (benchHost, []string) {
	b.Helper()
	if _, err := exec.LookPath("ssh"); err != nil {
		b.Skip("SKIPPED: no ssh here: ", err)
	}
	dir := b.TempDir()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "key"), pem.EncodeToMemory(block), 0o600); err != nil {
		b.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		b.Fatal(err)
	}
	ann := func(context.Context, ssh.PublicKey) (calls.UserID, error) { return "ann", nil }
	h, err := New(Config{
		Listen: "127.0.0.1:0", HostKey: filepath.Join(dir, "host"), Whose: ann,
		Join: func(context.Context, ssh.PublicKey, string) (calls.UserID, error) { return "ann", nil },
		Run:  func(context.Context, *Login) int { return 0 },
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- h.Serve(ctx) }()
	b.Cleanup(func() { stop(); <-served })
	_, port, _ := net.SplitHostPort(h.Addr().String())
	return benchHost{h, ssh.FingerprintSHA256(key)}, []string{
		"-F", "none", "-p", port, "-i", filepath.Join(dir, "key"), "-o", "IdentitiesOnly=yes", "-o", "IPQoS=ef", "-o", "HostName=127.0.0.1",
		"-o", "UserKnownHostsFile=" + filepath.Join(dir, "known"), "-o", "StrictHostKeyChecking=accept-new", "-o", "LogLevel=ERROR",
	}
}
