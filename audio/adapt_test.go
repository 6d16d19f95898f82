package audio

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// drill is an adapter and the time that has passed for it.
type drill struct {
	adapter  *adapter
	now      time.Duration
	switches int
}

// during lets the adapter live through a spell, each frame of which costs so
// much, and returns how it encodes at the end.
func (d *drill) during(s spell, cost time.Duration) (c Coding) {
	for end := d.now + s.lasts; d.now < end; d.now += FrameDuration {
		var changed bool
		if c, changed = d.adapter.step(d.now, s.network); changed {
			d.switches++
		}
		d.adapter.spent(cost)
	}
	return c
}

type spell struct {
	network Network
	lasts   time.Duration
}

func TestTheNetworkDecidesOnTheCoding(t *testing.T) {
	const (
		usual = bitrateUsual
		rtt   = 40 * time.Millisecond
	)
	lossOf := func(percent float64, lasts time.Duration) spell { return spell{Network{Loss: percent}, lasts} }
	tests := []struct {
		arrow    string
		networks []spell
		want     Coding
	}{
		{"unknown → no copies", []spell{{Network{}, time.Second}}, Coding{Bitrate: usual}},
		{"0.9 % → no copies", []spell{lossOf(0.9, time.Second)}, Coding{Bitrate: usual}},
		{"1 % → copies", []spell{lossOf(1, time.Second)}, Coding{Bitrate: usual, FEC: true, Loss: 2}},
		{"5 % → copies, more bits", []spell{lossOf(5, time.Second)}, Coding{Bitrate: bitrateLossy, FEC: true, Loss: 5}},
		{"60 % → no more copies than for 25 %", []spell{lossOf(60, time.Second)}, Coding{Bitrate: bitrateLossy, FEC: true, Loss: 25}},
		{
			"12 % → 0 % for 9 s → as before",
			[]spell{lossOf(12, time.Second), lossOf(0, 9*time.Second)},
			Coding{Bitrate: bitrateLossy, FEC: true, Loss: 15},
		},
		{"12 % → 0 % for 11 s → no copies", []spell{lossOf(12, time.Second), lossOf(0, 11*time.Second)}, Coding{Bitrate: usual}},
		{
			"12 % → 2 % for 11 s → fewer copies",
			[]spell{lossOf(12, time.Second), lossOf(2, 11*time.Second)},
			Coding{Bitrate: usual, FEC: true, Loss: 2},
		},
		{"narrow → fewer bits", []spell{{Network{Available: 40000}, time.Second}}, Coding{Bitrate: bitrateThin}},
		{
			"narrow and lossy → fewer bits all the same",
			[]spell{{Network{Available: 40000, Loss: 12}, time.Second}},
			Coding{Bitrate: bitrateThin, FEC: true, Loss: 15},
		},
		{
			"lossy, room for the usual only → no more bits",
			[]spell{{Network{Available: 60000, Loss: 12}, time.Second}},
			Coding{Bitrate: usual, FEC: true, Loss: 15},
		},
		{
			"lossy, and a queue fills → fewer bits",
			[]spell{{Network{RoundTrip: rtt}, time.Second}, {Network{RoundTrip: 5 * rtt, Loss: 12}, time.Second}},
			Coding{Bitrate: bitrateThin, FEC: true, Loss: 15},
		},
		{
			"the way becomes longer for good → as usual",
			[]spell{{Network{RoundTrip: rtt}, time.Second}, {Network{RoundTrip: 5 * rtt}, 2 * time.Minute}},
			Coding{Bitrate: usual},
		},
	}
	for _, tt := range tests {
		t.Run(tt.arrow, func(t *testing.T) {
			tt.want.Complexity = complexityMost
			d, got := drill{adapter: newAdapter(false, complexityMost)}, Coding{}
			for _, s := range tt.networks {
				got = d.during(s, 100*time.Microsecond)
			}
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestTheMachineDecidesOnTheComplexity(t *testing.T) {
	d := drill{adapter: newAdapter(false, complexityMost)}
	minute := spell{Network{}, time.Minute}
	steps := []struct {
		arrow string
		spent time.Duration // per frame of 10 ms
		want  int
	}{
		{"quick → all of it", 100 * time.Microsecond, complexityMost},
		{"slow → least", time.Millisecond, complexityLow},
		{"neither → as it was", 300 * time.Microsecond, complexityLow},
	}
	for _, step := range steps {
		if c := d.during(minute, step.spent); c.Complexity != step.want {
			t.Errorf("%s: complexity %d, want %d", step.arrow, c.Complexity, step.want)
		}
	}
}

// Whoever encodes for many bounds what each may cost, however quick the machine is;
// copies need more all the same.
func TestComplexityIsBounded(t *testing.T) {
	for _, tt := range []struct {
		arrow string
		loss  float64
		want  int
	}{
		{"nothing is lost → the bound", 0, complexityLow},
		{"copies are needed → as much as makes them", 3, complexityFEC},
	} {
		d := drill{adapter: newAdapter(false, complexityLow)}
		if c := d.during(spell{Network{Loss: tt.loss}, time.Minute}, 10*time.Microsecond); c.Complexity != tt.want {
			t.Errorf("%s: complexity %d, want %d", tt.arrow, c.Complexity, tt.want)
		}
	}
}

// A machine that is just too slow for the highest complexity must not try it
// for ever.
func TestTriesBecomeRarer(t *testing.T) {
	a, tries := newAdapter(false, complexityMost), []int{0, 0}
	now, last := time.Duration(0), complexityMost
	for half := range tries {
		for range int(30 * time.Minute / FrameDuration) {
			coding, _ := a.step(now, Network{})
			if coding.Complexity > last {
				tries[half]++
			}
			last = coding.Complexity
			a.spent(map[bool]time.Duration{true: 900 * time.Microsecond, false: 50 * time.Microsecond}[last == complexityMost])
			now += FrameDuration
		}
	}
	if tries[0] == 0 || tries[0] > 8 || tries[1] >= tries[0] {
		t.Errorf("%d tries in the first half hour, %d in the second", tries[0], tries[1])
	}
}

// Whatever is reported: the coding stays within bounds, DTX is the setting's,
// and a steady network changes nothing any more after a while.
func TestAnyNetworkIsAnswered(t *testing.T) {
	network := rapid.Custom(func(t *rapid.T) Network {
		return Network{
			Loss: rapid.Float64Range(0, 100).Draw(t, "loss"), Available: rapid.IntRange(0, 1e6).Draw(t, "available"),
			RoundTrip: time.Duration(rapid.IntRange(0, 2000).Draw(t, "ms")) * time.Millisecond,
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		dtx := rapid.Bool().Draw(t, "dtx")
		d := drill{adapter: newAdapter(dtx, complexityMost)}
		spent := time.Duration(rapid.IntRange(0, 2000).Draw(t, "µs")) * time.Microsecond
		for _, n := range rapid.SliceOfN(network, 1, 6).Draw(t, "networks") {
			c := d.during(spell{n, time.Duration(rapid.IntRange(10, 3000).Draw(t, "lasts")) * time.Millisecond}, spent)
			if c.FEC && c.Complexity < complexityFEC {
				t.Fatalf("copies are wanted of an encoder that makes none: %+v", c)
			}
			if c.Bitrate != bitrateThin && c.Bitrate != bitrateUsual && c.Bitrate != bitrateLossy ||
				c.Complexity < complexityLow || c.Complexity > complexityMost || c.Loss < 0 || c.Loss > 25 ||
				c.DTX != dtx || c.FEC != (c.Loss > 0) || n.Loss >= lossFEC && !c.FEC {
				t.Fatalf("%+v is answered by %+v", n, c)
			}
		}
		last := network.Draw(t, "steady")
		d.during(spell{last, 2 * time.Minute}, 300*time.Microsecond)
		d.switches = 0
		if d.during(spell{last, time.Minute}, 300*time.Microsecond); d.switches > 0 {
			t.Fatalf("%d switches in a steady minute of %+v", d.switches, last)
		}
	})
}

func TestAdaptingDoesNotAllocate(t *testing.T) {
	a, now := newAdapter(false, complexityMost), time.Duration(0)
	if n := testing.AllocsPerRun(1000, func() {
		now += FrameDuration
		a.step(now, Network{Loss: float64(now/FrameDuration%20) / 2, RoundTrip: 50 * time.Millisecond})
		a.spent(time.Millisecond)
	}); n > 0 {
		t.Errorf("%v allocations a frame", n)
	}
}
