package audio_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tring/audio"
	"tring/audio/wav"
)

const (
	toneHz     = 1000
	toneAmp    = 8192.0
	toneDBFS   = -12.04 - 3.01
	packetTime = 20 * time.Millisecond
)

// path carries packets from one engine to another's stream, like a network.
type path struct {
	to    *audio.Stream
	lose  func() bool
	delay func() time.Duration
	began time.Time
}

func (p *path) send(packet audio.Packet) {
	if p.lose != nil && p.lose() {
		return
	}
	packet.Payload = append([]byte(nil), packet.Payload...)
	deliver := func() {
		packet.Arrived = time.Since(p.began) + 1
		p.to.Push(packet)
	}
	if p.delay == nil {
		deliver()
		return
	}
	time.AfterFunc(p.delay(), deliver)
}

func TestAToneGoesFromMicrophoneToSpeaker(t *testing.T) {
	needCodec(t)
	random := rand.New(rand.NewPCG(7, 7))
	tests := []struct {
		name   string
		lose   func() bool
		delay  func() time.Duration
		report int     // percent of loss that alice is told
		level  float64 // dB, allowed difference
		clean  bool    // no gap, no concealment
	}{
		{name: "clean", level: 0.1, clean: true},
		{
			name: "jitter of 20 ms", level: 0.1,
			delay: func() time.Duration { return time.Duration(random.Int64N(int64(packetTime))) },
		},
		{
			name: "one in ten lost, and known", level: 1, report: 10,
			lose: func() bool { return random.IntN(10) == 0 },
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mic, speaker := &rig{hz: toneHz, amplitude: toneAmp}, &rig{}
				alice, bob := newEngine(t, mic), newEngine(t, speaker)
				stream := bob.OpenStream("alice")
				alice.SetNetwork(audio.Network{Loss: float64(test.report)})
				p := &path{to: stream, lose: test.lose, delay: test.delay, began: time.Now()}
				if err := alice.StartCapture(p.send); err != nil {
					t.Fatal(err)
				}
				elapse(12 * time.Second)
				in, out, stats := alice.Levels(), bob.Levels(), stream.Stats()
				closeAll(t, alice, bob)

				hz, level := audio.MeasureTone(speaker.tail(5 * time.Second))
				if math.Abs(hz-toneHz) > 1 || math.Abs(level-toneDBFS) > test.level {
					t.Errorf("heard %.2f Hz at %.2f dBFS, want %d at %.2f ± %.1f", hz, level, toneHz, toneDBFS, test.level)
				}
				if math.Abs(in.In+12) > 0.5 || math.Abs(out.Out+12) > 1.5 || in.Fault+out.Fault != "" {
					t.Errorf("meters show %+v and %+v, want about −12 dBFS and no fault", in, out)
				}
				if test.clean && (stats.Lost+stats.Late+stats.Concealed+stats.Discarded > 0 || stats.DelayMS > 15) {
					t.Errorf("on a clean path %+v", stats)
				}
			})
		})
	}
}

// libopus protects only what it takes for speech, which a steady tone is not.
func TestLostSpeechIsRecovered(t *testing.T) {
	needCodec(t)
	synctest.Test(t, func(t *testing.T) {
		mic, speaker := &rig{voice: true, amplitude: toneAmp}, &rig{}
		alice, bob := newEngine(t, mic), newEngine(t, speaker)
		stream := bob.OpenStream("alice")
		alice.SetNetwork(audio.Network{Loss: 10})
		n := 0
		p := &path{to: stream, began: time.Now(), lose: func() bool { n++; return n%10 == 0 }}
		if err := alice.StartCapture(p.send); err != nil {
			t.Fatal(err)
		}
		elapse(12 * time.Second)
		stats := stream.Stats()
		closeAll(t, alice, bob)
		t.Logf("%+v", stats)
		if stats.Lost < 55 || stats.Recovered < stats.Lost*2/3 {
			t.Errorf("of %d lost packets, %d were recovered", stats.Lost, stats.Recovered)
		}
	})
}

func TestMouthToEarOnACleanPath(t *testing.T) {
	needCodec(t)
	synctest.Test(t, func(t *testing.T) {
		mic, speaker := &rig{}, &rig{}
		alice, bob := newEngine(t, mic), newEngine(t, speaker)
		p := &path{to: bob.OpenStream("alice"), began: time.Now()}
		if err := alice.StartCapture(p.send); err != nil {
			t.Fatal(err)
		}
		elapse(8 * time.Second)
		spoken := time.Now()
		mic.set(func() { mic.hz, mic.amplitude = toneHz, toneAmp })
		elapse(2 * time.Second)
		closeAll(t, alice, bob)
		heard := time.Time{}
		for i, v := range speaker.heard {
			if v > 1000 {
				heard = speaker.from.Add(time.Duration(i) * time.Second / audio.Rate)
				break
			}
		}
		if took := heard.Sub(spoken); heard.IsZero() || took > 60*time.Millisecond {
			t.Errorf("heard after %v, want 60 ms at most", took)
		} else {
			t.Logf("mouth to ear: %v", took)
		}
	})
}

func TestMuteSilencesTheFarSideAndPacketsGoOn(t *testing.T) {
	needCodec(t)
	synctest.Test(t, func(t *testing.T) {
		mic, speaker := &rig{hz: toneHz, amplitude: toneAmp}, &rig{}
		alice, bob := newEngine(t, mic), newEngine(t, speaker)
		stream := bob.OpenStream("alice")
		if err := alice.StartCapture((&path{to: stream, began: time.Now()}).send); err != nil {
			t.Fatal(err)
		}
		elapse(time.Second)
		alice.SetMuted(true)
		elapse(time.Second)
		before := stream.Stats().Received
		elapse(time.Second)
		if _, level := audio.MeasureTone(speaker.tail(500 * time.Millisecond)); level > -70 {
			t.Errorf("muted, yet heard at %.1f dBFS", level)
		}
		if l := alice.Levels(); !l.Muted || l.In != audio.Floor {
			t.Errorf("muted, the meter shows %+v", l)
		}
		if got := stream.Stats().Received - before; got < 45 {
			t.Errorf("%d packets came in a second of mute, want 50", got)
		}
		alice.SetMuted(false)
		elapse(time.Second)
		if _, level := audio.MeasureTone(speaker.tail(500 * time.Millisecond)); level < toneDBFS-1 {
			t.Errorf("after the mute heard at %.1f dBFS", level)
		}
		closeAll(t, alice, bob)
	})
}

func TestTheSpeakerIsOpenOnlyWhileThereIsSomethingToPlay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &rig{}
		e := newEngine(t, r)
		state := func(when string, opened, sinks int) {
			t.Helper()
			synctest.Wait()
			if o, sources, s := r.counts(); o != opened || s != sinks || sources != 0 {
				t.Errorf("%s: opened %d times, %d speakers and %d microphones open; want %d, %d, 0", when, o, s, sources, opened, sinks)
			}
		}
		state("at first", 0, 0)
		e.Play(audio.ToneRingback)
		elapse(9 * time.Second)
		state("through the pauses of ring-back", 1, 1)
		e.StopTone()
		elapse(2 * time.Second)
		state("two seconds after", 1, 0)
		e.Play(audio.ToneBusy)
		elapse(5 * time.Second)
		state("a one-shot tone ends by itself", 2, 0)
		s := e.OpenStream("bob")
		elapse(5 * time.Second)
		state("while a stream is open", 3, 1)
		s.Close()
		s.Close()
		elapse(2 * time.Second)
		state("after it", 3, 0)
		closeAll(t, e, e)
	})
}

func TestTheMicrophoneIsOpenOnlyWhileCapturing(t *testing.T) {
	needCodec(t)
	synctest.Test(t, func(t *testing.T) {
		r := &rig{}
		e := newEngine(t, r)
		e.Play(audio.ToneRing)
		elapse(time.Second)
		if _, sources, _ := r.counts(); sources != 0 {
			t.Error("ringing opened the microphone")
		}
		packets := 0
		for range 2 {
			if err := e.StartCapture(func(audio.Packet) { packets++ }); err != nil {
				t.Fatal(err)
			}
			if err := e.StartCapture(func(audio.Packet) {}); !errors.Is(err, audio.ErrNotCapturing) {
				t.Errorf("a second capture beside the first: %v", err)
			}
			elapse(time.Second)
			e.StopCapture()
			sent := packets
			elapse(time.Second)
			if _, sources, _ := r.counts(); sources != 0 || packets != sent {
				t.Errorf("after StopCapture: %d microphones open, %d packets more", sources, packets-sent)
			}
		}
		if packets < 98 || packets > 101 {
			t.Errorf("%d packets in two seconds, want 100", packets)
		}
		e.StopCapture()
		closeAll(t, e)
	})
}

func TestDeviceFaultsNeverEndTheCall(t *testing.T) {
	needCodec(t)
	tests := []struct {
		name       string
		breaks     func(*rig)
		mic, speak string // what the faults say
	}{
		{"it vanishes", func(r *rig) { r.broken, r.absent = errPulled, errPulled }, "no microphone: it was pulled out", "no speaker: it was pulled out"},
		{"it fails, but opens", func(r *rig) { r.broken = errPulled }, "microphone lost: it was pulled out", "speaker lost: it was pulled out"},
		{"it blocks", func(r *rig) { r.stuck, r.absent = true, errPulled }, "no microphone: it was pulled out", "no speaker: it was pulled out"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mic, speaker := &rig{hz: toneHz, amplitude: toneAmp}, &rig{}
				alice, bob := newEngine(t, mic), newEngine(t, speaker)
				stream := bob.OpenStream("alice")
				if err := alice.StartCapture((&path{to: stream, began: time.Now()}).send); err != nil {
					t.Fatal(err)
				}
				elapse(2 * time.Second)
				for _, r := range []*rig{mic, speaker} {
					r.set(func() { test.breaks(r) })
				}
				elapse(4 * time.Second)
				if got := alice.Levels().Fault; !strings.Contains(got, test.mic) {
					t.Errorf("alice reads %q, want %q", got, test.mic)
				}
				if got := bob.Levels().Fault; !strings.Contains(got, test.speak) {
					t.Errorf("bob reads %q, want %q", got, test.speak)
				}
				before := stream.Stats()
				elapse(2 * time.Second)
				after := stream.Stats()
				if after.Received-before.Received < 90 || after.Discarded > before.Discarded+5 {
					t.Errorf("without devices, in two seconds: %+v, then %+v", before, after)
				}
				for _, r := range []*rig{mic, speaker} {
					r.set(func() { r.broken, r.absent, r.stuck = nil, nil, false })
				}
				elapse(5 * time.Second)
				if hz, level := audio.MeasureTone(speaker.tail(time.Second)); math.Abs(hz-toneHz) > 1 || math.Abs(level-toneDBFS) > 0.5 {
					t.Errorf("back again, %.1f Hz at %.1f dBFS are heard", hz, level)
				}
				if f := alice.Levels().Fault + bob.Levels().Fault; f != "" {
					t.Errorf("a fault is still told: %q", f)
				}
				closeAll(t, alice, bob)
				for _, r := range []*rig{mic, speaker} {
					if _, sources, sinks := r.counts(); sources+sinks != 0 {
						t.Errorf("%d microphones, %d speakers left open", sources, sinks)
					}
				}
			})
		})
	}
}

func TestAMissingMicrophoneIsAnErrorAndSilence(t *testing.T) {
	needCodec(t)
	synctest.Test(t, func(t *testing.T) {
		r := &rig{absent: errPulled}
		e := newEngine(t, r)
		packets := 0
		err := e.StartCapture(func(audio.Packet) { packets++ })
		if !errors.Is(err, errPulled) || errors.Is(err, audio.ErrNotCapturing) {
			t.Errorf("it says %v", err)
		}
		e.Play(audio.ToneEnd)
		elapse(1100 * time.Millisecond)
		if f := e.Levels().Fault; f != "no microphone: it was pulled out; no speaker: it was pulled out" {
			t.Errorf("the fault reads %q", f)
		}
		e.StopCapture()
		if packets < 50 {
			t.Errorf("%d packets of silence in 1.1 s", packets)
		}
		closeAll(t, e)
	})
}

func TestADeviceThatTakesLongToOpenIsTakenWhenItComes(t *testing.T) {
	needCodec(t)
	synctest.Test(t, func(t *testing.T) {
		r := &rig{hz: toneHz, amplitude: toneAmp, hold: make(chan struct{})}
		e := newEngine(t, r)
		stream := e.OpenStream("itself")
		began := time.Now()
		err := e.StartCapture((&path{to: stream, began: began}).send)
		if took := time.Since(began); err == nil || took > 3*time.Second {
			t.Errorf("after %v it says %v", took, err)
		}
		elapse(time.Second)
		if f := e.Levels().Fault; !strings.Contains(f, "no answer") {
			t.Errorf("the fault reads %q", f)
		}
		close(r.hold)
		elapse(3 * time.Second)
		if l := e.Levels(); l.Fault != "" || math.Abs(l.In+12) > 0.5 || math.Abs(l.Out+12) > 1.5 {
			t.Errorf("once it is open: %+v", l)
		}
		closeAll(t, e)
	})
}

func TestPushNeverWaits(t *testing.T) {
	e := audio.NewEngine(audio.Config{})
	closeAll(t, e)
	s := e.OpenStream("bob") // and nobody plays it
	for i := range 100 {
		s.Push(audio.Packet{Sequence: uint16(i), Payload: []byte{1}})
	}
	s.Push(audio.Packet{Payload: make([]byte, audio.MaxPayload+1)})
	if got := s.Stats(); got.Discarded < 50 || got.Discarded > 100 {
		t.Errorf("%+v", got)
	}
}

func TestAnEngineOfNothingIsSilentAndSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := audio.NewEngine(audio.Config{})
		if err := e.StartCapture(func(audio.Packet) {}); !errors.Is(err, audio.ErrNotCapturing) {
			t.Errorf("it captures without a codec: %v", err)
		}
		s := e.OpenStream("bob")
		for i := range 100 {
			s.Push(audio.Packet{Sequence: uint16(i), Timestamp: uint32(i) * audio.PacketSamples, Payload: []byte{1}})
			elapse(packetTime)
		}
		if got := s.Stats(); got.Received != 100 {
			t.Errorf("%+v", got)
		}
		if f := e.Levels().Fault; f != "no speaker: no sound device is set up; no sound decoder: no sound codec is built in" {
			t.Errorf("the fault reads %q", f)
		}
		closeAll(t, e)
		e.Play(audio.ToneRing)
		e.OpenStream("carol").Push(audio.Packet{Payload: []byte{1}})
	})
}

func TestCloseInTheMiddleOfEverything(t *testing.T) {
	needCodec(t)
	for _, after := range []time.Duration{0, time.Millisecond, 5 * time.Millisecond, 15 * time.Millisecond} {
		r := &rig{hz: toneHz, amplitude: toneAmp}
		e := newEngine(t, r)
		s := e.OpenStream("bob")
		e.Play(audio.ToneRing)
		started := make(chan struct{})
		go func() {
			defer close(started)
			_ = e.StartCapture(s.Push) // either order is fine
		}()
		elapse(after)
		closeAll(t, e)
		<-started
		closeAll(t, e)
		if _, sources, sinks := r.counts(); sources+sinks != 0 {
			t.Errorf("closed after %v: %d microphones, %d speakers left open", after, sources, sinks)
		}
	}
}

// On the real clock: the machine's own hiccups are part of the path. A busy machine
// may have so many that it gets another try.
func TestTwoPhonesOnTheRealClock(t *testing.T) {
	needCodec(t)
	folder := t.TempDir()
	in, out := filepath.Join(folder, "in.wav"), filepath.Join(folder, "out.wav")
	sound := make([]int16, 4*audio.Rate)
	for i := range sound {
		sound[i] = int16(toneAmp * math.Sin(2*math.Pi*toneHz*float64(i)/audio.Rate))
	}
	if err := wav.Write(in, sound); err != nil {
		t.Fatal(err)
	}
	const most = 10
	for n := 1; ; n++ {
		if holdsTone(callOnTheRealClock(t, in, out)) {
			return
		}
		if n == most {
			t.Fatalf("in %d calls no tone of %d Hz at %.2f dBFS came through for half a second", most, toneHz, toneDBFS)
		}
	}
}

// callOnTheRealClock plays one file to another for three seconds, and returns what
// came there.
func callOnTheRealClock(t *testing.T, in, out string) []int16 {
	t.Helper()
	open := func(in, out string) audio.Device {
		d, err := wav.Open(in, out)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	alice, bob := newEngine(t, open(in, "")), newEngine(t, open("", out))
	stream := bob.OpenStream("alice")
	if err := alice.StartCapture((&path{to: stream, began: time.Now()}).send); err != nil {
		t.Log(err)
	}
	<-time.After(3 * time.Second)
	t.Logf("%+v", stream.Stats())
	closeAll(t, alice, bob)
	pcm, err := wav.Read(out)
	if err != nil {
		t.Fatal(err)
	}
	return pcm
}

// holdsTone tells whether half a second of this is the tone, whole.
func holdsTone(pcm []int16) bool {
	const long, step = audio.Rate / 2, audio.Rate / 10
	for at := 0; at+long <= len(pcm); at += step {
		hz, level := audio.MeasureTone(pcm[at : at+long])
		if math.Abs(hz-toneHz) <= 5 && math.Abs(level-toneDBFS) <= 1 {
			return true
		}
	}
	return false
}
