package media

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// RED (RFC 2198) puts copies of the packets before it into a packet, so that a
// run of losses costs nothing but the time until the next packet.
//
//	F=1 payload type │ timestamp offset, 14 bits │ length, 10 bits   per copy, the oldest first
//	F=0 payload type                                                 of the packet itself
//	copies …, the packet itself
const (
	redMost      = 2         // copies that we send
	redBlocks    = 8         // copies that are read; nobody sends more
	redOffset    = 1<<14 - 1 // samples that a copy may lie back
	redLength    = 1<<10 - 1 // bytes that a copy may have
	redHeader    = 4
	redMore      = 0x80
	redBlockType = 0x7F
)

// A packet on the wire keeps below the smallest path MTU that is met, 1200
// bytes, with all that stands around the payload.
const (
	pathMTU     = 1200
	payloadMost = pathMTU - 40 - 8 - 36 - 12 - 16 // IPv6, UDP, TURN's indication, RTP, SRTP's tag
)

// redBlock is one packet inside a RED payload.
type redBlock struct {
	back    uint16 // by how many packets it lies before the last block, the packet itself
	offset  uint32 // and by how many samples
	payload []byte
}

// parseRED splits a payload into its packets, the oldest first; the last is the
// packet itself. It appends to into, and the blocks are parts of payload. Copies
// that are empty, of another payload type than voice or out of order are left
// out: the packet itself is worth more than a complaint about them.
func parseRED(payload []byte, voice uint8, into []redBlock) ([]redBlock, error) {
	copies, rest, total := 0, payload, 0
	for ; len(rest) > 0 && rest[0]&redMore != 0; copies++ {
		if len(rest) < redHeader || copies == redBlocks {
			return into, errors.New("RED: the headers do not end")
		}
		total += int(binary.BigEndian.Uint32(rest) & redLength)
		rest = rest[redHeader:]
	}
	if len(rest) < 2+total || rest[0] != voice {
		return into, fmt.Errorf("RED: %d bytes are too few, or not of the voice", len(payload))
	}
	rest = rest[1:]
	last := uint32(redOffset + 1)
	for i := range copies {
		header := binary.BigEndian.Uint32(payload[i*redHeader:])
		length, offset := int(header&redLength), header>>10&redOffset
		if length > 0 && uint8(header>>24)&redBlockType == voice && offset > 0 && offset < last {
			into = append(into, redBlock{back: uint16(copies - i), offset: offset, payload: rest[:length]})
			last = offset
		}
		rest = rest[length:]
	}
	return append(into, redBlock{payload: rest}), nil
}

// history is the packets sent last. It allocates nothing and belongs to the
// writer.
type history struct {
	packets [redMost]parcel
	next    int
}

func (h *history) add(p *parcel) {
	kept := &h.packets[h.next]
	h.next = (h.next + 1) % redMost
	kept.sequence, kept.timestamp = p.sequence, p.timestamp
	kept.n = copy(kept.payload[:], p.payload[:p.n])
}

func (h *history) find(sequence uint16) *parcel {
	for i := range h.packets {
		if p := &h.packets[i]; p.n > 0 && p.n <= redLength && p.sequence == sequence {
			return p
		}
	}
	return nil
}

// appendRED appends the RED payload of p with as many copies as there are and as
// fit, and tells how many. A reader knows the sequence number of a copy by its
// place alone, so copies end at the first gap.
func (h *history) appendRED(dst []byte, p *parcel, copies int, voice uint8) ([]byte, int) {
	var old [redMost]*parcel
	n, size := 0, 1+p.n
	for ; n < min(copies, redMost); n++ {
		o := h.find(p.sequence - uint16(n) - 1)
		if o == nil || p.timestamp-o.timestamp > redOffset || size+redHeader+o.n > payloadMost {
			break
		}
		old[n] = o
		size += redHeader + o.n
	}
	for i := n - 1; i >= 0; i-- {
		header := uint32(voice|redMore)<<24 | (p.timestamp-old[i].timestamp)<<10 | uint32(old[i].n)
		dst = binary.BigEndian.AppendUint32(dst, header)
	}
	dst = append(dst, voice)
	for i := n - 1; i >= 0; i-- {
		dst = append(dst, old[i].payload[:old[i].n]...)
	}
	return append(dst, p.payload[:p.n]...), n
}
