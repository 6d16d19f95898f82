package opus_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"tring/audio"
	"tring/audio/opus"
)

// pair is an encoder and a decoder, or a loud skip where there are none.
func pair(t testing.TB) (audio.Encoder, audio.Decoder) {
	t.Helper()
	e, err := opus.Codec{}.NewEncoder()
	if err != nil {
		t.Skipf("SKIPPED, nothing was tested: %v", err)
	}
	d, err := opus.Codec{}.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	return e, d
}

// lossy is how to encode for a network that loses so many packets.
func lossy(percent int) audio.Coding {
	return audio.Coding{Bitrate: 48000, FEC: true, Loss: percent, Complexity: 8}
}

// sine is n packets of a tone.
func sine(hz, amplitude float64, n int) []int16 {
	pcm := make([]int16, n*audio.PacketSamples)
	for i := range pcm {
		pcm[i] = int16(math.Round(amplitude * math.Sin(2*math.Pi*hz*float64(i)/audio.Rate)))
	}
	return pcm
}

// encode is the packets of a sound.
func encode(t *testing.T, e audio.Encoder, pcm []int16) (packets [][]byte) {
	t.Helper()
	buffer := make([]byte, audio.MaxPayload)
	for ; len(pcm) >= audio.PacketSamples; pcm = pcm[audio.PacketSamples:] {
		n, err := e.Encode(pcm[:audio.PacketSamples], buffer)
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, append([]byte(nil), buffer[:n]...))
	}
	return packets
}

func TestATonePassesAtItsLevel(t *testing.T) {
	for _, hz := range []float64{200, 425, 1000} {
		e, d := pair(t)
		sound := sine(hz, 8192, 100)
		var out []int16
		pcm := make([]int16, 5760)
		for _, p := range encode(t, e, sound) {
			n, err := d.Decode(p, pcm)
			if err != nil || n != audio.PacketSamples {
				t.Fatalf("decode: %d samples, %v", n, err)
			}
			out = append(out, pcm[:n]...)
		}
		_, want := audio.MeasureTone(sound[audio.Rate:])
		got, level := audio.MeasureTone(out[audio.Rate:])
		if math.Abs(got-hz) > 1 || math.Abs(level-want) > 0.1 {
			t.Errorf("%v Hz at %.2f dBFS came out as %.2f Hz at %.2f", hz, want, got, level)
		}
	}
}

func TestALostPacketIsRecoveredFromTheNext(t *testing.T) {
	e, d := pair(t)
	if err := e.Configure(lossy(20)); err != nil {
		t.Fatal(err)
	}
	// A tone whose pitch rises shows whether the lost piece itself came back.
	sound := make([]int16, 60*audio.PacketSamples)
	phase := 0.0
	for i := range sound {
		phase += 2 * math.Pi * (300 + 1200*float64(i)/float64(len(sound))) / audio.Rate
		sound[i] = int16(8192 * math.Sin(phase))
	}
	packets := encode(t, e, sound)
	pcm := make([]int16, audio.PacketSamples)
	const lost = 40
	for _, p := range packets[:lost] {
		if _, err := d.Decode(p, pcm); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.DecodeFEC(packets[lost+1], pcm); err != nil {
		t.Fatal(err)
	}
	want, wantLevel := audio.MeasureTone(sound[lost*audio.PacketSamples:][:audio.PacketSamples])
	hz, level := audio.MeasureTone(pcm)
	if math.Abs(hz-want) > 40 || math.Abs(level-wantLevel) > 3 {
		t.Errorf("recovered %.0f Hz at %.1f dBFS, lost were %.0f Hz at %.1f", hz, level, want, wantLevel)
	}
}

func TestWithoutReportedLossNothingIsRecovered(t *testing.T) {
	e, d := pair(t)
	pcm := make([]int16, audio.PacketSamples)
	for i, p := range encode(t, e, sine(300, 8192, 20)) {
		if err := d.DecodeFEC(p, pcm); err == nil {
			t.Errorf("packet %d claims to hold the one before", i)
		}
	}
}

func TestNothingIsWrittenBehindTheSlice(t *testing.T) {
	e, d := pair(t)
	if err := e.Configure(lossy(20)); err != nil {
		t.Fatal(err)
	}
	packets := encode(t, e, sine(440, 8192, 10))
	const mark = 12345
	room := make([]int16, 4*audio.PacketSamples)
	fill := func() []int16 {
		for i := range room {
			room[i] = mark
		}
		return room[:audio.PacketSamples] // with capacity to spare
	}
	for name, act := range map[string]func([]int16) error{
		"Decode":    func(pcm []int16) error { _, err := d.Decode(packets[0], pcm); return err },
		"Conceal":   d.Conceal,
		"DecodeFEC": func(pcm []int16) error { return d.DecodeFEC(packets[9], pcm) },
	} {
		if err := act(fill()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if room[audio.PacketSamples] != mark {
			t.Errorf("%s wrote further than its slice", name)
		}
	}
}

func TestGarbageIsAnError(t *testing.T) {
	_, d := pair(t)
	pcm := make([]int16, audio.PacketSamples)
	for _, bad := range [][]byte{nil, {0xFF}, {0xFF, 0xFF, 0xFF}} {
		if n, err := d.Decode(bad, pcm); err == nil {
			t.Errorf("%x decoded to %d samples", bad, n)
		}
	}
}

func TestWithoutCgoItSaysWhatIsMissing(t *testing.T) {
	_, err := opus.Codec{}.NewEncoder()
	if err == nil {
		t.Skip("SKIPPED: this build has cgo; CGO_ENABLED=0 go test runs it")
	}
	for _, word := range []string{"without cgo", "gcc", "libopus-dev"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not name %q", err, word)
		}
	}
}

func TestNothingAllocates(t *testing.T) {
	e, d := pair(t)
	sound, buffer, pcm := sine(440, 8192, 1), make([]byte, audio.MaxPayload), make([]int16, audio.PacketSamples)
	allocs := testing.AllocsPerRun(50, func() {
		n, err := e.Encode(sound, buffer)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Decode(buffer[:n], pcm); err != nil {
			t.Fatal(err)
		}
		if err := d.Conceal(pcm); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%.1f allocations a packet", allocs)
	}
}

// voiced is n packets of something like a vowel: harmonics that glide, breath.
func voiced(n int) []int16 {
	random := rand.New(rand.NewPCG(1, 2))
	pcm := make([]int16, n*audio.PacketSamples)
	phase := 0.0
	for i := range pcm {
		phase += 2 * math.Pi * (140 + 30*math.Sin(float64(i)/20000)) / audio.Rate
		v := 0.02 * random.NormFloat64()
		for h := 1.0; h <= 20; h++ {
			v += math.Sin(h*phase) / (h + 2)
		}
		pcm[i] = int16(4000 * v)
	}
	return pcm
}

func BenchmarkEncode(b *testing.B) {
	usual := audio.Coding{Bitrate: 32000, Complexity: 10}
	copies, heavy, cheap := usual, usual, usual
	copies.FEC, copies.Loss = true, 2
	heavy.FEC, heavy.Loss, heavy.Bitrate = true, 15, 48000
	cheap.Complexity = 5
	for _, c := range []struct {
		name   string
		coding audio.Coding
	}{{"usual", usual}, {"FEC", copies}, {"FEC, heavy loss", heavy}, {"complexity 5", cheap}} {
		b.Run(c.name, func(b *testing.B) {
			e, _ := pair(b)
			if err := e.Configure(c.coding); err != nil {
				b.Fatal(err)
			}
			const packets = 100
			sound, buffer := voiced(packets), make([]byte, audio.MaxPayload)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := e.Encode(sound[i%packets*audio.PacketSamples:][:audio.PacketSamples], buffer); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	e, d := pair(b)
	buffer, pcm := make([]byte, audio.MaxPayload), make([]int16, audio.PacketSamples)
	n, err := e.Encode(sine(440, 8192, 1), buffer)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Decode(buffer[:n], pcm); err != nil {
			b.Fatal(err)
		}
	}
}

// With DTX silence costs nothing but a sign of life; speech costs the same.
func TestDTX(t *testing.T) {
	quiet := make([]int16, 50*audio.PacketSamples)
	for _, dtx := range []bool{false, true} {
		e, _ := pair(t)
		c := lossy(0)
		c.FEC, c.DTX = false, dtx
		if err := e.Configure(c); err != nil {
			t.Fatal(err)
		}
		small := 0
		for _, p := range encode(t, e, append(sine(300, 8192, 50), quiet...))[50:] {
			if len(p) <= 2 {
				small++
			}
		}
		if dtx != (small > 30) {
			t.Errorf("DTX %v: %d of 50 packets of silence have no content", dtx, small)
		}
	}
}

func TestPacketsOfTenMilliseconds(t *testing.T) {
	e, d := pair(t)
	sound, buffer, pcm := sine(440, 8192, 20), make([]byte, audio.MaxPayload), make([]int16, 5760)
	var out []int16
	for ; len(sound) > 0; sound = sound[audio.FrameSamples:] {
		n, err := e.Encode(sound[:audio.FrameSamples], buffer)
		if err != nil {
			t.Fatal(err)
		}
		n, err = d.Decode(buffer[:n], pcm)
		if err != nil || n != audio.FrameSamples {
			t.Fatalf("decode: %d samples, %v", n, err)
		}
		out = append(out, pcm[:n]...)
	}
	if hz, level := audio.MeasureTone(out[len(out)/2:]); math.Abs(hz-440) > 1 || math.Abs(level+15) > 0.5 {
		t.Errorf("a tone came out as %.1f Hz at %.1f dBFS", hz, level)
	}
}

// Whatever the network brings: no crash, nothing behind the slice, and an
// error or sound.
func FuzzDecode(f *testing.F) {
	e, err := opus.Codec{}.NewEncoder()
	if err != nil {
		f.Skip(err)
	}
	buffer := make([]byte, audio.MaxPayload)
	n, err := e.Encode(make([]int16, audio.PacketSamples), buffer)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{buffer[:n], {}, {0}, {0xff}, {0x03, 0x3f, 0xff}, {0x08, 0xff, 0xff, 0xff}, make([]byte, audio.MaxPayload)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		d, err := opus.Codec{}.NewDecoder()
		if err != nil {
			t.Fatal(err)
		}
		room := make([]int16, 6000)
		for i := range room {
			room[i] = 12345
		}
		lost := room[:audio.PacketSamples]
		if err := d.DecodeFEC(packet, lost); err == nil && len(packet) == 0 {
			t.Error("nothing holds no copy")
		}
		n, err := d.Decode(packet, room[:5760])
		if err == nil && (n <= 0 || n > 5760) {
			t.Errorf("%d samples", n)
		}
		for i, v := range room[5760:] {
			if v != 12345 {
				t.Fatalf("sample %d was written", 5760+i)
			}
		}
	})
}
