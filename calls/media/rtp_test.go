package media

import (
	"math"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"tring/audio"
)

func newOpenOutbox() *outbox {
	o := newOutbox()
	o.open()
	return o
}

// The capture goroutine pays nothing for peers, not even for those whose
// network is stuck.
func TestSendNeitherWaitsNorAllocates(t *testing.T) {
	stuck, other := &peer{outbox: newOpenOutbox()}, &peer{outbox: newOpenOutbox()}
	s := &Session{}
	s.sending.Store(&[]*peer{stuck, other})
	packet := audio.Packet{Payload: make([]byte, 100)}
	allocs := testing.AllocsPerRun(1000, func() {
		s.send(packet)
		other.outbox.free <- <-other.outbox.full
	})
	if allocs != 0 {
		t.Errorf("%v allocations per packet", allocs)
	}
	if got := stuck.outbox.dropped.Load(); got != 1001-slots {
		t.Errorf("%d packets dropped", got)
	}
	if other.outbox.dropped.Load() != 0 {
		t.Error("one stuck peer costs another its packets")
	}
}

// What is older than the connection is not sent.
func TestNothingIsSentBeforeConnected(t *testing.T) {
	o := newOutbox()
	o.put(audio.Packet{Payload: []byte{1}})
	if len(o.full) != 0 {
		t.Error("a packet from before the connection waits to be sent")
	}
	o.open()
	o.put(audio.Packet{Payload: make([]byte, audio.MaxPayload+1)})
	if len(o.full) != 0 {
		t.Error("an oversize packet waits to be sent")
	}
}

func TestPeerReports(t *testing.T) {
	var m measure
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	sent := ntpMiddle(now.Add(-150 * time.Millisecond)) // and the peer kept it for 50 ms
	for i := range uint32(3) {
		m.report(rtcp.ReceptionReport{
			LastSequenceNumber: 1000 + 50*i, TotalLost: 7 + 5*i,
			LastSenderReport: sent, Delay: 65536 / 20,
		}, now)
	}
	if got := m.way().all.percent(); got != 10 {
		t.Errorf("the peer misses %v %%, want 10", got)
	}
	if got := m.roundTrip.Seconds(); math.Abs(got-0.1) > 0.001 {
		t.Errorf("the round trip is %v s, want 0.1", got)
	}
	m.report(rtcp.ReceptionReport{LastSequenceNumber: 5, TotalLost: 0, LastSenderReport: sent + 1<<30}, now) // began anew
	if got := m.way().all.percent(); got != 10 {
		t.Errorf("after a new beginning the peer misses %v %%", got)
	}
	if got := m.roundTrip.Seconds(); math.Abs(got-0.1) > 0.001 {
		t.Errorf("a report from the future makes the round trip %v s", got)
	}
}

func TestStartsAreRandomAndLow(t *testing.T) {
	seen := map[uint16]bool{}
	for range 100 {
		sequence, _ := randomStart()
		if sequence >= 1<<15 {
			t.Fatalf("sequence begins at %d", sequence)
		}
		seen[sequence] = true
	}
	if len(seen) < 50 {
		t.Errorf("only %d different beginnings", len(seen))
	}
}
