package media

import (
	"bytes"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"tring/audio"
)

const ms20 = audio.PacketSamples

// sentRED is what a writer makes of packets, with so many copies in each.
func sentRED(copies int, packets ...parcel) (payloads [][]byte, copied int) {
	var h history
	for i := range packets {
		payload, n := h.appendRED(nil, &packets[i], copies, opusPayloadType)
		h.add(&packets[i])
		payloads, copied = append(payloads, payload), copied+n
	}
	return payloads, copied
}

func filled(sequence uint16, timestamp uint32, n int) parcel {
	p := parcel{sequence: sequence, timestamp: timestamp, n: n}
	for i := range n {
		p.payload[i] = byte(sequence)
	}
	return p
}

func TestREDCarriesCopies(t *testing.T) {
	for name, tt := range map[string]struct {
		copies  int
		packets []parcel
		want    []uint16 // in the last packet: how far back
	}{
		"nothing before":               {2, []parcel{filled(7, 0, 10)}, []uint16{0}},
		"one, where one is asked for":  {1, []parcel{filled(7, 0, 10), filled(8, ms20, 10), filled(9, 2*ms20, 10)}, []uint16{1, 0}},
		"two":                          {2, []parcel{filled(7, 0, 10), filled(8, ms20, 20), filled(9, 2*ms20, 30)}, []uint16{2, 1, 0}},
		"never more than two":          {9, []parcel{filled(6, 0, 1), filled(7, ms20, 1), filled(8, 2*ms20, 1), filled(9, 3*ms20, 1)}, []uint16{2, 1, 0}},
		"across the turn of the count": {2, []parcel{filled(65535, 0, 10), filled(0, ms20, 10)}, []uint16{1, 0}},
		"across the turn of the clock": {2, []parcel{filled(1, 0xFFFFFFF0, 10), filled(2, ms20-16, 10)}, []uint16{1, 0}},
		"not beyond a gap":             {2, []parcel{filled(6, 0, 10), filled(8, 2*ms20, 10), filled(9, 3*ms20, 10)}, []uint16{1, 0}},
		"not from before a silence":    {2, []parcel{filled(7, 0, 10), filled(8, 20*ms20, 10)}, []uint16{0}},
		"not what a header cannot say": {2, []parcel{filled(7, 0, redLength+1), filled(8, ms20, 10)}, []uint16{0}},
		"not beyond the path's MTU":    {2, []parcel{filled(7, 0, 400), filled(8, ms20, 400), filled(9, 2*ms20, 400)}, []uint16{1, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			payloads, _ := sentRED(tt.copies, tt.packets...)
			last := payloads[len(payloads)-1]
			if len(last) > payloadMost {
				t.Errorf("%d bytes", len(last))
			}
			blocks, err := parseRED(last, opusPayloadType, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []uint16
			now := tt.packets[len(tt.packets)-1]
			for _, b := range blocks {
				got = append(got, b.back)
				i := slices.IndexFunc(tt.packets, func(p parcel) bool { return p.sequence == now.sequence-b.back })
				p := tt.packets[i]
				if b.offset != now.timestamp-p.timestamp || !bytes.Equal(b.payload, p.payload[:p.n]) {
					t.Errorf("%d back: not what was sent", b.back)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("carries %v back, want %v", got, tt.want)
			}
		})
	}
}

// What others send, and what nobody should.
func TestREDOfOthers(t *testing.T) {
	const own = "6f" + "aabb"
	for name, tt := range map[string]struct {
		payload string
		want    []uint16
	}{
		"nothing":                     {"", nil},
		"a header and no packet":      {"6f", nil},
		"only a packet":               {own, []uint16{0}},
		"a copy":                      {"ef0f0001" + "6f" + "cc" + "aabb", []uint16{1, 0}},
		"an empty place, as browsers": {"ef1e0001" + "ef0f0000" + "6f" + "cc" + "aabb", []uint16{2, 0}},
		"a copy of another kind":      {"ea0f0001" + "6f" + "cc" + "aabb", []uint16{0}},
		"a copy of the present":       {"ef000001" + "6f" + "cc" + "aabb", []uint16{0}},
		"copies the wrong way round":  {"ef0f0001" + "ef1e0001" + "6f" + "ccdd" + "aabb", []uint16{2, 0}},
		"a length beyond the end":     {"ef0f00ff" + "6f" + "cc" + "aabb", nil},
		"a length that leaves none":   {"ef0f0003" + "6f" + "cc" + "aabb", nil},
		"headers cut short":           {"ef0f", nil},
		"headers without an end":      {"ef0f0000ef0f0000ef0f0000ef0f0000ef0f0000ef0f0000ef0f0000ef0f0000ef0f0000" + own, nil},
		"a packet of another kind":    {"60" + "aabb", nil},
	} {
		t.Run(name, func(t *testing.T) {
			payload, err := hex.DecodeString(tt.payload)
			if err != nil {
				t.Fatal(err)
			}
			blocks, err := parseRED(payload, opusPayloadType, nil)
			var got []uint16
			for _, b := range blocks {
				got = append(got, b.back)
			}
			if !slices.Equal(got, tt.want) || (err == nil) != (tt.want != nil) {
				t.Errorf("got %v, %v, want %v", got, err, tt.want)
			}
		})
	}
}

// Whatever comes, the blocks lie inside the payload, the oldest first.
func FuzzRED(f *testing.F) {
	payloads, _ := sentRED(2, filled(7, 0, 10), filled(8, ms20, 20), filled(9, 2*ms20, 30))
	for _, p := range payloads {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		blocks, err := parseRED(payload, opusPayloadType, nil)
		if err != nil {
			if len(blocks) > 0 {
				t.Fatal("an error, and blocks")
			}
			return
		}
		total, offset, back := 0, uint32(redOffset+1), uint16(redBlocks+1)
		for _, b := range blocks {
			if len(b.payload) == 0 || b.offset >= offset || b.back >= back {
				t.Fatalf("block %+v after %d samples, %d packets", b, offset, back)
			}
			total, offset, back = total+len(b.payload), b.offset, b.back
		}
		if total >= len(payload) || back != 0 || offset != 0 {
			t.Fatalf("%d bytes of blocks in %d", total, len(payload))
		}
	})
}

// Whatever the depacketiser is given, it takes or refuses, and what it hands on
// keeps to the limits.
func FuzzDepacketise(f *testing.F) {
	engine := audio.NewEngine(audio.Config{})
	defer func() { _ = engine.Close() }()
	p := &peer{session: &Session{}, track: &track{}, stream: engine.OpenStream("x")}
	p.track.bound.Store(&binding{voice: opusPayloadType, red: redPayloadType})
	payloads, _ := sentRED(2, filled(7, 0, 10), filled(8, ms20, 20), filled(9, 2*ms20, 30))
	for i, pt := range []uint8{opusPayloadType, redPayloadType, 0} {
		raw, err := (&rtp.Packet{
			Header: rtp.Header{Version: 2, PayloadType: pt, SequenceNumber: 9, Timestamp: 9}, Payload: payloads[i],
		}).Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	r := reader{peer: p}
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := p.measure.bytes
		if took := r.take(raw); took != (p.measure.bytes > before) {
			t.Fatalf("took %v, but %d bytes came", took, p.measure.bytes-before)
		}
		if len(r.blocks) > redBlocks+1 {
			t.Fatalf("%d packets in one", len(r.blocks))
		}
	})
}

// wire is a writer of packets that keeps them.
type wire struct{ packets []rtp.Packet }

func (w *wire) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	w.packets = append(w.packets, rtp.Packet{Header: *h, Payload: slices.Clone(payload)})
	return len(payload), nil
}

func (w *wire) Write([]byte) (int, error) { return 0, nil }

// RED goes only to those who know it, and never makes a packet too large.
func TestCopiesOnTheWire(t *testing.T) {
	for name, tt := range map[string]struct {
		red, want uint8
	}{
		"the peer knows RED":       {redPayloadType, redPayloadType},
		"the peer knows no copies": {0, opusPayloadType},
	} {
		t.Run(name, func(t *testing.T) {
			out := &wire{}
			w := writer{outbox: newOpenOutbox(), track: &track{}, first: true}
			w.begin(65535, 4294967000)
			w.copies.Store(2)
			w.track.bound.Store(&binding{voice: opusPayloadType, red: tt.red, ssrc: 5, writer: out})
			for i := range 4 {
				p := filled(uint16(100+i), uint32(i*ms20), 50)
				w.write(&p)
			}
			last := out.packets[3]
			if last.PayloadType != tt.want || last.SequenceNumber != 2 || last.Timestamp != 3*ms20-296 || last.SSRC != 5 {
				t.Errorf("sent %v", last.Header)
			}
			if copied := w.copied.Load(); (copied == 5) != (tt.red != 0) { // 0, 1, 2, 2
				t.Errorf("%d copies", copied)
			}
		})
	}
}

// Copies cost the writer no allocation.
func TestWriterAllocatesNothing(t *testing.T) {
	w := writer{outbox: newOpenOutbox(), track: &track{}, red: make([]byte, 0, payloadMost)}
	w.copies.Store(2)
	w.track.bound.Store(&binding{voice: opusPayloadType, red: redPayloadType, writer: nowhere{}})
	p := filled(0, 0, 100)
	if n := testing.AllocsPerRun(100, func() { p.sequence++; w.write(&p) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

type nowhere struct{}

func (nowhere) WriteRTP(*rtp.Header, []byte) (int, error) { return 0, nil }
func (nowhere) Write([]byte) (int, error)                 { return 0, nil }

var _ webrtc.TrackLocalWriter = nowhere{}
