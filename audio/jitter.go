package audio

import "time"

// Bounds of the buffer, in packets and time.
const (
	held       = 128                    // packets kept; 2.5 s of 20 ms
	clockJump  = 2 * time.Second        // a transit time so far off is another clock
	oddTransit = 500 * time.Millisecond // and this far off the last one wants an explanation
	longestRun = 5760                   // samples in a packet, 120 ms: RFC 6716 §2.1.4
	fecHoped   = 8                      // recoveries that may fail before it is believed that there is no FEC
	fecKnown   = 50                     // and after one that did not
	leastRun   = 120                    // samples in a packet, 2.5 ms
	usualSize  = 256                    // bytes: hardly a packet of speech is larger
)

// jitterBuffer puts packets into order and decides when each has its turn. It
// never reads a clock, never decodes, and belongs to one goroutine. It allocates
// nothing but when more packets wait than ever before, or larger ones.
//
//	push(packet) ─► by sequence ─► pop(now) ─► decode, recover, conceal, wait
//	     └─ arrival ─► delayEstimator ─► target ─┘
type jitterBuffer struct {
	slots   [held]slot
	spare   [][]byte // for payloads: of packets that were played
	begun   bool
	next    int64 // sequence number whose turn is next, extended beyond 16 bits
	due     int64 // timestamp that it should have
	highest int64
	stamp   int64         // timestamp of highest, extended beyond 32 bits
	wire    uint32        // the same, as it came
	number  uint16        // highest, as it came
	came    time.Duration // when highest arrived
	playing bool
	fresh   bool // nothing was played since the sequence began
	dozing  bool // the far side said that it sends nothing for a while (DTX)
	fec     int  // over zero: recovery found redundancy of late
	waited  int  // samples filled while next kept its turn
	pending int  // frames of these of which it is not yet known why
	run     int  // samples in a packet, as last decoded
	piece   int  // samples in the packet that was last popped and is lost
	copied  bool // whether the packet that was last taken is a copy
	suspect uint16
	doubt   bool
	most    time.Duration // sound later than this is not played; 0 is no such bound

	arrivals delayEstimator
	delay    lowest // of late: how long the fastest packet waits for its turn
	stats    StreamStats
}

type slot struct {
	sequence, stamp int64
	state           slotState
	arrived         time.Duration
	copied          bool   // from RED; the packet itself may yet come
	payload         []byte // of a held packet
}

type slotState int

const (
	slotEmpty slotState = iota
	slotHeld
	slotPlayed
	slotLost
	slotMissed // lost, and its rescue came too late
)

func newJitterBuffer() *jitterBuffer {
	return &jitterBuffer{run: PacketSamples, fec: fecHoped, arrivals: newDelayEstimator()}
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
	sequence, stamp := b.place(p)
	transit := p.Arrived - span(stamp)
	odd := sequence >= b.next+held || sequence < b.next-held
	if !odd && b.arrivals.seen && (transit-b.arrivals.last).Abs() > oddTransit {
		if stamp, odd = b.explain(p, sequence, stamp); !odd {
			transit = p.Arrived - span(stamp)
		}
	}
	if odd {
		// RFC 3550 A.1: a jump counts once the number after it has come too.
		if !b.doubt || p.Sequence != b.suspect {
			b.doubt, b.suspect = true, p.Sequence+1
			b.stats.Discarded++
			return
		}
		sequence, stamp = b.join(p)
		transit = p.Arrived - span(stamp)
	}
	b.doubt = false
	b.keep(p, sequence, stamp, transit)
}

// place extends sequence number and timestamp beyond their wrap-around.
func (b *jitterBuffer) place(p *Packet) (sequence, stamp int64) {
	return b.highest + int64(int16(p.Sequence-b.number)), b.stamp + int64(int32(p.Timestamp-b.wire))
}

// explain looks at a packet with an odd transit time. Where the timestamps
// jumped and the packets go on as before, the jump is taken out; a clock that
// is far off is another sequence.
func (b *jitterBuffer) explain(p *Packet, sequence, stamp int64) (straight int64, odd bool) {
	ahead := sequence - b.highest
	if ahead <= 0 {
		return stamp, stamp > b.stamp || (p.Arrived-span(stamp)-b.arrivals.least()).Abs() > clockJump
	}
	regular := ahead * int64(b.run)
	if (p.Arrived - b.came - span(regular)).Abs() < oddTransit/2 {
		return b.stamp + regular, false
	}
	return stamp, (p.Arrived - span(stamp) - b.arrivals.least()).Abs() > clockJump
}

// join goes on with another sequence, of which p is the second packet, where
// the one before ends: what waits for its turn is played.
func (b *jitterBuffer) join(p *Packet) (sequence, stamp int64) {
	gap := int64(samples(p.Arrived-b.came)+b.run/2) / int64(b.run)
	if !b.playing || b.highest+2 >= b.next+held || gap > held {
		b.begin(p)
		return b.highest, b.stamp
	}
	return b.highest + 2, b.stamp + max(gap, 2)*int64(b.run)
}

// begin starts a sequence at p, and forgets the one before.
func (b *jitterBuffer) begin(p *Packet) {
	for i := range b.slots {
		if b.slots[i].state == slotHeld && !b.slots[i].copied {
			b.stats.Discarded++
		}
		b.slots[i].state = slotEmpty
	}
	// Far above zero, so that no packet is before the first number.
	b.highest = 1<<32 + int64(p.Sequence)
	b.stamp, b.wire, b.number = 1<<40+int64(p.Timestamp), p.Timestamp, p.Sequence
	b.next, b.due, b.came = b.highest, b.stamp, p.Arrived
	b.begun, b.fresh, b.playing, b.waited = true, true, false, 0
	b.arrivals.rebase()
}

func (b *jitterBuffer) keep(p *Packet, sequence, stamp int64, transit time.Duration) {
	s := &b.slots[sequence%held]
	if s.sequence == sequence && (s.state == slotHeld || s.state == slotPlayed) && !s.copied {
		b.stats.Duplicate++
		return
	}
	b.arrivals.add(transit, p.Arrived, span(int64(b.run)))
	b.tooLate(sequence-1, p.Arrived)
	if sequence < b.next {
		if !b.fresh || b.playing {
			b.stats.Late++
			return
		}
		b.next, b.due = sequence, stamp
	}
	s.sequence, s.stamp, s.arrived, s.state, s.copied = sequence, stamp, p.Arrived, slotHeld, false
	b.fill(s, p.Payload)
	if sequence > b.highest {
		b.highest, b.stamp, b.came = sequence, stamp, p.Arrived
		b.wire, b.number = p.Timestamp, p.Sequence
	}
}

// fill puts a payload into a slot.
func (b *jitterBuffer) fill(s *slot, payload []byte) {
	if n := len(b.spare); s.payload == nil && n > 0 {
		s.payload, b.spare = b.spare[n-1], b.spare[:n-1]
	}
	if cap(s.payload) < len(payload) {
		s.payload = make([]byte, 0, max(usualSize, len(payload)))
	}
	s.payload = append(s.payload[:0], payload...)
}

// fillIn keeps a copy by RED where the packet itself is missing and its turn
// has not passed.
func (b *jitterBuffer) fillIn(p *Packet) {
	if !b.begun || len(p.Payload) == 0 || len(p.Payload) > MaxPayload {
		return
	}
	sequence, stamp := b.place(p)
	s := &b.slots[sequence%held]
	if sequence >= b.highest || sequence < b.next-held || s.sequence == sequence && s.state != slotEmpty && s.state != slotLost {
		return
	}
	b.tooLate(sequence-1, p.Arrived)
	if sequence < b.next {
		if s.sequence == sequence && s.state == slotLost {
			s.state = slotMissed
			b.rescued(s.stamp, p.Arrived)
		}
		return
	}
	b.rescued(stamp, p.Arrived)
	s.sequence, s.stamp, s.arrived, s.state, s.copied = sequence, stamp, p.Arrived, slotHeld, true
	b.fill(s, p.Payload)
}

// tooLate notes that what would have recovered a packet came after its turn.
func (b *jitterBuffer) tooLate(sequence int64, arrived time.Duration) {
	s := &b.slots[sequence%held]
	if b.fec > 0 && s.sequence == sequence && s.state == slotLost {
		s.state = slotMissed
		b.rescued(s.stamp, arrived)
	}
}

// rescued tells the estimator when another way to a lost packet's sound came.
func (b *jitterBuffer) rescued(stamp int64, arrived time.Duration) {
	transit := arrived - span(stamp)
	if (transit - b.arrivals.least()).Abs() < oddTransit {
		b.arrivals.rescue(transit, span(int64(b.run)))
	}
}

// at finds the packet of a sequence number.
func (b *jitterBuffer) at(sequence int64) *slot {
	s := &b.slots[sequence%held]
	if s.sequence != sequence || s.state != slotHeld {
		return nil
	}
	return s
}

// first finds the oldest packet that waits for its turn.
func (b *jitterBuffer) first() *slot {
	for sequence := b.next; sequence <= b.highest; sequence++ {
		if s := b.at(sequence); s != nil {
			return s
		}
	}
	return nil
}

// report is the counters and the state of the delay.
func (b *jitterBuffer) report() StreamStats {
	s := b.stats
	s.DelayMS = float64(b.delay.value()) / 1e6
	s.TargetMS = float64(b.target()) / 1e6
	s.JitterMS = b.arrivals.jitter / 1e6
	return s
}
