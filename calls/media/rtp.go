package media

import (
	"errors"
	"io"
	"slices"
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
	copies    atomic.Int32 // of earlier packets in each, where the peer knows RED

	sent, dropped, bytes, copied atomic.Uint64
}

type parcel struct {
	sequence  uint16
	timestamp uint32
	talkspurt bool
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
	if !o.live.Load() {
		return
	}
	if len(p.Payload) >= payloadMost {
		o.dropped.Add(1)
		return
	}
	select {
	case slot := <-o.free:
		slot.sequence, slot.timestamp, slot.talkspurt = p.Sequence, p.Timestamp, p.Talkspurt
		slot.n = copy(slot.payload[:], p.Payload)
		o.full <- slot // as many slots as places: never waits
	default:
		o.dropped.Add(1)
	}
}

// drain writes packets until done. The sequence and timestamp of the wire keep
// their distance to those of the packets, so what was dropped counts as lost.
func (o *outbox) drain(t *track, done <-chan struct{}) {
	w := writer{outbox: o, track: t, first: true, red: make([]byte, 0, payloadMost)}
	for {
		select {
		case <-done:
			return
		case slot := <-o.full:
			w.write(slot)
			o.free <- slot
		}
	}
}

// writer is what drain keeps between two packets.
type writer struct {
	*outbox
	track   *track
	first   bool
	history history
	red     []byte
	packet  rtp.Packet
}

func (w *writer) write(slot *parcel) {
	if w.first {
		w.sequence -= slot.sequence
		w.timestamp -= slot.timestamp
	}
	slot.sequence += w.sequence
	slot.timestamp += w.timestamp
	voice, red := w.track.negotiated()
	w.packet.Header = rtp.Header{
		Version: 2, PayloadType: voice, SequenceNumber: slot.sequence, Timestamp: slot.timestamp,
		Marker: w.first || slot.talkspurt, // the beginning of a talkspurt (RFC 3551 §4.1)
	}
	payload, copied := slot.payload[:slot.n], 0
	if copies := int(w.copies.Load()); copies > 0 && red != 0 {
		w.packet.PayloadType = red
		w.red, copied = w.history.appendRED(w.red[:0], slot, copies, voice)
		payload = w.red
	}
	w.first = false
	w.history.add(slot)
	if err := w.track.write(&w.packet.Header, payload); err != nil {
		w.dropped.Add(1)
		return
	}
	w.sent.Add(1)
	w.bytes.Add(uint64(len(payload)))
	w.copied.Add(uint64(copied))
}

// unreadable is how many packets in a row may be refused before a stream is
// given up: it is broken then, not garbled.
const unreadable = 500

// receive moves one track's packets to the stream until the track ends. A peer
// that changes its SSRC gets another track; the jitter buffer follows the jump.
func (p *peer) receive(remote *webrtc.TrackRemote) {
	buffer := make([]byte, audio.MaxPayload+256)
	r := reader{peer: p, blocks: make([]redBlock, 0, redBlocks+1)}
	for bad := 0; bad < unreadable; bad++ {
		n, _, err := remote.Read(buffer)
		if ended(err) {
			return
		}
		if err != nil || !r.take(buffer[:n]) {
			p.measure.garbled.Add(1) // another payload type, only padding, not RTP
			continue
		}
		bad = 0
	}
	p.log.Warn("media: gave up a track that brings nothing readable")
}

// reader takes one track's packets apart.
type reader struct {
	peer   *peer
	packet rtp.Packet
	blocks []redBlock
}

// take moves a packet, and the copies of others in it that did not come, to the
// stream. It tells whether there was something to move.
func (r *reader) take(raw []byte) bool {
	if r.packet.Unmarshal(raw) != nil || len(r.packet.Payload) == 0 {
		return false
	}
	voice, red := r.peer.track.negotiated()
	r.blocks = append(r.blocks[:0], redBlock{payload: r.packet.Payload})
	switch is := r.packet.PayloadType; {
	case is == voice:
	case is == red && red != 0:
		var err error
		if r.blocks, err = parseRED(r.packet.Payload, voice, r.blocks[:0]); err != nil {
			return false
		}
	default:
		return false
	}
	r.push()
	return true
}

func (r *reader) push() {
	m, now := &r.peer.measure, time.Now()
	arrived := now.Sub(r.peer.session.began)
	m.arrived(r.packet.SSRC, r.packet.SequenceNumber, len(r.packet.Payload), now)
	// The packet itself first: a copy is of use only to who knows that something
	// came after it.
	for _, b := range slices.Backward(r.blocks) {
		sequence := r.packet.SequenceNumber - b.back
		if b.back > 0 && !m.missing(sequence) {
			continue
		}
		r.peer.stream.Push(audio.Packet{
			Sequence: sequence, Timestamp: r.packet.Timestamp - b.offset,
			Payload: b.payload, Redundant: b.back > 0, Arrived: arrived,
		})
	}
}

// takeReport takes what the peer says of our packets.
func (p *peer) takeReport(packet rtcp.Packet) {
	now := time.Now()
	for _, r := range receptions(packet) {
		if r.SSRC == p.ssrc {
			p.measure.report(r, now)
			p.reported(now)
			p.adapt(now)
		}
	}
	if x, ok := packet.(*rtcp.ExtendedReport); ok {
		p.measure.extended(p.ssrc, x, now)
		p.adapt(now)
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
