package audio

// capturer turns the microphone's frames into packets: mute, meter, encode. It
// is tick-free, allocates nothing in step, and belongs to one goroutine.
type capturer struct {
	encoder Encoder
	pcm     [PacketSamples]int16
	filled  int
	packet  [MaxPayload]byte
	out     Packet
	meter   meter
	gain    float32
}

func newCapturer(e Encoder, sequence uint16, timestamp uint32) *capturer {
	return &capturer{encoder: e, gain: 1, out: Packet{Sequence: sequence, Timestamp: timestamp}}
}

// step takes 10 ms. When a packet is full it returns it, valid until the next
// step, and true. Muted, it encodes silence: the far side's statistics live on.
func (c *capturer) step(f Frame, muted bool) (p Packet, full bool, peak int32, err error) {
	c.mute(f, muted)
	peak = c.meter.add(f)
	c.filled += copy(c.pcm[c.filled:], f)
	if c.filled < PacketSamples {
		return Packet{}, false, peak, nil
	}
	c.filled = 0
	p = c.out
	c.out.Sequence++
	c.out.Timestamp += PacketSamples
	n, err := c.encoder.Encode(c.pcm[:], c.packet[:])
	if err != nil {
		return Packet{}, false, peak, err
	}
	p.Payload = c.packet[:n]
	return p, true, peak, nil
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
