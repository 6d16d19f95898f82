package audio

import (
	"encoding/binary"
	"errors"
	"math"
	"time"
)

// tape is a codec for tests: a packet is a number of a piece of one endless
// sound, so that what comes out shows what happened on the way.
type tape struct {
	sound func(sample int64) int16
}

// piece is packet n as it would be sent.
func (tape) piece(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

func (t tape) Decode(packet []byte, pcm []int16) (int, error) {
	if len(packet) != 8 || len(pcm) < PacketSamples {
		return 0, errors.New("not of this tape")
	}
	t.read(int64(binary.BigEndian.Uint64(packet)), pcm[:PacketSamples])
	return PacketSamples, nil
}

func (t tape) DecodeFEC(next []byte, pcm []int16) error {
	if len(next) != 8 {
		return errors.New("not of this tape")
	}
	t.read(int64(binary.BigEndian.Uint64(next))-1, pcm)
	return nil
}

func (tape) Conceal(pcm []int16) error {
	clear(pcm)
	return nil
}

func (t tape) read(n int64, pcm []int16) {
	for i := range pcm {
		pcm[i] = t.sound(n*PacketSamples + int64(i))
	}
}

// sine is a tone of this frequency and amplitude.
func sine(hz, amplitude float64) func(int64) int16 {
	return func(n int64) int16 {
		return int16(math.Round(amplitude * math.Sin(2*math.Pi*hz*float64(n)/Rate)))
	}
}

// arrival is a packet of the tape on its way.
type arrival struct {
	n    int64         // which piece
	at   time.Duration // when it arrives
	jump uint32        // added to its timestamp
	seq  uint16        // added to its sequence number
}

// steady is count packets, 20 ms apart, each 5 ms on its way.
func steady(count int) []arrival {
	a := make([]arrival, count)
	for i := range a {
		a[i] = arrival{n: int64(i), at: time.Duration(i)*20*time.Millisecond + 5*time.Millisecond}
	}
	return a
}

// heard is what a receiver made of arrivals.
type heard struct {
	pcm      []int16
	stats    StreamStats
	delays   []float64 // DelayMS, by frame
	receiver *receiver
}

// listen plays arrivals, in order of their time, to a receiver with a virtual
// clock, and goes on for so long.
func listen(sound func(int64) int16, arrivals []arrival, long time.Duration) heard {
	t := tape{sound}
	h := heard{receiver: newReceiver(t)}
	frame := make(Frame, FrameSamples)
	for now := time.Duration(0); now < long; now += FrameDuration {
		for len(arrivals) > 0 && arrivals[0].at <= now {
			a := arrivals[0]
			arrivals = arrivals[1:]
			h.receiver.buffer.push(&Packet{
				Sequence:  uint16(a.n) + a.seq,
				Timestamp: uint32(a.n*PacketSamples) + a.jump,
				Payload:   t.piece(a.n),
				Arrived:   a.at,
			})
		}
		h.receiver.step(now, frame)
		h.pcm = append(h.pcm, frame...)
		h.delays = append(h.delays, h.receiver.buffer.report().DelayMS)
	}
	h.stats = h.receiver.buffer.report()
	return h
}

// clicks counts the samples that no tone of this frequency and amplitude, nor
// a fade of it, could hold: the second difference is bounded by both.
func clicks(pcm []int16, hz, amplitude float64) int {
	w := 2 * math.Pi * hz / Rate
	most := amplitude*w*w*2 + 8
	count := 0
	for i := 2; i < len(pcm); i++ {
		if math.Abs(float64(pcm[i])-2*float64(pcm[i-1])+float64(pcm[i-2])) > most {
			count++
		}
	}
	return count
}
