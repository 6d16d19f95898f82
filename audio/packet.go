package audio

import "time"

// Packet is one RTP payload of Opus with what the jitter buffer needs of its
// header (RFC 3550 §5.1).
type Packet struct {
	Sequence  uint16
	Timestamp uint32 // of the first sample, in samples at Rate
	Payload   []byte
	// Talkspurt marks a sent packet that follows sound which was not sent
	// (RFC 3551 §4.1).
	Talkspurt bool
	// Arrived is monotonic since the stream's start; zero means "now". A sent
	// packet carries none.
	Arrived time.Duration
	// Redundant marks a copy out of a later packet (RED, RFC 2198): it is kept
	// only where the packet itself is missing and its turn has not passed.
	Redundant bool
}

// MaxPayload is the largest payload that is kept: an Ethernet frame. A larger
// one is discarded and counted.
const MaxPayload = 1500

// Codec makes encoders and decoders of mono sound at Rate.
type Codec interface {
	NewEncoder() (Encoder, error)
	NewDecoder() (Decoder, error)
}

// Encoder turns 10 or 20 ms of sound into one packet. It is used by one
// goroutine and allocates nothing.
type Encoder interface {
	Encode(pcm []int16, packet []byte) (int, error)
	// Configure says how to encode from the next packet on. What it was told
	// before an error may or may not hold.
	Configure(Coding) error
}

// Coding is how sound is encoded. It is a value.
type Coding struct {
	Bitrate    int  // bit/s, of the payloads
	FEC        bool // whether packets carry a coarse copy of the one before (RFC 6716 §2.1.7)
	Loss       int  // percent of packets that the copies are made for
	Complexity int  // 0 to 10: what may be computed for the same bits
	DTX        bool // whether silence becomes packets of no content (RFC 6716 §2.1.9)
}

// Network is what is known of the way of our packets to the far side; of
// several far sides, the worst. It is a value.
type Network struct {
	Loss      float64       // percent of our packets that got lost lately
	Burst     float64       // how many of them in a row, on average; 0 is unknown
	Available int           // bit/s that the way carries; 0 is unknown
	RoundTrip time.Duration // 0 is unknown
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
