package media

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"

	"tring/audio"
)

// encoding is what the far side spends before a packet leaves: 20 ms to fill it
// and Opus's look-ahead of 6.5 ms (RFC 7587 §4.2).
const encoding = 26500 * time.Microsecond

// reportStale is after how long without extended reports the plain ones count.
const reportStale = 3 * time.Second

// measure collects one peer's statistics. It is safe for concurrent use.
type measure struct {
	garbled atomic.Uint64 // what could not be read

	mu     sync.Mutex
	engine *audio.Engine
	stream *audio.Stream
	outbox *outbox
	began  time.Time // when the first packet came
	bytes  uint64    // received
	source uint32    // the peer's SSRC
	came   arrivals
	ours   window // of the peer's packets that we miss
	gap    bool   // the last of them was missing
	recent []bool // of the last seconds, for the report
	past   [lately + 1]sample
	at     int

	theirs     window // of our packets that the peer misses
	reported   bool
	highest    uint32 // of the last report
	lost       uint32
	extendedAt time.Time
	next       uint16 // after the last pattern
	theirGap   bool
	roundTrip  time.Duration
	peerRating float64 // how the peer hears us; 0: not known
}

// sample is the counters of one moment.
type sample struct {
	at       time.Time
	stream   audio.StreamStats
	sent     uint64
	received uint64 // bytes
}

func (m *measure) begin(e *audio.Engine, s *audio.Stream, o *outbox) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.engine, m.stream, m.outbox = e, s, o
}

// arrived notes a packet of the peer.
func (m *measure) arrived(source uint32, sequence uint16, n int, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.began.IsZero() {
		m.began = now
	}
	if source != m.source {
		m.source, m.came = source, arrivals{}
	}
	m.came.add(sequence)
	m.bytes += uint64(n)
}

func (m *measure) missing(sequence uint16) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.came.missing(sequence)
}

// sample is called every second. It returns what the peer is to be told; nothing
// while it sends nothing.
func (m *measure) sample(now time.Time) []rtcp.ReportBlock {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at = (m.at + 1) % len(m.past)
	m.past[m.at] = sample{now, m.stream.Stats(), m.outbox.bytes.Load(), m.bytes}
	begin, came := m.came.pattern()
	var t tally
	t, m.gap = count(came, m.gap)
	m.ours.add(t)
	m.recent = append(m.recent, came...)
	m.recent = m.recent[max(len(m.recent)-m.ours.sum().expected, 0):]
	if len(came) == 0 {
		return nil
	}
	return []rtcp.ReportBlock{lossReport(m.source, begin, came), m.impression(now).report(m.source)}
}

// report takes the peer's reception report of our packets (RFC 3550 §6.4.1).
func (m *measure) report(r rtcp.ReceptionReport, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	plain := now.Sub(m.extendedAt) >= reportStale
	if plain && m.reported && r.LastSequenceNumber >= m.highest && r.TotalLost >= m.lost {
		m.theirs.add(tally{expected: int(r.LastSequenceNumber - m.highest), lost: int(r.TotalLost - m.lost)})
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

// extended takes the peer's extended reports of our packets.
func (m *measure) extended(ours uint32, x *rtcp.ExtendedReport, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, block := range x.Reports {
		switch block := block.(type) {
		case *rtcp.LossRLEReportBlock:
			if block.SSRC == ours && block.EndSeq != block.BeginSeq {
				m.pattern(block, now)
			}
		case *rtcp.VoIPMetricsReportBlock:
			if block.SSRC == ours && block.RFactor <= 100 {
				m.peerRating = float64(block.RFactor)
			}
		}
	}
}

func (m *measure) pattern(block *rtcp.LossRLEReportBlock, now time.Time) {
	came := readLoss(block)
	if len(came) == 0 {
		return
	}
	if m.extendedAt.IsZero() {
		m.theirs = window{} // one kind of report at a time
	}
	t, gap := count(came, m.theirGap && block.BeginSeq == m.next)
	m.theirs.add(t)
	m.theirGap, m.next, m.extendedAt = gap, block.BeginSeq+uint16(len(came)), now
}

// way is what the peer's reports say of the way to it.
func (m *measure) way() way {
	m.mu.Lock()
	defer m.mu.Unlock()
	return way{all: m.theirs.sum(), last: m.theirs.last(), roundTrip: m.roundTrip}
}

// ntpMiddle is the middle of the NTP timestamp: 16 bits of seconds since 1900,
// 16 bits of fraction.
func ntpMiddle(t time.Time) uint32 {
	const since1900 = 2208988800
	fraction := uint64(t.Nanosecond()) << 16 / uint64(time.Second)
	return uint32(uint64(t.Unix()+since1900)<<16 | fraction)
}

// impression is how we hear the peer, of late.
func (m *measure) impression(now time.Time) impression {
	newest := m.past[m.at]
	oldest := m.oldest()
	i := impression{
		came: m.recent, roundTrip: m.roundTrip, endSystem: m.delay(newest.stream) - m.roundTrip/2,
		buffer: milliseconds(newest.stream.DelayMS), target: milliseconds(newest.stream.TargetMS),
	}
	if n := newest.stream.Received - oldest.stream.Received; n > 0 {
		i.late = 100 * float64(newest.stream.Late-oldest.stream.Late) / float64(n)
	}
	if span := newest.at.Sub(oldest.at); span > 0 && !m.began.IsZero() {
		h := heard(newest.stream, oldest.stream, min(span, now.Sub(m.began)))
		h.Burst, h.Delay = m.ours.sum().burst(), m.delay(newest.stream)
		i.rating, i.guessed = h.Rating(), h.Guessed
	}
	return i
}

// oldest is the sample that the figures of late begin with.
func (m *measure) oldest() sample {
	for i := range m.past {
		if s := m.past[(m.at+1+i)%len(m.past)]; !s.at.IsZero() {
			return s
		}
	}
	return m.past[m.at]
}

// delay is from the peer's mouth to our ear, without its microphone's.
func (m *measure) delay(s audio.StreamStats) time.Duration {
	return m.roundTrip/2 + encoding + milliseconds(s.DelayMS) + m.engine.Latency()
}

// heard is what became of the sound between two samples.
func heard(to, from audio.StreamStats, span time.Duration) audio.Heard {
	frames := float64(span) / float64(audio.FrameDuration)
	packets := float64(to.Received - from.Received + to.Lost - from.Lost)
	if frames < 1 || packets < 1 {
		return audio.Heard{}
	}
	return audio.Heard{
		Guessed: min(100*float64(to.Concealed-from.Concealed)/frames, 100),
		Rebuilt: min(100*float64(to.Recovered-from.Recovered)/packets, 100),
	}
}
