package audio

import (
	"encoding/binary"
	"testing"
	"time"
)

// A way that loses nothing but stalls, as TCP does: what was held up comes in
// one go. Sound that is too late by then is dropped, so that the delay never
// outlives the stall.
func TestReceptionBoundsTheDelayOfAStallingWay(t *testing.T) {
	const most = 120 * time.Millisecond
	for _, c := range []struct {
		name string
		long time.Duration // of a packet
		held func(sent time.Duration) (arrives time.Duration)
	}{
		{"no stall", 10 * ms, func(at time.Duration) time.Duration { return at }},
		{"what piled up while the way was opened", 10 * ms, stalls(0, 360*ms)},
		{"a stall of 200 ms", 10 * ms, stalls(2000*ms, 2200*ms)},
		{"a stall of 4 s", 10 * ms, stalls(2000*ms, 6000*ms)},
		{"a stall of 4 s with packets of 20 ms", 20 * ms, stalls(2000*ms, 6000*ms)},
		{"a stall of 50 s", 20 * ms, stalls(2000*ms, 52000*ms)},
		{"a way that becomes 300 ms longer", 20 * ms, func(at time.Duration) time.Duration {
			if at > 2000*ms {
				at += 300 * ms
			}
			return at
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			calm := c.held(2000*ms) + 1000*ms // from here it must be as before
			unheard := 0
			for at, delay := range ages(most, c.long, c.held, calm+3000*ms) {
				way := c.held(at) - at // of a packet sent now; what is over is the buffer's
				switch {
				case at <= calm:
				case delay < 0:
					unheard++
				case delay-way > most:
					t.Fatalf("at %v what is heard is %v old", at, delay)
				}
			}
			if unheard > 10 { // a seam of the stretching may hide a piece
				t.Errorf("of 300 frames %d were not heard", unheard)
			}
		})
	}
}

func stalls(from, until time.Duration) func(time.Duration) time.Duration {
	return func(at time.Duration) time.Duration {
		if at >= from && at < until {
			return until
		}
		return at
	}
}

// ages plays a sound in which each 10 ms say when they were sent, and tells how
// old each piece that is heard is; under zero where nothing of it is heard.
func ages(most, long time.Duration, held func(time.Duration) time.Duration, until time.Duration) map[time.Duration]time.Duration {
	r := NewReception(&stamped{}, most)
	frame := make(Frame, FrameSamples)
	all := make(map[time.Duration]time.Duration)
	sent := time.Duration(0)
	for now := time.Duration(0); now < until; now += FrameDuration {
		for ; held(sent+long) <= now; sent += long {
			payload := binary.BigEndian.AppendUint32(nil, uint32(sent/FrameDuration))
			r.Push(Packet{
				Sequence: uint16(sent / long), Timestamp: uint32(samples(sent)), Arrived: held(sent + long),
				Payload: append(payload, byte(long/FrameDuration)),
			})
		}
		r.Pull(now, frame)
		newest := int64(-1)
		for _, v := range frame {
			newest = max(newest, int64(v)-1)
		}
		all[now] = -1
		if newest >= 0 {
			all[now] = now - time.Duration(newest)*FrameDuration
		}
	}
	return all
}

// stamped decodes to samples that are the number of their 10 ms, from 1 on.
type stamped struct{ PCM }

func (*stamped) Decode(packet []byte, pcm []int16) (int, error) {
	n := int(packet[4]) * FrameSamples
	for i := range pcm[:n] {
		pcm[i] = int16(binary.BigEndian.Uint32(packet)) + int16(i/FrameSamples) + 1
	}
	return n, nil
}

func (*stamped) DecodeFEC([]byte, []int16) error { return errNoCopies }

func (*stamped) Conceal(pcm []int16) error {
	clear(pcm)
	return nil
}

func TestRawSamplesAreTheirOwnPackets(t *testing.T) {
	e, _ := PCM{}.NewEncoder()
	d, _ := PCM{}.NewDecoder()
	said := make(Frame, FrameSamples)
	for i := range said {
		said[i] = int16(i*131 - 32768)
	}
	packet := make([]byte, MaxPayload)
	n, err := e.Encode(said, packet)
	if err != nil || n != 2*FrameSamples {
		t.Fatalf("%d bytes, %v", n, err)
	}
	heard := make([]int16, PacketSamples)
	if n, err = d.Decode(packet[:n], heard); err != nil || n != FrameSamples {
		t.Fatalf("%d samples, %v", n, err)
	}
	for i, v := range said {
		if heard[i] != v {
			t.Fatalf("sample %d is %d, not %d", i, heard[i], v)
		}
	}
	if n, err := e.Encode(make([]int16, PacketSamples), packet); err == nil {
		t.Errorf("20 ms fit into %d bytes, which no packet holds", n)
	}
	rest := make([]int16, FrameSamples)
	if err := d.Conceal(rest); err != nil || rest[0] < said[FrameSamples-1]*9/10 || rest[FrameSamples-1] > 10 {
		t.Errorf("what is missing begins with %d and ends with %d (%v), want a fade from %d to silence",
			rest[0], rest[FrameSamples-1], err, said[FrameSamples-1])
	}
}
