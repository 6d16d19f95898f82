package portaudio

import (
	"math"
	"slices"
	"time"

	"tring/audio"
)

// format is how a device is opened: always 16-bit samples, interleaved.
type format struct {
	rate     int // Hz
	channels int
}

// buffer returns how many sample frames one callback carries: 10 ms.
func (f format) buffer() int { return (f.rate + 50) / 100 }

// span returns how long that many samples last.
func (f format) span(samples int) time.Duration {
	return time.Duration(samples/f.channels) * time.Second / time.Duration(f.rate)
}

// formats lists what to ask a device for, the phone's own format first. Sound
// servers take any; raw hardware may refuse a foreign rate or fewer channels than
// it has.
func formats(d DeviceInfo, s side) []format {
	rates := []int{audio.Rate}
	if own := int(math.Round(d.Rate)); own != audio.Rate && own > 0 {
		rates = append(rates, own)
	}
	var channels []int
	for _, n := range []int{1, 2, s.channels(d)} {
		if n <= s.channels(d) && !slices.Contains(channels, n) {
			channels = append(channels, n)
		}
	}
	var all []format
	for _, r := range rates {
		for _, c := range channels {
			all = append(all, format{rate: r, channels: c})
		}
	}
	return all
}

// negotiate opens with the formats in their order until one is taken. Otherwise it
// returns the first refusal, since the first format is the one that was wanted. An
// error that is hopeless would be the same for every format.
func negotiate(all []format, open func(format) error, hopeless func(error) bool) error {
	var refused error
	for _, f := range all {
		err := open(f)
		if err == nil {
			return nil
		}
		refused = first(refused, err)
		if hopeless(err) {
			break
		}
	}
	return refused
}

// first returns the first error there is: people get one line, and what failed
// first is the cause.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// downmix writes to mono the mean of the first two of the interleaved channels;
// further ones of a large interface carry something else.
func downmix(mono, interleaved []int16, channels int) {
	if channels == 1 {
		copy(mono, interleaved)
		return
	}
	for i := range mono {
		at := i * channels
		mono[i] = int16((int32(interleaved[at]) + int32(interleaved[at+1])) / 2)
	}
}

// upmix gives the mono sound to the first two of the interleaved channels and
// silence to the rest.
func upmix(interleaved, mono []int16, channels int) {
	clear(interleaved)
	for i, v := range mono {
		at := i * channels
		interleaved[at] = v
		if channels > 1 {
			interleaved[at+1] = v
		}
	}
}
