package audio

import "time"

// The target delay covers how much later than the fastest one the frames came
// lately, but for the latest two in a hundred, which concealment carries.
const (
	delayStart    = 40 * time.Millisecond
	delayGuard    = 5 * time.Millisecond
	delayLeast    = 10 * time.Millisecond
	delayMost     = 200 * time.Millisecond
	fastestWindow = time.Second // the fastest is sought in the last one to two

	uncovered = 2               // percent of the memory that may be later than the target
	believed  = 5 * time.Second // a shorter memory is believed no more than this one
	guessed   = 120 * time.Millisecond

	// So much later than the packet before is a stall of the network, and all
	// that comes with it in one go belongs to it. A lone one is forgiven: the
	// target rises when a second comes within the memory. One go takes no longer
	// than flush, and its packets may have overtaken each other.
	stall = 60 * time.Millisecond
	flush = 60 * time.Millisecond
	// A rescue (FEC, RED) counts twice: the sound is lost for good without it.
	rescueWeight = 2
	// So much more delay, at once and lasting, is another route.
	routeChange = 4 * delayBucket
)

// delayEstimator watches arrivals and says how long to keep packets. It is
// pure and belongs to one goroutine.
type delayEstimator struct {
	memory  memory
	fastest lowest
	jitter  float64 // nanoseconds, RFC 3550 §6.4.1
	last    time.Duration
	broke   time.Duration // when the last stall ended
	stalled bool          // it came out of a stall
	seen    bool
}

func newDelayEstimator() delayEstimator {
	var d delayEstimator
	d.memory.note(delayStart-delayGuard-delayBucket, guessed, false)
	return d
}

// rebase forgets where the far side's clock stood, and keeps what is known of
// the network.
func (d *delayEstimator) rebase() {
	d.fastest = lowest{}
	d.seen = false
}

// add takes one packet's transit time and how long its sound is. Transit is
// arrival on our clock minus timestamp on theirs: only differences mean
// anything.
func (d *delayEstimator) add(transit, arrived, long time.Duration) {
	before, known := d.least(), d.fastest.seen
	d.fastest.add(int64(transit), arrived, fastestWindow)
	if rise := d.least() - before; known && rise >= routeChange {
		d.memory.ease(rise)
	}
	if d.seen {
		later := transit - d.last
		d.jitter += (float64(later.Abs()) - d.jitter) / 16
		switch {
		case d.stalled && arrived-d.broke <= flush && transit-d.least() >= 2*delayBucket:
		case later > stall:
			d.stalled, d.broke = true, arrived
			d.memory.stall()
		default:
			d.stalled = false
		}
	}
	d.last, d.seen = transit, true
	d.memory.note(transit-d.least(), long, d.stalled)
}

// rescue takes the transit time of a copy of a packet that was lost.
func (d *delayEstimator) rescue(transit, long time.Duration) {
	d.memory.note(transit-d.least(), long*rescueWeight, false)
}

// least is the transit time of the fastest packet of late.
func (d *delayEstimator) least() time.Duration { return time.Duration(d.fastest.value()) }

// target is how long the fastest packet should wait for its turn.
func (d *delayEstimator) target() time.Duration {
	t := d.memory.covering(uncovered, believed) + delayGuard
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
