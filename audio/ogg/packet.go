package ogg

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"tring/audio"
)

// preskip is how many samples a player leaves out at the start: what libopus's
// encoder is behind at 48 kHz, 6.5 ms (RFC 7845 §4.2).
const preskip = 312

const (
	headMagic = "OpusHead"
	tagsMagic = "OpusTags"
)

// head is the identification header of RFC 7845 §5.1.
type head struct {
	channels int
	preskip  int
	gain     int16 // in 1/256 dB
	family   byte
	streams  int
	coupled  int
	mapping  []byte
}

// recordingHead describes two channels as two streams of one each: mapping
// family 1.
func recordingHead() head {
	return head{channels: 2, preskip: preskip, family: 1, streams: 2, mapping: []byte{0, 1}}
}

func (h head) encode() []byte {
	le := binary.LittleEndian
	b := append([]byte(headMagic), 1, byte(h.channels))
	b = le.AppendUint16(b, uint16(h.preskip))
	b = le.AppendUint32(b, audio.Rate)
	b = le.AppendUint16(b, uint16(h.gain))
	b = append(b, h.family)
	if h.family != 0 {
		b = append(b, byte(h.streams), byte(h.coupled))
		b = append(b, h.mapping...)
	}
	return b
}

func parseHead(b []byte) (head, error) {
	if len(b) < 19 || string(b[:8]) != headMagic {
		return head{}, errors.New("not Opus")
	}
	if b[8]>>4 != 0 {
		return head{}, fmt.Errorf("version %d of Ogg Opus is not understood", b[8])
	}
	le := binary.LittleEndian
	h := head{
		channels: int(b[9]), preskip: int(le.Uint16(b[10:])), gain: int16(le.Uint16(b[16:])), family: b[18],
		streams: 1, coupled: int(b[9]) - 1, mapping: []byte{0, 1},
	}
	if h.family != 0 && len(b) >= 21+h.channels {
		h.streams, h.coupled, h.mapping = int(b[19]), int(b[20]), b[21:21+h.channels]
	} else if h.family != 0 {
		return head{}, errors.New("its header is cut short")
	}
	if h.channels == 0 || h.family == 0 && h.channels > 2 || h.streams == 0 || h.streams > 2 || h.coupled > h.streams {
		return head{}, fmt.Errorf("%d channels in %d streams are not understood; convert it to stereo", h.channels, h.streams)
	}
	return h, nil
}

// tags is the comment header of RFC 7845 §5.2, without comments.
func tags(vendor string) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(tagsMagic), uint32(len(vendor)))
	b = append(b, vendor...)
	return binary.LittleEndian.AppendUint32(b, 0)
}

// errFraming is for packets of other makers: ours hold one frame.
var errFraming = errors.New("packets of several frames in several streams are not understood")

// join puts the packets of two streams into one: the first delimits itself by
// the length of its one frame (RFC 6716 appendix B).
func join(b, first, last []byte) ([]byte, error) {
	if len(first) == 0 || first[0]&3 != 0 {
		return b, errFraming
	}
	b = append(b, first[0])
	n := len(first) - 1
	if n < 252 {
		b = append(b, byte(n))
	} else { // RFC 6716 §3.2.1
		b = append(b, byte(252+n&3), byte((n-(252+n&3))/4))
	}
	b = append(b, first[1:]...)
	return append(b, last...), nil
}

// split undoes join.
func split(packet []byte) (first, last []byte, err error) {
	if len(packet) < 2 || packet[0]&3 != 0 {
		return nil, nil, errFraming
	}
	n, rest := int(packet[1]), packet[2:]
	if n >= 252 {
		if len(rest) == 0 {
			return nil, nil, errFraming
		}
		n, rest = n+4*int(rest[0]), rest[1:]
	}
	if n > len(rest) {
		return nil, nil, errFraming
	}
	return append([]byte{packet[0]}, rest[:n]...), rest[n:], nil
}

// lasts is how long the packet sounds, by its first two bytes (RFC 6716 §3.1).
func lasts(packet []byte) time.Duration {
	if len(packet) == 0 {
		return 0
	}
	ms := []float64{10, 20, 40, 60}[packet[0]>>3&3] // SILK
	switch config := packet[0] >> 3; {
	case config >= 16: // CELT
		ms = []float64{2.5, 5, 10, 20}[config&3]
	case config >= 12: // hybrid
		ms = []float64{10, 20}[config&1]
	}
	frames := 1
	switch packet[0] & 3 {
	case 1, 2:
		frames = 2
	case 3:
		frames = 0
		if len(packet) > 1 {
			frames = int(packet[1] & 63)
		}
	}
	return time.Duration(ms * float64(frames) * float64(time.Millisecond))
}
