package audio

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const second = 50 // packets

// without drops the packets for which lost says so.
func without(a []arrival, lost func(i int) bool) []arrival {
	var kept []arrival
	for i, p := range a {
		if !lost(i) {
			kept = append(kept, p)
		}
	}
	return kept
}

// change edits arrivals and puts them back into order of time.
func change(a []arrival, edit func(i int, p *arrival)) []arrival {
	for i := range a {
		edit(i, &a[i])
	}
	slices.SortStableFunc(a, func(x, y arrival) int { return int(x.at - y.at) })
	return a
}

func TestNetworkTraces(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	tests := []struct {
		name      string
		arrivals  []arrival
		want      StreamStats // counts only
		concealed uint64      // at most, in frames of 10 ms
		delay     float64     // at the end, at most, in ms
	}{
		{
			name: "in order", arrivals: steady(10 * second),
			want: StreamStats{Received: 500}, delay: 15,
		},
		{
			name: "pairs swapped", arrivals: change(steady(10*second), func(i int, p *arrival) {
				if i%2 == 0 {
					p.at += 21 * ms
				}
			}),
			want: StreamStats{Received: 500}, delay: 45,
		},
		{
			name:     "every tenth lost, recovered from the one after it",
			arrivals: without(steady(10*second), func(i int) bool { return i%10 == 5 }),
			want:     StreamStats{Received: 450, Lost: 50, Recovered: 50}, delay: 45,
		},
		{
			name:     "bursts of three lost: one in three recovered",
			arrivals: without(steady(10*second), func(i int) bool { return i%50 >= 47 && i < 450 }),
			want:     StreamStats{Received: 473, Lost: 27, Recovered: 9}, concealed: 9 * 4, delay: 45,
		},
		{
			name: "every packet twice", arrivals: func() []arrival {
				a := steady(10 * second)
				return change(append(a, a...), func(int, *arrival) {})
			}(),
			want: StreamStats{Received: 1000, Duplicate: 500}, delay: 15,
		},
		{
			name: "sequence and timestamp wrap", arrivals: change(steady(10*second), func(_ int, p *arrival) {
				p.seq, p.jump = 0xFFFF-100, 0xFFFFFFFF-200*PacketSamples
			}),
			want: StreamStats{Received: 500}, delay: 15,
		},
		{
			name: "even jitter of 30 ms", arrivals: change(steady(20*second), func(_ int, p *arrival) {
				p.at += time.Duration(random.Int64N(int64(30 * ms)))
			}),
			want: StreamStats{Received: 1000}, concealed: 6, delay: 50,
		},
		{
			name: "a spike of 150 ms: late, yet nothing is lost", arrivals: change(steady(10*second), func(i int, p *arrival) {
				if i >= 250 && i < 258 {
					p.at = 250*20*ms + 155*ms
				}
			}),
			want: StreamStats{Received: 500}, concealed: 18, delay: 30,
		},
		{
			name: "the far side restarts with other numbers", arrivals: change(steady(10*second), func(i int, p *arrival) {
				if i >= 250 {
					p.seq, p.jump = 20000, 123456789
				}
			}),
			// One packet is the price of not believing the first.
			want: StreamStats{Received: 500, Discarded: 1, Lost: 1, Recovered: 1}, delay: 15,
		},
		{
			name: "a stray packet of another sequence changes nothing", arrivals: change(steady(10*second), func(i int, p *arrival) {
				if i == 250 {
					p.seq = 9000
				}
			}),
			want: StreamStats{Received: 500, Discarded: 1, Lost: 1, Recovered: 1}, concealed: 2, delay: 45,
		},
		{
			name: "only the timestamp jumps", arrivals: change(steady(10*second), func(i int, p *arrival) {
				if i >= 250 {
					p.jump = 5_000_000
				}
			}),
			want: StreamStats{Received: 500}, delay: 15,
		},
		{
			name: "a pause without packets (DTX, or hold)", arrivals: change(steady(10*second), func(i int, p *arrival) {
				if i >= 250 {
					p.at += 3 * time.Second
					p.jump = 3 * Rate
				}
			}),
			want: StreamStats{Received: 500, Comfort: 101}, delay: 45,
		},
		{
			name:     "the network is gone for 400 ms",
			arrivals: without(steady(10*second), func(i int) bool { return i >= 250 && i < 270 }),
			want:     StreamStats{Received: 480, Lost: 20, Recovered: 1}, concealed: 44, delay: 60,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			last := test.arrivals[len(test.arrivals)-1].at
			h := listen(sine(1000, 8000), test.arrivals, last+10*ms)
			got := h.stats
			t.Logf("%+v", got)
			if got.Concealed > test.concealed {
				t.Errorf("%d frames concealed, at most %d wanted", got.Concealed, test.concealed)
			}
			if got.DelayMS > test.delay {
				t.Errorf("a delay of %.1f ms at the end, at most %.1f wanted", got.DelayMS, test.delay)
			}
			got.Concealed, got.Accelerated, got.Expanded, got.DelayMS, got.TargetMS, got.JitterMS = 0, 0, 0, 0, 0, 0
			if got != test.want {
				t.Errorf("counted\n%+v, want\n%+v", got, test.want)
			}
		})
	}
}

func TestAToneComesThroughUnbroken(t *testing.T) {
	h := listen(sine(1000, 8000), steady(10*second), 10*time.Second)
	pcm := h.pcm[Rate/5:] // after the start
	if n := clicks(pcm, 1000, 8000); n > 0 {
		t.Errorf("%d clicks", n)
	}
	for at := 0; at+Rate <= len(pcm); at += Rate {
		hz, level := MeasureTone(pcm[at : at+Rate])
		_, want := MeasureTone(tone(1000, 8000, Rate))
		if hz < 999 || hz > 1001 || level < want-0.1 || level > want+0.1 {
			t.Errorf("second %d: %.2f Hz at %.2f dBFS, want 1000 Hz at %.2f", at/Rate, hz, level, want)
		}
	}
	if start, end := h.delays[20], h.delays[len(h.delays)-1]; start < 35 || end > 15 {
		t.Errorf("the delay went from %.1f to %.1f ms; want about 40, then 10 to 15", start, end)
	}
}

func TestTheDelayRecoversAfterASpike(t *testing.T) {
	for _, long := range []int{6, 9, 15} { // packets: 120 to 300 ms
		a := change(steady(20*second), func(i int, p *arrival) {
			if i >= 250 && i < 250+long {
				p.at = time.Duration(250+long)*20*ms + 5*ms
			}
		})
		h := listen(sine(440, 8000), a, 20*time.Second)
		if peak := slices.Max(h.delays[500:600]); peak < float64(long)*20-40 {
			t.Errorf("%d packets: the delay rose to %.1f ms only", long, peak)
		}
		at := 500 + long*2
		if got := slices.Max(h.delays[at+500 : at+520]); got > 80 {
			t.Errorf("%d packets: five seconds later the delay is %.1f ms, want 80 at most", long, got)
		}
		if end := h.delays[len(h.delays)-1]; end > 20 {
			t.Errorf("%d packets: in the end the delay is %.1f ms, want 20 at most", long, end)
		}
		if n := clicks(h.pcm[6*Rate:], 440, 8000); n > 0 {
			t.Errorf("%d packets: %d clicks while the delay came back", long, n)
		}
	}
}

// tone is n samples of a sine.
func tone(hz, amplitude float64, n int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = sine(hz, amplitude)(int64(i))
	}
	return pcm
}
