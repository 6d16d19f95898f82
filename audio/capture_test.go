package audio

import (
	"testing"
	"time"
)

// silencer is an encoder with DTX: nothing to say of silence.
type silencer struct{ sizes []int }

func (s *silencer) Encode(pcm []int16, packet []byte) (int, error) {
	s.sizes = append(s.sizes, len(pcm))
	if energy(pcm) == 0 {
		return 1, nil
	}
	return 40, nil
}

func (*silencer) Configure(Coding) error { return nil }

// sent is when packets went, and what their headers said.
func sent(t *testing.T, size int, dtx bool, sound func(at time.Duration) bool, lasts time.Duration) (at []time.Duration, packets []Packet) {
	t.Helper()
	c := newCapturer(&silencer{}, size, 7, 0)
	if err := c.configure(Coding{DTX: dtx}); err != nil {
		t.Fatal(err)
	}
	frame := make(Frame, FrameSamples)
	for now := time.Duration(0); now < lasts; now += FrameDuration {
		for i := range frame {
			frame[i] = 0
			if sound(now) {
				frame[i] = 1000
			}
		}
		p, full, _, err := c.step(frame, false)
		if err != nil {
			t.Fatal(err)
		}
		if full {
			at, packets = append(at, now), append(packets, p)
		}
	}
	return at, packets
}

func TestSilenceIsNotSentWithDTX(t *testing.T) {
	speech := func(at time.Duration) bool { return at < time.Second || at >= 3*time.Second }
	at, packets := sent(t, PacketSamples, true, speech, 4*time.Second)
	silent, marks := 0, 0
	for i, p := range packets {
		if want := uint32(samples(at[i] - FrameDuration)); p.Timestamp != want {
			t.Fatalf("the packet sent at %v is of %d, want %d", at[i], p.Timestamp, want)
		}
		if want := uint16(7 + i); p.Sequence != want {
			t.Fatalf("packet %d is number %d: silence is no loss", i, p.Sequence)
		}
		if i > 0 && at[i]-at[i-1] > lifeSign {
			t.Errorf("no sign of life from %v to %v", at[i-1], at[i])
		}
		if at[i] >= time.Second+2*FrameDuration && at[i] < 3*time.Second {
			silent++
		}
		if p.Talkspurt && at[i] >= 3*time.Second {
			marks++
			if at[i] != 3*time.Second+FrameDuration {
				t.Errorf("sound begins again at %v", at[i])
			}
		}
	}
	if silent != 5 || marks != 1 || !packets[0].Talkspurt {
		t.Errorf("%d packets in two seconds of silence, %d beginnings after it", silent, marks)
	}
}

func TestSilenceIsSentWithoutDTX(t *testing.T) {
	for size, want := range map[int]int{PacketSamples: 50, FrameSamples: 100} {
		_, packets := sent(t, size, false, func(time.Duration) bool { return false }, time.Second)
		if len(packets) != want {
			t.Errorf("%d packets of %d samples in a second, want %d", len(packets), size, want)
		}
		for i, p := range packets {
			if p.Timestamp != uint32(i*size) || p.Talkspurt != (i == 0) {
				t.Fatalf("packet %d of %d samples: %+v", i, size, p)
			}
		}
	}
}
