package audio

import "time"

// The target delay is a quantile of how much later than the fastest one
// packets arrived lately: enough for all but the last few, which concealment
// carries. A lone spike does not move it.
const (
	delayBucket   = 5 * time.Millisecond
	delayBuckets  = 48 // 240 ms: what is later counts as the last
	delayQuantile = 0.97
	delayMemory   = 250 // packets, 5 s
	delayStart    = 40 * time.Millisecond
	startWeight   = 5 // packets that the guess at the start is worth
	delayGuard    = 5 * time.Millisecond
	delayLeast    = 10 * time.Millisecond
	delayMost     = 200 * time.Millisecond
	fastestWindow = time.Second // the fastest is sought in the last one to two
)

// Recovery needs the packet after the lost one. While packets do get lost, the
// target therefore holds one packet more; a single loss in a hundred packets
// is not worth that delay.
const (
	lossMemory = 100
	lossMinded = 0.015
)

// delayEstimator watches arrivals and says how long to keep packets. It is
// pure and belongs to one goroutine.
type delayEstimator struct {
	late    [delayBuckets]float64 // share of packets by lateness, sums up to 1
	weight  float64
	fastest lowest
	jitter  float64 // nanoseconds, RFC 3550 §6.4.1
	last    time.Duration
	seen    bool
	loss    float64
}

func newDelayEstimator() delayEstimator {
	d := delayEstimator{weight: startWeight}
	d.late[(delayStart-delayGuard)/delayBucket-1] = 1
	return d
}

// rebase forgets where the far side's clock stood, and keeps what is known of
// the network.
func (d *delayEstimator) rebase() {
	d.fastest = lowest{}
	d.seen = false
}

// add takes the transit time of one packet: arrival on our clock minus
// timestamp on theirs. Only differences mean anything.
func (d *delayEstimator) add(transit, arrived time.Duration) {
	d.fastest.add(int64(transit), arrived, fastestWindow)
	if d.seen {
		d.jitter += (float64((transit - d.last).Abs()) - d.jitter) / 16
	}
	d.last, d.seen = transit, true

	d.weight = min(d.weight+1, delayMemory)
	keep := 1 - 1/d.weight
	for i := range d.late {
		d.late[i] *= keep
	}
	bucket := min(int((transit-d.least())/delayBucket), delayBuckets-1)
	d.late[bucket] += 1 - keep
}

// turn notes whether a packet was there when its turn came.
func (d *delayEstimator) turn(lost bool) {
	d.loss -= d.loss / lossMemory
	if lost {
		d.loss += 1.0 / lossMemory
	}
}

// least is the transit time of the fastest packet of late.
func (d *delayEstimator) least() time.Duration { return time.Duration(d.fastest.value()) }

// target is how long the fastest packet should wait for its turn.
func (d *delayEstimator) target(span time.Duration) time.Duration {
	sum, i := 0.0, 0
	for ; i < delayBuckets-1; i++ {
		if sum += d.late[i]; sum >= delayQuantile {
			break
		}
	}
	t := time.Duration(i+1)*delayBucket + delayGuard
	if d.loss >= lossMinded {
		t = max(t, span+delayGuard)
	}
	return min(max(t, delayLeast), delayMost)
}

// lowest is the minimum over a sliding window, in two halves.
type lowest struct {
	now, before int64
	since       time.Duration
	seen        bool
}

func (l *lowest) add(v int64, at, window time.Duration) {
	switch {
	case !l.seen:
		*l = lowest{now: v, before: v, since: at, seen: true}
	case at-l.since >= window:
		l.before, l.now, l.since = l.now, v, at
	default:
		l.now = min(l.now, v)
	}
}

func (l *lowest) value() int64 { return min(l.now, l.before) }

// shift moves everything seen: what was measured has been changed on purpose.
func (l *lowest) shift(by int64) {
	l.now += by
	l.before += by
}

// span converts a number of samples at Rate, exactly for days of sound.
func span(samples int64) time.Duration { return time.Duration(samples * 62500 / 3) }

// samples converts a duration to samples at Rate.
func samples(d time.Duration) int { return int(d * 3 / 62500) }
