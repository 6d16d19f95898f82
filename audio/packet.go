package audio

import "time"

// Packet is one RTP payload of Opus with what the jitter buffer needs of its
// header (RFC 3550 §5.1).
type Packet struct {
	Sequence  uint16
	Timestamp uint32 // of the first sample, in samples at Rate
	Payload   []byte
	// Arrived is monotonic since the stream's start; zero means "now". A sent
	// packet carries none.
	Arrived time.Duration
}

// MaxPayload is the largest payload that is kept: an Ethernet frame. A larger
// one is discarded and counted.
const MaxPayload = 1500

// Codec makes encoders and decoders of mono sound at Rate.
type Codec interface {
	NewEncoder() (Encoder, error)
	NewDecoder() (Decoder, error)
}

// Encoder turns PacketSamples samples into one packet. It is used by one
// goroutine and allocates nothing.
type Encoder interface {
	Encode(pcm []int16, packet []byte) (int, error)
	// SetLoss tells what share of packets the far side loses, in percent:
	// more loss, more redundancy.
	SetLoss(percent int) error
}

// Decoder turns packets into sound. It is used by one goroutine and allocates
// nothing; it writes no further than len(pcm).
type Decoder interface {
	Decode(packet []byte, pcm []int16) (int, error)
	// DecodeFEC fills pcm, exactly as long as the lost packet, from the
	// redundancy inside the packet that follows it; an error if there is none.
	DecodeFEC(next []byte, pcm []int16) error
	// Conceal fills pcm with a guess of what was lost.
	Conceal(pcm []int16) error
}
