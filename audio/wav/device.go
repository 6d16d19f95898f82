package wav

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"
	"time"

	"tring/audio"
)

// Device is a file as microphone and a file as speaker. It is safe for
// concurrent use.
type Device struct {
	in, out string
	pcm     []int16
	begun   atomic.Bool // the speaker's file holds what this device played
}

var _ audio.Device = (*Device)(nil)

// Open reads the microphone's file and tries the speaker's, so that what is
// wrong with either is told before a call. Either name may be empty: a silent
// microphone, a speaker that nobody hears. The speaker's file is overwritten by
// the first 200 ms that are played, and left as it is by a call without them.
func Open(in, out string) (*Device, error) {
	d := &Device{in: in, out: out}
	if in != "" {
		pcm, err := load(in, 0)
		if err != nil {
			return nil, fmt.Errorf("microphone file %q: %w", in, err)
		}
		d.pcm = pcm
	}
	if out != "" {
		if sameFile(in, out) {
			return nil, fmt.Errorf("speaker file %q: it is the microphone's file; name another", out)
		}
		if err := tryWriting(out); err != nil {
			return nil, fmt.Errorf("speaker file %q: %w", out, bare(err))
		}
	}
	return d, nil
}

// OpenSource opens the microphone: the file from its start at the first Read,
// then silence.
func (d *Device) OpenSource() (audio.SourceCloser, error) {
	return &source{clock: newClock(time.Now()), rest: d.pcm}, nil
}

// OpenSink opens the speaker, whose file goes on where it ended.
func (d *Device) OpenSink() (audio.SinkCloser, error) {
	if d.out == "" {
		return &discard{newClock(time.Now())}, nil
	}
	return openSink(d.out, &d.begun)
}

// Describe names the files.
func (d *Device) Describe() string {
	in, out := "silent microphone", "discarding speaker"
	if d.in != "" {
		in = fmt.Sprintf("microphone file %q", d.in)
	}
	if d.out != "" {
		out = fmt.Sprintf("speaker file %q", d.out)
	}
	return in + ", " + out
}

// Silence is a device that hears nothing and is heard by nobody, on time.
func Silence() audio.Device { return &silence{} }

type silence struct{ Device }

func (*silence) Describe() string { return "no sound" }

// source plays samples as a microphone. After a stall it goes on where it
// was: the schedule skips, the file does not.
type source struct {
	*clock
	rest []int16
}

func (s *source) Read(f audio.Frame) error {
	if _, err := s.wait(); err != nil {
		return err
	}
	n := copy(f, s.rest)
	s.rest = s.rest[n:]
	clear(f[n:])
	return nil
}

// discard is a speaker that nobody hears.
type discard struct{ *clock }

func (d *discard) Write(audio.Frame) error {
	_, err := d.wait()
	return err
}

// tryWriting says whether a file can be written, and leaves all as it was.
func tryWriting(path string) error {
	if err := checkSpeaker(path); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err == nil {
		return errors.Join(file.Close(), os.Remove(path))
	}
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if file, err = os.OpenFile(path, os.O_WRONLY, 0); err != nil {
		return err
	}
	return file.Close()
}

// checkSpeaker refuses what is no file, of which a pipe would block whoever opens
// it. The null device may be written, and what is wrong with a folder or with what
// is not there, opening tells.
func checkSpeaker(path string) error {
	info, err := os.Stat(path)
	if err != nil || info.Mode().IsRegular() || info.IsDir() || sameFile(path, os.DevNull) {
		return nil
	}
	return errNoFile
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// bare takes the file's name out of an error that will be told with it.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
