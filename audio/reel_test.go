package audio

import (
	"encoding/binary"
	"errors"
	"time"
)

// reel is a tape whose packets say where they begin and how long they are.
type reel struct{ tape }

// cut is the packet of so many samples from one on; under three bytes it is
// how a codec says that silence begins.
func (reel) cut(from int64, long int) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(from)), byte(long/leastRun))
}

func (r reel) Decode(packet []byte, pcm []int16) (int, error) {
	if len(packet) <= dozeSize {
		clear(pcm[:PacketSamples])
		return PacketSamples, nil
	}
	if len(packet) != 9 || int(packet[8])*leastRun > len(pcm) {
		return 0, errors.New("not of this reel")
	}
	pcm = pcm[:int(packet[8])*leastRun]
	r.play(int64(binary.BigEndian.Uint64(packet)), pcm)
	return len(pcm), nil
}

func (r reel) DecodeFEC(next []byte, pcm []int16) error {
	if len(next) != 9 {
		return errors.New("not of this reel")
	}
	r.play(int64(binary.BigEndian.Uint64(next))-int64(len(pcm)), pcm)
	return nil
}

func (r reel) play(from int64, pcm []int16) {
	for i := range pcm {
		pcm[i] = r.sound(from + int64(i))
	}
}

// rolled is a packet of a reel on its way.
type rolled struct {
	Packet
	from int64
	long int
}

// roll sends a sound in packets of these lengths in ms, over and over, until
// the time is over. Each is 5 ms on its way.
func (r reel) roll(until time.Duration, long func(i int) int) (all []rolled) {
	from := int64(0)
	for i := 0; span(from) < until; i++ {
		n := long(i) * Rate / 1000
		all = append(all, rolled{from: from, long: n, Packet: Packet{
			Sequence: uint16(i), Timestamp: uint32(from), Payload: r.cut(from, n),
			Arrived: span(from+int64(n)) + 5*ms,
		}})
		from += int64(n)
	}
	return all
}

// hear plays packets, in order of their arrival, until the time is over.
func (r reel) hear(all []rolled, until time.Duration) heard {
	h := heard{receiver: newReceiver(r)}
	frame := make(Frame, FrameSamples)
	for now := time.Duration(0); now < until; now += FrameDuration {
		for ; len(all) > 0 && all[0].Arrived <= now; all = all[1:] {
			h.receiver.buffer.push(&all[0].Packet)
		}
		h.receiver.step(now, frame)
		h.pcm = append(h.pcm, frame...)
		h.delays = append(h.delays, h.receiver.buffer.report().DelayMS)
	}
	h.stats = h.receiver.buffer.report()
	return h
}

// even is a kilohertz without end, cheaply: 48 samples a period.
func even(amplitude float64) func(int64) int16 {
	period := tone(1000, amplitude, 48)
	return func(n int64) int16 { return period[(n%48+48)%48] }
}
