package audio

import (
	"bufio"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write testdata/traces anew")

// Trace is what a network did to each packet of 20 ms: how long it took, or
// Lost. In a file it has one line a packet, in milliseconds, or "lost".
type Trace []time.Duration

// Lost marks a packet that never arrived.
const Lost time.Duration = -1

// traceLength is a minute of packets.
const traceLength = 3000

// traces are the networks that the budgets are held on, each by its seed.
var traces = map[string]func(*rand.Rand) Trace{
	"clean": func(*rand.Rand) Trace { return make(Trace, traceLength) },
	"wifi": func(r *rand.Rand) Trace {
		return draw(r, 0.01, func(int) time.Duration { return exponential(r, 8) })
	},
	"lte": func(r *rand.Rand) Trace {
		return draw(r, 0.01, func(int) time.Duration { return logNormal(r, 20, 0.8) })
	},
	"spikes": func(r *rand.Rand) Trace {
		t := draw(r, 0.01, func(int) time.Duration { return exponential(r, 3) })
		for at := 150; at < traceLength; at += 100 + r.IntN(200) {
			t.stall(at, 120*ms+time.Duration(r.Int64N(int64(180*ms))))
		}
		return t
	},
	"lone-spike": func(r *rand.Rand) Trace {
		t := draw(r, 0, func(int) time.Duration { return exponential(r, 3) })
		t.stall(1000, 300*ms)
		return t
	},
	"random-10": func(r *rand.Rand) Trace {
		return draw(r, 0.10, func(int) time.Duration { return exponential(r, 2) })
	},
	"bursts-20": func(r *rand.Rand) Trace {
		t := draw(r, 0, func(int) time.Duration { return exponential(r, 2) })
		for block := 0; block < traceLength; block += 15 {
			at := block + r.IntN(13)
			t[at], t[at+1], t[at+2] = Lost, Lost, Lost
		}
		return t
	},
	"calm-bad-calm": func(r *rand.Rand) Trace {
		return draw(r, 0.01, func(i int) time.Duration {
			if i < traceLength/3 || i >= traceLength*2/3 {
				return exponential(r, 2)
			}
			return logNormal(r, 30, 0.8)
		})
	},
}

func exponential(r *rand.Rand, mean float64) time.Duration {
	return time.Duration(r.ExpFloat64() * mean * float64(ms))
}

func logNormal(r *rand.Rand, median, sigma float64) time.Duration {
	return time.Duration(median * math.Exp(r.NormFloat64()*sigma) * float64(ms))
}

// draw is a trace with independent losses and delays.
func draw(r *rand.Rand, loss float64, delay func(i int) time.Duration) Trace {
	t := make(Trace, traceLength)
	for i := range t {
		if t[i] = delay(i).Round(100 * time.Microsecond); r.Float64() < loss {
			t[i] = Lost
		}
	}
	return t
}

// stall holds everything from one packet on back for so long.
func (t Trace) stall(at int, long time.Duration) {
	for i := at; i < len(t); i++ {
		left := long - time.Duration(i-at)*20*ms
		if left <= 0 {
			return
		}
		if t[i] != Lost {
			t[i] = max(t[i], left.Round(100*time.Microsecond))
		}
	}
}

// seed is a trace's own, from its name.
func seed(name string) *rand.Rand {
	var sum uint64
	for _, c := range name {
		sum = sum*131 + uint64(c)
	}
	return rand.New(rand.NewPCG(sum, 20))
}

func tracePath(name string) string { return filepath.Join("testdata", "traces", name+".txt") }

// ReadTrace reads one of testdata/traces.
func ReadTrace(t testing.TB, name string) Trace {
	t.Helper()
	file, err := os.Open(tracePath(name))
	if err != nil {
		t.Fatalf("%v: go test ./audio -run TestTheTracesAreTheirGenerators -update writes it", err)
	}
	defer file.Close()
	var trace Trace
	for lines := bufio.NewScanner(file); lines.Scan(); {
		switch line := lines.Text(); {
		case strings.HasPrefix(line, "#"):
		case line == "lost":
			trace = append(trace, Lost)
		default:
			delay, err := strconv.ParseFloat(line, 64)
			if err != nil {
				t.Fatalf("trace %s: %v", name, err)
			}
			trace = append(trace, time.Duration(math.Round(delay*1e6)))
		}
	}
	return trace
}

func (t Trace) String() string {
	var text strings.Builder
	text.WriteString("# One packet of 20 ms a line: its delay in ms, or lost.\n")
	for _, d := range t {
		if d == Lost {
			text.WriteString("lost\n")
		} else {
			fmt.Fprintf(&text, "%.1f\n", float64(d)/1e6)
		}
	}
	return text.String()
}

func TestTheTracesAreTheirGenerators(t *testing.T) {
	for name, generate := range traces {
		want := generate(seed(name)).String()
		if *update {
			if err := os.WriteFile(tracePath(name), []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got := ReadTrace(t, name).String(); got != want {
			t.Errorf("testdata/traces/%s.txt is not what its seed makes; -update writes it anew", name)
		}
	}
}
