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
	volume   atomic.Uint32
	level    float32 // the loop's: the volume it came to
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
	s.turn(out)
	s.stats.set(s.receiver.buffer.report())
}

// Bounds of a volume, in decibels.
const (
	volumeLeast = -60
	volumeMost  = 20
)

// SetVolume makes this party louder or softer, in decibels: 0 is as it came,
// −60 and below is silent, 20 is the most. It takes effect over 10 ms, without
// a click.
func (s *Stream) SetVolume(db float64) {
	gain := 0.0
	if db > volumeLeast {
		gain = math.Pow(10, min(db, volumeMost)/20)
	}
	// The zero value is the volume 1, so what is kept is how far it is from it.
	s.volume.Store(math.Float32bits(float32(gain - 1)))
}

// turn applies the volume; level is kept as the volume is.
func (s *Stream) turn(out Frame) {
	to := math.Float32frombits(s.volume.Load())
	from := s.level
	if from == 0 && to == 0 {
		return
	}
	step := (to - from) / FrameSamples
	for i, v := range out {
		from += step
		out[i] = clip(float32(v) * (1 + from))
	}
	s.level = to
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
	counts [11]atomic.Uint64
	gauges [3]atomic.Uint64
}

func (p *published) set(s StreamStats) {
	for i, v := range [...]uint64{
		s.Received, s.Lost, s.Late, s.Duplicate, s.Discarded,
		s.Redundant, s.Recovered, s.Concealed, s.Comfort, s.Accelerated, s.Expanded,
	} {
		p.counts[i].Store(v)
	}
	for i, v := range [...]float64{s.DelayMS, s.TargetMS, s.JitterMS} {
		p.gauges[i].Store(math.Float64bits(v))
	}
}

func (p *published) get() StreamStats {
	count := func(i int) uint64 { return p.counts[i].Load() }
	gauge := func(i int) float64 { return math.Float64frombits(p.gauges[i].Load()) }
	return StreamStats{
		Received: count(0), Lost: count(1), Late: count(2), Duplicate: count(3), Discarded: count(4),
		Redundant: count(5), Recovered: count(6), Concealed: count(7), Comfort: count(8),
		Accelerated: count(9), Expanded: count(10),
		DelayMS: gauge(0), TargetMS: gauge(1), JitterMS: gauge(2),
	}
}
