//go:build cgo && linux

package portaudio

import (
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tring/audio"
)

// inside names the folder of the virtual sound card for a test that runs on it.
const inside = "TRING_TEST_VAUDIO"

// virtual reports whether this test runs on a virtual sound card, and returns the
// folder of that. If it does not, virtual starts one (testdata/vaudio), runs the
// test again there in a process of its own, since ALSA reads its environment once,
// and passes the result on. The sound server is a process of its own too, and what a
// busy machine keeps from running for half a second is a lost device: then the test
// gets another try, on another card.
func virtual(t *testing.T) (dir string, ok bool) {
	t.Helper()
	if dir := os.Getenv(inside); dir != "" {
		return dir, true
	}
	for _, tool := range []string{"bash", "pulseaudio"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("SKIPPED, no sound was tested: %v (Debian: apt-get install pulseaudio libasound2-plugins)", err)
		}
	}
	const most = 4
	for n := 1; ; n++ {
		dir := t.TempDir()
		pid := start(t, dir)
		t.Cleanup(func() { kill(t, pid) })
		out, err := alone(t, inside+"="+dir,
			"ALSA_CONFIG_PATH=/usr/share/alsa/alsa.conf:"+filepath.Join(dir, "asound.conf"),
			"PULSE_SERVER=unix:"+filepath.Join(dir, "run", "native"))
		harm := strings.Contains(out, "DATA RACE") || strings.Contains(out, "panic:")
		if err != nil || testing.Verbose() {
			t.Logf("on its own devices, %d. try:\n%s", n, out)
		}
		if err == nil {
			return "", false
		}
		if harm || n == most {
			t.Fatalf("on its own devices, %d. try: %v", n, err)
		}
	}
}

// alone runs this test in a process of its own with more environment, and returns
// what that printed.
func alone(t *testing.T, env ...string) (string, error) {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=5m")
	// The race detector sleeps a second before each exit, unless it is told not to.
	c.Env = slices.Concat([]string{"GORACE=atexit_sleep_ms=0"}, os.Environ(), env)
	out, err := c.CombinedOutput()
	return string(out), err
}

// again is alone for a test that passes the first time.
func again(t *testing.T, env ...string) string {
	t.Helper()
	out, err := alone(t, env...)
	if err != nil || testing.Verbose() {
		t.Logf("on its own devices:\n%s", out)
	}
	if err != nil {
		t.Errorf("on its own devices: %v", err)
	}
	return out
}

// start starts the virtual sound card of dir and returns its daemon.
func start(t *testing.T, dir string) (pid int) {
	t.Helper()
	c := exec.Command(filepath.Join("..", "..", "testdata", "vaudio"), dir)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("start the virtual sound card: %v\n%s", err, out)
	}
	return daemon(t, dir)
}

// kill ends a daemon, if it still runs.
func kill(t *testing.T, pid int) {
	t.Helper()
	_ = syscall.Kill(pid, syscall.SIGKILL) // an error is: there is none
	await(t, "the daemon's end", func() bool {
		line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
		return err != nil || len(line) == 0 // gone, or only waiting for its parent
	})
}

func daemon(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// await waits until ready, for a minute at most.
func await(t *testing.T, what string, ready func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(time.Minute); !ready(); {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited a minute in vain for %s", what)
		}
	}
}

func open(t *testing.T, input, output string) *Host {
	t.Helper()
	h, err := Open(Options{Input: input, Output: output, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func openBoth(t *testing.T, h *Host) (audio.SourceCloser, audio.SinkCloser) {
	t.Helper()
	mic, err := h.OpenSource()
	if err != nil {
		t.Fatal(err)
	}
	spk, err := h.OpenSink()
	if err != nil {
		t.Fatal(err)
	}
	return mic, spk
}

func closeAll(t *testing.T, ends ...io.Closer) {
	t.Helper()
	for _, e := range ends {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}

// play writes a tone without end until the speaker fails, and returns that error.
func play(spk audio.Sink, hz float64) <-chan error {
	ended := make(chan error, 1)
	second := sine(hz, audio.Rate, audio.Rate)
	go func() {
		for at := 0; ; at = (at + audio.FrameSamples) % len(second) {
			if err := spk.Write(audio.Frame(second[at:][:audio.FrameSamples])); err != nil {
				ended <- err
				return
			}
		}
	}()
	return ended
}

// listen reads until the microphone fails, and returns that error.
func listen(mic audio.Source) <-chan error {
	ended := make(chan error, 1)
	go func() {
		frame := make(audio.Frame, audio.FrameSamples)
		for {
			if err := mic.Read(frame); err != nil {
				ended <- err
				return
			}
		}
	}()
	return ended
}

// record reads that many frames.
func record(t *testing.T, mic audio.Source, frames int) []int16 {
	t.Helper()
	var heard []int16
	frame := make(audio.Frame, audio.FrameSamples)
	for range frames {
		if err := mic.Read(frame); err != nil {
			t.Fatal(err)
		}
		heard = append(heard, frame...)
	}
	return heard
}

func file(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeAll(t, f) })
	return f
}
