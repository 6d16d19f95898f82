package audio

import (
	"testing"
	"time"
)

func TestCopiesFillInWhatIsMissing(t *testing.T) {
	r := reel{tape{even(8000)}}
	all := r.roll(10*time.Second, func(int) int { return 20 })
	copied := func(i, from int, late time.Duration) rolled {
		p := all[i]
		p.Redundant, p.Arrived = true, all[from].Arrived+late
		return p
	}
	tests := []struct {
		name string
		edit func() []rolled
		want StreamStats
	}{
		{"of packets that are there: nothing", func() (out []rolled) {
			for i, p := range all {
				out = append(out, p)
				if i > 0 {
					out = append(out, copied(i-1, i, 0))
				}
			}
			return out
		}, StreamStats{Received: 500}},
		{"of a lost packet: played", func() (out []rolled) {
			for i, p := range all {
				if i%50 == 24 {
					continue
				}
				if out = append(out, p); i%50 == 25 {
					out = append(out, copied(i-1, i, 0))
				}
			}
			return out
		}, StreamStats{Received: 490, Lost: 10, Redundant: 10}},
		{"the packet itself comes after its copy, in time: it counts", func() (out []rolled) {
			for i, p := range all {
				if i%20 != 3 {
					out = append(out, p)
				}
				if i%20 == 4 {
					overtaken := all[i-1]
					overtaken.Arrived = p.Arrived + ms
					out = append(out, copied(i-1, i, 0), overtaken)
				}
			}
			return out
		}, StreamStats{Received: 500}},
		{"older than anything played: nothing", func() (out []rolled) {
			for i, p := range all {
				if out = append(out, p); i > 300 && i%2 == 0 {
					out = append(out, copied(i-300, i, 0), copied(i-30, i, 0))
				}
			}
			return out
		}, StreamStats{Received: 500}},
		{"before any packet: nothing", func() []rolled {
			early := copied(9, 0, 0)
			return append([]rolled{early}, all...)
		}, StreamStats{Received: 500}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := r.hear(test.edit(), 10*time.Second+20*ms)
			got := h.stats
			want := test.want
			if got.Received != want.Received || got.Lost != want.Lost || got.Redundant != want.Redundant ||
				got.Duplicate+got.Late+got.Discarded+got.Recovered > 0 || got.Concealed > 4 {
				t.Errorf("counted %+v, want %+v", got, want)
			}
		})
	}
}
