package wav

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"tring/audio"
)

// The format tags of the fmt chunk that are understood (Microsoft, Multimedia
// Programming Interface and Data Specifications 1.0, and WAVEFORMATEXTENSIBLE).
const (
	formatPCM        = 1
	formatFloat      = 3
	formatExtensible = 0xFFFE
)

// What a microphone file may be at most: it is held in memory.
const (
	fileMost  = 512 << 20
	soundMost = time.Hour
	rateLeast = 1000
	rateMost  = 384000
)

// errNoFile is for a folder, a pipe or a device where a file should be.
var errNoFile = errors.New("not a file")

// Read reads a WAV file as mono at audio.Rate: PCM of 8, 16, 24 or 32 bits or
// float of 32 or 64, any rate from 1 to 384 kHz, all channels mixed into one.
// Of a truncated file it reads what is there.
func Read(path string) ([]int16, error) { return ReadStart(path, 0) }

// ReadStart reads no more than so much from the beginning; zero is all of it.
func ReadStart(path string, most time.Duration) ([]int16, error) {
	pcm, err := load(path, most)
	if err != nil {
		return nil, fmt.Errorf("sound file %q: %w", path, err)
	}
	return pcm, nil
}

func load(path string, most time.Duration) ([]int16, error) {
	// Before it is opened: a pipe would block for its other end.
	info, err := os.Stat(path)
	if err != nil {
		return nil, bare(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errNoFile
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, bare(err)
	}
	defer file.Close()
	// What is read is what is there, whatever the header promises.
	b, err := io.ReadAll(io.LimitReader(file, fileMost+1))
	if err != nil {
		return nil, bare(err)
	}
	if len(b) > fileMost {
		return nil, fmt.Errorf("larger than %d MiB; cut it", fileMost>>20)
	}
	return parse(b, most)
}

// parse reads a whole file, or so much of its sound.
func parse(b []byte, most time.Duration) ([]int16, error) {
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return nil, fmt.Errorf("not a WAV file (it begins with %q)", b[:min(len(b), 12)])
	}
	var f *format
	for b = b[12:]; len(b) >= 8; {
		id, size := string(b[:4]), int64(binary.LittleEndian.Uint32(b[4:]))
		b = b[8:]
		body := b[:min(size, int64(len(b)))]
		switch id {
		case "fmt ":
			var err error
			if f, err = parseFormat(body); err != nil {
				return nil, err
			}
		case "data":
			if f == nil {
				return nil, errors.New("not a WAV file (the samples come before their format)")
			}
			if size == 0 && !chunkFollows(b) {
				body = b // the writer never came back to fill in the size
			}
			return f.samples(body, most)
		}
		b = b[min(size+size&1, int64(len(b))):] // chunks are padded to even sizes
	}
	if f == nil {
		return nil, errors.New("not a WAV file (it has no format)")
	}
	return nil, errors.New("the WAV file has no samples")
}

// chunkFollows tells whether b is whole chunks rather than samples.
func chunkFollows(b []byte) bool {
	if len(b) < 8 {
		return true
	}
	size := int64(binary.LittleEndian.Uint32(b[4:]))
	return size+8 <= int64(len(b))
}

// format is the fmt chunk.
type format struct {
	tag, channels, bits, rate int
}

func parseFormat(b []byte) (*format, error) {
	if len(b) < 16 {
		return nil, errors.New("not a WAV file (its format is cut short)")
	}
	le := binary.LittleEndian
	f := &format{
		tag: int(le.Uint16(b)), channels: int(le.Uint16(b[2:])),
		rate: int(le.Uint32(b[4:])), bits: int(le.Uint16(b[14:])),
	}
	if f.tag == formatExtensible && len(b) >= 26 {
		f.tag = int(le.Uint16(b[24:])) // the start of the sub-format's GUID
	}
	switch {
	case f.channels == 0:
		return nil, errors.New("the WAV file has no channels")
	case f.rate < rateLeast || f.rate > rateMost:
		return nil, fmt.Errorf("the WAV file's rate is %d Hz; it must lie between %d and %d", f.rate, rateLeast, rateMost)
	case int(le.Uint16(b[12:])) != f.channels*f.bits/8 || f.decoder() == nil:
		return nil, fmt.Errorf("WAV format %d with %d bits is not understood; convert it to 16 bit PCM", f.tag, f.bits)
	}
	return f, nil
}

// decoder reads one sample as a value between −1 and 1; nil if there is none.
func (f *format) decoder() func([]byte) float32 {
	le := binary.LittleEndian
	switch {
	case f.tag == formatPCM && f.bits == 8:
		return func(b []byte) float32 { return (float32(b[0]) - 128) / 128 }
	case f.tag == formatPCM && f.bits == 16:
		return func(b []byte) float32 { return float32(int16(le.Uint16(b))) / (1 << 15) }
	case f.tag == formatPCM && f.bits == 24:
		return func(b []byte) float32 {
			return float32(int32(b[0])<<8|int32(b[1])<<16|int32(b[2])<<24) / (1 << 31)
		}
	case f.tag == formatPCM && f.bits == 32:
		return func(b []byte) float32 { return float32(int32(le.Uint32(b))) / (1 << 31) }
	case f.tag == formatFloat && f.bits == 32:
		return func(b []byte) float32 { return math.Float32frombits(le.Uint32(b)) }
	case f.tag == formatFloat && f.bits == 64:
		return func(b []byte) float32 { return float32(math.Float64frombits(le.Uint64(b))) }
	}
	return nil
}

// samples mixes the channels into one and brings it to audio.Rate.
func (f *format) samples(b []byte, most time.Duration) ([]int16, error) {
	width := f.bits / 8
	frames := len(b) / (width * f.channels)
	if most > 0 {
		frames = min(frames, int(most.Seconds()*float64(f.rate)))
	}
	if time.Duration(frames/f.rate)*time.Second >= soundMost {
		return nil, fmt.Errorf("longer than %v; cut it", soundMost)
	}
	decode := f.decoder()
	mono := make([]float32, frames)
	for i := range mono {
		sum := float32(0)
		for range f.channels {
			if v := decode(b); v-v == 0 { // a finite number; of others there is no sound
				sum += min(max(v, -1), 1)
			}
			b = b[width:]
		}
		mono[i] = sum / float32(f.channels)
	}
	mono = resample(mono, f.rate, audio.Rate)
	pcm := make([]int16, len(mono))
	for i, v := range mono {
		pcm[i] = int16(math.Round(float64(min(max(v*(1<<15), math.MinInt16), math.MaxInt16))))
	}
	return pcm, nil
}
