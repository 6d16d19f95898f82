package audio

import "time"

// Pace is the clock of a device that has none: an absolute schedule of 10 ms,
// so that errors do not add up. After a stall it skips what was missed rather
// than run after it in a burst. It reads no clock itself; the zero value is
// ready, for one goroutine.
type Pace struct {
	due  time.Duration
	tick int64
	set  bool
}

// Next returns how long to wait from now for the next tick, and the tick's
// number: more than one above the last after a stall.
func (p *Pace) Next(now time.Duration) (wait time.Duration, tick int64) {
	if !p.set {
		p.due, p.set = now, true
	}
	p.due += FrameDuration
	p.tick++
	if behind := now - p.due; behind >= 2*FrameDuration {
		missed := int64(behind / FrameDuration)
		p.due += time.Duration(missed) * FrameDuration
		p.tick += missed
	}
	return max(p.due-now, 0), p.tick
}
