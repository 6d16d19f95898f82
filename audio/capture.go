package audio

import (
	"math"
	"time"
)

// An encoder with DTX makes packets of the header byte alone, or that and one
// more, for silence that goes on (RFC 6716 §2.1.9): nobody needs them. Still
// the far side should hear now and then that the way lives.
const (
	contentless = 2
	lifeSign    = 400 * time.Millisecond
)

// capturer turns the microphone's frames into packets: mute, meter, encode. It
// is tick-free, allocates nothing in step, and belongs to one goroutine.
type capturer struct {
	encoder Encoder
	pcm     [PacketSamples]int16
	size    int // samples in a packet
	filled  int
	dtx     bool
	packet  [MaxPayload]byte
	out     Packet // the header of the next one
	unsent  int    // samples of silence since the last packet went
	meter   meter
	gain    float32
	tone    tonePlayer
	order   *cadence // the last tone taken
}

// newCapturer makes packets of size samples, FrameSamples or PacketSamples.
func newCapturer(e Encoder, size int, sequence uint16, timestamp uint32) *capturer {
	return &capturer{encoder: e, size: size, gain: 1, out: Packet{Sequence: sequence, Timestamp: timestamp, Talkspurt: true}}
}

// configure says how to encode from the next packet on.
func (c *capturer) configure(coding Coding) error {
	c.dtx = coding.DTX
	return c.encoder.Configure(coding)
}

// dial sends a tone besides what the microphone hears, once for each order.
func (c *capturer) dial(order *cadence) {
	if order != c.order && order != nil {
		c.tone.play(order)
	}
	c.order = order
}

// step takes 10 ms. When a packet is to be sent it returns it, valid until the
// next step, and true. Muted, it encodes silence: the far side's statistics
// live on. Silence that is not sent leaves a gap in the timestamps and none in
// the sequence (RFC 7587 §3.1.3).
func (c *capturer) step(f Frame, muted bool) (p Packet, full bool, peak int32, err error) {
	c.mute(f, muted)
	c.mix(f)
	peak = c.meter.add(f)
	c.filled += copy(c.pcm[c.filled:c.size], f)
	if c.filled < c.size {
		return Packet{}, false, peak, nil
	}
	c.filled = 0
	p = c.out
	c.out.Timestamp += uint32(c.size)
	n, err := c.encoder.Encode(c.pcm[:c.size], c.packet[:])
	silent := err == nil && c.dtx && n <= contentless
	c.out.Talkspurt = silent
	if silent {
		p.Talkspurt = false
		if c.unsent += c.size; span(int64(c.unsent)) < lifeSign {
			return Packet{}, false, peak, nil
		}
	}
	c.out.Sequence++
	c.unsent = 0
	if err != nil {
		return Packet{}, false, peak, err
	}
	p.Payload = c.packet[:n]
	return p, true, peak, nil
}

// mix adds the tone that is dialled, which is sent also by who is muted.
func (c *capturer) mix(f Frame) {
	if !c.tone.active() {
		return
	}
	var tone [FrameSamples]int16
	c.tone.step(tone[:])
	for i, v := range tone {
		f[i] = int16(min(max(int(f[i])+int(v), math.MinInt16), math.MaxInt16))
	}
}

// mute scales the frame, over its length when mute has just changed.
func (c *capturer) mute(f Frame, muted bool) {
	to := float32(1)
	if muted {
		to = 0
	}
	if c.gain == to {
		if muted {
			clear(f)
		}
		return
	}
	step := (to - c.gain) / FrameSamples
	for i := range f {
		c.gain += step
		f[i] = int16(float32(f[i]) * c.gain)
	}
	c.gain = to
}
