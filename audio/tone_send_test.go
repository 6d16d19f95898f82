package audio

import (
	"math"
	"slices"
	"testing"
	"time"
)

// dialling runs a capturer over a microphone that hums 1 kHz for so long, and
// dials at 100 ms. It returns what was sent.
func dialling(muted bool, order *cadence, long time.Duration) []int16 {
	c := newCapturer(&silencer{}, PacketSamples, 0, 0)
	hum, pcm := sine(100, 2000), make([]int16, samples(long))
	for i := range pcm {
		pcm[i] = hum(int64(i))
	}
	at := 0
	for frame := range slices.Chunk(pcm, FrameSamples) {
		if at++; at > 10 {
			c.dial(order)
		}
		_, _, _, _ = c.step(frame, muted) // the encoder of the tests never fails
	}
	return pcm
}

func TestDialledTonesAreSentWithTheVoice(t *testing.T) {
	five, _ := DTMF('5')
	order := ToneSet{}.cadence(five)
	for _, muted := range []bool{false, true} {
		pcm := dialling(muted, &order, time.Second)
		tone, after := pcm[samples(110*ms):samples(190*ms)], pcm[samples(300*ms):samples(900*ms)]
		for _, hz := range []float64{770, 1336} {
			if got := power(tone, hz); math.Abs(got-0.15) > 0.01 {
				t.Errorf("muted %v: while it is dialled, %v Hz has an amplitude of %.3f", muted, hz, got)
			}
			if got := power(after, hz); got > 0.001 {
				t.Errorf("muted %v: afterwards, %v Hz has an amplitude of %.3f", muted, hz, got)
			}
		}
		if hum := power(after, 100) > 0.05; hum == muted {
			t.Errorf("muted %v, and the voice is sent: %v", muted, hum)
		}
	}
}

func TestDiallingAllocatesNothing(t *testing.T) {
	c := newCapturer(&silencer{}, PacketSamples, 0, 0)
	five, _ := DTMF('5')
	frame := make(Frame, FrameSamples)
	orders := [2]cadence{ToneSet{}.cadence(five), ToneSet{}.cadence(five)}
	n := 0
	if allocs := testing.AllocsPerRun(100, func() {
		c.dial(&orders[n/20%2])
		c.mix(frame)
		n++
	}); allocs != 0 {
		t.Errorf("%v allocations in 10 ms of dialling", allocs)
	}
}
