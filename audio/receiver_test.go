package audio

import (
	"errors"
	"math"
	"testing"
	"time"
)

func TestSilenceFollowsASecondOfNothing(t *testing.T) {
	h := listen(sine(1000, 8000), steady(second), 3*time.Second)
	if noise := energy(h.pcm[Rate*5/4 : Rate*7/4]); noise == 0 || noise > comfortMost*1.2 {
		t.Errorf("a mean square of %.1f after the last packet, want comfort noise", noise)
	}
	tail := h.pcm[len(h.pcm)-Rate/2:]
	if energy(tail) != 0 {
		t.Errorf("a mean square of %.1f long after the last packet", energy(tail))
	}
	if h.receiver.buffer.playing {
		t.Error("it still waits for the next packet")
	}
}

// drone conceals with a square wave: the worst guess that never ends.
type drone struct{ tape }

func (drone) Conceal(pcm []int16) error {
	for i := range pcm {
		pcm[i] = 10000
	}
	return nil
}

func TestConcealmentFadesOut(t *testing.T) {
	r := newReceiver(drone{tape{func(int64) int16 { return 10000 }}})
	frame := make(Frame, FrameSamples)
	var pcm []int16
	for i := range 180 {
		if i < 20 && i%2 == 0 {
			r.buffer.push(&Packet{Sequence: uint16(i / 2), Timestamp: uint32(i/2) * PacketSamples, Payload: tape{}.piece(int64(i)), Arrived: time.Duration(i) * FrameDuration})
		}
		r.step(time.Duration(i)*FrameDuration, frame)
		pcm = append(pcm, frame...)
	}
	for i := Rate / 10; i < len(pcm); i++ {
		if step := int(pcm[i]) - int(pcm[i-1]); step < -40 || step > 40 {
			t.Fatalf("a jump of %d at %v", step, span(int64(i)))
		}
	}
	loud := func(at, long time.Duration) float64 { return energy(pcm[samples(at):samples(at+long)]) }
	// The last packet ends at about 220 ms.
	if got := loud(280*ms, 20*ms); got < 9000*9000 {
		t.Errorf("a mean square of %.0f when the guesses have just begun", got)
	}
	if got := loud(400*ms, 400*ms); got == 0 || got > comfortMost*1.5 {
		t.Errorf("a mean square of %.0f afterwards, want comfort noise", got)
	}
	if got := loud(1600*ms, 100*ms); got != 0 {
		t.Errorf("a mean square of %.0f when the far side has long been gone", got)
	}
}

// broken refuses every packet and every guess.
type broken struct{}

func (broken) Decode([]byte, []int16) (int, error) { return 0, errors.New("corrupt") }
func (broken) DecodeFEC([]byte, []int16) error     { return errors.New("corrupt") }
func (broken) Conceal([]int16) error               { return errors.New("corrupt") }

func TestPacketsThatCannotBeDecodedAreSilence(t *testing.T) {
	r := newReceiver(broken{})
	frame := make(Frame, FrameSamples)
	for i := range 100 {
		if i%2 == 0 {
			r.buffer.push(&Packet{Sequence: uint16(i / 2), Timestamp: uint32(i/2) * PacketSamples, Payload: []byte{1}, Arrived: time.Duration(i) * FrameDuration})
		}
		frame[0] = 1
		r.step(time.Duration(i)*FrameDuration, frame)
		if energy(frame) != 0 {
			t.Fatalf("frame %d is not silent", i)
		}
	}
	if r.buffer.stats.Discarded < 40 {
		t.Errorf("%d packets counted as discarded, want nearly 50", r.buffer.stats.Discarded)
	}
}

func TestSqueezingAndStretchingKeepToneAndLevel(t *testing.T) {
	for _, hz := range []float64{90, 110, 440, 1000, 3000} {
		x := make([]int16, decodedMost)
		copy(x, tone(hz, 10000, 6000))
		short := shorten(x[:6000], mostLag, quietEnough, false)
		if short == 6000 {
			t.Errorf("%v Hz: nothing was removed", hz)
		}
		long := lengthen(x, short-pastSamples, quietEnough, false) + pastSamples
		if long == short {
			t.Errorf("%v Hz: nothing was added", hz)
		}
		if n := clicks(x[:long], hz, 10000); n > 0 {
			t.Errorf("%v Hz: %d clicks", hz, n)
		}
		want := 10000 / math.Sqrt2
		if got := math.Sqrt(energy(x[:960])); got < want*0.97 || got > want*1.03 {
			t.Errorf("%v Hz: RMS %.0f, want %.0f", hz, got, want)
		}
	}
}

func TestNoiseIsNotSqueezedUnlessUrgent(t *testing.T) {
	x := make([]int16, 2000)
	state := uint32(1)
	for i := range x {
		state = state*1664525 + 1013904223
		x[i] = int16(state >> 18)
	}
	if shorten(x, mostLag, quietEnough, false) != 2000 {
		t.Error("loud noise was squeezed")
	}
	if shorten(x, mostLag, quietEnough, true) == 2000 {
		t.Error("loud noise was not squeezed when it was urgent")
	}
}

func TestReceivingAllocatesNothing(t *testing.T) {
	r := newReceiver(tape{sine(1000, 8000)})
	frame := make(Frame, FrameSamples)
	payload := tape{}.piece(7)
	now, n := time.Duration(0), 0
	allocs := testing.AllocsPerRun(2000, func() {
		// Losses, copies of some of them, and half a second of nothing now and then.
		if n++; n%2 == 0 && n%20 != 0 && n%600 < 550 {
			p := Packet{Sequence: uint16(n / 2), Timestamp: uint32(n/2) * PacketSamples, Payload: payload, Arrived: now}
			r.buffer.push(&p)
			p.Sequence, p.Timestamp, p.Redundant = p.Sequence-1, p.Timestamp-PacketSamples, n%40 == 2
			if p.Redundant {
				r.buffer.push(&p)
			}
		}
		r.step(now, frame)
		now += FrameDuration
	})
	if allocs != 0 {
		t.Errorf("%.1f allocations a step", allocs)
	}
	if s := r.buffer.stats; s.Recovered == 0 || s.Redundant == 0 || s.Concealed == 0 {
		t.Errorf("%+v: not all was tried", s)
	}
}

func BenchmarkReceiver(b *testing.B) {
	r := newReceiver(tape{func(n int64) int16 { return int16(n) }})
	frame := make(Frame, FrameSamples)
	payload := tape{}.piece(7)
	now := time.Duration(0)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		if n%2 == 0 {
			r.buffer.push(&Packet{Sequence: uint16(n / 2), Timestamp: uint32(n/2) * PacketSamples, Payload: payload, Arrived: now})
		}
		r.step(now, frame)
		now += FrameDuration
	}
}

func BenchmarkJitterPop(b *testing.B) {
	buffer := newJitterBuffer()
	payload := make([]byte, 80)
	now := time.Duration(0)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		buffer.push(&Packet{Sequence: uint16(n), Timestamp: uint32(n) * PacketSamples, Payload: payload, Arrived: now})
		buffer.pop(now, 0)
		now += 2 * FrameDuration
	}
}
