package portaudio

import (
	"runtime"
	"slices"
	"testing"
)

// The ring keeps the order, takes no more than fits and gives no more than is there,
// around its end as elsewhere.
func TestRing(t *testing.T) {
	r := newRing(4)
	out := make([]int16, 8)
	steps := []struct {
		put   []int16
		fits  int
		take  int
		taken []int16
	}{
		{put: []int16{1, 2, 3}, fits: 3, take: 2, taken: []int16{1, 2}},
		{put: []int16{4, 5, 6, 7}, fits: 3, take: 1, taken: []int16{3}},
		{put: nil, fits: 0, take: 8, taken: []int16{4, 5, 6}},
		{put: nil, fits: 0, take: 8, taken: []int16{}},
		{put: []int16{8, 9, 10, 11, 12}, fits: 4, take: 8, taken: []int16{8, 9, 10, 11}},
	}
	for i, s := range steps {
		if n := r.write(s.put); n != s.fits {
			t.Fatalf("step %d: write took %d of %v, want %d", i, n, s.put, s.fits)
		}
		if n := r.read(out[:s.take]); !slices.Equal(out[:n], s.taken) {
			t.Fatalf("step %d: read gave %v, want %v", i, out[:n], s.taken)
		}
	}
}

// One writer and one reader, at once, lose nothing.
func TestRingBetweenTwoGoroutines(t *testing.T) {
	const total = 100_000
	r := newRing(1440)
	go func() {
		var block [480]int16
		for sent := 0; sent < total; {
			n := min(len(block), total-sent)
			for i := range n {
				block[i] = int16(sent + i)
			}
			for at := 0; at < n; runtime.Gosched() {
				at += r.write(block[at:n])
			}
			sent += n
		}
	}()
	var block [333]int16
	for got := 0; got < total; runtime.Gosched() {
		for _, v := range block[:r.read(block[:])] {
			if v != int16(got) {
				t.Fatalf("sample %d is %d, want %d", got, v, int16(got))
			}
			got++
		}
	}
}
