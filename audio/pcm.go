package audio

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// PCM is the codec of raw samples, 16 bit, little endian: what pipes and sound
// programs speak. A packet is a Frame; two would be more than MaxPayload. It is
// stateless and safe for concurrent use.
type PCM struct{}

var _ Codec = PCM{}

// NewEncoder implements Codec.
func (PCM) NewEncoder() (Encoder, error) { return pcmEncoder{}, nil }

// NewDecoder implements Codec.
func (PCM) NewDecoder() (Decoder, error) { return &pcmDecoder{}, nil }

type pcmEncoder struct{}

func (pcmEncoder) Configure(Coding) error { return nil } // there is no choice

func (pcmEncoder) Encode(pcm []int16, packet []byte) (int, error) {
	if 2*len(pcm) > len(packet) {
		return 0, fmt.Errorf("encode raw sound: %d samples do not fit into %d bytes", len(pcm), len(packet))
	}
	for i, v := range pcm {
		binary.LittleEndian.PutUint16(packet[2*i:], uint16(v))
	}
	return 2 * len(pcm), nil
}

// pcmDecoder remembers where the sound was, so that a gap does not click.
type pcmDecoder struct{ last int16 }

func (d *pcmDecoder) Decode(packet []byte, pcm []int16) (int, error) {
	n := min(len(packet)/2, len(pcm))
	for i := range pcm[:n] {
		pcm[i] = int16(binary.LittleEndian.Uint16(packet[2*i:]))
	}
	if n > 0 {
		d.last = pcm[n-1]
	}
	return n, nil
}

// DecodeFEC implements Decoder: samples carry no copies of others.
func (*pcmDecoder) DecodeFEC([]byte, []int16) error { return errNoCopies }

var errNoCopies = errors.New("recover raw sound: it carries no redundancy")

// Conceal goes to silence in 5 ms.
func (d *pcmDecoder) Conceal(pcm []int16) error {
	for i := range pcm {
		d.last = int16(int(d.last) * (fadeSamples/4 - 1) / (fadeSamples / 4))
		pcm[i] = d.last
	}
	return nil
}
