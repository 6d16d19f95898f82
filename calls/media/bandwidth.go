package media

import "time"

const (
	queueDelay   = 100 * time.Millisecond // a round trip so much above the shortest, again and again: a queue
	queueReports = 3
	wayMemory    = 30 * time.Second // how long the shortest round trip counts
	floodLoss    = 40.0             // percent of
	floodPackets = 200              // or more, of late
	backOff      = 0.85             // of what came through (draft-ietf-rmcat-gcc-02 §5.5)
	settleTime   = lately * time.Second
	holdTime     = 10 * time.Second
	growth       = 1.05    // a report
	noLimit      = 260_000 // bit/s, more than is ever sent
)

// bandwidth estimates from reception reports, once a second, what the way to a
// peer carries. It sends no probes and measures no capacity: without a sign of
// congestion there is no limit. There are two signs.
//
//	delay: three round trips in a row 100 ms above the shortest of the last
//	       half minute: a queue stands. Which way it stands is not known.
//	loss:  of 40 % and more, over seconds. Less of it is no sign: on radio links loss is
//	       nobody's doing, and fewer bits would not help.
//
// The limit then is a part of what came through; after ten seconds it grows by
// a twentieth each report, until it is beyond all need. The zero value is ready.
type bandwidth struct {
	limit    int       // bit/s; 0: none is known
	lowered  time.Time // when last
	shortest [2]time.Duration
	renewed  time.Time
	queued   int // reports in a row
}

// report takes what may be sent in bit/s, headers included, and how it went.
func (b *bandwidth) report(now time.Time, rate int, w way) {
	queued, quiet := b.queues(now, w.roundTrip), now.Sub(b.lowered)
	flood := w.all.expected >= floodPackets && w.all.percent() >= floodLoss
	switch {
	case (queued || flood) && quiet >= settleTime:
		b.limit = max(int(backOff*float64(rate)*(1-w.all.percent()/100)), headerRate+thinBitrate)
		b.lowered = now
	case b.limit > 0 && quiet >= holdTime && !queued:
		if b.limit = int(float64(b.limit) * growth); b.limit > noLimit {
			b.limit = 0
		}
	}
}

// queues tells that the round trip has been long for long enough.
func (b *bandwidth) queues(now time.Time, roundTrip time.Duration) bool {
	if roundTrip == 0 {
		return false
	}
	switch {
	case b.renewed.IsZero():
		b.shortest, b.renewed = [2]time.Duration{roundTrip, roundTrip}, now
	case now.Sub(b.renewed) >= wayMemory/2:
		b.shortest, b.renewed = [2]time.Duration{roundTrip, b.shortest[0]}, now
	}
	b.shortest[0] = min(b.shortest[0], roundTrip)
	if roundTrip < min(b.shortest[0], b.shortest[1])+queueDelay {
		b.queued = 0
	} else {
		b.queued++
	}
	return b.queued >= queueReports
}
