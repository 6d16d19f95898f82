package audio

import (
	"testing"
	"time"
)

// quick is a device without a clock: it takes and gives sound at once.
type quick struct{}

func (quick) OpenSource() (SourceCloser, error) { return quick{}, nil }
func (quick) OpenSink() (SinkCloser, error)     { return quick{}, nil }
func (quick) Describe() string                  { return "quick" }
func (quick) Read(Frame) error                  { return nil }
func (quick) Write(Frame) error                 { return nil }
func (quick) Close() error                      { return nil }
func (quick) Latency() time.Duration            { return 20 * time.Millisecond }

// Spare and Names make it a device with every ability.
func (quick) Spare() Device                    { return quick{} }
func (quick) Names() (source, sink string)     { return "quick", "quick" }
func (quick) Render(Frame)                     {}
func (quick) Capture(Frame, time.Duration)     {}
func (quick) Near(Frame)                       {}
func (quick) Far(Frame)                        {}
func (quick) send(Packet)                      {}
func (quick) NewEncoder() (Encoder, error)     { return &counter{}, nil }
func (quick) NewDecoder() (d Decoder, e error) { return absent{}, nil }

// newLoops is the two loops of an engine with everything switched on, one step
// each, and how to release what they opened.
func newLoops(tb testing.TB) (capture, playout func(), shut func()) {
	tb.Helper()
	e := NewEngine(Config{Device: quick{}, Codec: quick{}, Processor: quick{}, Gain: 3})
	e.SetTap(quick{})
	mic, speaker := e.microphone(), e.speaker(&e.voice)
	never := make(chan struct{})
	for _, err := range []error{mic.begin(time.Second, never), speaker.begin(time.Second, never)} {
		if err != nil {
			tb.Fatal(err)
		}
	}
	encoder, _ := quick{}.NewEncoder()
	c := newCapturing(e, newCapturer(encoder, PacketSamples, 0, 0))
	p, order := newPlayer(), ToneSet{}.cadence(ToneRing)
	streams := []*Stream{
		{engine: e, receiver: newReceiver(tape{sine(1000, 8000)})},
		{engine: e, receiver: newReceiver(tape{sine(1000, 8000)})},
	}
	at := time.Duration(0)
	capture = func() { c.step(mic, never, quick{}.send) }
	playout = func() {
		p.step(at, &streams, &order)
		e.playVoice(p, speaker)
		at += FrameDuration
	}
	return capture, playout, func() {
		mic.shut()
		speaker.shut()
		if err := e.Close(); err != nil {
			tb.Error(err)
		}
	}
}

func TestTheLoopsAllocateNothing(t *testing.T) {
	capture, playout, shut := newLoops(t)
	defer shut()
	for name, step := range map[string]func(){"capture": capture, "playout": playout} {
		for range 10 {
			step()
		}
		if n := testing.AllocsPerRun(500, step); n != 0 {
			t.Errorf("%s allocates %v times in 10 ms", name, n)
		}
	}
}

func BenchmarkLoops(b *testing.B) {
	capture, playout, shut := newLoops(b)
	defer shut()
	for name, step := range map[string]func(){"capture": capture, "playout": playout} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				step()
			}
		})
	}
}
