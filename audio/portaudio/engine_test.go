//go:build cgo && linux

package portaudio

import (
	"fmt"
	"log/slog"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tring/audio"
	"tring/audio/opus"
)

// phoneWith is an engine with devices of the virtual sound card.
func phoneWith(t *testing.T, input, output string) *audio.Engine {
	t.Helper()
	e := audio.NewEngine(audio.Config{
		Device: open(t, input, output), Codec: opus.Codec{}, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	t.Cleanup(func() { closeAll(t, e) })
	return e
}

// talk sends what one engine hears to another's speaker.
func talk(t *testing.T, from, to *audio.Engine) *audio.Stream {
	t.Helper()
	s := to.OpenStream("peer")
	err := from.StartCapture(func(p audio.Packet) { s.Push(p) })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// pactl asks the sound server of the virtual card for something.
func pactl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("pactl", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("pactl %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func needPactl(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("pactl"); err != nil {
		t.Skipf("SKIPPED, no device was lost: %v (Debian: apt-get install pulseaudio-utils)", err)
	}
}

// fault waits until the engine's fault holds a text, or there is none.
func fault(t *testing.T, e *audio.Engine, want string) {
	t.Helper()
	await(t, "the fault "+want, func() bool {
		got := e.Levels().Fault
		return strings.Contains(got, want) && (want != "" || got == "")
	})
}

// ear keeps what a device hears, in the background. It opens the device again
// when that was lost, as a phone does.
type ear struct {
	mu  sync.Mutex
	pcm []int16
}

func newEar(t *testing.T, device string) *ear {
	t.Helper()
	e, h := &ear{}, open(t, device, "")
	stop, done := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(stop); <-done })
	go func() {
		defer close(done)
		for !e.listen(h, stop) {
			<-time.After(20 * time.Millisecond) // until it may be there again
		}
	}()
	return e
}

// listen tells whether it was stopped.
func (e *ear) listen(h *Host, stop <-chan struct{}) bool {
	mic, err := h.OpenSource()
	if err == nil {
		defer func() { _ = mic.Close() }() // it may have failed
	}
	for frame := make(audio.Frame, audio.FrameSamples); err == nil; {
		select {
		case <-stop:
			return true
		default:
		}
		if err = mic.Read(frame); err == nil {
			e.mu.Lock()
			e.pcm = append(e.pcm, frame...)
			e.mu.Unlock()
		}
	}
	select {
	case <-stop:
		return true
	default:
		return false
	}
}

func (e *ear) last(long time.Duration) []int16 {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := int(long.Seconds() * audio.Rate)
	return append([]int16(nil), e.pcm[max(0, len(e.pcm)-n):]...)
}

// hears waits until a tone is heard.
func (e *ear) hears(t *testing.T, hz float64) {
	t.Helper()
	await(t, "a tone", func() bool {
		heard := e.last(300 * time.Millisecond)
		got, level := audio.MeasureTone(heard)
		return len(heard) > 0 && math.Abs(got-hz) < 5 && level > -30
	})
}

// sing plays a tone into the virtual microphone, from a process of its own, until
// the test ends.
func sing(t *testing.T, sink string, hz float64) {
	t.Helper()
	c := exec.Command("pacat", "--device="+sink, "--rate=48000", "--channels=1", "--format=s16le", "--latency-msec=20")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	second := sine(hz, audio.Rate, audio.Rate)
	raw := make([]byte, 2*len(second))
	for i, v := range second {
		raw[2*i], raw[2*i+1] = byte(v), byte(uint16(v)>>8)
	}
	go func() {
		for {
			if _, err := in.Write(raw); err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = c.Process.Kill() // it plays for ever
		_ = c.Wait()
	})
}

// Another microphone and another speaker, in a call, are taken without losing it.
func TestDevicesChangeInACall(t *testing.T) {
	if _, ok := virtual(t); !ok {
		return
	}
	sing(t, "micfeed", 1000)
	alice, bob := phoneWith(t, "mic", ""), phoneWith(t, "", "speaker")
	listener := newEar(t, "loopback")
	stream := talk(t, alice, bob)
	listener.hears(t, 1000)
	<-time.After(time.Second)
	before := stream.Stats()
	alice.SetDevice(open(t, "default", ""))
	bob.SetDevice(open(t, "", "default"))
	<-time.After(2 * time.Second)
	listener.hears(t, 1000)
	gap := audio.LongestGap(listener.last(3*time.Second), -40)
	if t.Logf("the longest gap is %v", gap); gap > time.Second { // 20 ms to 150 ms, and a busy machine
		t.Errorf("the change was heard as a gap of %v", gap)
	}
	await(t, "packets through other devices", func() bool { return stream.Stats().Received > before.Received+80 })
	fault(t, alice, "")
	fault(t, bob, "")
}

// A sound server that dies in a call is noticed; the call
// goes on, and is heard when a new one is there.
func TestSoundServerDiesInACall(t *testing.T) {
	dir, ok := virtual(t)
	if !ok {
		return
	}
	sing(t, "micfeed", 1000)
	alice, bob := phoneWith(t, "mic", ""), phoneWith(t, "", "speaker")
	listener := newEar(t, "loopback")
	stream := talk(t, alice, bob)
	listener.hears(t, 1000)
	kill(t, daemon(t, dir))
	for _, e := range []*audio.Engine{alice, bob} {
		fault(t, e, " ")
	}
	before := stream.Stats().Received
	await(t, "packets of silence", func() bool { return stream.Stats().Received > before+20 })
	pid := start(t, dir)
	t.Cleanup(func() { kill(t, pid) })
	sing(t, "micfeed", 700)
	listener.hears(t, 700)
	fault(t, alice, "")
	fault(t, bob, "")
}

// headset plugs the virtual headset in, and returns how to pull it out.
func headset(t *testing.T) (unplug func()) {
	t.Helper()
	module := pactl(t, "load-module", "module-null-sink", "sink_name=headset", "rate=48000", "channels=1", "norewinds=1")
	return func() {
		cut(t)
		pactl(t, "unload-module", module)
	}
}

// cut ends what plays on the headset, which the sound server may else give to another device by
// itself, so that no phone would lose any.
func cut(t *testing.T) {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "cli")
	pactl(t, "load-module", "module-cli-protocol-unix", "socket="+socket)
	server, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(t, server)
	sink := ""
	for line := range strings.Lines(pactl(t, "list", "short", "sinks")) {
		if fields := strings.Fields(line); fields[1] == "headset" {
			sink = fields[0]
		}
	}
	for line := range strings.Lines(pactl(t, "list", "short", "sink-inputs")) {
		if fields := strings.Fields(line); fields[1] == sink {
			if _, err := fmt.Fprintf(server, "kill-sink-input %s\n", fields[0]); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A headset that is pulled out in a call makes way for the default speaker, and
// is used again when it is back.
func TestTheHeadsetIsPulledOutAndPutBack(t *testing.T) {
	if _, ok := virtual(t); !ok {
		return
	}
	needPactl(t)
	unplug := headset(t)
	sing(t, "micfeed", 1000)
	alice, bob := phoneWith(t, "mic", ""), phoneWith(t, "", "headset")
	listener := newEar(t, "loopback")
	talk(t, alice, bob)
	await(t, "sound in the headset", func() bool { return bob.Levels().Out > -30 })
	<-time.After(500 * time.Millisecond)
	unplug()
	pulled := time.Now()
	listener.hears(t, 1000)
	t.Logf("the default speaker plays after %v", time.Since(pulled))
	fault(t, bob, "the default speaker is used: ")
	headset(t)
	fault(t, bob, "")
	await(t, "silence at the default speaker", func() bool {
		_, level := audio.MeasureTone(listener.last(300 * time.Millisecond))
		return level < -60
	})
}

// list adds a device of the sound server to those of ALSA.
func list(t *testing.T, dir, name, device string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, "asound.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(t, f)
	_, err = fmt.Fprintf(f, "pcm.%s { type pulse server \"unix:%s/run/native\" device %q hint { show on description %q } }\n", name, dir, device, name)
	if err != nil {
		t.Fatal(err)
	}
}

// A headset that was not there when the devices were listed is found in the call,
// once the system tells that its cards changed.
func TestTheHeadsetIsPluggedInDuringACall(t *testing.T) {
	dir, ok := virtual(t)
	if !ok {
		return
	}
	needPactl(t)
	var plugged atomic.Bool
	library.cards = func() (string, bool) { return fmt.Sprint(plugged.Load()), true }
	sing(t, "micfeed", 1000)
	alice := phoneWith(t, "mic", "")
	bob := audio.NewEngine(audio.Config{
		Device: &Host{output: "novel", log: slog.New(slog.NewTextHandler(t.Output(), nil))}, Codec: opus.Codec{},
	})
	t.Cleanup(func() { closeAll(t, bob) })
	listener := newEar(t, "loopback")
	talk(t, alice, bob)
	listener.hears(t, 1000)
	fault(t, bob, "the default speaker is used: ")
	headset(t)
	list(t, dir, "novel", "headset")
	if devices, err := List(); err != nil || slices.ContainsFunc(devices, func(d DeviceInfo) bool { return d.Name == "novel" }) {
		t.Errorf("while streams are open the list is not frozen: %v, %v", devices, err)
	}
	plugged.Store(true)
	fault(t, bob, "")
	fault(t, alice, "")
	await(t, "silence at the default speaker", func() bool {
		_, level := audio.MeasureTone(listener.last(300 * time.Millisecond))
		return level < -60
	})
}
