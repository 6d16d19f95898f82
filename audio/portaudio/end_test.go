//go:build cgo

package portaudio

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tring/audio"
	"tring/audio/speex"
)

// closer stands for the stream of the library.
type closer struct{ err error }

func (c closer) Close() error { return c.err }

// sine returns a tone of half the full scale.
func sine(hz float64, rate, n int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(math.Round(16384 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))))
	}
	return pcm
}

// fit returns the level in dB below full scale of the sine of hz in pcm, and of all
// the rest.
func fit(pcm []int16, hz float64, rate int) (tone, rest float64) {
	var c, s float64
	w := 2 * math.Pi * hz / float64(rate)
	for i, v := range pcm {
		c += float64(v) * math.Cos(w*float64(i))
		s += float64(v) * math.Sin(w*float64(i))
	}
	n := float64(len(pcm))
	c, s = 2*c/n, 2*s/n
	var error2 float64
	for i, v := range pcm {
		d := float64(v) - c*math.Cos(w*float64(i)) - s*math.Sin(w*float64(i))
		error2 += d * d
	}
	db := func(power float64) float64 { return 10 * math.Log10(power/(32768*32768)+1e-20) }
	return db((c*c + s*s) / 2), db(error2 / n)
}

func testSource(t *testing.T, f format, stream io.Closer) *source {
	t.Helper()
	s := &source{end: newEnd("default microphone", slog.New(slog.DiscardHandler), speex.NewResampler)}
	connect(t, s, f, stream)
	return s
}

func testSink(t *testing.T, f format, stream io.Closer) *sink {
	t.Helper()
	s := &sink{end: newEnd("default speaker", slog.New(slog.DiscardHandler), speex.NewResampler), grown: new(atomic.Int32)}
	connect(t, s, f, stream)
	return s
}

func connect(t *testing.T, p port, f format, stream io.Closer) {
	t.Helper()
	if err := p.prepare(f); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.release)
	p.latency(15 * time.Millisecond)
	p.attach(stream)
}

// callback is given what was recorded; lost is that the device lost some before.
func (s *source) callback(in []int16, lost bool) {
	s.ring.call(microphone, in, flags(lost, inputOverflow))
}

// callback fills out with what is played; lost is that the device ran dry before.
func (s *sink) callback(out []int16, lost bool) {
	s.ring.call(speaker, out, flags(lost, outputUnderflow))
}

// As PortAudio tells of lost sound.
const inputOverflow, outputUnderflow = 0x2, 0x4

func flags(lost bool, which int) int {
	if lost {
		return which
	}
	return 0
}

// onTheBubblesClock gives an end a bell that waits as testing/synctest knows waiting.
func onTheBubblesClock(e *end) {
	e.bell.close()
	e.bell = newNaps(e.ring.shared)
}

// needResampler skips, loudly, where the program was built without cgo.
func needResampler(t *testing.T) {
	t.Helper()
	if _, err := speex.NewResampler(44100, audio.Rate); err != nil {
		t.Skipf("SKIPPED, nothing was tested: %v", err)
	}
}

var phone = format{rate: audio.Rate, channels: 1}

// A device that stops calling back is reported after 400 ms, one that is only about
// to start after three seconds, to a reader and to a writer.
func TestSilentDeviceIsReported(t *testing.T) {
	tests := []struct {
		name      string
		callbacks int
		after     time.Duration
	}{
		{"never started", 0, 3 * time.Second},
		{"stalls at its start", 4, 3 * time.Second},
		{"stopped", 50, 400 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mic, spk := testSource(t, phone, closer{}), testSink(t, phone, closer{})
				onTheBubblesClock(&mic.end)
				onTheBubblesClock(&spk.end)
				for range tt.callbacks {
					time.Sleep(10 * time.Millisecond) // on the bubble's clock
					mic.callback(make([]int16, 1), false)
					spk.callback(make([]int16, 480), false)
				}
				start, frame := time.Now(), make(audio.Frame, audio.FrameSamples)
				heard := make(chan time.Duration)
				go func() {
					if err := mic.Read(frame); !errors.Is(err, ErrStopped) {
						t.Errorf("Read = %v, want ErrStopped", err)
					}
					heard <- time.Since(start)
				}()
				go func() {
					var err error
					for frame := make(audio.Frame, audio.FrameSamples); err == nil; {
						err = spk.Write(frame)
					}
					if !errors.Is(err, ErrStopped) {
						t.Errorf("Write = %v, want ErrStopped", err)
					}
					heard <- time.Since(start)
				}()
				for range 2 {
					if d := <-heard; d != tt.after {
						t.Errorf("reported after %v, want %v", d, tt.after)
					}
				}
			})
		})
	}
}

// Close wakes whoever waits, and what comes later fails plainly.
func TestCloseWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("driver hangs")
		mic := testSource(t, phone, closer{broken})
		onTheBubblesClock(&mic.end)
		frame := make(audio.Frame, audio.FrameSamples)
		read := make(chan error)
		go func() { read <- mic.Read(frame) }()
		synctest.Wait()
		for range 2 {
			if err := mic.Close(); !errors.Is(err, broken) {
				t.Errorf("Close = %v, want the stream's error", err)
			}
		}
		if err := <-read; !errors.Is(err, os.ErrClosed) {
			t.Errorf("the waiting Read = %v, want os.ErrClosed", err)
		}
		if err := mic.Read(frame); !errors.Is(err, os.ErrClosed) {
			t.Errorf("Read after Close = %v, want os.ErrClosed", err)
		}
	})
}

// What is written is played in order and once; one frame waits.
func TestSinkQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spk := testSink(t, phone, closer{})
		onTheBubblesClock(&spk.end)
		var written atomic.Int32
		go func() {
			for i := int16(1); i <= 6; i++ {
				if err := spk.Write(audio.Frame(slices.Repeat([]int16{i}, audio.FrameSamples))); err != nil {
					t.Error(err)
				}
				written.Add(1)
			}
		}()
		out := make([]int16, audio.FrameSamples)
		for i := 1; i <= 6; i++ {
			time.Sleep(10 * time.Millisecond) // on the bubble's clock
			synctest.Wait()
			if got, want := int(written.Load()), i-1; got != want {
				t.Errorf("before callback %d: %d frames are written, want %d", i, got, want)
			}
			spk.callback(out, false)
			if out[0] != int16(i) || out[len(out)-1] != int16(i) {
				t.Errorf("callback %d played %d … %d", i, out[0], out[len(out)-1])
			}
		}
		if g := spk.ring.gaps.Load(); g != 0 {
			t.Errorf("%d gaps, want none", g)
		}
		time.Sleep(10 * time.Millisecond) // the last Write returns
	})
}

// A gap is played as silence, counted once, and answered by one more frame of
// patience.
func TestSinkGap(t *testing.T) {
	spk := testSink(t, phone, closer{})
	spk.limit = 2 * spk.frame
	spk.ring.calm = steady
	frame, out := make(audio.Frame, audio.FrameSamples), slices.Repeat([]int16{7}, audio.FrameSamples)
	spk.callback(out, false)
	if g := spk.ring.gaps.Load(); g != 0 || out[0] != 0 {
		t.Fatalf("before the first Write: %d gaps, sample %d; want silence and no gap", g, out[0])
	}
	if err := spk.Write(frame); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		spk.callback(out, false)
	}
	if g := spk.ring.gaps.Load(); g != 1 {
		t.Errorf("%d gaps, want 1", g)
	}
	for range 2 {
		if err := spk.Write(frame); err != nil {
			t.Fatal(err)
		}
	}
	if room := spk.room(); room != spk.frame {
		t.Errorf("after two of three frames there is room for %d samples, want %d", room, spk.frame)
	}
	if n := spk.grown.Load(); n != 1 {
		t.Errorf("the next speaker of the host is told of %d frames, want 1", n)
	}
}

// A device with long buffers takes several frames at once; the ring then may hold
// as many, but never more than it is long.
func TestSinkFollowsTheDevice(t *testing.T) {
	for latency, want := range map[time.Duration]int{
		0: 3, 15 * time.Millisecond: 3, 45 * time.Millisecond: 6, time.Minute: 7,
	} {
		spk := testSink(t, phone, closer{})
		spk.latency(latency)
		if got := spk.most / spk.frame; got != want {
			t.Errorf("a device of %v: up to %d frames wait, want %d", latency, got, want)
		}
	}
}

// A late reader catches up on what fits; the rest is counted, not mixed up.
func TestSourceOverflow(t *testing.T) {
	mic := testSource(t, phone, closer{})
	mic.begun = true
	for i := range 40 {
		mic.callback(slices.Repeat([]int16{int16(i)}, 480), i == 3)
	}
	frame := make(audio.Frame, audio.FrameSamples)
	for i := range sourceFrames {
		if err := mic.Read(frame); err != nil {
			t.Fatal(err)
		}
		if frame[0] != int16(i) {
			t.Errorf("frame %d begins with %d", i, frame[0])
		}
	}
	if mic.ring.gaps.Load() == 0 || mic.ring.xruns.Load() != 1 {
		t.Errorf("%d gaps, %d xruns; want some gaps and 1", mic.ring.gaps.Load(), mic.ring.xruns.Load())
	}
}

// What a microphone recorded before anybody listened is late, and thrown away.
func TestSourceBegins(t *testing.T) {
	mic := testSource(t, phone, closer{})
	for i := range 4 {
		mic.callback(slices.Repeat([]int16{int16(i)}, 480), false)
	}
	frame := make(audio.Frame, audio.FrameSamples)
	if err := mic.Read(frame); err != nil || frame[0] != 3 || mic.ring.fill() != 0 {
		t.Errorf("the first frame begins with %d, %d samples wait, %v; want the newest", frame[0], mic.ring.fill(), err)
	}
}

// Both ends know how late they are: by what the device said of itself, and by
// what waits in front of it.
func TestLatency(t *testing.T) {
	for _, f := range []format{phone, {48000, 2}} {
		mic, spk := testSource(t, f, closer{}), testSink(t, f, closer{}) // 15 ms each
		frame, device := make(audio.Frame, audio.FrameSamples), make([]int16, f.buffer()*f.channels)
		spk.limit = 3 * spk.frame
		if err := errors.Join(spk.Write(frame), spk.Write(frame)); err != nil {
			t.Fatal(err)
		}
		if got, want := spk.Latency(), 25*time.Millisecond; got != want {
			t.Errorf("%+v: with a frame before it, the last is heard in %v, want %v", f, got, want)
		}
		spk.callback(device, false)
		if got, want := spk.Latency(), 15*time.Millisecond; got != want {
			t.Errorf("%+v: the last of all is heard in %v, want %v", f, got, want)
		}
		mic.begun = true
		mic.callback(device, false)
		mic.callback(device, false)
		if err := mic.Read(frame); err != nil {
			t.Fatal(err)
		}
		if got, want := mic.Latency(), 35*time.Millisecond; got != want {
			t.Errorf("%+v: a frame with another behind it is %v old, want %v", f, got, want)
		}
	}
}

// Whatever format a device insists on, a tone comes through with its level.
func TestForeignFormats(t *testing.T) {
	needResampler(t)
	for _, f := range []format{phone, {48000, 2}, {48000, 8}, {44100, 1}, {44100, 2}, {22050, 2}, {96000, 1}} {
		mic, spk := testSource(t, f, closer{}), testSink(t, f, closer{})
		mic.begun, spk.limit = true, 3*spk.frame
		tone, heard := sine(1000, audio.Rate, audio.Rate/2), []int16{}
		device := make([]int16, f.buffer()*f.channels)
		frame := make(audio.Frame, audio.FrameSamples)
		for at := 0; at < len(tone); at += audio.FrameSamples {
			if err := spk.Write(audio.Frame(tone[at:][:audio.FrameSamples])); err != nil {
				t.Fatal(err)
			}
			for spk.ring.fill() >= len(device) {
				spk.callback(device, false)
				mic.callback(device, false)
			}
			for mic.ring.fill() >= 2*len(device) {
				if err := mic.Read(frame); err != nil {
					t.Fatal(err)
				}
				heard = append(heard, frame...)
			}
		}
		got, noise := fit(heard[4800:][:14400], 1000, audio.Rate)
		if want, _ := fit(tone[:14400], 1000, audio.Rate); got < want-0.05 || got > want+0.05 || noise > -80 {
			t.Errorf("%+v: the tone has %.2f dB, want %.2f; the noise has %.1f dB", f, got, want, noise)
		}
		if spk.ring.gaps.Load()+mic.ring.gaps.Load() != 0 {
			t.Errorf("%+v: %d and %d gaps", f, spk.ring.gaps.Load(), mic.ring.gaps.Load())
		}
	}
}

func TestFormats(t *testing.T) {
	tests := []struct {
		name   string
		device DeviceInfo
		want   []format
	}{
		{"a sound server", DeviceInfo{Inputs: 2, Rate: 48000}, []format{{48000, 1}, {48000, 2}}},
		{"a headset", DeviceInfo{Inputs: 1, Rate: 16000}, []format{{48000, 1}, {16000, 1}}},
		{
			"a large interface",
			DeviceInfo{Inputs: 8, Rate: 44100},
			[]format{{48000, 1}, {48000, 2}, {48000, 8}, {44100, 1}, {44100, 2}, {44100, 8}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := formats(tt.device, microphone); !slices.Equal(got, tt.want) {
				t.Errorf("formats = %v, want %v", got, tt.want)
			}
		})
	}
}

// A device that refuses the phone's format is opened with the next; if it refuses
// all, the first refusal is told.
func TestNegotiate(t *testing.T) {
	all := formats(DeviceInfo{Inputs: 2, Rate: 44100}, microphone)
	busy := errors.New("device unavailable")
	tests := []struct {
		name  string
		takes func(format) bool
		fails error // hopeless from the first attempt on
		tried int
		err   string
	}{
		{name: "takes all", takes: func(format) bool { return true }, tried: 1},
		{name: "stereo only", takes: func(f format) bool { return f.channels == 2 }, tried: 2},
		{name: "another rate only", takes: func(f format) bool { return f.rate == 44100 }, tried: 3},
		{name: "refuses all", takes: func(format) bool { return false }, tried: 4, err: "refused {48000 1}"},
		{name: "busy", fails: busy, tried: 1, err: "device unavailable"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tried := 0
			err := negotiate(all, func(f format) error {
				tried++
				switch {
				case tt.fails != nil:
					return tt.fails
				case tt.takes(f):
					return nil
				}
				return fmt.Errorf("refused %v", f)
			}, func(err error) bool { return errors.Is(err, busy) })
			if text := fmt.Sprint(err); tried != tt.tried || (tt.err == "") != (err == nil) || err != nil && text != tt.err {
				t.Errorf("%d attempts, then %v; want %d, then %q", tried, err, tt.tried, tt.err)
			}
		})
	}
}

func TestFrameSize(t *testing.T) {
	short := make(audio.Frame, 100)
	if err := testSource(t, phone, closer{}).Read(short); err == nil {
		t.Error("Read of a short frame gave no error")
	}
	if err := testSink(t, phone, closer{}).Write(short); err == nil {
		t.Error("Write of a short frame gave no error")
	}
}

// Neither callbacks nor Read and Write allocate.
func TestNoAllocations(t *testing.T) {
	needResampler(t)
	for _, f := range []format{phone, {44100, 2}} {
		mic, spk := testSource(t, f, closer{}), testSink(t, f, closer{})
		device := make([]int16, f.buffer()*f.channels)
		frame := make(audio.Frame, audio.FrameSamples)
		mic.begun, spk.limit = true, 3*spk.frame
		mic.callback(device, false)
		mic.callback(device, false)
		n := testing.AllocsPerRun(500, func() {
			if err := spk.Write(frame); err != nil {
				t.Fatal(err)
			}
			spk.callback(device, false)
			mic.callback(device, false)
			if err := mic.Read(frame); err != nil {
				t.Fatal(err)
			}
		})
		if n != 0 {
			t.Errorf("%+v: %v allocations for 10 ms, want 0", f, n)
		}
	}
}

func BenchmarkCallback(b *testing.B) {
	mic := &source{end: newEnd("microphone", slog.New(slog.DiscardHandler), nil)}
	if err := mic.prepare(phone); err != nil {
		b.Fatal(err)
	}
	defer mic.release()
	in := make([]int16, 480)
	b.ReportAllocs()
	for b.Loop() {
		mic.callback(in, false)
		mic.ring.read(in)
	}
}
