//go:build cgo && linux

package portaudio

import (
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tring/audio"
)

// A tone written to the speaker is heard by the microphone in front of it, with its
// level and its pitch.
func TestToneThroughDevices(t *testing.T) {
	if _, ok := virtual(t); !ok {
		return
	}
	mic, spk := openBoth(t, open(t, "loopback", "speaker"))
	ended := play(spk, 1000)
	record(t, mic, 50) // until the first of it has arrived
	var hz, level float64
	for range 30 { // a gap, of a busy machine, shifts what is measured
		if hz, level = audio.MeasureTone(record(t, mic, 50)); math.Abs(hz-1000) <= 5 && math.Abs(level+9.03) <= 1 {
			break
		}
	}
	closeAll(t, mic, spk)
	if err := <-ended; !errors.Is(err, os.ErrClosed) {
		t.Errorf("the speaker ended with %v, want os.ErrClosed", err)
	}
	if math.Abs(hz-1000) > 5 || math.Abs(level+9.03) > 1 {
		t.Errorf("heard %.1f Hz at %.2f dBFS, want 1000 at -9.03", hz, level)
	}
	t.Logf("heard %.1f Hz at %.2f dBFS; speaker: %d gaps, %d xruns; microphone: %d gaps, %d xruns", hz, level,
		spk.(*sink).ring.gaps.Load(), spk.(*sink).ring.xruns.Load(), mic.(*source).ring.gaps.Load(), mic.(*source).ring.xruns.Load())
}

// The list names every device with its directions; names choose among them, and a
// wrong one is refused at once.
func TestDevicesOfTheMachine(t *testing.T) {
	if _, ok := virtual(t); !ok {
		return
	}
	devices, err := List()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]DeviceInfo{}
	for _, d := range devices {
		found[d.Name] = d
	}
	for _, name := range []string{"default", "speaker", "mic", "loopback"} {
		d, ok := found[name]
		if !ok || d.HostAPI != "ALSA" || d.Rate == 0 {
			t.Errorf("%s is listed as %+v", name, d)
		}
	}
	if d := found["default"]; !d.DefaultInput || !d.DefaultOutput || d.Inputs == 0 || d.Outputs == 0 {
		t.Errorf("the default is listed as %+v", d)
	}

	h := open(t, "LOOP", "speak")
	if got, want := h.Describe(), `microphone "LOOP", speaker "speak"`; got != want {
		t.Errorf("Describe() = %s, want %s", got, want)
	}
	mic, spk := openBoth(t, h)
	record(t, mic, 1)
	closeAll(t, mic, spk)

	for _, o := range []Options{{Input: "loopbakc"}, {Output: "loopbakc"}} {
		_, err := Open(o)
		var unknown *UnknownDeviceError
		if !errors.As(err, &unknown) || !strings.Contains(err.Error(), `"loopback"`) ||
			!strings.Contains(err.Error(), "tring audio list") || strings.Contains(err.Error(), "\n") {
			t.Errorf("Open(%+v) = %v, want one line with the close name and what to do", o, err)
		}
	}
}

// A sound server that dies in a call is noticed, closing then
// does not hang, and a new one is found by the next opening.
func TestSoundServerDies(t *testing.T) {
	dir, ok := virtual(t)
	if !ok {
		return
	}
	h := open(t, "loopback", "speaker")
	mic, spk := openBoth(t, h)
	written := play(spk, 440)
	record(t, mic, 20)
	read := listen(mic)

	kill(t, daemon(t, dir))
	for what, ended := range map[string]<-chan error{"Write": written, "Read": read} {
		if err := <-ended; !errors.Is(err, ErrStopped) {
			t.Errorf("%s = %v, want ErrStopped", what, err)
		}
	}
	for _, e := range []io.Closer{mic, spk} {
		if err := e.Close(); err != nil {
			t.Logf("close: %v", err)
		}
	}
	if _, err := h.OpenSource(); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("open without a sound server = %v, want one line", err)
	} else {
		t.Log(err)
	}

	defer kill(t, start(t, dir))
	mic, spk = openBoth(t, h)
	ended := play(spk, 440)
	hz := 0.0
	for range 20 { // a gap at the beginning, of a busy machine, shifts what is measured
		if hz, _ = audio.MeasureTone(record(t, mic, 50)); math.Abs(hz-440) <= 5 {
			break
		}
	}
	if math.Abs(hz-440) > 5 {
		t.Errorf("after the restart: heard %.1f Hz, want 440", hz)
	}
	closeAll(t, spk, mic)
	<-ended
}

// Several phones in one process open and close as they like; a device stays usable
// until its own end is closed, and nothing is left behind.
func TestPhonesShareTheLibrary(t *testing.T) {
	if _, ok := virtual(t); !ok {
		return
	}
	first, second := open(t, "mic", "speaker"), open(t, "loopback", "default")
	before := runtime.NumGoroutine()
	mic, spk := openBoth(t, first)
	var others sync.WaitGroup
	for range 4 {
		others.Go(func() {
			frame := make(audio.Frame, audio.FrameSamples)
			for range 5 {
				m, err := second.OpenSource()
				if err != nil {
					t.Error(err)
					return
				}
				s, err := second.OpenSink()
				if err != nil {
					t.Error(err)
					return
				}
				if err := errors.Join(m.Read(frame), s.Write(frame), m.Close(), s.Close()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	others.Wait()
	record(t, mic, 10)
	closeAll(t, mic, spk)
	await(t, "the end of every goroutine", func() bool { return runtime.NumGoroutine() <= before })
	if library.users != 0 {
		t.Errorf("%d users are left, want none", library.users)
	}
}

// A running call allocates nothing, the binding's part of the callbacks included.
func TestStreamsAllocateNothing(t *testing.T) {
	if _, ok := virtual(t); !ok {
		return
	}
	mic, spk := openBoth(t, open(t, "loopback", "speaker"))
	frame := make(audio.Frame, audio.FrameSamples)
	exchange := func(frames int) {
		for range frames {
			if err := errors.Join(spk.Write(frame), mic.Read(frame)); err != nil {
				t.Fatal(err)
			}
		}
	}
	exchange(50)
	var start, end runtime.MemStats
	runtime.ReadMemStats(&start)
	exchange(100)
	runtime.ReadMemStats(&end)
	if n := end.Mallocs - start.Mallocs; n > 20 { // the Go runtime itself may need a few
		t.Errorf("%d allocations in 100 frames, want none per frame", n)
	}
	closeAll(t, mic, spk)
}

// The default devices follow the sound server's own settings, so two processes can
// be given different ones.
func TestDefaultFollowsTheSoundServer(t *testing.T) {
	if _, ok := virtual(t); !ok {
		return
	}
	t.Setenv("PULSE_SINK", "micfeed")
	mic, spk := openBoth(t, open(t, "mic", ""))
	ended := play(spk, 700)
	record(t, mic, 50)
	if hz, _ := audio.MeasureTone(record(t, mic, 50)); math.Abs(hz-700) > 5 {
		t.Errorf("the mic behind micfeed hears %.1f Hz, want 700", hz)
	}
	closeAll(t, mic, spk)
	<-ended
}

// A machine without any sound device still has a phone; only opening fails, and
// says what to do.
func TestNoDeviceAtAll(t *testing.T) {
	const alone = "TRING_TEST_NO_DEVICE"
	if os.Getenv(alone) == "" {
		empty := filepath.Join(t.TempDir(), "asound.conf")
		// PortAudio insists that a default device is configured, not that it is there.
		if err := os.WriteFile(empty, []byte("pcm.!default { type hw card 99 }\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		out := again(t, alone+"=1", "ALSA_CONFIG_PATH="+empty, "PULSE_SERVER=unix:/nonexistent")
		for _, chatter := range []string{"ALSA lib", "jack", "Jack", "Cannot connect"} {
			if strings.Contains(out, chatter) {
				t.Errorf("a library printed %q, although silenced", chatter)
			}
		}
		return
	}
	devices, err := List()
	if err != nil || len(devices) != 0 {
		t.Fatalf("List() = %v, %v; want nothing", devices, err)
	}
	h := open(t, "", "")
	_, noMic := h.OpenSource()
	_, noSpeaker := open(t, "", "USB Headset").OpenSink()
	for want, err := range map[string]error{"no microphone found": noMic, "no speaker": noSpeaker} {
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "tring audio list") ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("opening = %v, want one line with %q and what to do", err, want)
		}
	}
}

// PortAudio ends the process where ALSA is configured without any device, or not at
// all: it must not come so far.
func TestNoConfigurationAtAll(t *testing.T) {
	const alone = "TRING_TEST_NO_CONFIGURATION"
	if os.Getenv(alone) != "" {
		_, opened := Open(Options{})
		_, list := List()
		_, mic := new(Host).OpenSource()
		for what, err := range map[string]error{"List": list, "Open": opened, "OpenSource": mic} {
			if err == nil || !strings.Contains(err.Error(), "unset ALSA_CONFIG_PATH") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s = %v, want one line with what to do", what, err)
			}
		}
		return
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"empty": "", "other": "defaults.none 1\n", "one": "pcm.one { type null }\n", "broken": "pcm {",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"missing", "empty", "other", "one", "broken"} {
		again(t, alone+"=1", "ALSA_CONFIG_PATH="+filepath.Join(dir, name))
	}
}

// A speaker that is configured but not there is refused each time that it is asked
// for, while a microphone runs: the library mixes up the errors of its threads.
func TestADeviceThatIsNotThereHarmsNoOther(t *testing.T) {
	if _, ok := virtual(t); !ok {
		return
	}
	mic, err := open(t, "mic", "").OpenSource()
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(t, mic)
	heard := make(chan struct{}, 1)
	go func() {
		for frame := make(audio.Frame, audio.FrameSamples); mic.Read(frame) == nil; {
			select {
			case heard <- struct{}{}:
			default:
			}
		}
	}()
	absent := open(t, "", "headset")
	for n := range 1000 {
		if sink, err := absent.OpenSink(); err == nil || errors.Is(err, errHangs) {
			t.Fatalf("opening for the %d. time = %v, %v; want that it is refused", n+1, sink, err)
		}
	}
	<-heard
	select {
	case <-heard:
	case <-time.After(time.Minute):
		t.Error("the microphone has stopped")
	}
}

// With descriptor 2 pointed at a file, as the phone does, nothing of what the C
// libraries print reaches the terminal, not even when the sound server dies.
func TestChatterStaysOffTheTerminal(t *testing.T) {
	dir, ok := virtual(t)
	if !ok {
		return
	}
	terminal, log := file(t, "terminal"), file(t, "log")
	kept, err := syscall.Dup(syscall.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	descriptor2 := func(fd int) {
		if err := syscall.Dup3(fd, syscall.Stderr, 0); err != nil {
			t.Fatal(err)
		}
	}
	descriptor2(int(terminal.Fd()))
	descriptor2(int(log.Fd()))
	mic, spk := openBoth(t, open(t, "", ""))
	ended := play(spk, 440)
	record(t, mic, 20)
	kill(t, daemon(t, dir))
	<-ended
	_, _ = mic.Close(), spk.Close()
	if _, err := open(t, "", "").OpenSource(); err == nil {
		t.Error("a microphone was opened without a sound server")
	}
	descriptor2(kept)

	for _, f := range []struct {
		*os.File
		written bool
	}{{terminal, false}, {log, true}} {
		text, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if (len(text) > 0) != f.written {
			t.Errorf("%s: something was written: %v, want %v\n%s", filepath.Base(f.Name()), len(text) > 0, f.written, text)
		}
	}
}
