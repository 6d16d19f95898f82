package audio

import (
	"math"
	"slices"
	"strings"
	"time"
)

// Tone names a signal that the phone makes itself: one of these, or DTMF.
type Tone string

// Ring-back, busy, congestion and waiting are those of ITU-T E.180 as the
// country has them; ring is the bell of this phone, which E.180 leaves to the
// maker.
const (
	ToneRing       Tone = "ring"       // this phone is called; loops
	ToneRingback   Tone = "ringback"   // the called phone rings; loops
	ToneBusy       Tone = "busy"       // the called person talks already; three seconds
	ToneCongestion Tone = "congestion" // the call failed; three seconds
	ToneWaiting    Tone = "waiting"    // a second call waits; loops
	ToneEnd        Tone = "end"        // the call ended; once
)

// ToneSet is how the tones of one phone sound. The zero value is that of most of
// Europe with the phone's own bell.
type ToneSet struct {
	// Country is an ISO 3166 code. One that is not in the table is Europe.
	Country string
	// Ring is the bell: one round, its pause included, mono at Rate, as Bell makes
	// it. Nobody may change it while a phone has it. Nil is the phone's own bell.
	Ring []int16
	// RingVolume is how much softer than full the bell is, in dB, 0 or less.
	RingVolume float64
}

// burst is sound for a while, then a pause.
type burst struct {
	hz        [2]float64 // their sum; one alone where the second is 0
	modulated bool       // or the first, its amplitude modulated by the second
	on, off   time.Duration
}

// cadence is bursts in a row, or recorded sound instead of them, given a number
// of times; 0 is for ever.
type cadence struct {
	bursts   []burst
	recorded []int16
	times    int
	peak     float64 // of full scale
}

func (c cadence) empty() bool { return len(c.bursts)+len(c.recorded) == 0 }

const (
	ms       = time.Millisecond
	signLong = 3 * time.Second // how long busy and congestion are given
)

// cadence is how a tone sounds. Unknown tones have no bursts.
func (s ToneSet) cadence(t Tone) cadence {
	if key, ok := strings.CutPrefix(string(t), dtmfPrefix); ok {
		return dtmf(key)
	}
	national := func() []burst { return nationalTone(s.Country, t) }
	switch t {
	case ToneRing:
		volume := math.Pow(10, min(s.RingVolume, 0)/20)
		if len(s.Ring) > 0 {
			return cadence{recorded: s.Ring, peak: volume}
		}
		return cadence{bursts: trill(), peak: 0.3 * volume}
	case ToneRingback:
		return cadence{bursts: national(), peak: 0.2}
	case ToneBusy, ToneCongestion:
		bursts := national()
		return cadence{bursts: bursts, times: rounds(bursts), peak: 0.2}
	case ToneWaiting:
		return cadence{bursts: national(), peak: 0.15}
	case ToneEnd:
		return cadence{bursts: []burst{
			{hz: [2]float64{480}, on: 120 * ms, off: 30 * ms},
			{hz: [2]float64{400}, on: 200 * ms},
		}, times: 1, peak: 0.15}
	}
	return cadence{}
}

// rounds is how often bursts are given for signLong.
func rounds(bursts []burst) int {
	var once time.Duration
	for _, b := range bursts {
		once += b.on + b.off
	}
	return max(int(signLong.Seconds()/once.Seconds()+0.5), 1)
}

// trill is a warble of one second and three seconds of rest.
func trill() []burst {
	var b []burst
	for i := range 20 {
		hz := [2]float64{660, 1320}
		if i%2 == 1 {
			hz = [2]float64{784, 1568}
		}
		b = append(b, burst{hz: hz, on: 50 * ms})
	}
	b[len(b)-1].off = 3000 * ms
	return b
}

// What an own bell may be.
const (
	bellMost  = 30 * time.Second
	bellPause = 2 * time.Second
)

// Bell makes a ToneSet's Ring of any sound at Rate: 30 s of it at most, without
// a click at its ends, and then a pause. Of no sound it makes nil.
func Bell(pcm []int16) []int16 {
	if len(pcm) == 0 {
		return nil
	}
	bell := slices.Clone(pcm[:min(len(pcm), samples(bellMost))])
	ramp := min(toneRamp, len(bell)/2)
	for i := range ramp {
		last := len(bell) - 1 - i
		bell[i] = int16(int(bell[i]) * i / ramp)
		bell[last] = int16(int(bell[last]) * i / ramp)
	}
	return append(bell, make([]int16, samples(bellPause))...)
}
