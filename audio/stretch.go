package audio

// Time is squeezed and stretched by whole periods of the sound itself, found
// by correlation (WSOLA): two pieces that look alike are faded into each
// other, so that pitch and level stay as they are.
const (
	fadeSamples = 240 // 5 ms
	leastLag    = 120 // 2.5 ms, 400 Hz
	mostLag     = 480 // 10 ms, 100 Hz
	stretchRoom = mostLag + fadeSamples
	coarse      = 4

	alikeEnough = 0.85
	quietEnough = 100.0 * 100.0 // mean square; −50 dBFS: nobody hears the seam
)

// shorten removes up to most samples from the start of x, and returns how many
// are left. It does nothing where it would be heard, unless urgent.
func shorten(x []int16, most int, urgent bool) int {
	lag := seam(x, most, urgent)
	if lag == 0 {
		return len(x)
	}
	crossfade(x[:fadeSamples], x[:fadeSamples], x[lag:])
	return fadeSamples + copy(x[fadeSamples:], x[lag+fadeSamples:])
}

// lengthen repeats up to most samples at the start of x[:n], and returns the
// new length; x holds at least mostLag samples more than n.
func lengthen(x []int16, n, most int, urgent bool) int {
	lag := seam(x[:n], most, urgent)
	if lag == 0 {
		return n
	}
	copy(x[lag:], x[:n])
	// Now x[:lag] is followed by x[:n]; what followed it before lay one lag
	// further on, and is faded out.
	crossfade(x[lag:lag+fadeSamples], x[2*lag:], x[lag:])
	return n + lag
}

// crossfade writes a turning into b; dst may overlap what lies behind it.
func crossfade(dst, a, b []int16) {
	for i := range int32(fadeSamples) {
		dst[i] = int16((int32(a[i])*(fadeSamples-i) + int32(b[i])*i) / fadeSamples)
	}
}

// seam finds the lag at which the sound most resembles its start: 0 when
// there is none that would pass unheard.
func seam(x []int16, most int, urgent bool) int {
	most = min(most, mostLag, len(x)-fadeSamples)
	if most < leastLag {
		return 0
	}
	if energy(x[:most+fadeSamples]) < quietEnough {
		return most
	}
	best := search(x, leastLag, most, coarse)
	best = search(x, max(best-coarse+1, leastLag), min(best+coarse-1, most), 1)
	if alike(x, best, 1) < alikeEnough && !urgent {
		return 0
	}
	return best
}

func search(x []int16, from, to, step int) int {
	best, at := -2.0, from
	for lag := from; lag <= to; lag += step {
		if a := alike(x, lag, step); a > best {
			best, at = a, lag
		}
	}
	return at
}

// alike is the normalised correlation of the start with the piece at lag.
func alike(x []int16, lag, step int) float64 {
	var ab, aa, bb int64
	for i := 0; i < fadeSamples; i += step {
		a, b := int64(x[i]), int64(x[i+lag])
		ab += a * b
		aa += a * a
		bb += b * b
	}
	if ab <= 0 {
		return 0
	}
	// The square keeps the order and needs no root.
	return float64(ab) / float64(aa) * float64(ab) / float64(bb)
}

func energy(x []int16) float64 {
	var sum int64
	for _, v := range x {
		sum += int64(v) * int64(v)
	}
	return float64(sum) / float64(max(len(x), 1))
}
