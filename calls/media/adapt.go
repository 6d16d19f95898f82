package media

import (
	"time"

	"tring/audio"
)

// What stands around a payload: IPv4, UDP, RTP and SRTP's tag, at 50 packets a
// second. The encoder reckons alike.
const (
	wireHeader  = 20 + 8 + 12 + 10
	headerRate  = 50 * 8 * wireHeader // bit/s
	thinBitrate = 24000               // that the encoder can do with
)

// way is what is known of the way of our packets to one peer, of late.
type way struct {
	all, last tally
	roundTrip time.Duration
	available int // bit/s with all headers; 0: no limit was seen
}

// loss is the worse of what was lost lately and in the last second: help shall
// come soon. A second with few packets says little.
func (w way) loss() float64 {
	if w.last.expected < 25 {
		return w.all.percent()
	}
	return max(w.all.percent(), w.last.percent())
}

// When copies are worth three times the bits: in-band FEC mends one packet of a
// run, copies mend the run.
const (
	copyLoss  = 3.0 // percent, in runs
	copyHeavy = 12.0
	runShort  = 1.5 // packets
	runLong   = 2.0
	copyCalm  = 10 * time.Second
)

// redundancy decides how many copies go along. More at once, fewer when for ten
// seconds fewer would have done, so that it does not waver; and never more than
// the way carries beside the thinnest encoding. The zero value begins without.
type redundancy struct {
	copies int
	since  time.Time // when as many were last wanted
}

func (r *redundancy) decide(now time.Time, w way) int {
	wanted := wantedCopies(w)
	if wanted >= r.copies {
		r.copies, r.since = wanted, now
	} else if now.Sub(r.since) >= copyCalm {
		r.copies, r.since = wanted, now
	}
	for r.copies > 0 && w.available > 0 && headerRate+(1+r.copies)*thinBitrate > w.available {
		r.copies--
	}
	return r.copies
}

func wantedCopies(w way) int {
	loss, run := w.loss(), w.all.burst()
	switch {
	case loss >= copyLoss && run >= runLong:
		return 2
	case loss >= copyLoss && run >= runShort, loss >= copyHeavy:
		return 1
	}
	return 0
}

// network is what the encoder, which does not know of copies, is told: of what
// the way carries, its own share.
func (w way) network(copies int) audio.Network {
	n := audio.Network{Loss: w.all.percent(), Burst: w.all.burst(), RoundTrip: w.roundTrip}
	if w.available > 0 {
		n.Available = headerRate + max(w.available-headerRate, 0)/(1+copies)
	}
	return n
}

// worse joins what two ways demand of the one encoder.
func worse(a, b audio.Network) audio.Network {
	n := audio.Network{
		Loss: max(a.Loss, b.Loss), Burst: max(a.Burst, b.Burst),
		RoundTrip: max(a.RoundTrip, b.RoundTrip), Available: max(a.Available, b.Available),
	}
	if a.Available > 0 && b.Available > 0 {
		n.Available = min(a.Available, b.Available)
	}
	return n
}

// reported takes a reception report's news of the way. The RTCP reader calls it.
func (p *peer) reported(now time.Time) {
	coding, _ := p.session.media.engine.Coding()
	p.bandwidth.report(now, headerRate+(1+p.redundancy.copies)*coding.Bitrate, p.measure.way())
	p.available.Store(int64(p.bandwidth.limit))
}

// adapt draws the consequences of the peer's reports. The RTCP reader calls it.
func (p *peer) adapt(now time.Time) {
	w := p.measure.way()
	w.available = p.bandwidth.limit
	if _, red := p.track.negotiated(); red != 0 {
		if copies := int32(p.redundancy.decide(now, w)); p.outbox.copies.Swap(copies) != copies {
			p.switches.Add(1)
		}
	}
	n := w.network(p.redundancy.copies)
	p.network.Store(&n)
	p.session.adapt()
}
