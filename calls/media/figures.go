package media

import (
	"time"

	"tring/audio"
	"tring/calls"
)

// statistics are this peer's alone.
func (p *peer) statistics() calls.MediaStats {
	m, now := &p.measure, time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stream == nil {
		return calls.MediaStats{}
	}
	s, ours, theirs := m.stream.Stats(), m.ours.sum(), m.theirs.sum()
	stats := calls.MediaStats{
		Sent: m.outbox.sent.Load(), BytesSent: m.outbox.bytes.Load(),
		Received: s.Received, BytesReceived: m.bytes,
		Lost: s.Lost, Late: s.Late, Recovered: s.Recovered, Redundant: s.Redundant,
		CopiesSent:      m.outbox.copied.Load(),
		Concealed:       (s.Concealed + 1) / 2, // frames of 10 ms to packets of 20 ms
		LossPercent:     ours.percent(),
		LossRun:         ours.burst(),
		PeerLossPercent: theirs.percent(),
		PeerLossRun:     theirs.burst(),
		Jitter:          milliseconds(s.JitterMS),
		BufferTime:      milliseconds(s.DelayMS),
		RoundTrip:       m.roundTrip,
		Copies:          int(m.outbox.copies.Load()),
		PeerRating:      m.peerRating,
		Relayed:         p.relayed.Load(),
	}
	stats.Available, stats.Switches = int(p.available.Load()), int(p.switches.Load())
	newest, oldest := m.past[m.at], m.oldest()
	if span := newest.at.Sub(oldest.at); span > 0 {
		stats.BitrateSent = rate(newest.sent-oldest.sent, span)
		stats.BitrateReceived = rate(newest.received-oldest.received, span)
	}
	if m.began.IsZero() {
		return stats
	}
	stats.Delay = m.delay(s)
	i := m.impression(now)
	stats.RatingLately, stats.ConcealedLately = i.rating, i.guessed
	h := heard(s, audio.StreamStats{}, now.Sub(m.began))
	h.Delay, h.Burst = stats.Delay, stats.LossRun
	stats.ConcealedPercent, stats.Rating = h.Guessed, h.Rating()
	if stats.MOS = audio.MOS(stats.Rating); stats.RatingLately > 0 {
		stats.MOSLately = audio.MOS(stats.RatingLately)
	}
	return stats
}

func milliseconds(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

func rate(bytes uint64, span time.Duration) int { return int(float64(8*bytes) / span.Seconds()) }

// Stats are the statistics up to now: counts are sums over all peers, figures
// are those of the worst.
func (s *Session) Stats() calls.MediaStats {
	s.mu.Lock()
	stats, first := s.past, true
	for _, p := range s.peers {
		stats = add(stats, p.statistics(), first)
		first = false
	}
	s.mu.Unlock()
	engine := s.media.engine
	coding, switches := engine.Coding()
	stats.Coding = calls.MediaCoding{
		Bitrate: coding.Bitrate, FEC: coding.FEC, DTX: coding.DTX, Complexity: coding.Complexity,
	}
	stats.Switches += switches
	levels := engine.Levels()
	stats.Level, stats.PeerLevel = levels.In, levels.Out
	return stats
}

// add joins another peer's statistics: the sum of the counts, the worse of the
// figures, which are all the other's when it is the first with any.
func add(a, b calls.MediaStats, first bool) calls.MediaStats {
	sum := b
	sum.Sent += a.Sent
	sum.Received += a.Received
	sum.Lost += a.Lost
	sum.Late += a.Late
	sum.Concealed += a.Concealed
	sum.Recovered += a.Recovered
	sum.Redundant += a.Redundant
	sum.CopiesSent += a.CopiesSent
	sum.BytesSent += a.BytesSent
	sum.BytesReceived += a.BytesReceived
	sum.Switches += a.Switches
	if first {
		return sum
	}
	sum.LossPercent, sum.LossRun = max(a.LossPercent, b.LossPercent), max(a.LossRun, b.LossRun)
	sum.PeerLossPercent = max(a.PeerLossPercent, b.PeerLossPercent)
	sum.PeerLossRun = max(a.PeerLossRun, b.PeerLossRun)
	sum.ConcealedPercent = max(a.ConcealedPercent, b.ConcealedPercent)
	sum.ConcealedLately = max(a.ConcealedLately, b.ConcealedLately)
	sum.Jitter, sum.RoundTrip = max(a.Jitter, b.Jitter), max(a.RoundTrip, b.RoundTrip)
	sum.BufferTime, sum.Delay = max(a.BufferTime, b.BufferTime), max(a.Delay, b.Delay)
	sum.BitrateSent += a.BitrateSent
	sum.BitrateReceived += a.BitrateReceived
	sum.Available, sum.Copies = leastKnown(a.Available, b.Available), max(a.Copies, b.Copies)
	sum.Relayed = a.Relayed || b.Relayed
	sum.Rating, sum.MOS = leastKnown(a.Rating, b.Rating), leastKnown(a.MOS, b.MOS)
	sum.RatingLately = leastKnown(a.RatingLately, b.RatingLately)
	sum.MOSLately = leastKnown(a.MOSLately, b.MOSLately)
	sum.PeerRating = leastKnown(a.PeerRating, b.PeerRating)
	return sum
}

// leastKnown is the lesser, where zero is not known.
func leastKnown[T int | float64](a, b T) T {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// counts is what remains of a peer that left: no figures.
func counts(s calls.MediaStats) calls.MediaStats {
	return calls.MediaStats{
		Sent: s.Sent, Received: s.Received, Lost: s.Lost, Late: s.Late,
		Concealed: s.Concealed, Recovered: s.Recovered, Redundant: s.Redundant, CopiesSent: s.CopiesSent,
		BytesSent: s.BytesSent, BytesReceived: s.BytesReceived, Switches: s.Switches,
	}
}
