package audio

import "math"

// Floor is the level of silence in dBFS: below the last bit of 16.
const Floor = -96.0

// Levels is what the screen samples. It is a value.
type Levels struct {
	In    float64 // dBFS, peak of the last 100 ms; Floor when muted or not capturing
	Out   float64 // dBFS, peak of the last 100 ms
	Muted bool
	Fault string // one plain line when a device is missing: "no microphone: …"; else empty
}

// Silence are the levels of a phone that neither hears nor speaks. (The zero
// value would be full scale.)
func Silence() Levels { return Levels{In: Floor, Out: Floor} }

// meter holds the peaks of the last ten frames. It belongs to one goroutine.
type meter struct {
	peaks [10]int32
	at    int
}

// add takes a frame and returns the peak of the last 100 ms.
func (m *meter) add(f Frame) int32 {
	var top int32
	for _, v := range f {
		top = max(top, int32(v), -int32(v))
	}
	m.peaks[m.at] = top
	m.at = (m.at + 1) % len(m.peaks)
	for _, p := range m.peaks {
		top = max(top, p)
	}
	return top
}

// decibels is the level of an amplitude relative to full scale.
func decibels(amplitude float64) float64 {
	return max(20*math.Log10(amplitude/32768), Floor)
}
