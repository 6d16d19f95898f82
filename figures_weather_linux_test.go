package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// weather is what a network does to sound: for each packet its delay, or that it
// is lost. It is one of audio/testdata/traces, which hold the jitter buffer to
// its budgets too.
type weather struct {
	name  string
	trace []time.Duration
}

// lost stands for the delay of a packet that never arrives.
const lost = -1

const packetTime = 20 * time.Millisecond

// weathers of the figures.
var weathers = []string{"clean", "wifi", "lte", "spikes", "lone-spike", "random-10", "bursts-20"}

func readWeather(t *testing.T, name string) weather {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("audio", "testdata", "traces", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	w := weather{name: name}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		delay, err := strconv.ParseFloat(line, 64)
		switch {
		case line == "lost":
			w.trace = append(w.trace, lost)
		case err == nil:
			w.trace = append(w.trace, time.Duration(delay*float64(time.Millisecond)))
		}
	}
	if len(w.trace) < 3000 {
		t.Fatalf("the trace %s has only %d packets", name, len(w.trace))
	}
	return w
}

// loneSpike is the packet that the lone spike begins with.
const loneSpike = 400

// at is what happens to a packet in one of the two directions, which are in
// different parts of the minute: the trace has its spike at its packet 1000.
func (w weather) at(direction, packet int) time.Duration {
	return w.trace[(1000-loneSpike+1200*direction+packet)%len(w.trace)]
}
