package audio

import (
	"math"
	"testing"
	"time"
)

func TestAPartysVolume(t *testing.T) {
	tests := []struct{ set, want float64 }{
		{0, 0},
		{-6, -6},
		{6, 6},
		{-200, math.Inf(-1)},
		{math.Inf(-1), math.Inf(-1)},
		{math.NaN(), math.Inf(-1)},
		{12, 12},
		{1000, volumeMost},
	}
	for _, test := range tests {
		s := &Stream{engine: NewEngine(Config{}), receiver: newReceiver(tape{even(1000)})}
		var pcm []int16
		frame := make(Frame, FrameSamples)
		for i := range 100 {
			if i == 50 {
				s.SetVolume(test.set)
			}
			if i%2 == 0 {
				s.receiver.buffer.push(&Packet{
					Sequence: uint16(i / 2), Timestamp: uint32(i/2) * PacketSamples,
					Payload: tape{}.piece(int64(i / 2)), Arrived: time.Duration(i) * FrameDuration,
				})
			}
			s.step(time.Duration(i)*FrameDuration, frame)
			pcm = append(pcm, frame...)
		}
		before, after := math.Sqrt(energy(pcm[Rate/4:Rate/2])), math.Sqrt(energy(pcm[Rate*3/5:]))
		if got := 20 * math.Log10(after/before); math.Abs(got-test.want) > 0.1 && got != test.want {
			t.Errorf("SetVolume(%v): %.2f dB, want %.2f", test.set, got, test.want)
		}
		if n := clicks(pcm[Rate/4:], 1000, 1000*max(math.Pow(10, test.want/20), 1)); n > 0 {
			t.Errorf("SetVolume(%v): %d clicks", test.set, n)
		}
	}
}

// The engine's volume is that of everybody, also of those who come later.
func TestEverybodysVolume(t *testing.T) {
	e := NewEngine(Config{})
	defer e.Close()
	early := e.OpenStream("bob")
	e.SetVolume(-6)
	late := e.OpenStream("carla")
	want := &Stream{}
	want.SetVolume(-6)
	for _, s := range []*Stream{early, late} {
		if got := s.volume.Load(); got != want.volume.Load() {
			t.Errorf("the volume of %s is %v", s.Peer(), math.Float32frombits(got))
		}
	}
}
