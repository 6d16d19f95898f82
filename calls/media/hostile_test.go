package media

import (
	"math/rand"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// attacker is a peer in the session that sends what it likes, beside the sound
// of its phone and in the same stream: it stands between the phone's writer and
// pion, and numbers all packets in a row, for SRTP would refuse others.
type attacker struct {
	t    *testing.T
	peer *peer
	to   webrtc.TrackLocalWriter

	mu       sync.Mutex
	dice     *rand.Rand
	begun    bool
	sequence uint16
	stamp    uint32 // added to the phone's
	last     uint32
}

func attack(t *testing.T, p *peer) *attacker {
	b := *p.track.bound.Load()
	a := &attacker{t: t, peer: p, to: b.writer, dice: rand.New(rand.NewSource(1))} //nolint:gosec // the same each time
	b.writer = a
	p.track.bound.Store(&b)
	eventually(t, "the attacker is in between", func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		return a.begun
	})
	return a
}

// WriteRTP passes the phone's own packets on.
func (a *attacker) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.begun {
		a.begun, a.sequence = true, h.SequenceNumber
	}
	a.last = h.Timestamp + a.stamp
	return a.write(*h, a.last, payload)
}

func (a *attacker) Write([]byte) (int, error) { return 0, nil }

func (a *attacker) write(h rtp.Header, stamp uint32, payload []byte) (int, error) {
	h.SequenceNumber, h.Timestamp = a.sequence, stamp
	a.sequence++
	return a.to.WriteRTP(&h, payload)
}

// send adds a packet; its timestamp fits.
func (a *attacker) send(payloadType uint8, payload []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	h := rtp.Header{Version: 2, PayloadType: payloadType, SSRC: a.peer.ssrc}
	if _, err := a.write(h, a.last, payload); err != nil {
		a.t.Logf("not sent: %v", err)
	}
}

// jump moves the rest of the stream. All jumps of an attack stay below half of
// the numbers: beyond that SRTP loses count by the attacker's own fault.
func (a *attacker) jump(sequence uint16, stamp uint32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sequence += sequence
	a.stamp += stamp
}

func (a *attacker) noise(n int) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	b := make([]byte, n)
	a.dice.Read(b)
	return b
}

func (a *attacker) roll(n int) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.dice.Intn(n)
}

// stranger sends from a source that nobody announced.
func (a *attacker) stranger(ssrc uint32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	h := rtp.Header{Version: 2, PayloadType: opusPayloadType, SSRC: ssrc, SequenceNumber: uint16(ssrc)}
	if _, err := a.to.WriteRTP(&h, []byte{0xfc, 0xff, 0xfe}); err != nil {
		a.t.Logf("not sent: %v", err)
	}
}

// What comes from a hostile peer does no harm: the phone lives, the sound of the
// same peer is heard again at once, and it is not drowned by noise.
func TestHostileRTP(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, newRoom(t))
	alice.hears(t, 700)
	a := attack(t, bob.session.peers["alice"])
	for name, act := range map[string]func(a *attacker, i int){
		"wrong payload types":     func(a *attacker, i int) { a.send(uint8(i%127), a.noise(60)) },
		"broken RED":              func(a *attacker, _ int) { a.send(redPayloadType, a.noise(1+a.roll(1100))) },
		"headers of RED only":     func(a *attacker, _ int) { a.send(redPayloadType, []byte{0xef, 0, 0, 0, 111}) },
		"copies of what came":     func(a *attacker, _ int) { a.send(redPayloadType, red(a.noise(50), []byte{0xfc, 0xff, 0xfe})) },
		"empty packets":           func(a *attacker, _ int) { a.send(opusPayloadType, nil) },
		"packets of one byte":     func(a *attacker, i int) { a.send(opusPayloadType, []byte{byte(i)}) },
		"far too large":           func(a *attacker, _ int) { a.send(opusPayloadType, make([]byte, 1400)) },
		"gaps":                    func(a *attacker, i int) { a.jump(uint16(i%50/49*200), 0) },
		"huge gaps":               func(a *attacker, i int) { a.jump(uint16(i%50/49*12000), 0) },
		"time jumps":              func(a *attacker, i int) { a.jump(0, uint32(i%50/49*a.roll(1<<32))) },
		"time stands still":       func(a *attacker, _ int) { a.jump(0, 1<<32-ms20/5) },
		"another source each":     func(a *attacker, i int) { a.stranger(uint32(i + 1)) },
		"nonsense as RTCP":        func(a *attacker, _ int) { a.control(a.noise(4 + 4*a.roll(40))) },
		"reports of the absurd":   func(a *attacker, i int) { a.report(uint32(i) << 28) },
		"a good-bye of strangers": func(a *attacker, i int) { a.bye(uint32(i + 1)) },
	} {
		t.Run(name, func(t *testing.T) {
			ticker := time.NewTicker(4 * time.Millisecond)
			defer ticker.Stop()
			for i := range 100 {
				act(a, i)
				<-ticker.C
			}
			heard := alice.last(400 * time.Millisecond)
			if peak := max(slices.Max(heard), -slices.Min(heard)); peak > 30000 {
				t.Errorf("noise at full scale: %d", peak)
			}
			alice.hears(t, 700)
			bob.hears(t, 1000)
			if alice.closedBy("bob") {
				t.Error("alice was made to believe that bob hung up")
			}
			s := alice.session.Stats()
			if s.Rating < 0 || s.Rating > 100 || s.LossPercent > 100 || s.ConcealedPercent > 100 || s.Available < 0 {
				t.Errorf("impossible statistics: %+v", s)
			}
		})
	}
}

// red is a payload with one copy.
func red(old, own []byte) []byte {
	b := []byte{0x80 | opusPayloadType, byte(ms20 >> 6), byte(ms20 << 2 & 0xff), byte(len(old)), opusPayloadType}
	return append(append(b, old...), own...)
}

func (a *attacker) bye(ssrc uint32) {
	if err := a.peer.pc.WriteRTCP([]rtcp.Packet{&rtcp.Goodbye{Sources: []uint32{ssrc}}}); err != nil {
		a.t.Logf("not sent: %v", err)
	}
}

// control sends RTCP whose headers are right, since SRTP takes no other, and
// whose bodies need not be.
func (a *attacker) control(raw []byte) {
	kind := byte(200 + a.roll(8)) // sender reports to extended reports
	whole := rtcp.RawPacket(append([]byte{0x80 | byte(a.roll(32)), kind, 0, byte(len(raw) / 4)}, raw...))
	if err := a.peer.pc.WriteRTCP([]rtcp.Packet{&whole}); err != nil {
		a.t.Errorf("not sent: %v", err)
	}
}

// report tells the victim what cannot be of its packets.
func (a *attacker) report(n uint32) {
	to := uint32(a.peer.receiver.Track().SSRC())
	err := a.peer.pc.WriteRTCP([]rtcp.Packet{
		&rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{
			SSRC: to, FractionLost: 255, TotalLost: n & 0xFFFFFF, LastSequenceNumber: n, Jitter: n, LastSenderReport: n, Delay: n,
		}}},
		&rtcp.ExtendedReport{Reports: []rtcp.ReportBlock{
			&rtcp.LossRLEReportBlock{SSRC: to, BeginSeq: uint16(n), EndSeq: uint16(n) - 1, Chunks: []rtcp.Chunk{0x3FFF, 0x3FFF}},
			&rtcp.VoIPMetricsReportBlock{SSRC: to, RFactor: 255, RoundTripDelay: 65535, EndSystemDelay: 65535},
		}},
	})
	if err != nil {
		a.t.Logf("not sent: %v", err)
	}
}
