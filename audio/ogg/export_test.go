package ogg

// Pages makes a file of these packets, each in a page of its own, but for a
// packet that is longer than one.
func Pages(serial uint32, granule uint64, list ...[]byte) []byte {
	var b []byte
	p := page{serial: serial, flags: flagFirst}
	for i, packet := range list {
		if i == len(list)-1 {
			p.flags, p.granule = p.flags|flagLast, granule
		}
		for !p.add(packet) { // as many whole segments as fit
			n := segmentsMost * segmentFull
			p.segments, p.body = p.segments[:0], append(p.body[:0], packet[:n]...)
			for range segmentsMost {
				p.segments = append(p.segments, segmentFull)
			}
			packet = packet[n:]
			b = p.encode(b)
			p = page{serial: serial, flags: flagContinued, sequence: p.sequence + 1, granule: p.granule}
		}
		b = p.encode(b)
		p = page{serial: serial, sequence: p.sequence + 1}
	}
	return b
}

// Head is the header of a file of one stream of so many channels.
func Head(channels, preskip int, gain int16) []byte {
	return head{channels: channels, preskip: preskip, gain: gain}.encode()
}

// Tags is the second header.
func Tags() []byte { return tags("a test") }

// Join makes one packet of those of two streams, and Split parts it again.
var (
	Join  = join
	Split = split
)
