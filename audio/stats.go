package audio

// StreamStats counts what one remote device's sound went through.
type StreamStats struct {
	Received  uint64 // packets that arrived, duplicates included, copies by RED not
	Lost      uint64 // packets whose turn passed without them
	Late      uint64 // arrived after their turn, thrown away
	Duplicate uint64 // arrived again
	Discarded uint64 // too large, undecodable, or more than the buffer holds

	Redundant uint64 // of the lost: played from a copy in a later packet (RED)
	Recovered uint64 // of the lost: recovered from the next packet's redundancy (FEC)
	Concealed uint64 // frames of 10 ms that were guessed for want of a packet
	Comfort   uint64 // frames of 10 ms of comfort noise: the far side sent nothing (DTX)

	Accelerated uint64 // samples that were left out to shorten the delay
	Expanded    uint64 // samples that were added to lengthen it

	DelayMS  float64 // how long the fastest packet now waits for its turn
	TargetMS float64 // what DelayMS steers towards
	JitterMS float64 // interarrival jitter, RFC 3550 §6.4.1
}
