package audio_test

import (
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tring/audio"
	"tring/audio/opus"
)

// spared is a rig that another stands in for.
type spared struct {
	*rig
	spare *rig
}

func (s spared) Spare() audio.Device { return s.spare }

// call is alice, who speaks, and bob, who hears her.
func call(t *testing.T, mic, speaker audio.Device) (alice, bob *audio.Engine) {
	t.Helper()
	alice, bob = newEngine(t, mic), newEngine(t, speaker)
	if err := alice.StartCapture((&path{to: bob.OpenStream("alice"), began: time.Now()}).send); err != nil {
		t.Fatal(err)
	}
	elapse(2 * time.Second)
	return alice, bob
}

func wantTone(t *testing.T, when string, heard []int16, hz float64) {
	t.Helper()
	if got, level := audio.MeasureTone(heard); math.Abs(got-hz) > 1 || math.Abs(level-toneDBFS) > 0.5 {
		t.Errorf("%s: %.1f Hz at %.1f dBFS is heard, want %.0f at %.1f", when, got, level, hz, toneDBFS)
	}
}

func wantFault(t *testing.T, when string, e *audio.Engine, want string) {
	t.Helper()
	if got := e.Levels().Fault; !strings.Contains(got, want) || want == "" && got != "" {
		t.Errorf("%s: the fault reads %q, want %q", when, got, want)
	}
}

func wantClosed(t *testing.T, all ...*rig) {
	t.Helper()
	for i, r := range all {
		if _, sources, sinks := r.counts(); sources+sinks != 0 {
			t.Errorf("of device %d, %d microphones and %d speakers are open", i, sources, sinks)
		}
	}
}

func TestDevicesChangeInACall(t *testing.T) {
	needCodec(t)
	synctest.Test(t, func(t *testing.T) {
		first, second := &rig{hz: toneHz, amplitude: toneAmp}, &rig{hz: 700, amplitude: toneAmp}
		speaker, headset := &rig{}, &rig{}
		alice, bob := call(t, first, speaker)
		alice.SetDevice(second)
		elapse(2 * time.Second)
		if gap := audio.LongestGap(speaker.tail(3*time.Second), -40); gap > 20*time.Millisecond {
			t.Errorf("another microphone leaves a gap of %v", gap)
		}
		wantTone(t, "from the other microphone", speaker.tail(time.Second), 700)
		wantClosed(t, first)

		bob.SetDevice(headset)
		elapse(2 * time.Second)
		wantTone(t, "from the other speaker", headset.tail(time.Second), 700)
		wantClosed(t, speaker)
		before, from := speaker.all()
		after, then := headset.all()
		if gap := then.Sub(from.Add(time.Duration(len(before)) * time.Second / audio.Rate)); gap > 20*time.Millisecond {
			t.Errorf("between the speakers lies a gap of %v", gap)
		}
		// The first frames of a device see whether it moves sound.
		if gap := audio.LongestGap(after[5*audio.FrameSamples:], -40); gap > 0 {
			t.Errorf("the other speaker plays a gap of %v", gap)
		}
		wantFault(t, "all is well", alice, "")
		wantFault(t, "all is well", bob, "")
		closeAll(t, alice, bob)
		wantClosed(t, second, headset)
	})
}

func TestADeviceThatDoesNotWorkIsNotTaken(t *testing.T) {
	needCodec(t)
	tests := []struct {
		name   string
		breaks func(*rig)
		why    string
	}{
		{"it is not there", func(r *rig) { r.absent = errPulled }, "it was pulled out"},
		{"it opens and delivers nothing", func(r *rig) { r.stuck = true }, "stopped moving"},
		{"it opens and fails", func(r *rig) { r.broken = errPulled }, "it was pulled out"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mic, speaker := &rig{hz: toneHz, amplitude: toneAmp}, &rig{}
				other, headset := &rig{hz: 700, amplitude: toneAmp}, &rig{}
				test.breaks(other)
				test.breaks(headset)
				alice, bob := call(t, mic, speaker)
				alice.SetDevice(other)
				bob.SetDevice(headset)
				elapse(5 * time.Second)
				if gap := audio.LongestGap(speaker.tail(6*time.Second), -40); gap > 0 {
					t.Errorf("a gap of %v although nothing changed", gap)
				}
				wantFault(t, "it does not work", alice, "the old microphone is used: ")
				wantFault(t, "it does not work", bob, "the old speaker is used: ")
				wantFault(t, "it does not work", bob, test.why)
				for _, r := range []*rig{other, headset} {
					r.set(func() { r.absent, r.stuck, r.broken = nil, false, nil })
				}
				elapse(6 * time.Second)
				wantTone(t, "it works now", headset.tail(time.Second), 700)
				wantFault(t, "it works now", alice, "")
				wantFault(t, "it works now", bob, "")
				closeAll(t, alice, bob)
				wantClosed(t, mic, speaker, other, headset)
			})
		})
	}
}

func TestTheDefaultDeviceStandsIn(t *testing.T) {
	needCodec(t)
	tests := []struct {
		name           string
		breaks         func(*rig)
		most, returned time.Duration
	}{
		{"it vanishes", func(r *rig) { r.broken, r.absent = errPulled, errPulled }, 50 * time.Millisecond, 4 * time.Second},
		{"it fails, but opens", func(r *rig) { r.broken = errPulled }, 100 * time.Millisecond, 4 * time.Second},
		{"it blocks", func(r *rig) { r.stuck, r.absent = true, errPulled }, 500 * time.Millisecond, 4 * time.Second},
		{"it blocks, but opens", func(r *rig) { r.stuck = true }, 3 * time.Second, 5 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mic, speaker := &rig{hz: toneHz, amplitude: toneAmp}, &rig{}
				builtIn, loud := &rig{hz: 700, amplitude: toneAmp}, &rig{}
				alice, bob := call(t, spared{mic, builtIn}, spared{speaker, loud})
				broke := time.Now()
				for _, r := range []*rig{mic, speaker} {
					r.set(func() { test.breaks(r) })
				}
				elapse(5 * time.Second)
				wantTone(t, "while the device is gone", loud.tail(time.Second), 700)
				wantFault(t, "while the device is gone", alice, "the default microphone is used: ")
				wantFault(t, "while the device is gone", bob, "the default speaker is used: ")
				if _, from := loud.all(); from.Sub(broke) > test.most {
					t.Errorf("it took %v until the default speaker played, want %v", from.Sub(broke), test.most)
				}
				for _, r := range []*rig{mic, speaker} {
					r.set(func() { r.broken, r.absent, r.stuck = nil, nil, false })
				}
				elapse(test.returned)
				wantFault(t, "it is back", alice, "")
				wantFault(t, "it is back", bob, "")
				elapse(time.Second)
				wantTone(t, "it is back", speaker.tail(time.Second), toneHz)
				wantClosed(t, builtIn, loud)
				closeAll(t, alice, bob)
				wantClosed(t, mic, speaker)
			})
		})
	}
}

func TestAMissingDeviceAtTheStartHasAStandIn(t *testing.T) {
	needCodec(t)
	synctest.Test(t, func(t *testing.T) {
		mic, builtIn := &rig{absent: errPulled}, &rig{hz: 700, amplitude: toneAmp}
		alice, bob := call(t, spared{mic, builtIn}, &rig{})
		wantFault(t, "from the start", alice, "the default microphone is used: it was pulled out")
		closeAll(t, alice, bob)
		wantClosed(t, mic, builtIn)
	})
}

func TestTheBellHasItsOwnDevice(t *testing.T) {
	heard := func(r *rig) bool {
		_, level := audio.MeasureTone(r.tail(500 * time.Millisecond))
		return level > -60
	}
	tests := []struct {
		name          string
		tone          audio.Tone
		breaks        func(*rig) // while it rings
		absent        error
		bell, speaker bool
		fault         string
	}{
		{name: "it rings", tone: audio.ToneRing, bell: true},
		{name: "another tone", tone: audio.ToneRingback, speaker: true},
		{name: "its device is missing", tone: audio.ToneRing, absent: errPulled, speaker: true, fault: "no bell: it was pulled out"},
		{
			name: "its device vanishes", tone: audio.ToneRing, bell: true, speaker: true, fault: "bell lost: it was pulled out",
			breaks: func(r *rig) { r.broken, r.absent = errPulled, errPulled },
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				speaker, bell := &rig{}, &rig{absent: test.absent}
				e := newEngine(t, speaker)
				e.SetRing(bell)
				e.Play(test.tone)
				elapse(800 * time.Millisecond)
				if test.breaks != nil {
					bell.set(func() { test.breaks(bell) })
					elapse(500 * time.Millisecond)
				}
				if b, s := heard(bell), heard(speaker); b != test.bell || s != test.speaker {
					t.Errorf("heard from the bell's device: %v, from the speaker: %v; want %v, %v", b, s, test.bell, test.speaker)
				}
				wantFault(t, test.name, e, test.fault)
				e.StopTone()
				elapse(1500 * time.Millisecond)
				wantClosed(t, speaker, bell)
				wantFault(t, "it is over", e, "")
				e.SetRing(nil)
				before, _ := speaker.all()
				e.Play(audio.ToneRing)
				elapse(500 * time.Millisecond)
				if after, _ := speaker.all(); len(after) == len(before) {
					t.Error("a bell without a device of its own does not ring at the speaker")
				}
				closeAll(t, e)
				wantClosed(t, speaker, bell)
			})
		})
	}
}

// listener is a Tap and a Processor that keeps the levels it was given.
type listener struct {
	mu        sync.Mutex
	near, far []int16
	rendered  int
	delay     time.Duration
}

func (l *listener) keep(to *[]int16, f audio.Frame) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*to = append(*to, f...)
}

func (l *listener) Near(f audio.Frame) { l.keep(&l.near, f) }
func (l *listener) Far(f audio.Frame)  { l.keep(&l.far, f) }

// heard is all that it was given, and the delay it was told last.
func (l *listener) heard() (near, far []int16, rendered int, delay time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.near), slices.Clone(l.far), l.rendered, l.delay
}

func (l *listener) Render(f audio.Frame) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rendered++
}

// Capture halves what it hears.
func (l *listener) Capture(f audio.Frame, delay time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range f {
		f[i] /= 2
	}
	l.delay = delay
}

// late is a rig whose ends know how late they are.
type late struct{ *rig }

type lateEnd struct{ *end }

func (lateEnd) Latency() time.Duration { return 25 * time.Millisecond }

func (l late) OpenSource() (audio.SourceCloser, error) {
	e, err := l.openEnd(&l.sources)
	return lateEnd{e}, err
}

func (l late) OpenSink() (audio.SinkCloser, error) {
	e, err := l.openEnd(&l.sinks)
	return lateEnd{e}, err
}

func TestTheProcessorCleansAndTheTapHearsBothSides(t *testing.T) {
	needCodec(t)
	synctest.Test(t, func(t *testing.T) {
		var processor, tap, muted listener
		r := &rig{hz: toneHz, amplitude: toneAmp / 2}
		e := audio.NewEngine(audio.Config{Device: late{r}, Codec: opus.Codec{}, Processor: &processor, Gain: 6.0206})
		bob := newEngine(t, &rig{hz: 700, amplitude: toneAmp})
		e.SetTap(&tap)
		if err := e.StartCapture(func(audio.Packet) {}); err != nil {
			t.Fatal(err)
		}
		if err := bob.StartCapture((&path{to: e.OpenStream("bob"), began: time.Now()}).send); err != nil {
			t.Fatal(err)
		}
		e.Play(audio.ToneWaiting)
		elapse(10 * time.Second)
		e.SetTap(nil)
		near, far, _, _ := tap.heard()
		_, _, rendered, delay := processor.heard()
		// Twice as loud by the gain, half by the processor.
		if hz, level := audio.MeasureTone(near[audio.Rate : 2*audio.Rate]); math.Abs(hz-toneHz) > 1 || math.Abs(level-toneDBFS+6.02) > 0.1 {
			t.Errorf("the tap hears %.1f Hz at %.2f dBFS from here", hz, level)
		}
		wantTone(t, "the tap, without the tone that waits, from there", far[len(far)-4*audio.Rate:], 700)
		// The rig takes each frame when the one before it is played.
		if want := 60 * time.Millisecond; delay < want-time.Millisecond || delay > want+time.Millisecond {
			t.Errorf("the processor is told of %v, want %v", delay, want)
		}
		if rendered < 950 {
			t.Errorf("the processor saw %d frames in 10 s", rendered)
		}
		e.SetMuted(true)
		elapse(100 * time.Millisecond)
		e.SetTap(&muted)
		elapse(time.Second)
		near, _, _, _ = muted.heard()
		if _, level := audio.MeasureTone(near); level > audio.Floor {
			t.Errorf("muted, the tap hears %.1f dBFS", level)
		}
		closeAll(t, e, bob)
	})
}

func TestTheGainClipsRatherThanWraps(t *testing.T) {
	needCodec(t)
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, &rig{hz: 100, amplitude: 20000})
		tap := &listener{}
		if err := e.StartCapture(func(audio.Packet) {}); err != nil {
			t.Fatal(err)
		}
		e.SetTap(tap)
		e.SetGain(20)
		elapse(time.Second)
		closeAll(t, e)
		for i := 1; i < len(tap.near); i++ {
			if d := int(tap.near[i]) - int(tap.near[i-1]); d > 4000 || d < -4000 {
				t.Fatalf("sample %d jumps by %d", i, d)
			}
		}
		if _, level := audio.MeasureTone(tap.near[audio.Rate/2:]); level < -2 {
			t.Errorf("%.1f dBFS after a gain of 20 dB", level)
		}
	})
}

func TestAnotherBellRingsFromTheNextRingOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		speaker := &rig{}
		e := newEngine(t, speaker)
		e.SetTones(audio.ToneSet{Ring: make([]int16, audio.Rate)}) // it rings without a sound
		e.Play(audio.ToneRing)
		elapse(500 * time.Millisecond)
		if pcm, _ := speaker.all(); loud(pcm) {
			t.Error("the old bell rings")
		}
		e.SetTones(audio.ToneSet{})
		e.StopTone()
		e.Play(audio.ToneRing)
		elapse(500 * time.Millisecond)
		if pcm, _ := speaker.all(); !loud(pcm) {
			t.Error("the new bell does not ring")
		}
		closeAll(t, e)
	})
}

func TestShorterPacketsFromTheNextCaptureOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, &rig{})
		for _, long := range []time.Duration{20 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond} {
			e.SetPackets(long, false)
			var first, second atomic.Uint32
			err := e.StartCapture(func(p audio.Packet) { first.Store(second.Swap(p.Timestamp)) })
			if err != nil {
				t.Fatal(err)
			}
			elapse(300 * time.Millisecond)
			e.StopCapture()
			if got := time.Duration(second.Load()-first.Load()) * time.Second / audio.Rate; got != long {
				t.Errorf("packets are %v apart, want %v", got, long)
			}
		}
		closeAll(t, e)
	})
}

func loud(pcm []int16) bool { return len(pcm) > 0 && slices.Max(pcm) > 1000 }
