package host

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"tring/audio"
)

// The channel of a client that is a tring, subsystem "audio-opus". Each side
// begins with SoundGreeting; then come frames both ways, numbers in network byte
// order:
//
//	 0                   1                   2                   3
//	| length of the rest            | kind          | body …
//	'p'  a packet: flags (1 = talkspurt), 16 bit sequence, 32 bit timestamp, Opus
//	't'  host to client: 1 the microphone is wanted, 0 it is not
//	'h'  host to client: 1 there will be sound, 0 there is none any more
//	'f'  client to host: what is wrong with its devices, UTF-8; empty is nothing
//
// A frame of another kind is skipped: a later client may know more.
const SoundGreeting = "tring sound 1\n"

// SoundKind is the kind of a SoundFrame. It is a wire value.
type SoundKind byte

// The kinds.
const (
	SoundPacket SoundKind = 'p'
	SoundTalk   SoundKind = 't'
	SoundHear   SoundKind = 'h'
	SoundFault  SoundKind = 'f'
)

const (
	packetHeader = 1 + 1 + 2 + 4 // kind, flags, sequence, timestamp
	frameMost    = packetHeader + audio.MaxPayload
	flagSpurt    = 1
	faultMost    = 200 // bytes
)

// SoundFrame is one frame. It is a value; the payload of its packet is valid
// until the next one is read.
type SoundFrame struct {
	Kind   SoundKind
	Packet audio.Packet // of SoundPacket
	On     bool         // of SoundTalk and SoundHear
	Text   string       // of SoundFault
}

// AppendSound appends a frame as it is sent.
func AppendSound(b []byte, f SoundFrame) []byte {
	at := len(b)
	b = append(b, 0, 0, byte(f.Kind))
	switch f.Kind {
	case SoundPacket:
		flags := byte(0)
		if f.Packet.Talkspurt {
			flags = flagSpurt
		}
		b = append(b, flags)
		b = binary.BigEndian.AppendUint16(b, f.Packet.Sequence)
		b = binary.BigEndian.AppendUint32(b, f.Packet.Timestamp)
		b = append(b, f.Packet.Payload...)
	case SoundTalk, SoundHear:
		on := byte(0)
		if f.On {
			on = 1
		}
		b = append(b, on)
	case SoundFault:
		b = append(b, f.Text[:min(len(f.Text), faultMost)]...)
	}
	binary.BigEndian.PutUint16(b[at:], uint16(len(b)-at-2))
	return b
}

// SoundReader reads frames. It belongs to one goroutine.
type SoundReader struct {
	in     *bufio.Reader
	buffer [frameMost]byte
	bytes  int64
}

var errNotOurs = errors.New("what comes is not the sound of a tring")

// NewSoundReader reads the greeting.
func NewSoundReader(in io.Reader) (*SoundReader, error) {
	r := &SoundReader{in: bufio.NewReader(in)}
	said := r.buffer[:len(SoundGreeting)]
	n, err := io.ReadFull(r.in, said)
	if string(said[:n]) != SoundGreeting[:n] {
		return nil, errNotOurs
	}
	if err != nil {
		return nil, fmt.Errorf("read the greeting: %w", err)
	}
	r.bytes = int64(n)
	return r, nil
}

// Read returns the next frame; io.EOF is the channel's proper end.
func (r *SoundReader) Read() (SoundFrame, error) {
	for {
		body, err := r.next()
		if err != nil {
			return SoundFrame{}, err
		}
		f := SoundFrame{Kind: SoundKind(body[0])}
		switch body = body[1:]; {
		case f.Kind == SoundPacket && len(body) > packetHeader-1:
			f.Packet = audio.Packet{
				Talkspurt: body[0]&flagSpurt != 0,
				Sequence:  binary.BigEndian.Uint16(body[1:]), Timestamp: binary.BigEndian.Uint32(body[3:]),
				Payload: body[7:],
			}
		case (f.Kind == SoundTalk || f.Kind == SoundHear) && len(body) == 1:
			f.On = body[0] != 0
		case f.Kind == SoundFault && len(body) <= faultMost:
			f.Text = string(body)
		case f.Kind == SoundPacket, f.Kind == SoundTalk, f.Kind == SoundHear, f.Kind == SoundFault:
			return SoundFrame{}, fmt.Errorf("%w: a frame %q of %d bytes", errNotOurs, f.Kind, len(body)+1)
		default:
			continue
		}
		return f, nil
	}
}

// next is the kind and the body of the next frame.
func (r *SoundReader) next() ([]byte, error) {
	var size [2]byte
	if _, err := io.ReadFull(r.in, size[:]); err != nil {
		return nil, err //nolint:wrapcheck // io.EOF has a meaning
	}
	n := int(binary.BigEndian.Uint16(size[:]))
	if n == 0 || n > frameMost {
		return nil, fmt.Errorf("%w: a frame of %d bytes", errNotOurs, n)
	}
	if _, err := io.ReadFull(r.in, r.buffer[:n]); err != nil {
		return nil, fmt.Errorf("read a frame: %w", err)
	}
	r.bytes += int64(2 + n)
	return r.buffer[:n], nil
}
