package host

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"tring/audio"
)

func TestSoundFramesComeAsTheyWent(t *testing.T) {
	frames := []SoundFrame{
		{Kind: SoundTalk, On: true},
		{Kind: SoundPacket, Packet: audio.Packet{Sequence: 65535, Timestamp: 1<<32 - 480, Talkspurt: true, Payload: []byte{1, 2, 3}}},
		{Kind: SoundPacket, Packet: audio.Packet{Payload: bytes.Repeat([]byte{7}, audio.MaxPayload)}},
		{Kind: SoundHear},
		{Kind: SoundFault, Text: "no microphone: gone"},
		{Kind: SoundFault},
	}
	sent := []byte(SoundGreeting)
	for _, f := range frames {
		sent = AppendSound(sent, f)
	}
	sent = append(sent, 0, 3, '?', 1, 2) // of a later version
	r, err := NewSoundReader(bytes.NewReader(sent))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range frames {
		if got, err := r.Read(); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("read %+v (%v), want %+v", got, err, want)
		}
	}
	if _, err := r.Read(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last one: %v", err)
	}
}

func TestSoundFramesOfNoTringAreRefused(t *testing.T) {
	for name, sent := range map[string]string{
		"raw samples":             strings.Repeat("\x01\x00\xff\xff", 1000),
		"a shell's greeting":      "Welcome to Debian!\r\n$ ",
		"nothing but one letter":  "x",
		"an empty frame":          SoundGreeting + "\x00\x00",
		"a frame beyond bounds":   SoundGreeting + "\xff\xffp",
		"a packet without sound":  SoundGreeting + "\x00\x08p\x00\x00\x01\x00\x00\x00\x01",
		"a switch of two bytes":   SoundGreeting + "\x00\x03t\x01\x01",
		"a fault that is a novel": SoundGreeting + "\x01\x00f" + strings.Repeat("a", 255),
	} {
		r, err := NewSoundReader(strings.NewReader(sent))
		if err == nil {
			_, err = r.Read()
		}
		if !errors.Is(err, errNotOurs) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzSoundReader: whatever comes, a frame is within its bounds, and what was
// understood means the same when it is sent again.
func FuzzSoundReader(f *testing.F) {
	f.Add([]byte("\x00\x02t\x01\x00\x09p\x01\x00\x02\x00\x00\x01\xe0\x55"))
	f.Add([]byte("\x00\x01f\x00\x03zzz\x05\xe4p"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		r, err := NewSoundReader(io.MultiReader(strings.NewReader(SoundGreeting), bytes.NewReader(sent)))
		if err != nil {
			t.Fatal(err)
		}
		for {
			frame, err := r.Read()
			if err != nil {
				return
			}
			if n := len(frame.Packet.Payload); n > audio.MaxPayload || (frame.Kind == SoundPacket) != (n > 0) || len(frame.Text) > faultMost {
				t.Fatalf("a frame out of bounds: %+v", frame)
			}
			again, err := NewSoundReader(bytes.NewReader(AppendSound([]byte(SoundGreeting), frame)))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := again.Read(); err != nil || !reflect.DeepEqual(got, frame) {
				t.Fatalf("%+v became %+v (%v)", frame, got, err)
			}
		}
	})
}
