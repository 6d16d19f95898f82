package wav

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
)

// Recording is a file of two channels that grows. It belongs to one goroutine.
type Recording struct {
	file   *os.File
	size   int64 // of the samples, in bytes
	buffer []byte
}

// Create makes the file, which only its owner may read. One that is there
// already is left alone, and an error.
func Create(path string) (*Recording, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make recording %q: %w", path, bare(err))
	}
	r := &Recording{file: file}
	if err := r.Flush(); err != nil {
		return nil, errors.Join(err, file.Close(), os.Remove(path))
	}
	return r, nil
}

// Write appends samples at audio.Rate: left, right, left …
func (r *Recording) Write(pcm []int16) error {
	r.buffer = r.buffer[:0]
	for _, v := range pcm {
		r.buffer = binary.LittleEndian.AppendUint16(r.buffer, uint16(v))
	}
	n, err := r.file.WriteAt(r.buffer, headerSize+r.size)
	if err != nil {
		return fmt.Errorf("write recording %q: %w", r.file.Name(), bare(err))
	}
	r.size += int64(n)
	return nil
}

// Flush makes the file whole as it is now: what kills the process later does not
// harm what is written.
func (r *Recording) Flush() error {
	h := header(2, r.size)
	if _, err := r.file.WriteAt(h[:], 0); err != nil {
		return fmt.Errorf("write recording %q: %w", r.file.Name(), bare(err))
	}
	return nil
}

// Close makes the file whole. Of a write that failed it leaves nothing behind.
func (r *Recording) Close() error {
	err := errors.Join(r.Flush(), bare(r.file.Truncate(headerSize+r.size)))
	if closed := r.file.Close(); closed != nil {
		err = errors.Join(err, fmt.Errorf("close recording %q: %w", r.file.Name(), bare(closed)))
	}
	return err
}
