//go:build cgo

package opus

import (
	"errors"
	"fmt"

	"github.com/hraban/opus"

	"tring/audio"
)

const channels = 1

// Codec makes libopus encoders and decoders. It is stateless and safe for
// concurrent use.
type Codec struct{}

var _ audio.Codec = Codec{}

// NewEncoder makes an encoder for speech, in packets of 10 or 20 ms. It wants
// to be configured.
func (Codec) NewEncoder() (audio.Encoder, error) {
	e, err := opus.NewEncoder(audio.Rate, channels, opus.AppVoIP)
	if err != nil {
		return nil, fmt.Errorf("make opus encoder: %w", err)
	}
	return &encoder{Encoder: e}, nil
}

// NewDecoder makes a decoder.
func (Codec) NewDecoder() (audio.Decoder, error) {
	d, err := opus.NewDecoder(audio.Rate, channels)
	if err != nil {
		return nil, fmt.Errorf("make opus decoder: %w", err)
	}
	return &decoder{d}, nil
}

type encoder struct{ *opus.Encoder }

func (e *encoder) Configure(c audio.Coding) error {
	return errors.Join(
		doing("set opus bitrate", e.SetBitrate(c.Bitrate)),
		doing("set opus redundancy", e.SetInBandFEC(c.FEC)),
		doing("tell opus of loss", e.SetPacketLossPerc(c.Loss)),
		doing("set opus complexity", e.SetComplexity(c.Complexity)),
		doing("set opus DTX", e.SetDTX(c.DTX)),
	)
}

func doing(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

var errNoRedundancy = errors.New("recover with opus: the packet carries no redundancy")

// redundant tells whether a packet holds a copy of the one before (LBRR):
// libopus conceals silently where it does not, and the count of recovered
// packets would lie. RFC 6716 §3.1: CELT, with the top bit set, has none;
// §4.2.3: the SILK frame begins with a voice flag per 20 ms, then the LBRR
// flag. Packets of several frames are left to libopus.
func redundant(packet []byte) bool {
	if len(packet) < 2 || packet[0]&0x80 != 0 {
		return false
	}
	if packet[0]&3 != 0 {
		return true
	}
	flags := 1
	if config := packet[0] >> 3; config < 12 { // SILK alone: 10, 20, 40, 60 ms
		flags = max(int(config&3), 1)
	}
	return packet[1]&(0x80>>flags) != 0
}

type decoder struct{ *opus.Decoder }

// The binding fills cap(pcm), not len(pcm): each slice is bounded by both.

func (d *decoder) Decode(packet []byte, pcm []int16) (int, error) {
	return d.Decoder.Decode(packet, pcm[:len(pcm):len(pcm)])
}

func (d *decoder) DecodeFEC(next []byte, pcm []int16) error {
	if !redundant(next) {
		return errNoRedundancy
	}
	return d.Decoder.DecodeFEC(next, pcm[:len(pcm):len(pcm)])
}

func (d *decoder) Conceal(pcm []int16) error {
	return d.DecodePLC(pcm[:len(pcm):len(pcm)])
}
