package wav_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tring/audio"
	"tring/audio/wav"
)

// speak writes frames of one value to a speaker.
func speak(t *testing.T, s audio.Sink, value int16, frames int) {
	t.Helper()
	f := make(audio.Frame, audio.FrameSamples)
	for i := range f {
		f[i] = value
	}
	for range frames {
		if err := s.Write(f); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t *testing.T, in, out string) *wav.Device {
	t.Helper()
	d, err := wav.Open(in, out)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func sink(t *testing.T, d audio.Device) audio.SinkCloser {
	t.Helper()
	s, err := d.OpenSink()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func source(t *testing.T, d audio.Device) audio.SourceCloser {
	t.Helper()
	s, err := d.OpenSource()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheMicrophoneFileIsHeardOnceOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pcm := make([]int16, 3*audio.FrameSamples/2)
		for i := range pcm {
			pcm[i] = int16(i + 1)
		}
		path := filepath.Join(t.TempDir(), "in.wav")
		if err := wav.Write(path, pcm); err != nil {
			t.Fatal(err)
		}
		mic := source(t, open(t, path, ""))
		elapse(time.Minute) // the file starts at the first Read, not before
		began := time.Now()
		frame := make(audio.Frame, audio.FrameSamples)
		var heard []int16
		for range 100 {
			if err := mic.Read(frame); err != nil {
				t.Fatal(err)
			}
			heard = append(heard, frame...)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("a second of sound took %v", took)
		}
		for i, v := range heard {
			if (i < len(pcm) && v != pcm[i]) || (i >= len(pcm) && v != 0) {
				t.Fatalf("sample %d is %d", i, v)
			}
		}
		if err := mic.Close(); err != nil {
			t.Error(err)
		}
		if err := mic.Read(frame); !errors.Is(err, os.ErrClosed) {
			t.Errorf("reading after Close: %v", err)
		}
	})
}

func TestTheSpeakerFileGoesOnWhereItEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "out.wav")
		d := open(t, "", path)
		for i := range 3 {
			s := sink(t, d)
			speak(t, s, int16(i+1), 30)
			if err := errors.Join(s.Close(), s.Close()); err != nil {
				t.Fatal(err)
			}
			elapse(time.Minute) // silence between two openings fills nothing
		}
		pcm, err := wav.Read(path)
		if err != nil || len(pcm) != 90*audio.FrameSamples {
			t.Fatalf("%d samples, %v; want %d", len(pcm), err, 90*audio.FrameSamples)
		}
		for i, v := range pcm {
			if want := int16(i/(30*audio.FrameSamples) + 1); v != want {
				t.Fatalf("sample %d is %d, want %d", i, v, want)
			}
		}
		s := sink(t, open(t, "", path))
		speak(t, s, 7, 20)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if pcm, err := wav.Read(path); err != nil || len(pcm) != 20*audio.FrameSamples {
			t.Errorf("a new device does not begin anew: %d samples, %v", len(pcm), err)
		}
	})
}

// A call that played nothing, or no more than the click of its refusal, leaves no trace: neither is an old recording lost,
// nor is there an empty one.
func TestTheSpeakerFileIsKeptUntilACallIsHeard(t *testing.T) {
	dir := t.TempDir()
	old, none := filepath.Join(dir, "old.wav"), filepath.Join(dir, "none.wav")
	if err := wav.Write(old, make([]int16, 4711)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{old, none} {
		for _, frames := range []int{0, 1} {
			s := sink(t, open(t, "", path))
			speak(t, s, 7, frames)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if pcm, err := wav.Read(old); err != nil || len(pcm) != 4711 {
		t.Errorf("the old recording has %d samples, %v", len(pcm), err)
	}
	if _, err := os.Stat(none); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that nothing was played into: %v", err)
	}
}

func TestTheSpeakerFileIsWholeWithoutClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "out.wav")
		s := sink(t, open(t, "", path))
		defer s.Close()
		speak(t, s, 7, 110)
		// As another program finds it when this one is killed now.
		pcm, err := wav.Read(path)
		if err != nil || len(pcm) < 85*audio.FrameSamples {
			t.Errorf("%d samples of 1.1 s, %v", len(pcm), err)
		}
	})
}

func TestAStarvedSpeakerWasSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "out.wav")
		s := sink(t, open(t, "", path))
		began := time.Now()
		speak(t, s, 1, 10)
		elapse(300 * time.Millisecond)
		speak(t, s, 1, 10)
		took := time.Since(began)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		pcm, err := wav.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		silent := 0
		for _, v := range pcm {
			if v == 0 {
				silent++
			}
		}
		if gap := time.Duration(silent) * time.Second / audio.Rate; gap < 280*time.Millisecond || gap > 300*time.Millisecond {
			t.Errorf("a gap of %v, want about 290 ms", gap)
		}
		if length := time.Duration(len(pcm)) * time.Second / audio.Rate; (length - took).Abs() > 20*time.Millisecond {
			t.Errorf("%v in the file after %v", length, took)
		}
	})
}

func TestEcho(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := wav.Echo(time.Second)
		mic, speaker := source(t, d), sink(t, d)
		done := make(chan struct{})
		go func() {
			defer close(done)
			elapse(200 * time.Millisecond)
			speak(t, speaker, 9, 50)
		}()
		frame := make(audio.Frame, audio.FrameSamples)
		first, last := -1, -1
		for i := range 300 {
			if err := mic.Read(frame); err != nil {
				t.Fatal(err)
			}
			if frame[0] == 9 {
				if first < 0 {
					first = i
				}
				last = i
			}
		}
		<-done
		if math.Abs(float64(first)-120) > 1 || last-first != 49 {
			t.Errorf("heard from %d to %d0 ms; spoken from 200 to 700 ms, want a second later", first*10, last)
		}
		if err := errors.Join(mic.Close(), speaker.Close()); err != nil {
			t.Error(err)
		}
	})
}

func TestSilenceKeepsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := wav.Silence()
		mic, speaker := source(t, d), sink(t, d)
		began := time.Now()
		frame := audio.Frame(make([]int16, audio.FrameSamples))
		for range 50 {
			frame[0] = 1
			if err := mic.Read(frame); err != nil || frame[0] != 0 {
				t.Fatalf("%v, %d", err, frame[0])
			}
		}
		speak(t, speaker, 1, 50)
		if took := time.Since(began); took < 990*time.Millisecond || took > 1010*time.Millisecond {
			t.Errorf("a second took %v", took)
		}
		blocked := make(chan error)
		go func() { blocked <- mic.Read(frame) }()
		if err := errors.Join(mic.Close(), mic.Close(), speaker.Close()); err != nil {
			t.Error(err)
		}
		if err := <-blocked; !errors.Is(err, os.ErrClosed) {
			t.Errorf("Close left the reader with %v", err)
		}
	})
}

func TestDescribeIsForPeople(t *testing.T) {
	in := save(t, plain.file(0.1))
	out := filepath.Join(t.TempDir(), "out.wav")
	for _, test := range []struct {
		device audio.Device
		want   string
	}{
		{open(t, in, out), "microphone file"},
		{open(t, "", ""), "silent microphone, discarding speaker"},
		{wav.Silence(), "no sound"},
		{wav.Echo(time.Second), "echo after 1s"},
	} {
		if got := test.device.Describe(); !strings.Contains(got, test.want) {
			t.Errorf("%q lacks %q", got, test.want)
		}
	}
}
