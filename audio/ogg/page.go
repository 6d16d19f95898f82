package ogg

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The page of RFC 3533 §6.
const (
	pageMagic    = "OggS"
	pageHead     = 27  // bytes before the segment table
	segmentsMost = 255 // of a page
	segmentFull  = 255 // a segment of this size goes on in the next

	flagContinued = 1 // the page begins in the middle of a packet
	flagFirst     = 2
	flagLast      = 4
)

// page is one page. Its segments are the table of RFC 3533: lengths of 255 go on.
type page struct {
	flags    byte
	granule  uint64
	serial   uint32
	sequence uint32
	segments []byte
	body     []byte
}

// add puts a whole packet into the page; false if it has no room for it.
func (p *page) add(packet []byte) bool {
	if len(p.segments)+len(packet)/segmentFull+1 > segmentsMost {
		return false
	}
	p.body = append(p.body, packet...)
	n := len(packet)
	for ; n >= segmentFull; n -= segmentFull {
		p.segments = append(p.segments, segmentFull)
	}
	p.segments = append(p.segments, byte(n))
	return true
}

// encode appends the page's bytes.
func (p *page) encode(b []byte) []byte {
	le := binary.LittleEndian
	start := len(b)
	b = append(b, pageMagic...)
	b = append(b, 0, p.flags) // version 0
	b = le.AppendUint64(b, p.granule)
	b = le.AppendUint32(b, p.serial)
	b = le.AppendUint32(b, p.sequence)
	b = le.AppendUint32(b, 0)
	b = append(b, byte(len(p.segments)))
	b = append(b, p.segments...)
	b = append(b, p.body...)
	le.PutUint32(b[start+22:], checksum(b[start:]))
	return b
}

var errChecksum = errors.New("a page is damaged")

// readPage reads the next page. io.EOF is the end of the file, also in the middle
// of a page: a process that is killed leaves it so.
func readPage(r io.Reader) (page, error) {
	le := binary.LittleEndian
	head := make([]byte, pageHead, pageHead+segmentsMost)
	if err := whole(io.ReadFull(r, head)); err != nil {
		return page{}, err
	}
	if string(head[:4]) != pageMagic || head[4] != 0 {
		return page{}, fmt.Errorf("not an Ogg file (a page begins with %q)", head[:4])
	}
	segments := make([]byte, head[26])
	if err := whole(io.ReadFull(r, segments)); err != nil {
		return page{}, err
	}
	size := 0
	for _, n := range segments {
		size += int(n)
	}
	body := make([]byte, size)
	if err := whole(io.ReadFull(r, body)); err != nil {
		return page{}, err
	}
	p := page{
		flags: head[5], granule: le.Uint64(head[6:]), serial: le.Uint32(head[14:]), sequence: le.Uint32(head[18:]),
		segments: segments, body: body,
	}
	if sum := checksum(p.encode(nil)); le.Uint32(head[22:]) != sum {
		return page{}, errChecksum
	}
	return p, nil
}

// whole makes the end of a file in the middle of something its end.
func whole(_ int, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return io.EOF
	}
	return err
}

// checksum is the CRC of a page, in which its own field counts as zero: the
// polynomial is 0x04c11db7, neither reflected nor inverted (RFC 3533 §6), which
// package hash/crc32 does not have.
func checksum(b []byte) uint32 {
	crc := uint32(0)
	for i, v := range b {
		if i >= 22 && i < 26 {
			v = 0
		}
		crc ^= uint32(v) << 24
		for range 8 {
			top := crc&(1<<31) != 0
			if crc <<= 1; top {
				crc ^= 0x04c11db7
			}
		}
	}
	return crc
}
