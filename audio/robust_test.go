package audio

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// world is a receiver with a far side that may do anything.
type world struct {
	reel
	*receiver
	t      rapid.TB
	now    time.Duration
	pulled time.Duration
	pushed uint64
	seq    uint16
	stamp  uint32
	from   int64
	frame  Frame
	heard  []int16
}

func newWorld(t rapid.TB) *world {
	r := reel{tape{even(8000)}}
	return &world{reel: r, receiver: newReceiver(r), t: t, frame: make(Frame, FrameSamples)}
}

// arrive brings a packet with this payload under the world's numbers.
func (w *world) arrive(payload []byte, copied bool) {
	if !copied {
		w.pushed++
	}
	w.buffer.push(&Packet{Sequence: w.seq, Timestamp: w.stamp, Payload: payload, Arrived: w.now, Redundant: copied})
	w.check()
}

// pass lets time pass, playing.
func (w *world) pass(d time.Duration) {
	for w.now += d; w.pulled < w.now; w.pulled += FrameDuration {
		w.step(w.pulled, w.frame)
		w.heard = append(w.heard, w.frame...)
		if slices.Max(w.frame) > 8100 || slices.Min(w.frame) < -8100 {
			w.t.Fatalf("louder than anything that was sent")
		}
	}
	w.check()
}

// talk is steady sound of packets so long.
func (w *world) talk(long int, until time.Duration) {
	for until += w.now; w.now < until; {
		w.seq++
		w.stamp += uint32(long)
		w.from += int64(long)
		w.arrive(w.cut(w.from, long), false)
		w.pass(span(int64(long)))
	}
}

// check asserts what holds after any packets whatever.
func (w *world) check() {
	w.t.Helper()
	s, b := w.buffer.report(), w.buffer
	waiting := uint64(0)
	for i := range b.slots {
		if b.slots[i].state == slotHeld && !b.slots[i].copied {
			waiting++
		}
	}
	switch {
	case s.Received != w.pushed:
		w.t.Fatalf("%d received, %d were pushed", s.Received, w.pushed)
	case s.Late+s.Duplicate+s.Discarded+waiting > w.pushed:
		w.t.Fatalf("more thrown away than came: %+v, and %d wait", s, waiting)
	case s.Recovered+s.Redundant > s.Lost:
		w.t.Fatalf("more rescued than lost: %+v", s)
	case s.TargetMS < 10 || s.TargetMS > 200:
		w.t.Fatalf("a target of %.1f ms", s.TargetMS)
	case w.n < 0 || w.n >= stretchRoom+longestRun || w.blend.gain < 0 || w.blend.gain > 1:
		w.t.Fatalf("%d samples ahead at gain %v", w.n, w.blend.gain)
	case b.next > b.highest+1 || b.pending < 0 || b.waited < 0:
		w.t.Fatalf("next %d, highest %d, %d pending, %d waited", b.next, b.highest, b.pending, b.waited)
	}
}

// checkHealed asserts that after whatever happened steady sound is heard again.
func (w *world) checkHealed() {
	w.t.Helper()
	w.talk(PacketSamples, 8*time.Second)
	before, from := w.buffer.report(), len(w.heard)
	w.talk(PacketSamples, time.Second)
	after := w.buffer.report()
	if after.Lost+after.Late+after.Discarded+after.Concealed+after.Comfort !=
		before.Lost+before.Late+before.Discarded+before.Concealed+before.Comfort {
		w.t.Fatalf("steady sound for nine seconds, and still %+v, then %+v", before, after)
	}
	if level := math.Sqrt(2 * energy(w.heard[from:])); level < 7900 || level > 8100 {
		w.t.Fatalf("steady sound for nine seconds, and its level is %.0f", level)
	}
	if after.DelayMS > 220 || after.DelayMS < 0 {
		w.t.Fatalf("steady sound for nine seconds, and a delay of %.0f ms", after.DelayMS)
	}
}

func TestWhateverArrivesSteadySoundIsHeardAfterwards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		lengths := rapid.SampledFrom([]int{120, 240, 480, 960, 1920, 2880, 5760})
		t.Repeat(map[string]func(*rapid.T){
			"talk": func(t *rapid.T) {
				w.talk(lengths.Draw(t, "samples"), time.Duration(rapid.IntRange(20, 400).Draw(t, "ms"))*ms)
			},
			"other numbers": func(t *rapid.T) { w.seq = rapid.Uint16().Draw(t, "sequence") },
			"other stamps":  func(t *rapid.T) { w.stamp = rapid.Uint32().Draw(t, "stamp") },
			"near numbers":  func(t *rapid.T) { w.seq += uint16(rapid.IntRange(-200, 200).Draw(t, "by")) },
			"near stamps":   func(t *rapid.T) { w.stamp += uint32(rapid.IntRange(-2*Rate, 2*Rate).Draw(t, "by")) },
			"nothing":       func(t *rapid.T) { w.pass(time.Duration(rapid.IntRange(0, 1500).Draw(t, "ms")) * ms) },
			"silence": func(t *rapid.T) {
				quiet := rapid.IntRange(1, 40).Draw(t, "frames")
				w.stamp += uint32(quiet * FrameSamples)
				w.pass(time.Duration(quiet) * FrameDuration)
			},
			"burst": func(t *rapid.T) {
				for range rapid.IntRange(1, 300).Draw(t, "packets") {
					w.seq++
					w.stamp += PacketSamples
					w.arrive(w.cut(w.from, PacketSamples), false)
				}
			},
			"garbage": func(t *rapid.T) {
				w.seq++
				w.stamp += PacketSamples
				w.arrive(rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, "payload"), rapid.Bool().Draw(t, "copy"))
			},
			"copy": func(t *rapid.T) {
				seq, stamp := w.seq, w.stamp
				back := rapid.IntRange(-3, 200).Draw(t, "back")
				w.seq -= uint16(back)
				w.stamp -= uint32(back * PacketSamples)
				w.arrive(w.cut(w.from, PacketSamples), true)
				w.seq, w.stamp = seq, stamp
			},
		})
		w.checkHealed()
	})
}

// FuzzJitterBuffer lets the far side do what a script says, six bytes each:
// sequence step, timestamp step in 10 ms, length in 2.5 ms, flags, and the
// time until the next in two ms.
func FuzzJitterBuffer(f *testing.F) {
	f.Add([]byte{1, 2, 8, 0, 10, 0, 1, 2, 8, 0, 10, 0, 1, 2, 8, 0, 10, 0})      // steady
	f.Add([]byte{1, 2, 8, 0, 10, 0, 0, 0, 8, 0, 0, 0, 255, 254, 8, 0, 0, 0})    // doubled, older
	f.Add([]byte{1, 2, 8, 0, 10, 0, 127, 0, 8, 0, 1, 0, 1, 128, 8, 0, 1, 0})    // jumps
	f.Add([]byte{1, 2, 48, 0, 30, 0, 1, 12, 1, 0, 30, 0, 3, 6, 4, 0, 255, 0})   // lengths, a loss, a stall
	f.Add([]byte{1, 2, 8, 0, 10, 0, 2, 4, 8, 0, 10, 0, 255, 254, 8, 1, 0, 0})   // a copy of what is lost
	f.Add([]byte{1, 2, 8, 0, 10, 0, 1, 2, 8, 2, 200, 0, 1, 40, 8, 2, 200, 0})   // silence of the far side
	f.Add([]byte{1, 2, 8, 4, 10, 0, 1, 2, 255, 0, 10, 0, 1, 2, 0, 0, 255, 255}) // garbage, hours
	f.Fuzz(func(t *testing.T, script []byte) {
		w := newWorld(t)
		for script = script[:min(len(script), 180)]; len(script) >= 6; script = script[6:] {
			step, leap := int(int8(script[0])), int(int8(script[1]))
			w.seq += uint16(step * max(step*step/64, 1)) // near steps, and wide ones up to ±32000
			w.stamp += uint32(leap * max(leap*leap/16, 1) * FrameSamples)
			payload := w.cut(w.from, int(script[2])*leastRun)
			if script[3]&2 != 0 {
				payload = payload[:1]
			}
			if script[3]&4 != 0 {
				payload = binary.BigEndian.AppendUint64(make([]byte, int(script[2])*8), 1)
			}
			w.arrive(payload, script[3]&1 != 0)
			w.pass(time.Duration(script[4]) * 2 * ms)
		}
		w.checkHealed()
	})
}
