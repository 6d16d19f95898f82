package media

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"tring/audio"
	"tring/calls"
)

// From the callee's accept, which opens its session, to the first sound of the
// other side, both ways; the caller's session opens when its phone hears of the
// accept, which is at the same time here.
func BenchmarkAcceptToFirstSound(b *testing.B) {
	var connecting, sounding []time.Duration
	for b.Loop() {
		r := newRoom(b)
		alice, bob := r.phone("alice", 1000, nil), r.phone("bob", 700, nil)
		began := time.Now()
		r.open(bob, offers("alice"))
		r.open(alice, answers("bob"))
		connected(b, alice, bob)
		connecting = append(connecting, time.Since(began))
		eventually(b, "sound both ways", func() bool { return alice.loud() && bob.loud() })
		sounding = append(sounding, time.Since(began))
		for _, p := range []*phone{alice, bob} {
			if err := p.session.Close(); err != nil {
				b.Error(err)
			}
		}
	}
	for unit, times := range map[string][]time.Duration{"connected": connecting, "sound": sounding} {
		slices.Sort(times)
		b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, unit+"-p50-ms")
		b.ReportMetric(float64(times[len(times)*95/100].Microseconds())/1000, unit+"-p95-ms")
	}
}

// loud tells that the speaker plays more than the hiss of a codec.
func (b *booth) loud() bool {
	return slices.ContainsFunc(b.last(50*time.Millisecond), func(v int16) bool { return v > 4000 })
}

// What the capture goroutine pays for a group of eight.
func BenchmarkSend(b *testing.B) {
	s := &Session{}
	var peers []*peer
	for range 7 {
		p := &peer{outbox: newOutbox()}
		p.outbox.open()
		peers = append(peers, p)
	}
	s.sending.Store(&peers)
	packet := audio.Packet{Payload: make([]byte, 100)}
	b.ReportAllocs()
	for b.Loop() {
		s.send(packet)
		for _, p := range peers {
			p.outbox.free <- <-p.outbox.full
		}
	}
}

// From the capture goroutine through the outbox to the track.
func BenchmarkWrite(b *testing.B) {
	o, done, ended := newOpenOutbox(), make(chan struct{}), make(chan struct{})
	go func() { defer close(ended); o.drain(&track{}, done) }()
	packet := audio.Packet{Payload: make([]byte, 100)}
	b.ReportAllocs()
	var sent uint64
	for b.Loop() {
		o.put(packet)
		for sent++; o.sent.Load() < sent; {
			runtime.Gosched()
		}
	}
	close(done)
	<-ended
}

// A packet with two copies: packing and taking apart.
func BenchmarkRED(b *testing.B) {
	var h history
	older, old, p := filled(7, 0, 120), filled(8, ms20, 120), filled(9, 2*ms20, 120)
	h.add(&older)
	h.add(&old)
	packed, blocks := make([]byte, 0, payloadMost), make([]redBlock, 0, redBlocks+1)
	b.ReportAllocs()
	for b.Loop() {
		packed, _ = h.appendRED(packed[:0], &p, redMost, opusPayloadType)
		if _, err := parseRED(packed, opusPayloadType, blocks); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStats(b *testing.B) {
	r := newRoom(b)
	alice, _ := pair(b, r)
	b.ReportAllocs()
	var stats calls.MediaStats
	for b.Loop() {
		stats = alice.session.Stats()
	}
	_ = stats
}
