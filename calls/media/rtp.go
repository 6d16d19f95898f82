package media

import (
	"errors"
	"io"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"tring/audio"
)

// slots is how many packets wait for the network at most: 320 ms. More would
// arrive too late to be heard.
const slots = 16

// outbox carries packets from the capture goroutine to one peer's writer. put
// neither waits nor allocates; what does not fit is dropped and counted.
type outbox struct {
	live      atomic.Bool // connected once; sound from before is worth nothing
	free      chan *parcel
	full      chan *parcel
	sequence  uint16
	timestamp uint32

	sent, dropped, bytes atomic.Uint64
}

type parcel struct {
	sequence  uint16
	timestamp uint32
	n         int
	payload   [audio.MaxPayload]byte
}

func newOutbox() *outbox {
	o := &outbox{free: make(chan *parcel, slots), full: make(chan *parcel, slots)}
	for range slots {
		o.free <- new(parcel)
	}
	return o
}

// begin sets where the numbers start; before drain.
func (o *outbox) begin(sequence uint16, timestamp uint32) {
	o.sequence, o.timestamp = sequence, timestamp
}

func (o *outbox) open()        { o.live.Store(true) }
func (o *outbox) opened() bool { return o.live.Load() }

func (o *outbox) put(p audio.Packet) {
	if !o.live.Load() || len(p.Payload) > audio.MaxPayload {
		return
	}
	select {
	case slot := <-o.free:
		slot.sequence, slot.timestamp = p.Sequence, p.Timestamp
		slot.n = copy(slot.payload[:], p.Payload)
		o.full <- slot // as many slots as places: never waits
	default:
		o.dropped.Add(1)
	}
}

// drain writes packets until done. The sequence and timestamp of the wire keep
// their distance to those of the packets, so what was dropped counts as lost.
func (o *outbox) drain(track *webrtc.TrackLocalStaticRTP, done <-chan struct{}) {
	first := true
	packet := rtp.Packet{Header: rtp.Header{Version: 2}}
	for {
		select {
		case <-done:
			return
		case slot := <-o.full:
			if first {
				o.sequence -= slot.sequence
				o.timestamp -= slot.timestamp
			}
			packet.Marker = first // the beginning of a talkspurt (RFC 3551 §4.1)
			first = false
			packet.SequenceNumber = o.sequence + slot.sequence
			packet.Timestamp = o.timestamp + slot.timestamp
			packet.Payload = slot.payload[:slot.n]
			if err := track.WriteRTP(&packet); err != nil {
				o.dropped.Add(1)
			} else {
				o.sent.Add(1)
				o.bytes.Add(uint64(slot.n))
			}
			o.free <- slot
		}
	}
}

// unreadable is how many packets in a row may be refused before a stream is
// given up: it is broken then, not garbled.
const unreadable = 500

// receive moves one track's packets to the stream until the track ends. A peer
// that changes its SSRC gets another track; the jitter buffer follows the jump.
func (p *peer) receive(track *webrtc.TrackRemote) {
	buffer := make([]byte, audio.MaxPayload+256)
	var packet rtp.Packet
	for bad := 0; bad < unreadable; bad++ {
		n, _, err := track.Read(buffer)
		if ended(err) {
			return
		}
		if err != nil || packet.Unmarshal(buffer[:n]) != nil || len(packet.Payload) == 0 {
			p.measure.garbled.Add(1) // another payload type, only padding, not RTP
			continue
		}
		bad = 0
		p.measure.bytes.Add(uint64(len(packet.Payload)))
		p.stream.Push(audio.Packet{
			Sequence: packet.SequenceNumber, Timestamp: packet.Timestamp,
			Payload: packet.Payload, Arrived: time.Since(p.session.began),
		})
	}
	p.log.Warn("media: gave up a track that brings nothing readable")
}

// takeReport takes what the peer says of our packets.
func (p *peer) takeReport(packet rtcp.Packet) {
	for _, r := range receptions(packet) {
		if r.SSRC == p.ssrc {
			p.measure.report(r, time.Now())
			p.session.reported()
		}
	}
}

// takeSender takes what the peer says of its own packets: the good-bye. Its
// sender reports, which pion's receiver reports need, are read on the way.
func (p *peer) takeSender(packet rtcp.Packet) {
	if _, bye := packet.(*rtcp.Goodbye); bye {
		p.post(p.hungUp)
	}
}

// readRTCP reads one direction's RTCP until it ends.
func (p *peer) readRTCP(read func() ([]rtcp.Packet, interceptor.Attributes, error), take func(rtcp.Packet)) {
	for bad := 0; bad < unreadable; bad++ {
		packets, _, err := read()
		if ended(err) {
			return
		}
		if err != nil {
			p.measure.garbled.Add(1)
			continue
		}
		bad = 0
		for _, packet := range packets {
			take(packet)
		}
	}
	p.log.Warn("media: gave up RTCP that brings nothing readable")
}

// ended tells the end of a stream from a packet that cannot be read.
func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) }

func receptions(packet rtcp.Packet) []rtcp.ReceptionReport {
	switch r := packet.(type) {
	case *rtcp.ReceiverReport:
		return r.Reports
	case *rtcp.SenderReport:
		return r.Reports
	}
	return nil
}
