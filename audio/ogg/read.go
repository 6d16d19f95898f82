package ogg

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"tring/audio"
)

// What one packet may hold (RFC 6716 §3.4, RFC 7845 §6), and a file may have at
// most.
const (
	packetMost = 120 * audio.Rate / 1000 // samples
	bytesMost  = 61440 * 2
	soundMost  = time.Hour
)

// Read reads an Ogg Opus file as mono at audio.Rate, no more than so much from
// the beginning; zero is an hour. Of a truncated or damaged file it reads what
// is there before the damage.
func Read(path string, codec audio.Codec, most time.Duration) ([]int16, error) {
	// Before it is opened: a pipe would block for its other end.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("sound file %q: not a file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("sound file %q: %w", path, bare(err))
	}
	defer file.Close()
	channels, err := Decode(file, codec, most)
	if err != nil {
		return nil, fmt.Errorf("sound file %q: %w", path, err)
	}
	pcm := channels[0]
	if len(channels) == 2 {
		for i := range pcm {
			pcm[i] = int16((int(pcm[i]) + int(channels[1][i])) / 2)
		}
	}
	return pcm, nil
}

// Decode reads as Read does. A file of one stream becomes one channel; one of
// two, such as a Recording, becomes two of the same length.
func Decode(r io.Reader, codec audio.Codec, most time.Duration) ([][]int16, error) {
	if most <= 0 || most > soundMost {
		most = soundMost
	}
	d := &decoding{packets: packets{pages: bufio.NewReader(r)}, most: int(most.Seconds() * audio.Rate)}
	if err := d.begin(codec); err != nil {
		return nil, err
	}
	for d.more() {
		packet, err := d.packets.next()
		if errors.Is(err, io.EOF) || errors.Is(err, errChecksum) {
			break // of a file that was cut or damaged, the rest
		}
		if err != nil {
			return nil, err
		}
		if err := d.packet(packet); err != nil {
			return nil, err
		}
	}
	return d.sound(), nil
}

// decoding is one file on its way to sound.
type decoding struct {
	packets packets
	head    head
	most    int // samples
	decoder []audio.Decoder
	pcm     [][]int16
	frame   []int16
}

func (d *decoding) begin(codec audio.Codec) error {
	first, err := d.packets.next()
	if errors.Is(err, io.EOF) {
		return errors.New("not an Ogg file (it is empty or cut short)")
	}
	if err != nil {
		return err
	}
	if d.head, err = parseHead(first); err != nil {
		return fmt.Errorf("the Ogg file: %w", err)
	}
	if comment, err := d.packets.next(); err != nil || !bytes.HasPrefix(comment, []byte(tagsMagic)) {
		return errors.New("the Ogg file has no sound (it ends in its header)")
	}
	for range d.head.streams {
		decoder, err := codec.NewDecoder()
		if err != nil {
			return fmt.Errorf("make decoder: %w", err)
		}
		d.decoder = append(d.decoder, decoder)
	}
	d.pcm, d.frame = make([][]int16, d.head.streams), make([]int16, packetMost)
	return nil
}

// more tells whether there is room for more.
func (d *decoding) more() bool { return len(d.pcm[0]) < d.most+d.head.preskip }

// packet decodes one packet of all streams. A broken one is a gap of silence.
func (d *decoding) packet(packet []byte) error {
	parts := [][]byte{packet}
	if d.head.streams == 2 {
		first, last, err := split(packet)
		if err != nil {
			return fmt.Errorf("the Ogg file: %w", err)
		}
		parts = [][]byte{first, last}
	}
	long := min(int(lasts(parts[0]).Seconds()*audio.Rate), packetMost)
	for i, part := range parts {
		n, err := d.decoder[i].Decode(part, d.frame)
		if err != nil {
			n = 0
		}
		clear(d.frame[n:])
		d.pcm[i] = append(d.pcm[i], d.frame[:long]...)
	}
	return nil
}

// sound is what is heard: without the start that belongs to the codec alone, cut
// to the last page's sample (RFC 7845 §4.2, §4.4), at the gain of the header.
func (d *decoding) sound() [][]int16 {
	end := min(len(d.pcm[0]), d.most+d.head.preskip)
	if last := d.packets.granule; d.packets.last && last < uint64(end) {
		end = int(last)
	}
	begin := min(d.head.preskip, end)
	gain := math.Pow(10, float64(d.head.gain)/256/20)
	for i := range d.pcm {
		d.pcm[i] = d.pcm[i][begin:end]
		if d.head.gain == 0 {
			continue
		}
		for j, v := range d.pcm[i] {
			d.pcm[i][j] = int16(min(max(math.Round(float64(v)*gain), math.MinInt16), math.MaxInt16))
		}
	}
	return d.pcm
}

// packets are those of the file's first stream, put together from pages.
type packets struct {
	pages   io.Reader
	begun   bool
	serial  uint32
	page    page
	segment int
	at      int
	granule uint64
	last    bool // the page says that the stream ends with it
	part    []byte
	partial bool // part holds the beginning of a packet
}

func (p *packets) next() ([]byte, error) {
	for {
		for p.segment < len(p.page.segments) {
			n := int(p.page.segments[p.segment])
			p.part = append(p.part, p.page.body[p.at:p.at+n]...)
			p.segment, p.at = p.segment+1, p.at+n
			if len(p.part) > bytesMost {
				return nil, errors.New("the Ogg file has a packet of more than 120 KiB")
			}
			if p.partial = n == segmentFull; !p.partial {
				packet := p.part
				p.part = nil
				return packet, nil
			}
		}
		if err := p.turn(); err != nil {
			return nil, err
		}
	}
}

// turn goes to the stream's next page. Other streams in the file are left out.
func (p *packets) turn() error {
	for {
		if p.last {
			return io.EOF // what follows is another recording in the same file
		}
		next, err := readPage(p.pages)
		if err != nil {
			return err
		}
		if !p.begun {
			p.begun, p.serial = true, next.serial
		}
		if next.serial != p.serial {
			continue
		}
		continued := next.flags&flagContinued != 0
		if p.partial && !continued {
			p.part = nil // its end is lost
		}
		p.page, p.segment, p.at = next, 0, 0
		p.granule, p.last = next.granule, next.flags&flagLast != 0
		if continued && !p.partial { // its beginning is lost
			for p.segment < len(next.segments) && next.segments[p.segment] == segmentFull {
				p.segment, p.at = p.segment+1, p.at+segmentFull
			}
			if p.segment < len(next.segments) {
				p.at += int(next.segments[p.segment])
				p.segment++
			}
		}
		p.partial = false
		return nil
	}
}
