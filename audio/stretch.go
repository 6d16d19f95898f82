package audio

// Time is squeezed and stretched by whole periods of the sound itself, found
// by correlation (WSOLA): two pieces that look alike are faded into each
// other, so that pitch and level stay as they are.
const (
	fadeSamples = 240 // 5 ms
	leastLag    = 120 // 2.5 ms, 400 Hz
	mostLag     = 600 // 12.5 ms, 80 Hz: a low voice
	stretchRoom = mostLag + fadeSamples
	pastSamples = mostLag // what lengthen repeats
	coarse      = 4

	alikeEnough = 0.85
	quietEnough = 100.0 * 100.0 // mean square; −50 dBFS: nobody hears the seam
)

// shorten removes up to most samples from the start of x, and returns how many
// are left. It does nothing where it would be heard, unless urgent: what is
// under quiet, a mean square, is background, where no seam is heard.
func shorten(x []int16, most int, quiet float64, urgent bool) int {
	most = min(most, len(x)-fadeSamples)
	if most < leastLag {
		return len(x)
	}
	lag := most
	if energy(x[:most+fadeSamples]) >= quiet {
		lag = period(most, urgent, func(lag, step int) float64 { return alike(x, x[lag:], step) })
	}
	if lag == 0 {
		return len(x)
	}
	crossfade(x[:fadeSamples], x[:fadeSamples], x[lag:])
	return fadeSamples + copy(x[fadeSamples:], x[lag+fadeSamples:])
}

// lengthen repeats the last period before x[pastSamples:][:n], which was
// played already, and returns the new n; x holds at least mostLag samples more
// than these.
func lengthen(x []int16, n int, quiet float64, urgent bool) int {
	const now = pastSamples
	if n < fadeSamples {
		return n
	}
	lag := mostLag
	if energy(x[:now+fadeSamples]) >= quiet {
		lag = period(mostLag, urgent, func(lag, step int) float64 { return alike(x[now:], x[now-lag:], step) })
	}
	if lag == 0 {
		return n
	}
	// The sound goes on one lag later; until then comes what lies one lag
	// back, into which the sound as it was is faded.
	copy(x[now+lag:], x[now:now+n])
	copy(x[now:now+lag], x[now-lag:now])
	crossfade(x[now:now+fadeSamples], x[now+lag:], x[now:])
	return n + lag
}

// crossfade writes a turning into b; dst may overlap what lies behind it.
func crossfade(dst, a, b []int16) {
	for i := range int32(fadeSamples) {
		dst[i] = int16((int32(a[i])*(fadeSamples-i) + int32(b[i])*i) / fadeSamples)
	}
}

// period finds the lag at which the sound most resembles itself: 0 when there
// is none that would pass unheard.
func period(most int, urgent bool, resembles func(lag, step int) float64) int {
	best, _ := search(leastLag, most, coarse, resembles)
	best, how := search(max(best-coarse+1, leastLag), min(best+coarse-1, most), 1, resembles)
	if how < alikeEnough && !urgent {
		return 0
	}
	return best
}

func search(from, to, step int, resembles func(lag, step int) float64) (at int, best float64) {
	at, best = from, -2
	for lag := from; lag <= to; lag += step {
		if a := resembles(lag, step); a > best {
			at, best = lag, a
		}
	}
	return at, best
}

// alike is the normalised correlation of the starts of two pieces, squared.
func alike(x, y []int16, step int) float64 {
	var ab, aa, bb int64
	for i := 0; i < fadeSamples; i += step {
		a, b := int64(x[i]), int64(y[i])
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
