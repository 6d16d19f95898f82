package audio

import "strings"

const dtmfPrefix = "dtmf "

// DTMF is the tone of a key (ITU-T Q.23): a digit, *, # or A to D; false for any
// other.
func DTMF(key rune) (Tone, bool) {
	t := Tone(dtmfPrefix + string(key))
	return t, !dtmf(string(key)).empty()
}

// dtmf is one press of a key: longer than the 40 ms that every receiver accepts,
// with as much silence as parts two presses of the same key (ITU-T Q.24 §A.1).
func dtmf(key string) cadence {
	const keys = "123A456B789C*0#D"
	low, high := [4]float64{697, 770, 852, 941}, [4]float64{1209, 1336, 1477, 1633}
	i := strings.Index(keys, key)
	if i < 0 || len(key) != 1 {
		return cadence{}
	}
	return cadence{
		bursts: []burst{{hz: [2]float64{low[i/4], high[i%4]}, on: 100 * ms, off: 60 * ms}},
		times:  1, peak: 0.3,
	}
}
