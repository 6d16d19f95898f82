package wav

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"tring/audio"
)

const (
	headerSize  = 44
	headerEvery = 25 // frames; a killed phone's file lacks a quarter second at most
	gapMost     = 100

	// A recording has 200 ms at least. Less is the first of the tone with which
	// a call is refused, and no reason to overwrite a file.
	beginAfter = 20 * 2 * audio.FrameSamples
)

// sink writes what is played behind what the device played before. The header
// is true again every quarter second, so that the file is whole even when the
// process is killed.
type sink struct {
	*clock
	begun  *atomic.Bool // of the device
	mu     sync.Mutex   // between Write and Close
	file   *os.File     // nil until there is enough to begin it
	held   []byte       // what waits for that
	closed bool
	path   string
	size   int64 // of the samples, in bytes
	frames int
	last   int64
	buffer [2 * audio.FrameSamples]byte
}

func openSink(path string, begun *atomic.Bool) (*sink, error) {
	return &sink{clock: newClock(time.Now()), begun: begun, path: path}, nil
}

// begin opens the file: anew for the device's first sound, else where it ended.
func (s *sink) begin() error {
	flags := os.O_RDWR | os.O_CREATE
	if !s.begun.Load() {
		flags |= os.O_TRUNC
	}
	if err := checkSpeaker(s.path); err != nil {
		return fmt.Errorf("speaker file %q: %w", s.path, err)
	}
	file, err := os.OpenFile(s.path, flags, 0o644)
	if err != nil {
		return fmt.Errorf("speaker file %q: %w", s.path, bare(err))
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close() // the first error counts
		return fmt.Errorf("speaker file %q: %w", s.path, bare(err))
	}
	s.begun.Store(true)
	s.file, s.size = file, max(info.Size()-headerSize, 0)&^1
	return s.header()
}

// Write appends the frame at the next tick. A speaker that was given nothing
// for a while was silent for as long, and so is the file.
func (s *sink) Write(f audio.Frame) error {
	tick, err := s.wait()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return os.ErrClosed
	}
	if missed := tick - s.last - 1; s.last > 0 && missed > 0 {
		clear(s.buffer[:])
		for range min(missed, gapMost) {
			if err := s.append(); err != nil {
				return err
			}
		}
	}
	s.last = tick
	for i, v := range f {
		binary.LittleEndian.PutUint16(s.buffer[2*i:], uint16(v))
	}
	if err := s.append(); err != nil {
		return err
	}
	if s.frames++; s.file == nil || s.frames%headerEvery != 0 {
		return nil
	}
	return s.header()
}

func (s *sink) append() error {
	if s.file != nil {
		return s.write(s.buffer[:])
	}
	s.held = append(s.held, s.buffer[:]...)
	if len(s.held) < beginAfter && !s.begun.Load() {
		return nil
	}
	if err := s.begin(); err != nil {
		return err
	}
	held := s.held
	s.held = nil
	return s.write(held)
}

func (s *sink) write(samples []byte) error {
	n, err := s.file.WriteAt(samples, headerSize+s.size)
	if err != nil {
		return fmt.Errorf("write speaker file %q: %w", s.path, bare(err))
	}
	s.size += int64(n)
	return nil
}

func (s *sink) header() error {
	h := header(1, s.size)
	if _, err := s.file.WriteAt(h[:], 0); err != nil {
		return fmt.Errorf("write speaker file %q: %w", s.path, bare(err))
	}
	return nil
}

// Close makes the file whole, if there was enough to begin it.
func (s *sink) Close() error {
	_ = s.clock.Close() // never fails
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.file == nil {
		return nil
	}
	err := s.header()
	if closed := s.file.Close(); err == nil && closed != nil {
		err = fmt.Errorf("close speaker file %q: %w", s.path, bare(closed))
	}
	s.file = nil
	return err
}

// header describes 16 bit at audio.Rate in so many channels, with so many bytes
// of samples.
func header(channels uint16, size int64) (h [headerSize]byte) {
	// The sizes have 32 bits: twelve hours. Readers take the rest as it comes.
	data := uint32(min(size, math.MaxUint32-headerSize))
	le := binary.LittleEndian
	copy(h[0:], "RIFF")
	le.PutUint32(h[4:], data+headerSize-8)
	copy(h[8:], "WAVEfmt ")
	le.PutUint32(h[16:], 16)
	le.PutUint16(h[20:], formatPCM)
	le.PutUint16(h[22:], channels)
	le.PutUint32(h[24:], audio.Rate)
	le.PutUint32(h[28:], audio.Rate*2*uint32(channels))
	le.PutUint16(h[32:], 2*channels)
	le.PutUint16(h[34:], 16)
	copy(h[36:], "data")
	le.PutUint32(h[40:], data)
	return h
}

// Write makes a file of 16 bit mono at audio.Rate.
func Write(path string, pcm []int16) error {
	h := header(1, int64(len(pcm))*2)
	b := append(make([]byte, 0, headerSize+2*len(pcm)), h[:]...)
	for _, v := range pcm {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		return fmt.Errorf("write sound file: %w", err)
	}
	return nil
}
