package host

import (
	"context"
	"errors"
	"fmt"

	"tring/audio"
)

// talkCoding is how a client with Opus is spoken to: the way loses nothing, and
// a few more bits keep a sound good that is encoded on every leg. Silence is sent
// too: what takes it out takes a held tone for silence.
var talkCoding = audio.Coding{Bitrate: 48000, Complexity: 5} // a constant in all but syntax

// encoder makes the packets of this channel.
func (c *carrier) encoder() (audio.Encoder, error) {
	e, err := c.codec.NewEncoder()
	if err != nil {
		return nil, fmt.Errorf("make sound encoder: %w", err)
	}
	if err := e.Configure(talkCoding); err != nil {
		return nil, fmt.Errorf("set up sound encoder: %w", err)
	}
	return e, nil
}

// listen reads until the channel ends, whatever comes and whether anybody
// listens: what is not read would grow old in the channel. Who sends raw samples
// may end, and go on to hear: `ssh host audio </dev/null`.
func (c *carrier) listen() {
	if !c.Opus {
		if why := c.listenRaw(); why != "" {
			c.end(why)
		}
		return
	}
	why := ""
	if err := c.listenOpus(); errors.Is(err, errNotOurs) {
		why = err.Error()
	}
	c.end(why)
}

// listenRaw reads raw samples until there are no more. Only what is certainly
// wrong ends the channel; what looks wrong is told, and noise is not played.
func (c *carrier) listenRaw() (why string) {
	var (
		judge  format
		held   = make([]byte, 0, frameBytes)
		chunk  = make([]byte, 64<<10)
		packet audio.Packet
		began  bool
	)
	for {
		n, err := c.In.Read(chunk)
		c.count.in.Add(uint64(n))
		for rest := chunk[:n]; len(rest) > 0; {
			room := min(frameBytes-len(held), len(rest))
			held, rest = append(held, rest[:room]...), rest[room:]
			if !began && len(held) >= magicMost {
				if name := fileType(held); name != "" {
					return "what comes is " + name + "; " + wantedSound
				}
				began = true
			}
			if len(held) < frameBytes {
				break
			}
			c.hearRaw(&judge, &packet, held)
			held = held[:0]
		}
		if err != nil {
			return "" // whether it is the end of the samples or of the channel
		}
	}
}

// hearRaw takes 10 ms of raw samples.
func (c *carrier) hearRaw(judge *format, packet *audio.Packet, samples []byte) {
	now := c.now()
	c.frames.Add(1)
	c.last.Store(int64(now))
	complaint, noise := judge.hear(samples, now)
	if complaint != "" {
		c.tell(complaint)
	}
	if noise {
		clear(samples)
	}
	packet.Payload = samples
	c.push(*packet)
	packet.Sequence++
	packet.Timestamp += audio.FrameSamples
}

// listenOpus reads frames.
func (c *carrier) listenOpus() error {
	r, err := NewSoundReader(c.In)
	if err != nil {
		return err
	}
	counted := int64(0)
	for {
		f, err := r.Read()
		if err != nil {
			return err
		}
		c.count.in.Add(uint64(r.bytes - counted))
		counted = r.bytes
		switch f.Kind {
		case SoundPacket:
			c.push(f.Packet)
		case SoundFault:
			c.setFault(f.Text)
		case SoundTalk, SoundHear: // ours to say
		}
	}
}

// speak writes until the channel ends.
func (c *carrier) speak(ctx context.Context, encoder audio.Encoder) {
	w := writer{carrier: c, encoder: encoder, packet: make([]byte, audio.MaxPayload)}
	if c.Opus {
		w.write([]byte(SoundGreeting))
	}
	for w.err == nil {
		select {
		case <-c.wake:
			w.flush()
		case <-c.ended:
			return
		case <-ctx.Done():
			return
		}
	}
	c.end("")
}

// writer is what the writing goroutine works with.
type writer struct {
	*carrier
	encoder    audio.Encoder
	packet     []byte
	line       []byte
	frame      outgoing
	sequence   uint16
	talk, hear bool // as was last written
	err        error
}

func (w *writer) write(b []byte) {
	n, err := w.Out.Write(b)
	w.count.out.Add(uint64(n))
	w.err = err
}

// flush writes all that waits.
func (w *writer) flush() {
	w.control()
	for w.err == nil && w.take(&w.frame) {
		n, err := w.encoder.Encode(w.frame.pcm[:], w.packet)
		if err != nil {
			w.end("encode sound: " + err.Error())
			return
		}
		if !w.Opus {
			w.write(w.packet[:n])
			continue
		}
		w.line = AppendSound(w.line[:0], SoundFrame{Kind: SoundPacket, Packet: audio.Packet{
			Sequence: w.sequence, Timestamp: w.frame.stamp, Payload: w.packet[:n],
		}})
		w.sequence++
		w.write(w.line)
	}
}

// control writes what the client should open.
func (w *writer) control() {
	w.speaking.Lock()
	talk, hear := w.carrier.talk, w.carrier.hear
	w.speaking.Unlock()
	if !w.Opus {
		return
	}
	if talk != w.talk && w.err == nil {
		w.talk = talk
		w.write(AppendSound(w.line[:0], SoundFrame{Kind: SoundTalk, On: talk}))
	}
	if hear != w.hear && w.err == nil {
		w.hear = hear
		w.write(AppendSound(w.line[:0], SoundFrame{Kind: SoundHear, On: hear}))
	}
}
