package ogg_test

import (
	"bytes"
	"math"
	"testing"

	"tring/audio"
	"tring/audio/ogg"
)

// vorbis is an Ogg file of another codec.
func vorbis() []byte {
	return ogg.Pages(8, 0, []byte("\x01vorbis and so on, twenty bytes"), ogg.Tags())
}

// packetsOf encodes a tone as one stream.
func packetsOf(t testing.TB, seconds int) (list [][]byte) {
	t.Helper()
	encoder, err := codec(t).NewEncoder()
	if err != nil {
		t.Fatal(err)
	}
	if err := encoder.Configure(audio.Coding{Bitrate: 32000, Complexity: 3}); err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, audio.PacketSamples)
	for i := range 50 * seconds {
		for j := range pcm {
			pcm[j] = int16(8000 * math.Sin(2*math.Pi*500*float64(i*len(pcm)+j)/audio.Rate))
		}
		b := make([]byte, 1000)
		n, err := encoder.Encode(pcm, b)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, b[:n])
	}
	return list
}

// TestReadsWhatOthersWrite: one stream of one or two channels, with any pre-skip,
// gain, end and order of pages.
func TestReadsWhatOthersWrite(t *testing.T) {
	sound := packetsOf(t, 2)
	file := func(head []byte, granule uint64) []byte {
		return ogg.Pages(7, granule, append([][]byte{head, ogg.Tags()}, sound...)...)
	}
	level := 20 * math.Log10(8000.0/32768/math.Sqrt2)
	tests := map[string]struct {
		file  []byte
		want  int
		level float64
	}{
		"mono":              {file(ogg.Head(1, 312, 0), 96000), 96000 - 312, level},
		"stereo":            {file(ogg.Head(2, 312, 0), 96000), 96000 - 312, level},
		"a longer pre-skip": {file(ogg.Head(1, 3840, 0), 96000), 96000 - 3840, level},
		"an early end":      {file(ogg.Head(1, 312, 0), 48312), 48000, level},
		"6 dB softer":       {file(ogg.Head(1, 312, -6*256), 96000), 96000 - 312, level - 6},
		"an end too late":   {file(ogg.Head(1, 312, 0), math.MaxUint64), 96000 - 312, level},
		"long comments": {ogg.Pages(7, 96000, append([][]byte{
			ogg.Head(1, 312, 0), append(ogg.Tags(), make([]byte, 100000)...),
		}, sound...)...), 96000 - 312, level},
		"another stream behind": {append(file(ogg.Head(1, 312, 0), 96000), vorbis()...), 96000 - 312, level},
	}
	for name, test := range tests {
		channels, err := ogg.Decode(bytes.NewReader(test.file), codec(t), 0)
		if err != nil || len(channels) != 1 || len(channels[0]) != test.want {
			t.Errorf("%s: %d channels, %v; want one of %d samples", name, len(channels), err, test.want)
			continue
		}
		pcm := channels[0]
		hz, got := audio.MeasureTone(pcm[len(pcm)/4 : len(pcm)*3/4])
		if math.Abs(hz-500) > 2 || math.Abs(got-test.level) > 0.5 {
			t.Errorf("%s: %.1f Hz at %.2f dB; want 500 at %.2f", name, hz, got, test.level)
		}
	}
}

func TestTwoPacketsInOne(t *testing.T) {
	for _, n := range []int{0, 1, 251, 252, 253, 255, 256, 1019, 1020, 1275} {
		first, last := append([]byte{0x78}, bytes.Repeat([]byte{7}, n)...), []byte{0x78, 1, 2, 3}
		packet, err := ogg.Join(nil, first, last)
		if err != nil {
			t.Fatal(err)
		}
		a, b, err := ogg.Split(packet)
		if err != nil || !bytes.Equal(a, first) || !bytes.Equal(b, last) {
			t.Errorf("a packet of %d bytes comes back as one of %d, and one of %d, %v", len(first), len(a), len(b), err)
		}
	}
	for _, bad := range [][]byte{nil, {0x78}, {0x79, 1, 1}, {0x78, 252}, {0x78, 5, 1, 2}, {0x78, 255, 255, 1}} {
		if _, _, err := ogg.Split(bad); err == nil {
			t.Errorf("% x is taken for two packets", bad)
		}
	}
}

// FuzzDecode feeds arbitrary files: an error or sound, never a panic, never more
// than the bytes can hold.
func FuzzDecode(f *testing.F) {
	c := codec(f)
	sound := packetsOf(f, 1)[:3]
	f.Add(ogg.Pages(7, 2880, append([][]byte{ogg.Head(1, 312, 0), ogg.Tags()}, sound...)...))
	f.Add(ogg.Pages(7, 0, ogg.Head(2, 60000, 300), ogg.Tags(), []byte{0x7b, 0x3f}, nil, []byte{1}))
	f.Add(vorbis())
	f.Add([]byte("OggS"))
	f.Fuzz(func(t *testing.T, b []byte) {
		channels, err := ogg.Decode(bytes.NewReader(b), c, 0)
		if err != nil {
			return
		}
		for _, pcm := range channels {
			if len(pcm) != len(channels[0]) || len(pcm) > 5760*len(b) {
				t.Errorf("%d samples of %d bytes", len(pcm), len(b))
			}
		}
	})
}

// FuzzPackets feeds arbitrary packets in true pages, which a checksum keeps the
// other one from.
func FuzzPackets(f *testing.F) {
	c := codec(f)
	f.Add(ogg.Head(1, 312, 0), packetsOf(f, 1)[1])
	f.Add(append(ogg.Head(2, 0, 0)[:18], 1, 2, 0, 0, 1), []byte{0x78, 2, 1, 1, 0x78, 3})
	f.Add(append(ogg.Head(2, 0, 0)[:18], 1, 1, 1, 0, 1), []byte{0x7f, 0xff, 1, 1, 0x78, 3})
	f.Fuzz(func(t *testing.T, head, packet []byte) {
		if len(packet) > 1<<12 || len(head) > 1<<12 {
			return
		}
		channels, err := ogg.Decode(bytes.NewReader(ogg.Pages(7, 48000, head, ogg.Tags(), packet, packet)), c, 0)
		if err == nil && len(channels[0]) > 2*5760 {
			t.Errorf("two packets became %d samples", len(channels[0]))
		}
	})
}
