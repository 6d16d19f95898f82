package audio

import (
	"slices"
	"time"
)

// Way plays an encoded sound to a receiver over a trace, by a virtual
// clock.
type Way struct {
	Packets [][]byte // of 20 ms each
	Trace   Trace
	Copies  int     // of the packets before, in each packet (RED)
	Drift   float64 // by how much our clock is faster than theirs
}

// Played is what came out.
type Played struct {
	PCM    []int16
	Stats  StreamStats
	Delays []float64 // DelayMS, by frame
}

// Mean is the mean delay that the network and the buffer added, in ms.
func (h Played) Mean() float64 {
	sum := 0.0
	for _, d := range h.Delays {
		sum += d
	}
	return sum / float64(len(h.Delays))
}

// Concealed is in percent of all frames.
func (h Played) Concealed() float64 { return 100 * float64(h.Stats.Concealed) / float64(len(h.Delays)) }

type arriving struct {
	at     time.Duration
	packet int
}

// Play hears all of it.
func (n Way) Play(d Decoder) Played {
	var way []arriving
	for i := range n.Packets {
		if delay := n.Trace[i%len(n.Trace)]; delay != Lost {
			sent := time.Duration(float64(i+1) * float64(20*ms) * (1 + n.Drift))
			way = append(way, arriving{sent + delay, i})
		}
	}
	slices.SortStableFunc(way, func(a, b arriving) int { return int(a.at - b.at) })
	r := newReceiver(d)
	var h Played
	frame := make(Frame, FrameSamples)
	for now := time.Duration(0); now < time.Duration(len(n.Packets))*20*ms; now += FrameDuration {
		for ; len(way) > 0 && way[0].at <= now; way = way[1:] {
			n.push(r.buffer, way[0])
		}
		r.step(now, frame)
		h.PCM = append(h.PCM, frame...)
		h.Delays = append(h.Delays, r.buffer.report().DelayMS)
	}
	h.Stats = r.buffer.report()
	return h
}

func (n Way) push(b *jitterBuffer, a arriving) {
	packet := func(i int, copied bool) {
		b.push(&Packet{
			Sequence: uint16(i), Timestamp: uint32(i * PacketSamples),
			Payload: n.Packets[i], Arrived: a.at, Redundant: copied,
		})
	}
	packet(a.packet, false)
	for back := 1; back <= min(n.Copies, a.packet); back++ {
		packet(a.packet-back, true)
	}
}
