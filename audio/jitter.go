package audio

import "time"

// Bounds of the buffer, in packets and time.
const (
	held       = 128                    // packets kept; 2.5 s of 20 ms
	stopAfter  = 500 * time.Millisecond // of nothing: the far side has stopped, start afresh when it comes back
	clockJump  = 2 * time.Second        // a transit time so far off is another clock
	delayShed  = 300 * time.Millisecond // so far above the target, whole packets go
	longestRun = 5760                   // samples in a packet, 120 ms: RFC 6716 §2.1.4
)

// turn says what to do for the next piece of sound.
type turn int

const (
	turnSilence turn = iota // nothing to play: not begun, stopped, or filling
	turnDecode              // the packet is there
	turnRecover             // it is lost, the one after it is there: use its redundancy
	turnConceal             // it is lost
	turnWait                // nothing is there: late or stopped; guess 10 ms, keep the turn
)

// jitterBuffer puts packets into order and decides when each has its turn. It
// never reads a clock, never decodes, allocates nothing after it was made, and
// belongs to one goroutine.
//
//	push(packet) ─► by sequence ─► pop(now) ─► decode, recover, conceal, wait
//	     └─ arrival ─► delayEstimator ─► target ─┘
type jitterBuffer struct {
	slots   [held]slot
	begun   bool
	next    int64 // sequence number whose turn is next, extended beyond 16 bits
	highest int64
	stamp   int64 // timestamp of highest, extended beyond 32 bits
	playing bool
	fresh   bool // nothing was played since the sequence began
	waited  int  // samples guessed while next kept its turn
	run     int  // samples in a packet, as last decoded
	suspect uint16
	doubt   bool

	arrivals delayEstimator
	delay    lowest // of late: how long the fastest packet waits for its turn
	stats    StreamStats
}

type slot struct {
	sequence, stamp int64
	state           slotState
	copied          bool // from RED; the packet itself may yet come
	size            int
	payload         [MaxPayload]byte
}

type slotState int

const (
	slotEmpty slotState = iota
	slotHeld
	slotPlayed
)

func newJitterBuffer() *jitterBuffer {
	return &jitterBuffer{run: PacketSamples, arrivals: newDelayEstimator()}
}

// push takes a packet and copies its payload.
func (b *jitterBuffer) push(p *Packet) {
	if p.Redundant {
		b.fillIn(p)
		return
	}
	b.stats.Received++
	if len(p.Payload) == 0 || len(p.Payload) > MaxPayload {
		b.stats.Discarded++
		return
	}
	if !b.begun {
		b.begin(p)
	}
	sequence := b.highest + int64(int16(p.Sequence-uint16(b.highest)))
	stamp := b.stamp + int64(int32(p.Timestamp-uint32(b.stamp)))
	if sequence >= b.next+held || sequence < b.next-held {
		// RFC 3550 A.1: a jump counts once the number after it has come too.
		if !b.doubt || p.Sequence != b.suspect {
			b.doubt, b.suspect = true, p.Sequence+1
			b.stats.Discarded++
			return
		}
		b.begin(p)
		sequence, stamp = b.highest, b.stamp
	}
	b.doubt = false
	transit := p.Arrived - span(stamp)
	if b.arrivals.seen && (transit-b.arrivals.least()).Abs() > clockJump {
		if sequence <= b.highest {
			b.stats.Discarded++
			return
		}
		b.begin(p)
		sequence, stamp = b.highest, b.stamp
		transit = p.Arrived - span(stamp)
	}
	b.keep(p, sequence, stamp, transit)
}

// begin starts a sequence at p, and forgets the one before.
func (b *jitterBuffer) begin(p *Packet) {
	for i := range b.slots {
		b.slots[i].state = slotEmpty
	}
	// Far above zero, so that no packet is before the first number.
	b.highest = 1<<32 + int64(p.Sequence)
	b.stamp = 1<<40 + int64(p.Timestamp)
	b.next = b.highest
	b.begun, b.fresh, b.playing, b.waited = true, true, false, 0
	b.arrivals.rebase()
}

func (b *jitterBuffer) keep(p *Packet, sequence, stamp int64, transit time.Duration) {
	s := &b.slots[sequence%held]
	if s.sequence == sequence && s.state != slotEmpty && !s.copied {
		b.stats.Duplicate++
		return
	}
	b.arrivals.add(transit, p.Arrived)
	if sequence < b.next {
		if !b.fresh || b.playing {
			b.stats.Late++
			return
		}
		b.next = sequence
	}
	s.sequence, s.stamp, s.state, s.copied = sequence, stamp, slotHeld, false
	s.size = copy(s.payload[:], p.Payload)
	if sequence > b.highest {
		b.highest, b.stamp = sequence, stamp
	}
}

// fillIn keeps a copy by RED where the packet itself is missing and its turn
// has not passed.
func (b *jitterBuffer) fillIn(p *Packet) {
	if !b.begun || len(p.Payload) == 0 || len(p.Payload) > MaxPayload {
		return
	}
	sequence := b.highest + int64(int16(p.Sequence-uint16(b.highest)))
	stamp := b.stamp + int64(int32(p.Timestamp-uint32(b.stamp)))
	s := &b.slots[sequence%held]
	if sequence < b.next || sequence >= b.highest || s.sequence == sequence && s.state != slotEmpty {
		return
	}
	s.sequence, s.stamp, s.state, s.copied = sequence, stamp, slotHeld, true
	s.size = copy(s.payload[:], p.Payload)
}

// at finds the packet of a sequence number.
func (b *jitterBuffer) at(sequence int64) *slot {
	s := &b.slots[sequence%held]
	if s.sequence != sequence || s.state != slotHeld {
		return nil
	}
	return s
}

// pop says what comes next when ahead samples are decoded but not yet played.
// The payload is that of the packet itself, or of the one after it for
// turnRecover, and is valid until the next push. For turnRecover and
// turnConceal the piece is b.run samples long.
func (b *jitterBuffer) pop(now time.Duration, ahead int) (turn, []byte) {
	if !b.begun || (!b.playing && !b.start(now)) {
		return turnSilence, nil
	}
	b.shed(now, ahead)
	for {
		if s := b.at(b.next); s != nil {
			b.watch(now, s.stamp-int64(ahead))
			b.take(s)
			return turnDecode, s.payload[:s.size]
		}
		if b.highest < b.next {
			return b.wait(), nil
		}
		b.lose()
		if b.waited >= b.run {
			b.waited -= b.run // its time was filled while it kept its turn
			continue
		}
		b.waited = 0
		if s := b.at(b.next); s != nil {
			return turnRecover, s.payload[:s.size]
		}
		return turnConceal, nil
	}
}

// start begins to play when the first packet has waited for long enough.
func (b *jitterBuffer) start(now time.Duration) bool {
	first := b.next
	for ; first <= b.highest; first++ {
		if b.at(first) != nil {
			break
		}
	}
	s := b.at(first)
	if s == nil || now-span(s.stamp)-b.arrivals.least() < b.target() {
		return false
	}
	if !b.fresh {
		b.stats.Lost += uint64(first - b.next)
	}
	b.next = first
	b.playing, b.waited, b.delay = true, 0, lowest{}
	return true
}

// wait keeps the turn of a packet that is late, or ends playing when nothing
// came for long.
func (b *jitterBuffer) wait() turn {
	b.waited += FrameSamples
	if span(int64(b.waited)) > stopAfter {
		b.playing, b.waited = false, 0
		return turnSilence
	}
	return turnWait
}

func (b *jitterBuffer) take(s *slot) {
	s.state = slotPlayed
	b.next++
	b.waited, b.fresh = 0, false
	if s.copied {
		b.stats.Lost++
		b.stats.Redundant++
	}
	b.arrivals.turn(s.copied)
}

func (b *jitterBuffer) lose() {
	b.next++
	b.fresh = false
	b.stats.Lost++
	b.arrivals.turn(true)
}

// shed drops whole packets when the sound lies so far behind that squeezing it
// would take seconds, as after a stall of the speaker.
func (b *jitterBuffer) shed(now time.Duration, ahead int) {
	for {
		s := b.at(b.next)
		if s == nil || b.at(b.next+1) == nil {
			return
		}
		if now-span(s.stamp-int64(ahead))-b.arrivals.least() <= b.target()+delayShed {
			return
		}
		b.take(s)
		b.delay = lowest{}
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
func (b *jitterBuffer) decoded(n int) { b.run = n }

func (b *jitterBuffer) target() time.Duration { return b.arrivals.target(span(int64(b.run))) }

// report is the counters and the state of the delay.
func (b *jitterBuffer) report() StreamStats {
	s := b.stats
	s.DelayMS = float64(b.delay.value()) / 1e6
	s.TargetMS = float64(b.target()) / 1e6
	s.JitterMS = b.arrivals.jitter / 1e6
	return s
}
