package main

import (
	"math"
	"math/rand/v2"
	"time"
)

// weather is what a network does to sound: a delay for each packet, or its loss.
// It is the same in every run, for it is drawn from a seed.
type weather struct {
	name string
	each func(r *rand.Rand) func(n int) (wait time.Duration, lost bool)
}

const (
	weatherSeed = 20261122
	packetTime  = 20 * time.Millisecond
)

// generator of one direction.
func (w weather) generator(direction uint64) func(n int) (time.Duration, bool) {
	return w.each(rand.New(rand.NewPCG(weatherSeed, direction)))
}

// weathers of the figures, by name.
var weathers = []weather{
	{"clean", nil},
	{"wifi", func(r *rand.Rand) func(int) (time.Duration, bool) {
		return func(int) (time.Duration, bool) {
			return time.Duration(r.ExpFloat64() * float64(8*time.Millisecond)), r.IntN(100) < 1
		}
	}},
	{"lte", func(r *rand.Rand) func(int) (time.Duration, bool) {
		return func(int) (time.Duration, bool) {
			return time.Duration(math.Exp(r.NormFloat64()*0.8) * float64(20*time.Millisecond)), r.IntN(100) < 1
		}
	}},
	{"spikes", func(r *rand.Rand) func(int) (time.Duration, bool) { return stalls(r, 150, 150, -1) }},
	{"lone spike", func(r *rand.Rand) func(int) (time.Duration, bool) { return stalls(r, 400, 0, 1) }},
	{"random 10 %", func(r *rand.Rand) func(int) (time.Duration, bool) {
		return func(int) (time.Duration, bool) { return 0, r.IntN(100) < 10 }
	}},
	{"bursts 20 %", bursts},
}

func weatherOf(name string) weather {
	for _, w := range weathers {
		if w.name == name {
			return w
		}
	}
	panic("no weather " + name)
}

// stalls are times of 120 to 300 ms in which nothing arrives, and then all of it
// at once: the first after so many packets, the next after as many and up to
// more, so many of them or, below zero, without end. A lone one has 300 ms.
func stalls(r *rand.Rand, after, more, count int) func(int) (time.Duration, bool) {
	begin, length := after, 300*time.Millisecond
	draw := func() {
		if count > 0 {
			count--
		}
		if more > 0 {
			length = time.Duration(120+r.IntN(181)) * time.Millisecond
		}
	}
	draw()
	return func(n int) (time.Duration, bool) {
		into := time.Duration(n-begin) * packetTime
		switch {
		case into < 0:
			return 0, false
		case into < length:
			return length - into, false
		case count != 0:
			begin = n + after + r.IntN(more+1)
			draw()
		}
		return 0, false
	}
}

// bursts loses three packets at a time, 20 % in all: a burst begins at one packet
// in thirteen that might begin one.
func bursts(r *rand.Rand) func(int) (time.Duration, bool) {
	left := 0
	return func(int) (time.Duration, bool) {
		if left == 0 && r.Float64() < 0.25/3 {
			left = 3
		}
		if left > 0 {
			left--
			return 0, true
		}
		return 0, false
	}
}
