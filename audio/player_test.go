package audio

import (
	"errors"
	"math"
	"testing"
	"time"
)

// render is what a tone sounds like, for so long.
func render(t Tone, long time.Duration) []int16 {
	p, nobody := newPlayer(), []*Stream{}
	order := ToneSet{}.cadence(t)
	var pcm []int16
	for at := time.Duration(0); at < long; at += FrameDuration {
		p.step(at, &nobody, &order)
		pcm = append(pcm, p.out[:]...)
	}
	return pcm
}

// bursts is where sound begins and ends, in ms, joining pauses under 50 ms.
func bursts(pcm []int16) (edges []int) {
	sounding, quiet := false, 0
	for i := 0; i+48 <= len(pcm); i += 48 {
		loud := energy(pcm[i:i+48]) > 0
		if loud && !sounding {
			edges = append(edges, i/48)
			sounding = true
		}
		if quiet++; loud {
			quiet = 0
		}
		if sounding && quiet == 50 {
			edges = append(edges, i/48-49)
			sounding = false
		}
	}
	return edges
}

func TestTones(t *testing.T) {
	tests := []struct {
		tone  Tone
		hz    float64 // of the first burst
		edges []int   // in ms, within 12 s
	}{
		{ToneRingback, 425, []int{0, 1000, 5000, 6000, 10000, 11000}},
		{ToneBusy, 425, []int{0, 500, 1000, 1500, 2000, 2500}},
		{ToneCongestion, 425, []int{0, 250, 500, 750, 1000, 1250, 1500, 1750, 2000, 2250, 2500, 2750}},
		{ToneWaiting, 425, []int{0, 200, 800, 1000, 4000, 4200, 4800, 5000, 8000, 8200, 8800, 9000}},
		{ToneRing, 0, []int{0, 1000, 4000, 5000, 8000, 9000}},
		{ToneEnd, 480, []int{0, 350}},
		{"no such tone", 0, nil},
	}
	for _, test := range tests {
		t.Run(string(test.tone), func(t *testing.T) {
			pcm := render(test.tone, 12*time.Second)
			got := bursts(pcm)
			if len(got) != len(test.edges) {
				t.Fatalf("edges at %v ms, want %v", got, test.edges)
			}
			for i, want := range test.edges {
				if got[i] < want-1 || got[i] > want+1 {
					t.Fatalf("edges at %v ms, want %v", got, test.edges)
				}
			}
			if test.hz != 0 {
				if hz, _ := MeasureTone(pcm[480 : 480+4096]); math.Abs(hz-test.hz) > 2 {
					t.Errorf("%.1f Hz, want %.1f", hz, test.hz)
				}
				if n := clicks(pcm, 480, 0.2*32767); n > 0 {
					t.Errorf("%d clicks", n)
				}
			}
		})
	}
}

func TestAToneStopsAndChangesWithoutAClick(t *testing.T) {
	p, nobody := newPlayer(), []*Stream{}
	ringback, busy, nothing := ToneSet{}.cadence(ToneRingback), ToneSet{}.cadence(ToneBusy), cadence{}
	var pcm []int16
	active := false
	for i := range 90 {
		order := &ringback
		if i >= 30 {
			order = &busy
		}
		if i >= 60 {
			order = &nothing
		}
		_, active = p.step(0, &nobody, order)
		pcm = append(pcm, p.out[:]...)
	}
	if n := clicks(pcm, 425, 0.2*32767); n > 0 {
		t.Errorf("%d clicks", n)
	}
	if active || energy(pcm[61*FrameSamples:]) != 0 {
		t.Error("it sounds on after it was stopped")
	}
}

func TestAClosedStreamFadesOut(t *testing.T) {
	s := &Stream{engine: NewEngine(Config{}), receiver: newReceiver(tape{sine(1000, 8000)})}
	talking, nobody := []*Stream{s}, []*Stream{}
	p := newPlayer()
	var pcm []int16
	for i := range 80 {
		if i%2 == 0 {
			s.receiver.buffer.push(&Packet{Sequence: uint16(i / 2), Timestamp: uint32(i/2) * PacketSamples, Payload: tape{}.piece(int64(i / 2)), Arrived: time.Duration(i) * FrameDuration})
		}
		list := &talking
		if i >= 60 {
			list = &nobody
		}
		p.step(time.Duration(i)*FrameDuration, list, nil)
		pcm = append(pcm, p.out[:]...)
	}
	if n := clicks(pcm[Rate/5:], 1000, 8000); n > 0 {
		t.Errorf("%d clicks", n)
	}
	if energy(pcm[50*FrameSamples:60*FrameSamples]) == 0 || energy(pcm[61*FrameSamples:]) != 0 {
		t.Error("it was not heard before, or is heard long after")
	}
}

func TestOneVoicePassesUnchangedAndManyAreLimited(t *testing.T) {
	loud := Frame(tone(1000, 32767, FrameSamples))
	out := make(Frame, FrameSamples)
	m := newMixer()
	m.add(loud)
	m.limit(out)
	for i := range out {
		if out[i] != loud[i] {
			t.Fatalf("sample %d is %d, was %d", i, out[i], loud[i])
		}
	}
	for range 3 {
		m.clear()
		for range 4 {
			m.add(loud)
		}
		m.limit(out)
	}
	clipped := 0
	for _, v := range out {
		if v == math.MaxInt16 || v == math.MinInt16 {
			clipped++
		}
	}
	if clipped > FrameSamples/48*3 {
		t.Errorf("%d of %d samples at the limit: it cuts rather than turns down", clipped, FrameSamples)
	}
	for range 400 { // 4 s later a single voice is as it was
		m.clear()
		m.add(loud)
		m.limit(out)
	}
	if m.gain != 1 {
		t.Errorf("the gain is still %v", m.gain)
	}
}

// counter is an encoder whose packets say how loud they were.
type counter struct{ fail bool }

func (c *counter) Encode(pcm []int16, packet []byte) (int, error) {
	if c.fail {
		return 0, errors.New("no")
	}
	packet[0] = byte(min(energy(pcm), 255))
	return 1, nil
}

func (*counter) Configure(Coding) error { return nil }

func TestMutedSendsSilence(t *testing.T) {
	c := newCapturer(&counter{}, PacketSamples, 65535, math.MaxUint32-959)
	var sent []Packet
	var loud []bool
	for i := range 12 {
		p, full, _, err := c.step(Frame(tone(1000, 8000, FrameSamples)), i >= 4 && i < 8)
		if err != nil {
			t.Fatal(err)
		}
		if full {
			sent = append(sent, p)
			loud = append(loud, p.Payload[0] > 0)
		}
	}
	// The packet in which the mute begins holds its fade.
	want := []bool{true, true, true, false, true, true}
	for i := range want {
		if loud[i] != want[i] {
			t.Errorf("packets with sound: %v, want %v", loud, want)
			break
		}
	}
	if sent[0].Sequence != 65535 || sent[1].Sequence != 0 || sent[1].Timestamp != 0 {
		t.Errorf("numbered %d/%d, then %d/%d", sent[0].Sequence, sent[0].Timestamp, sent[1].Sequence, sent[1].Timestamp)
	}
}

func TestAPacketThatCannotBeEncodedIsAGap(t *testing.T) {
	e := &counter{fail: true}
	c := newCapturer(e, PacketSamples, 0, 0)
	frame := make(Frame, FrameSamples)
	c.step(frame, false)
	if _, full, _, err := c.step(frame, false); err == nil || full {
		t.Errorf("a packet in spite of the error: %v, %v", full, err)
	}
	e.fail = false
	c.step(frame, false)
	if p, full, _, _ := c.step(frame, false); !full || p.Sequence != 1 || p.Timestamp != PacketSamples {
		t.Errorf("then packet %d at %d (%v), want 1 at %d", p.Sequence, p.Timestamp, full, PacketSamples)
	}
}

func TestThePlayerAndTheCapturerAllocateNothing(t *testing.T) {
	p, c := newPlayer(), newCapturer(&counter{}, PacketSamples, 0, 0)
	order := ToneSet{}.cadence(ToneRing)
	frame := make(Frame, FrameSamples)
	streams := []*Stream{
		{engine: NewEngine(Config{}), receiver: newReceiver(tape{sine(1000, 8000)})},
		{engine: NewEngine(Config{}), receiver: newReceiver(tape{sine(500, 8000)})},
	}
	payload := tape{}.piece(3)
	n := 0
	allocs := testing.AllocsPerRun(300, func() {
		for _, s := range streams {
			s.Push(Packet{Sequence: uint16(n), Timestamp: uint32(n) * PacketSamples, Payload: payload, Arrived: time.Duration(n+1) * 20 * ms})
		}
		p.step(time.Duration(n)*20*ms, &streams, &order)
		if _, _, _, err := c.step(frame, false); err != nil {
			t.Fatal(err)
		}
		n++
	})
	if allocs != 0 {
		t.Errorf("%.1f allocations a step", allocs)
	}
}

func TestMeasureTone(t *testing.T) {
	for _, hz := range []float64{50, 425, 997.3, 1000, 15000} {
		for _, dB := range []float64{-3, -20, -50} {
			amplitude := 32768 * math.Pow(10, dB/20)
			got, level := MeasureTone(tone(hz, amplitude, Rate/2))
			if math.Abs(got-hz) > 1 || math.Abs(level-(dB-3.01)) > 0.05 {
				t.Errorf("%v Hz at %v dBFS peak: measured %.2f Hz, %.2f dBFS", hz, dB, got, level)
			}
		}
	}
	if hz, level := MeasureTone(make([]int16, Rate)); hz != 0 || level != Floor {
		t.Errorf("silence: %v Hz, %v dBFS", hz, level)
	}
}

func TestLongestGap(t *testing.T) {
	sound, quiet := tone(1000, 8000, Rate/2), make([]int16, Rate/10)
	join := func(parts ...[]int16) (pcm []int16) {
		for _, p := range parts {
			pcm = append(pcm, p...)
		}
		return pcm
	}
	tests := []struct {
		name string
		pcm  []int16
		want time.Duration
	}{
		{"one gap", join(sound, quiet, sound), 100 * ms},
		{"the longer of two", join(sound, quiet[:480], sound, quiet, sound), 100 * ms},
		{"silence before and behind is none", join(quiet, quiet, sound, quiet, quiet), 0},
		{"silence alone", quiet, 0},
		{"nothing", nil, 0},
	}
	for _, test := range tests {
		if got := LongestGap(test.pcm, -40); (got - test.want).Abs() > 5*ms {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestPaceKeepsItsScheduleAndSkipsAfterAStall(t *testing.T) {
	var p Pace
	now := 5 * ms
	for i := int64(1); i <= 100; i++ {
		wait, tick := p.Next(now)
		if tick != i {
			t.Fatalf("tick %d, want %d", tick, i)
		}
		now += wait + time.Duration(i%3)*ms // the sleep is never exact
	}
	if late := now - (5*ms + 100*FrameDuration); late > 3*ms {
		t.Errorf("%v late after 100 ticks: errors add up", late)
	}
	now += 500 * ms
	wait, tick := p.Next(now)
	if wait > FrameDuration || tick < 148 || tick > 151 {
		t.Errorf("after 500 ms of stall: tick %d in %v", tick, wait)
	}
	if wait, _ = p.Next(now + wait); wait == 0 {
		t.Error("it runs after what it missed")
	}
}

func BenchmarkMix(b *testing.B) {
	m := newMixer()
	f := Frame(tone(1000, 20000, FrameSamples))
	out := make(Frame, FrameSamples)
	b.ReportAllocs()
	for b.Loop() {
		m.clear()
		for range 7 {
			m.add(f)
		}
		m.limit(out)
	}
}

func BenchmarkTone(b *testing.B) {
	p, nobody := newPlayer(), []*Stream{}
	order := ToneSet{}.cadence(ToneRing)
	b.ReportAllocs()
	for b.Loop() {
		p.step(0, &nobody, &order)
	}
}
