package ogg

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"

	"tring/audio"
)

// coding is that of each channel: better than a telephone needs, and little to
// compute.
func coding() audio.Coding { return audio.Coding{Bitrate: 32000, Complexity: 5} }

// Recording is a file of two channels that grows by whole pages, so that it can
// be read at any time. It belongs to one goroutine.
type Recording struct {
	file    *os.File
	size    int64 // that is whole
	encoder [2]audio.Encoder
	pcm     [2][]int16 // less than a packet
	opus    [2][]byte
	packet  []byte
	page    page
	buffer  []byte
	taken   uint64 // samples of each channel that were given
	encoded uint64 // that are in packets
	flushed uint64 // that are in the file
	failed  bool   // a write did, and the file ends where it was whole
}

// Create makes the file, which only its owner may read. One that is there
// already is left alone, and an error.
func Create(path string, codec audio.Codec) (*Recording, error) {
	r := &Recording{}
	for i := range r.encoder {
		encoder, err := codec.NewEncoder()
		if err == nil {
			err = encoder.Configure(coding())
		}
		if err != nil {
			return nil, fmt.Errorf("make recording %q: %w", path, err)
		}
		r.encoder[i], r.opus[i] = encoder, make([]byte, audio.MaxPayload)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make recording %q: %w", path, bare(err))
	}
	r.file, r.page.serial = file, rand.Uint32()
	if err := r.begin(); err != nil {
		return nil, errors.Join(err, file.Close(), os.Remove(path))
	}
	return r, nil
}

// begin writes the two headers, each in a page of its own (RFC 7845 §3).
func (r *Recording) begin() error {
	r.page.add(recordingHead().encode())
	if err := r.write(flagFirst); err != nil {
		return err
	}
	r.page.add(tags("tring"))
	return r.write(0)
}

// Write appends samples at audio.Rate: left, right, left …
func (r *Recording) Write(pcm []int16) error {
	for i, v := range pcm {
		r.pcm[i&1] = append(r.pcm[i&1], v)
		if len(r.pcm[1]) == audio.PacketSamples {
			if err := r.encode(); err != nil {
				return err
			}
		}
	}
	r.taken += uint64(len(pcm) / 2)
	return nil
}

// encode makes a packet of what is there. A page holds a second at most: that
// much is lost with a damaged one.
func (r *Recording) encode() error {
	for i, encoder := range r.encoder {
		n, err := encoder.Encode(r.pcm[i], r.opus[i][:audio.MaxPayload])
		if err != nil {
			return fmt.Errorf("encode recording %q: %w", r.file.Name(), err)
		}
		r.pcm[i], r.opus[i] = r.pcm[i][:0], r.opus[i][:n]
	}
	var err error
	if r.packet, err = join(r.packet[:0], r.opus[0], r.opus[1]); err != nil {
		return fmt.Errorf("encode recording %q: %w", r.file.Name(), err)
	}
	if r.encoded-r.flushed >= audio.Rate || !r.page.add(r.packet) {
		if err := r.Flush(); err != nil {
			return err
		}
		r.page.add(r.packet)
	}
	r.encoded += audio.PacketSamples
	r.page.granule = r.encoded
	return nil
}

// Flush puts what is encoded into the file: what kills the process later does
// not harm it.
func (r *Recording) Flush() error {
	if len(r.page.segments) == 0 {
		return nil
	}
	return r.write(0)
}

func (r *Recording) write(flags byte) error {
	r.page.flags = flags
	r.buffer = r.page.encode(r.buffer[:0])
	n, err := r.file.WriteAt(r.buffer, r.size)
	if err != nil {
		r.failed = true
		return fmt.Errorf("write recording %q: %w", r.file.Name(), bare(err))
	}
	r.size += int64(n)
	r.flushed = r.encoded
	r.page.sequence++
	r.page.segments, r.page.body = r.page.segments[:0], r.page.body[:0]
	return nil
}

// Close makes the file whole: to the sample, as RFC 7845 §4.4 has it. Of a write
// that failed it leaves nothing behind.
func (r *Recording) Close() error {
	var err error
	if !r.failed {
		err = r.finish()
	}
	err = errors.Join(err, bare(r.file.Truncate(r.size)))
	if closed := r.file.Close(); closed != nil {
		err = errors.Join(err, fmt.Errorf("close recording %q: %w", r.file.Name(), bare(closed)))
	}
	return err
}

// finish encodes the rest, and what the encoder holds back, with silence behind
// it that the last page cuts off.
func (r *Recording) finish() error {
	end := r.taken + preskip
	for r.encoded < end {
		for i := range r.pcm {
			r.pcm[i] = append(r.pcm[i], make([]int16, audio.PacketSamples-len(r.pcm[i]))...)
		}
		if err := r.encode(); err != nil {
			return err
		}
	}
	r.page.granule = end
	return r.write(flagLast)
}

// bare takes the file's name out of an error that will be told with it.
func bare(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
