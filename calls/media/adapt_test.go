package media

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"tring/audio"
)

var noon = time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC)

// lossy is a way that loses so many of a hundred packets, in runs of this length.
func lossy(percent, run int) way {
	t := tally{expected: 250, lost: percent * 250 / 100}
	t.runs = t.lost / run
	return way{all: t, last: tally{50, percent / 2, percent / 2 / run}}
}

func TestCopiesByLoss(t *testing.T) {
	narrow := func(w way, available int) way { w.available = available; return w }
	for name, tt := range map[string]struct {
		way  way
		want int
	}{
		"nothing is lost --> none":            {lossy(0, 1), 0},
		"5 % one by one --> none, FEC does":   {lossy(5, 1), 0},
		"2 % in runs --> none":                {lossy(2, 3), 0},
		"10 % one by one --> none":            {lossy(10, 1), 0},
		"20 % one by one --> one":             {lossy(20, 1), 1},
		"6 % in runs of two --> two":          {lossy(6, 2), 2},
		"20 % in runs of three --> two":       {lossy(20, 3), 2},
		"the last second alone --> at once":   {way{all: tally{250, 10, 4}, last: tally{50, 10, 4}}, 2},
		"a second of three packets --> waits": {way{all: tally{203, 3, 1}, last: tally{3, 3, 1}}, 0},
		"room for one --> one":                {narrow(lossy(20, 3), headerRate+2*thinBitrate), 1},
		"no room --> none":                    {narrow(lossy(20, 3), headerRate+2*thinBitrate-1), 0},
	} {
		var r redundancy
		if got := r.decide(noon, tt.way); got != tt.want {
			t.Errorf("%s: %d copies", name, got)
		}
	}
}

// More copies come at once, fewer after a calm of ten seconds.
func TestCopiesDoNotWaver(t *testing.T) {
	var r redundancy
	now, bad, good := noon, lossy(20, 3), lossy(1, 1)
	r.decide(now, bad)
	for range 9 {
		now = now.Add(time.Second)
		if r.decide(now, good) != 2 {
			t.Fatal("the copies end with the first good second")
		}
	}
	r.decide(now, bad)
	for i := range 10 {
		now = now.Add(time.Second)
		if got, want := r.decide(now, good), 2; i < 9 && got != want {
			t.Fatalf("%d copies %d s after the last bad second", got, i+1)
		}
	}
	if r.copies != 0 {
		t.Error("the copies never end")
	}
}

// Whatever the reports say, packets with their copies stay within what the way
// carries, as long as the thinnest encoding does.
func TestTheWayIsNotOverloaded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r redundancy
		now := noon
		for range 30 {
			now = now.Add(time.Second)
			w := lossy(rapid.IntRange(0, 60).Draw(t, "loss"), rapid.IntRange(1, 5).Draw(t, "run"))
			w.available = rapid.IntRange(headerRate+thinBitrate, 200_000).Draw(t, "available")
			copies := r.decide(now, w)
			if copies < 0 || copies > redMost {
				t.Fatalf("%d copies", copies)
			}
			share := w.network(copies).Available - headerRate
			if share < thinBitrate || headerRate+(1+copies)*share > w.available {
				t.Fatalf("%d copies, and %d bit/s for each of %d", copies, share, w.available)
			}
		}
	})
}

func TestOneEncoderForAll(t *testing.T) {
	a := audio.Network{Loss: 3, Burst: 1, Available: 90000, RoundTrip: time.Second}
	b := audio.Network{Loss: 1, Burst: 2}
	if got, want := worse(a, b), (audio.Network{Loss: 3, Burst: 2, Available: 90000, RoundTrip: time.Second}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	b.Available = 50000
	if got := worse(a, b).Available; got != 50000 {
		t.Errorf("the widest way counts: %d", got)
	}
}

// ride takes reports, a second apart; it returns the last limit.
type ride struct {
	bandwidth
	now time.Time
}

func (r *ride) reports(n, rate int, loss float64, roundTrip time.Duration) int {
	for range n {
		r.now = r.now.Add(time.Second)
		t := tally{expected: 250, lost: int(2.5 * loss), runs: 1}
		r.report(r.now, rate, way{all: t, roundTrip: roundTrip})
	}
	return r.limit
}

func TestBandwidth(t *testing.T) {
	const trip = 40 * time.Millisecond
	begin := func() *ride {
		r := &ride{now: noon}
		r.reports(10, 52000, 0, trip)
		return r
	}
	if got := begin().reports(60, 164000, 35, trip); got != 0 {
		t.Errorf("loss that bits do not make: a limit of %d", got)
	}
	if got := begin().reports(2, 164000, 0, trip+queueDelay); got != 0 {
		t.Errorf("two late packets are a queue: a limit of %d", got)
	}
	r := begin()
	got := r.reports(3, 100000, 0, trip+2*queueDelay)
	if got != 85000 {
		t.Errorf("a queue: a limit of %d", got)
	}
	if again := r.reports(2, 85000, 0, trip+2*queueDelay); again != got {
		t.Errorf("lowered again before it could help: %d", again)
	}
	if again := r.reports(5, 85000, 0, trip+2*queueDelay); again != 72250 {
		t.Errorf("the queue stays: a limit of %d", again)
	}
	if later := r.reports(15, 70000, 0, trip); later <= 72250 || later > 2*72250 {
		t.Errorf("the queue is gone: a limit of %d", later)
	}
	if later := r.reports(60, 70000, 0, trip); later != 0 {
		t.Errorf("long ago: a limit of %d", later)
	}
	if got := begin().reports(1, 164000, 60, trip); got != int(backOff*0.4*164000) {
		t.Errorf("a flood: a limit of %d", got)
	}
	few := begin()
	few.report(few.now.Add(time.Second), 164000, way{all: tally{50, 30, 10}, roundTrip: trip})
	if few.limit != 0 {
		t.Errorf("a bad second is a flood: a limit of %d", few.limit)
	}
	if got := begin().reports(1, 52000, 95, trip); got != headerRate+thinBitrate {
		t.Errorf("nearly nothing comes through: a limit of %d", got)
	}
	if got := begin().reports(120, 52000, 0, 5*trip); got != 0 {
		t.Errorf("a way that has become longer is a queue for good: a limit of %d", got)
	}
}
