package media

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"

	"tring/audio"
	"tring/calls"
)

// lately is over how many seconds the loss "of late" is taken.
const lately = 5

// measure collects one peer's statistics. It is safe for concurrent use.
type measure struct {
	bytes   atomic.Uint64 // received
	garbled atomic.Uint64

	mu        sync.Mutex
	stream    *audio.Stream
	outbox    *outbox
	last      audio.StreamStats
	ours      window // of the peer's packets that we miss
	theirs    window // of our packets that the peer misses
	reported  bool
	highest   uint32 // of the last report
	lost      uint32
	roundTrip time.Duration
}

func (m *measure) begin(s *audio.Stream, o *outbox) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stream, m.outbox = s, o
}

// sample is called every second.
func (m *measure) sample() {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.stream.Stats()
	lost := now.Lost - m.last.Lost
	m.ours.add(lost+now.Received-m.last.Received, lost)
	m.last = now
}

// report takes the peer's reception report of our packets (RFC 3550 §6.4.1).
func (m *measure) report(r rtcp.ReceptionReport, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.reported && r.LastSequenceNumber >= m.highest && r.TotalLost >= m.lost {
		m.theirs.add(uint64(r.LastSequenceNumber-m.highest), uint64(r.TotalLost-m.lost))
	}
	m.reported, m.highest, m.lost = true, r.LastSequenceNumber, r.TotalLost
	if r.LastSenderReport == 0 {
		return
	}
	// Both clocks are ours: when the report came, less when ours went out,
	// less how long the peer kept it, in 1/65536 s.
	units := ntpMiddle(now) - r.LastSenderReport - r.Delay
	if trip := time.Duration(units) * time.Second >> 16; trip < 10*time.Second {
		m.roundTrip = trip
	}
}

// ntpMiddle is the middle of the NTP timestamp: 16 bits of seconds since 1900,
// 16 bits of fraction.
func ntpMiddle(t time.Time) uint32 {
	const since1900 = 2208988800
	fraction := uint64(t.Nanosecond()) << 16 / uint64(time.Second)
	return uint32(uint64(t.Unix()+since1900)<<16 | fraction)
}

// statistics are this peer's alone.
func (p *peer) statistics() calls.MediaStats {
	m := &p.measure
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stream == nil {
		return calls.MediaStats{}
	}
	s := m.stream.Stats()
	return calls.MediaStats{
		Sent: m.outbox.sent.Load(), BytesSent: m.outbox.bytes.Load(),
		Received: s.Received, BytesReceived: m.bytes.Load(),
		Lost: s.Lost, Late: s.Late, Recovered: s.Recovered,
		Concealed:       (s.Concealed + 1) / 2, // frames of 10 ms to packets of 20 ms
		LossPercent:     m.ours.percent(),
		PeerLossPercent: m.theirs.percent(),
		Jitter:          milliseconds(s.JitterMS),
		BufferTime:      milliseconds(s.DelayMS),
		RoundTrip:       m.roundTrip,
		Relayed:         p.relayed.Load(),
	}
}

func milliseconds(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

// add joins two peers' statistics: the sum of the counts, the worse of the
// figures.
func add(a, b calls.MediaStats) calls.MediaStats {
	return calls.MediaStats{
		Sent: a.Sent + b.Sent, Received: a.Received + b.Received, Lost: a.Lost + b.Lost, Late: a.Late + b.Late,
		Concealed: a.Concealed + b.Concealed, Recovered: a.Recovered + b.Recovered,
		BytesSent: a.BytesSent + b.BytesSent, BytesReceived: a.BytesReceived + b.BytesReceived,
		LossPercent:     max(a.LossPercent, b.LossPercent),
		PeerLossPercent: max(a.PeerLossPercent, b.PeerLossPercent),
		Jitter:          max(a.Jitter, b.Jitter),
		RoundTrip:       max(a.RoundTrip, b.RoundTrip),
		BufferTime:      max(a.BufferTime, b.BufferTime),
		Relayed:         a.Relayed || b.Relayed,
	}
}

// counts is what remains of a peer that left: no figures.
func counts(s calls.MediaStats) calls.MediaStats {
	s.LossPercent, s.PeerLossPercent, s.Jitter, s.RoundTrip, s.BufferTime, s.Relayed = 0, 0, 0, 0, 0, false
	return s
}

// window is a loss over the last seconds.
type window struct {
	expected, lost [lately]uint64
	at             int
}

func (w *window) add(expected, lost uint64) {
	w.expected[w.at], w.lost[w.at] = expected, min(lost, expected)
	w.at = (w.at + 1) % lately
}

func (w *window) percent() float64 {
	var expected, lost uint64
	for i := range w.expected {
		expected += w.expected[i]
		lost += w.lost[i]
	}
	if expected == 0 {
		return 0
	}
	return 100 * float64(lost) / float64(expected)
}
