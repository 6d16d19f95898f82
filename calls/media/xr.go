package media

import (
	"math"
	"time"

	"github.com/pion/rtcp"

	"tring/audio"
)

// Beyond what reception reports say, the two sides tell each other which packets
// came (Loss RLE, RFC 3611 §4.1) and how the sound is heard (VoIP Metrics, §4.7).
// Who does not know these reports passes over them.

const (
	chunkBits    = 15
	unknownXR    = 127 // a metric that is not known
	gmin         = 16  // packets in a row that end a burst of losses (RFC 3611 §4.7.2)
	adaptiveXR   = 0b11 << 4
	enhancedPLC  = 0b10 << 6
	millisMost   = math.MaxUint16
	packetMillis = 20
)

// lossReport is the report of a pattern, as bit vectors.
func lossReport(ssrc uint32, begin uint16, came []bool) *rtcp.LossRLEReportBlock {
	block := &rtcp.LossRLEReportBlock{SSRC: ssrc, BeginSeq: begin, EndSeq: begin + uint16(len(came))} // "plus one"
	for ; len(came) > 0; came = came[min(chunkBits, len(came)):] {
		vector := rtcp.Chunk(1 << chunkBits)
		for i := range min(chunkBits, len(came)) {
			if came[i] {
				vector |= 1 << (chunkBits - 1 - i)
			}
		}
		block.Chunks = append(block.Chunks, vector)
	}
	if len(block.Chunks)%2 != 0 {
		block.Chunks = append(block.Chunks, 0) // up to 32 bits
	}
	return block
}

// readLoss is the pattern of a report, which may be anything at all; no longer
// than what a report of ours covers.
func readLoss(block *rtcp.LossRLEReportBlock) (came []bool) {
	if block.T != 0 {
		return nil // thinned out: no runs can be told
	}
	most := min(int(block.EndSeq-block.BeginSeq), arrivalsKept/2)
	for _, c := range block.Chunks {
		length, bits := chunkBits, c.Value()
		switch c.Type() {
		case rtcp.TerminatingNullChunkType:
			return came
		case rtcp.RunLengthChunkType:
			kind, _ := c.RunType() // it is a run
			length, bits = int(bits), kind*math.MaxUint
		}
		for i := range length {
			if len(came) >= most {
				return came
			}
			came = append(came, bits>>(max(chunkBits-1-i, 0))&1 != 0)
		}
	}
	return came
}

// bursts divides a pattern as RFC 3611 §4.7.2 does: losses that fewer than gmin
// packets stand between belong to one burst, unless a loss is alone; the rest is
// the gaps. Densities are of 256, durations in packets on average.
func bursts(came []bool) (burstDensity, gapDensity uint8, burst, gap int) {
	var inBursts, lostInBursts, lostAlone, many int
	for i := 0; i < len(came); i++ {
		if came[i] {
			continue
		}
		last, lost := i, 1
		for j := i + 1; j < len(came) && j-last <= gmin; j++ {
			if !came[j] {
				last = j
				lost++
			}
		}
		if lost == 1 {
			lostAlone++
			continue
		}
		many++
		inBursts += last - i + 1
		lostInBursts += lost
		i = last
	}
	outside := len(came) - inBursts
	return share(lostInBursts, inBursts), share(lostAlone, outside), inBursts / max(many, 1), outside / (many + 1)
}

// share is a fraction of 256.
func share(part, whole int) uint8 {
	if whole == 0 {
		return 0
	}
	return uint8(min(part*256/whole, 255))
}

// impression is how a side hears the other, for its report.
type impression struct {
	came      []bool  // of late
	late      float64 // percent
	guessed   float64 // percent
	roundTrip time.Duration
	endSystem time.Duration // encoding, and from the network to the ear
	buffer    time.Duration
	target    time.Duration
	rating    float64 // 0: not known
}

func (i impression) report(ssrc uint32) *rtcp.VoIPMetricsReportBlock {
	burstDensity, gapDensity, burst, gap := bursts(i.came)
	all, _ := count(i.came, false)
	block := &rtcp.VoIPMetricsReportBlock{
		SSRC: ssrc, LossRate: share(all.lost, all.expected), DiscardRate: uint8(min(i.late*2.56, 255)),
		BurstDensity: burstDensity, GapDensity: gapDensity,
		BurstDuration: uint16(min(burst*packetMillis, millisMost)), GapDuration: uint16(min(gap*packetMillis, millisMost)),
		RoundTripDelay: millis(i.roundTrip), EndSystemDelay: millis(i.endSystem),
		SignalLevel: unknownXR, NoiseLevel: unknownXR, RERL: unknownXR, Gmin: gmin,
		RFactor: unknownXR, ExtRFactor: unknownXR, MOSLQ: unknownXR, MOSCQ: unknownXR,
		RXConfig:  adaptiveXR | enhancedPLC,
		JBNominal: millis(i.target), JBMaximum: millis(i.buffer), JBAbsMax: millis(i.buffer),
	}
	if i.rating > 0 {
		block.RFactor, block.MOSCQ = uint8(min(i.rating, 100)), uint8(audio.MOS(i.rating)*10)
	}
	return block
}

func millis(d time.Duration) uint16 { return uint16(min(max(d.Milliseconds(), 0), millisMost)) }
