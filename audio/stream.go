package audio

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// parcels is how many packets wait for the playout loop at most: 640 ms of
// 20 ms, far more than it takes to come round.
const parcels = 32

// Stream is the sound of one remote device. All methods are safe for
// concurrent use; none waits for the playout loop, nor the loop for them.
//
//	network: Push ─► ring without locks ─► playout loop: step ─► receiver
type Stream struct {
	engine *Engine
	peer   string

	pushing sync.Mutex // between several pushers; the loop never takes it
	ring    [parcels]parcel
	head    atomic.Uint32 // written by pushers
	tail    atomic.Uint32 // written by the loop
	offset  time.Duration // from the caller's clock to the engine's
	set     bool
	spilled atomic.Uint64

	receiver *receiver // the loop's
	stats    published
}

type parcel struct {
	packet  Packet
	payload [MaxPayload]byte
}

// Push hands over a packet from the network. It copies the payload and never
// blocks; a packet for which there is no room is counted as discarded.
func (s *Stream) Push(p Packet) {
	s.pushing.Lock()
	defer s.pushing.Unlock()
	head := s.head.Load()
	if head-s.tail.Load() >= parcels || len(p.Payload) > MaxPayload {
		s.spilled.Add(1)
		return
	}
	slot := &s.ring[head%parcels]
	n := copy(slot.payload[:], p.Payload)
	slot.packet = p
	slot.packet.Payload = slot.payload[:n]
	slot.packet.Arrived = s.arrived(p.Arrived)
	s.head.Store(head + 1)
}

// arrived puts the caller's arrival time onto the engine's clock. The two run
// alike, so one offset holds; nothing arrives in the future, and an offset
// that is a second off was another clock's.
func (s *Stream) arrived(at time.Duration) time.Duration {
	now := s.engine.now()
	if at == 0 {
		return now
	}
	offset := now - at
	if !s.set || offset < s.offset || offset > s.offset+time.Second {
		s.offset, s.set = offset, true
	}
	return at + s.offset
}

// step fills the stream's next 10 ms; the playout loop calls it. No
// allocation, no lock.
func (s *Stream) step(now time.Duration, out Frame) {
	tail := s.tail.Load()
	for ; tail != s.head.Load(); tail++ {
		s.receiver.buffer.push(&s.ring[tail%parcels].packet)
		s.tail.Store(tail + 1)
	}
	s.receiver.step(now, out)
	s.stats.set(s.receiver.buffer.report())
}

// Peer is the name that the stream was opened with.
func (s *Stream) Peer() string { return s.peer }

// Stats are the counters since the stream was opened. Each is right; they may
// be of neighbouring moments.
func (s *Stream) Stats() StreamStats {
	stats := s.stats.get()
	spilled := s.spilled.Load()
	stats.Received += spilled
	stats.Discarded += spilled
	return stats
}

// Close takes the stream out of what is heard. It is idempotent.
func (s *Stream) Close() { s.engine.remove(s) }

// published is StreamStats that the loop writes and anybody reads.
type published struct {
	counts [7]atomic.Uint64
	gauges [3]atomic.Uint64
}

func (p *published) set(s StreamStats) {
	for i, v := range [...]uint64{s.Received, s.Lost, s.Late, s.Duplicate, s.Discarded, s.Recovered, s.Concealed} {
		p.counts[i].Store(v)
	}
	for i, v := range [...]float64{s.DelayMS, s.TargetMS, s.JitterMS} {
		p.gauges[i].Store(math.Float64bits(v))
	}
}

func (p *published) get() StreamStats {
	gauge := func(i int) float64 { return math.Float64frombits(p.gauges[i].Load()) }
	return StreamStats{
		Received: p.counts[0].Load(), Lost: p.counts[1].Load(), Late: p.counts[2].Load(),
		Duplicate: p.counts[3].Load(), Discarded: p.counts[4].Load(),
		Recovered: p.counts[5].Load(), Concealed: p.counts[6].Load(),
		DelayMS: gauge(0), TargetMS: gauge(1), JitterMS: gauge(2),
	}
}
