package audio

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// countries are those of the table.
func countries(t *testing.T) []string {
	t.Helper()
	var all []string
	for line := range strings.Lines(toneTable) {
		if fields := strings.Fields(line); len(fields) > 0 && fields[0] != "#" {
			if len(fields) != 5 {
				t.Errorf("%s has %d columns, not a code and four tones", fields[0], len(fields))
			}
			all = append(all, fields[0])
		}
	}
	return all
}

func TestEveryCountryHasItsFourTones(t *testing.T) {
	all := countries(t)
	if len(all) < 31 || !slices.IsSorted(all[1:]) || len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Errorf("the table has %d countries; there must be 30 and Europe, sorted, each once", len(all))
	}
	for _, country := range all {
		for _, tone := range []Tone{ToneRingback, ToneBusy, ToneCongestion, ToneWaiting} {
			c := ToneSet{Country: country}.cadence(tone)
			if c.empty() {
				t.Errorf("%s has no %s", country, tone)
			}
			pause := false
			for _, b := range c.bursts {
				pause = pause || b.off > 0
				if b.hz[0] < 300 || b.hz[0] > 1500 || b.on < 40*ms || b.on > 3*time.Second || b.off > 15*time.Second {
					t.Errorf("%s: %s of %v Hz for %v, then %v: E.180 has nothing like it", country, tone, b.hz, b.on, b.off)
				}
			}
			if !pause {
				t.Errorf("%s: %s never pauses", country, tone)
			}
		}
	}
}

func TestTonesByCountry(t *testing.T) {
	tests := []struct {
		country string
		tone    Tone
		want    string
		times   int
	}{
		{"", ToneRingback, "425 1s 4s", 0},
		{"XX", ToneRingback, "425 1s 4s", 0},
		{"de", ToneBusy, "425 480ms 480ms", 3},
		{"AT", ToneRingback, "420 1s 5s", 0},
		{"US", ToneRingback, "440+480 2s 4s", 0},
		{"US", ToneBusy, "480+620 500ms 500ms", 3},
		{"GB", ToneRingback, "400+450 400ms 200ms, 400+450 400ms 2s", 0},
		{"GB", ToneCongestion, "400 400ms 350ms, 400 225ms 525ms", 2},
		{"JP", ToneRingback, "400*16 1s 2s", 0},
		{"ES", ToneCongestion, "425 200ms 200ms, 425 200ms 200ms, 425 200ms 600ms", 2},
		{"FR", ToneWaiting, "440 300ms 10s", 0},
		{"FR", ToneEnd, "480 120ms 30ms, 400 200ms 0s", 1},
	}
	for _, test := range tests {
		c := ToneSet{Country: test.country}.cadence(test.tone)
		if got := describe(c.bursts); got != test.want || c.times != test.times {
			t.Errorf("%s in %q: %s, %d times; want %s, %d times", test.tone, test.country, got, c.times, test.want, test.times)
		}
	}
	if c := (ToneSet{}).cadence("nothing"); !c.empty() {
		t.Errorf("an unknown tone has the bursts %s", describe(c.bursts))
	}
}

func describe(bursts []burst) string {
	var list []string
	for _, b := range bursts {
		hz := fmt.Sprint(b.hz[0])
		if b.hz[1] != 0 && b.modulated {
			hz += fmt.Sprint("*", b.hz[1])
		} else if b.hz[1] != 0 {
			hz += fmt.Sprint("+", b.hz[1])
		}
		list = append(list, hz+" "+b.on.String()+" "+b.off.String())
	}
	return strings.Join(list, ", ")
}

// render plays a tone for so long.
func renderTone(c cadence, long time.Duration) []int16 {
	p := tonePlayer{}
	p.play(&c)
	out := make([]int16, samples(long))
	for frame := range slices.Chunk(out, FrameSamples) {
		p.step(frame)
	}
	return out
}

// power is how much of the sound is at a frequency: the amplitude of that sine,
// of full scale (Goertzel's algorithm).
func power(pcm []int16, hz float64) float64 {
	var sin, cos float64
	for i, v := range pcm {
		phase := 2 * math.Pi * hz * float64(i) / Rate
		sin, cos = sin+float64(v)*math.Sin(phase), cos+float64(v)*math.Cos(phase)
	}
	return 2 * math.Hypot(sin, cos) / float64(len(pcm)) / 32767
}

func TestKeysSoundTheirTwoFrequencies(t *testing.T) {
	rows, columns := []float64{697, 770, 852, 941}, []float64{1209, 1336, 1477, 1633}
	for i, key := range "123A456B789C*0#D" {
		tone, ok := DTMF(key)
		if !ok {
			t.Fatalf("%c has no tone", key)
		}
		pcm := renderTone(ToneSet{}.cadence(tone), time.Second)
		middle := pcm[samples(10*ms):samples(90*ms)]
		for _, hz := range slices.Concat(rows, columns) {
			ours := hz == rows[i/4] || hz == columns[i%4]
			if got := power(middle, hz); ours && math.Abs(got-0.15) > 0.01 || !ours && got > 0.015 {
				t.Errorf("%c: %v Hz has an amplitude of %.3f", key, hz, got)
			}
		}
		if slices.ContainsFunc(pcm[samples(100*ms):], func(v int16) bool { return v != 0 }) {
			t.Errorf("%c sounds for more than 100 ms", key)
		}
	}
	for _, key := range []rune{'E', 'a', ' ', 0, 'é', -1, 0x10FFFF} {
		if tone, ok := DTMF(key); ok {
			t.Errorf("%q has the tone %q", key, tone)
		}
	}
}

// TestTonesDoNotClick: a click is energy where the tone has none. The steepest
// slope of a tone that begins, ends and is stopped anywhere is that of its own
// frequencies and its ramps.
func TestTonesDoNotClick(t *testing.T) {
	bell := make([]int16, Rate/2)
	for i := range bell { // a bell with the worst of edges
		bell[i] = int16(30000 * math.Cos(2*math.Pi*500*float64(i)/Rate))
	}
	done := map[string]bool{}
	check := func(name string, set ToneSet, tone Tone) {
		c := set.cadence(tone)
		if done[fmt.Sprint(c)] { // as many countries have it
			return
		}
		done[fmt.Sprint(c)] = true
		highest := 500.0
		for _, b := range c.bursts {
			highest = max(highest, b.hz[0], b.hz[1])
		}
		// A sine's slope, and that of the ramp on top.
		most := c.peak*32767*(2*math.Pi*highest/Rate+1.0/toneRamp)*1.2 + 1
		p := tonePlayer{}
		p.play(&c)
		before := int16(0)
		frame := make(Frame, FrameSamples)
		for i := range 250 {
			if i == 201 {
				p.play(&cadence{}) // stopped, and most of them sound then
			}
			p.step(frame)
			for _, v := range frame {
				if step := math.Abs(float64(v) - float64(before)); step > most {
					t.Fatalf("%s: a step of %.0f in frame %d; at most %.0f belong to it", name, step, i, most)
				}
				before = v
			}
		}
	}
	for _, country := range countries(t) {
		for _, tone := range []Tone{ToneRingback, ToneBusy, ToneCongestion, ToneWaiting} {
			check(country+" "+string(tone), ToneSet{Country: country}, tone)
		}
	}
	key, _ := DTMF('5')
	for _, tone := range []Tone{ToneRing, ToneEnd, key} {
		check(string(tone), ToneSet{}, tone)
	}
	check("own bell", ToneSet{Ring: Bell(bell)}, ToneRing)
}

func TestOwnBell(t *testing.T) {
	sound := make([]int16, Rate)
	for i := range sound {
		sound[i] = 10000
	}
	bell := Bell(sound)
	if want := samples(time.Second + bellPause); len(bell) != want {
		t.Errorf("a bell of 1 s has %d samples with its pause, not %d", len(bell), want)
	}
	if long := Bell(make([]int16, 100*Rate)); len(long) != samples(bellMost+bellPause) {
		t.Errorf("a bell of 100 s has %d s with its pause", len(long)/Rate)
	}
	if Bell(nil) != nil || len(Bell([]int16{1})) == 0 {
		t.Error("no sound is no bell, and one sample is one")
	}
	softer := renderTone(ToneSet{Ring: bell, RingVolume: -20}.cadence(ToneRing), 4*time.Second)
	for name, at := range map[string]time.Duration{"in the first round": 500 * ms, "in the second": 3500 * ms} {
		if got := softer[samples(at)]; got < 990 || got > 1010 {
			t.Errorf("%s, at -20 dB, 10000 is %d", name, got)
		}
	}
	if got := softer[samples(2*time.Second)]; got != 0 {
		t.Errorf("in its pause the bell is %d", got)
	}
	if loud := (ToneSet{Ring: bell, RingVolume: 6}).cadence(ToneRing); loud.peak != 1 {
		t.Errorf("a bell of +6 dB has a peak of %v; it would be torn", loud.peak)
	}
}
