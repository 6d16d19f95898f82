package audio

import "time"

const (
	stopAfter = time.Second            // of nothing: the far side has stopped, start afresh when it comes back
	delayShed = 300 * time.Millisecond // so far above the target, whole packets go
	dozeSize  = 2                      // bytes; a packet no longer says that silence begins (RFC 6716 §3.1)
)

// turn says what to do for the next piece of sound.
type turn int

const (
	turnSilence turn = iota // nothing to play: not begun, stopped, or filling
	turnDecode              // the packet is there
	turnRecover             // it is lost, the one after it is there: use its redundancy
	turnConceal             // it is lost
	turnWait                // nothing is there: late or stopped; guess 10 ms, keep the turn
	turnRest                // the far side sent nothing for these 10 ms (DTX, RFC 7587 §3.1.3)
)

// pop says what comes next when ahead samples are decoded but not yet played.
// The payload is that of the packet itself, or of the one after it for
// turnRecover, and is valid until the next push. For turnRecover and
// turnConceal the piece is b.piece samples long.
func (b *jitterBuffer) pop(now time.Duration, ahead int) (turn, []byte) {
	if !b.begun || (!b.playing && !b.start(now)) {
		return turnSilence, nil
	}
	b.shed(now, ahead)
	for {
		if s := b.at(b.next); s != nil {
			if b.rests(s) {
				return turnRest, nil
			}
			b.watch(now, s.stamp-int64(ahead))
			return turnDecode, b.take(s)
		}
		if b.highest < b.next {
			return b.wait(), nil
		}
		b.lose()
		if b.waited >= b.piece {
			b.waited -= b.piece // its time was filled while it kept its turn
			if s := b.at(b.next); s != nil {
				b.tooLate(b.next-1, s.arrived)
			}
			continue
		}
		filled := b.waited
		b.waited = 0
		if s := b.at(b.next); s != nil {
			return turnRecover, s.payload
		}
		b.piece -= filled
		return turnConceal, nil
	}
}

// start begins to play when the first packet has waited for long enough.
func (b *jitterBuffer) start(now time.Duration) bool {
	s := b.first()
	if s == nil || now-span(s.stamp)-b.arrivals.least() < b.target() {
		return false
	}
	if missed := s.sequence - b.next; missed > 0 && !b.fresh {
		b.stats.Lost += uint64(missed)
		b.settle(0)
	}
	b.settle(b.pending * FrameSamples)
	b.next, b.due = s.sequence, s.stamp
	b.playing, b.waited, b.delay = true, 0, lowest{}
	return true
}

// wait keeps the turn of a packet that is late, or ends playing when nothing
// came for long.
func (b *jitterBuffer) wait() turn {
	b.waited += FrameSamples
	b.pending++
	if span(int64(b.waited)) > stopAfter {
		b.playing, b.waited = false, 0
		return turnSilence
	}
	if b.dozing {
		return turnRest
	}
	return turnWait
}

// rests tells whether the far side sent nothing between what was played last
// and this packet: its turn comes when that time has passed. Silence is where
// the delay is put right unheard.
func (b *jitterBuffer) rests(s *slot) bool {
	quiet := s.stamp - b.due
	if quiet < FrameSamples || quiet > int64(samples(clockJump)) {
		return false
	}
	if int64(b.waited) >= quiet-int64(b.excess()) {
		return false
	}
	b.waited += FrameSamples
	b.stats.Comfort++
	return true
}

// take is the payload of the packet whose turn it is, valid until the next push.
func (b *jitterBuffer) take(s *slot) []byte {
	payload := s.payload
	s.state, s.payload, b.spare = slotPlayed, nil, append(b.spare, payload)
	quiet := s.stamp - b.due
	b.settle(int(quiet))
	if b.waited > 0 && quiet >= FrameSamples {
		b.delay = lowest{}
	}
	b.next++
	b.due = s.stamp
	b.waited, b.fresh, b.dozing = 0, false, len(payload) <= dozeSize
	if b.copied = s.copied; b.copied {
		b.stats.Lost++
		b.stats.Redundant++
	}
	return payload
}

// settle counts the frames that were filled while nothing was there, now that
// it is known for how many samples the far side was quiet.
func (b *jitterBuffer) settle(quiet int) {
	rested := min(max(quiet, 0)/FrameSamples, b.pending)
	b.stats.Comfort += uint64(rested)
	b.stats.Concealed += uint64(b.pending - rested)
	b.pending = 0
}

func (b *jitterBuffer) lose() {
	b.piece = b.missing()
	s := &b.slots[b.next%held]
	s.sequence, s.stamp, s.state, s.copied = b.next, b.due, slotLost, false
	b.next++
	b.due += int64(b.piece)
	b.fresh = false
	b.settle(0)
	b.stats.Lost++
}

// missing is how many samples the packet lasts whose turn it is and which is
// lost, by the timestamps around it.
func (b *jitterBuffer) missing() int {
	s := b.first()
	if s == nil {
		return b.run
	}
	each := (s.stamp - b.due) / (s.sequence - b.next)
	switch {
	case each < leastRun:
		return 0 // numbers that were never used
	case each > longestRun || each%leastRun != 0:
		return b.run // the rest of the time is silence of the far side
	}
	return int(each)
}

// shed drops whole packets when the sound lies so far behind that squeezing it
// would take seconds, as after a stall of the speaker.
func (b *jitterBuffer) shed(now time.Duration, ahead int) {
	for {
		s := b.at(b.next)
		if s == nil || b.at(b.next+1) == nil {
			return
		}
		if now-span(s.stamp-int64(ahead))-b.arrivals.least() <= b.latest() {
			return
		}
		b.take(s)
		b.due = b.at(b.next).stamp
		b.delay = lowest{}
		b.discard()
	}
}

// discard counts the packet just taken as of no use. A copy never counted as
// received.
func (b *jitterBuffer) discard() {
	if !b.copied {
		b.stats.Discarded++
	}
}

// watch measures the delay at which the sample with this timestamp is played.
func (b *jitterBuffer) watch(now time.Duration, stamp int64) {
	b.delay.add(int64(now-span(stamp)-b.arrivals.least()), now, FrameDuration*16)
}

// excess is by how many samples the delay lies above its target.
func (b *jitterBuffer) excess() int {
	if !b.delay.seen {
		return 0
	}
	return samples(time.Duration(b.delay.value()) - b.target())
}

// moved tells that the delay was changed by n samples of added sound.
func (b *jitterBuffer) moved(n int) {
	b.delay.shift(int64(span(int64(n))))
	b.stats.Expanded += uint64(max(n, 0))
	b.stats.Accelerated += uint64(max(-n, 0))
}

// decoded tells how long the packet just taken was.
func (b *jitterBuffer) decoded(n int) {
	b.run = n
	b.due += int64(n)
}

// recovered tells whether the packet just recovered held redundancy.
func (b *jitterBuffer) recovered(did bool) {
	if !did {
		b.fec = max(b.fec-1, 0)
		return
	}
	b.fec = fecKnown
	b.stats.Recovered++
	if s := b.at(b.next); s != nil {
		b.rescued(s.stamp-int64(b.piece), s.arrived)
	}
}

// target is the delay that is aimed at: well under the bound, so that what is a
// little late need not be dropped.
func (b *jitterBuffer) target() time.Duration {
	t := b.arrivals.target()
	if b.most > 0 {
		t = min(t, b.most*2/3)
	}
	return t
}

// latest is the delay from which on sound is dropped.
func (b *jitterBuffer) latest() time.Duration {
	t := b.target() + delayShed
	if b.most > 0 {
		t = min(t, b.most)
	}
	return t
}
