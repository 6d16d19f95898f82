package score

import (
	"cmp"
	"math"
	"slices"
)

// How Align cuts what was spoken, in samples.
const (
	levelSize  = Rate / 100
	pieceLeast = Rate / 5
	pieceMost  = Rate * 6 / 10
	pause      = 10 // levels: 100 ms of silence end an utterance
	// searchReach is how far a piece may lie from where the whole lies.
	searchReach = Rate / 2
	// known is the least likeness of a piece that was found.
	known = 0.4
)

// Piece is a stretch of sound in ref and where deg has it.
type Piece struct {
	At, Length int     // in ref, in samples
	Delay      int     // by how many samples it is later in deg
	Likeness   float64 // 1 for a copy; under 0.4 it was not found, and Delay is its neighbour's
}

// Align finds each utterance of ref in deg, by pieces of 0.2 to 0.6 s, as far as
// half a second from where the whole is. The jitter buffer of a telephone moves
// them against each other. None are found in silence.
func Align(ref, deg []int16) []Piece {
	pieces := utterances(ref)
	if len(pieces) == 0 {
		return nil
	}
	x, y := sharpened(slow(ref)), sharpened(slow(deg))
	coarse := whereabouts(ref, deg, x, y, pieces)
	for i := range pieces {
		pieces[i].find(x, y, coarse)
	}
	settle(pieces)
	return pieces
}

// whereabouts is the likeliest delay of the whole, near enough to look for each
// piece from there. The loudness alone may mistake one sentence for another: a
// few pieces try each of the best places.
func whereabouts(ref, deg []int16, x, y []float64, pieces []Piece) int {
	const tries = 8
	phased, _ := Delay(ref, deg)
	best, at := -1.0, 0
	for _, candidate := range append(envelopeDelays(ref, deg), phased) {
		var like float64
		for i := 0; i < len(pieces); i += 1 + len(pieces)/tries {
			p := Piece{At: pieces[i].At, Length: pieces[i].Length}
			p.find(x, y, candidate)
			like += p.Likeness
		}
		if like > best {
			best, at = like, candidate
		}
	}
	return at
}

// MedianDelay is the delay, in samples, that half of the pieces that were found
// do not exceed; false when none was found.
func MedianDelay(pieces []Piece) (samples int, ok bool) {
	found := delays(pieces)
	if len(found) == 0 {
		return 0, false
	}
	slices.Sort(found)
	return found[len(found)/2], true
}

// MeanDelay is the mean of the pieces that were found, in samples; false when
// none was.
func MeanDelay(pieces []Piece) (samples int, ok bool) {
	found := delays(pieces)
	if len(found) == 0 {
		return 0, false
	}
	for _, d := range found {
		samples += d
	}
	return samples / len(found), true
}

// Found is the part of the pieces that was found, from 0 to 1.
func Found(pieces []Piece) float64 {
	return float64(len(delays(pieces))) / float64(max(1, len(pieces)))
}

// delays of the pieces that were found.
func delays(pieces []Piece) (found []int) {
	for _, p := range pieces {
		if p.Likeness >= known {
			found = append(found, p.Delay)
		}
	}
	return found
}

// Straighten is deg in ref's time and of ref's length: each piece where ref has
// it, what is between them with the piece before. What deg lacks is silent.
func Straighten(ref, deg []int16, pieces []Piece) []int16 {
	out := make([]int16, len(ref))
	for i, p := range pieces {
		from, to := p.At, len(ref)
		if i == 0 {
			from = 0
		}
		if i+1 < len(pieces) {
			to = pieces[i+1].At
		}
		for at := from; at < to; at++ {
			if j := at + p.Delay; j >= 0 && j < len(deg) {
				out[at] = deg[j]
			}
		}
	}
	return out
}

// utterances cuts ref at its pauses, and what is long into equal parts.
func utterances(ref []int16) []Piece {
	loud := levels(ref, levelSize)
	if len(loud) == 0 || slices.Max(loud) <= silence {
		return nil
	}
	floor := slices.Max(loud) - 35
	var pieces []Piece
	begin, last := -1, -1
	finish := func() {
		if at, length := begin*levelSize, (last+1-begin)*levelSize; begin >= 0 && length >= pieceLeast {
			parts := (length + pieceMost - 1) / pieceMost
			for i := range parts {
				pieces = append(pieces, Piece{At: at + i*length/parts, Length: length / parts})
			}
		}
		begin = -1
	}
	for i, l := range loud {
		if l < floor {
			continue
		}
		if begin < 0 || i-last > pause {
			finish()
			begin = i
		}
		last = i
	}
	finish()
	return pieces
}

// sharpened lifts the high frequencies, whose peaks are narrow.
func sharpened(x []float64) []float64 {
	y := make([]float64, len(x))
	for i := 1; i < len(x); i++ {
		y[i] = x[i] - 0.9*x[i-1]
	}
	return y
}

// envelopeDelays are the places where the whole may lie, by how the loudness
// goes: near enough to begin from even when every utterance was moved.
func envelopeDelays(ref, deg []int16) []int {
	const places, apart = 4, searchReach / 2 / levelSize
	a, b := contour(ref), contour(deg)
	sums := make([]float64, max(0, len(a)+len(b)-1)) // by lag, from 1−len(a)
	for k := range sums {
		lag := k - len(a) + 1
		for i := max(0, -lag); i < len(a) && i+lag < len(b); i++ {
			sums[k] += a[i] * b[i+lag]
		}
	}
	var found []int
	for range min(places, len(sums)) {
		best := 0
		for k, v := range sums {
			if v > sums[best] {
				best = k
			}
		}
		found = append(found, (best-len(a)+1)*levelSize)
		for k := max(0, best-apart); k < min(len(sums), best+apart); k++ {
			sums[k] = math.Inf(-1)
		}
	}
	return found
}

// contour is the loudness of each 10 ms over 35 dB under the loudest.
func contour(pcm []int16) []float64 {
	c := levels(pcm, levelSize)
	if len(c) == 0 {
		return nil
	}
	floor := slices.Max(c) - 35
	mean := 0.0
	for i, l := range c {
		c[i] = max(0, l-floor)
		mean += c[i] / float64(len(c))
	}
	for i := range c {
		c[i] -= mean
	}
	return c
}

// find looks for a piece around a delay, by normalised correlation; all of it
// at the slow rate.
func (p *Piece) find(x, y []float64, around int) {
	at, length := p.At*up/down, p.Length*up/down
	length = min(length, len(x)-at)
	const reach = searchReach * up / down
	first := at + around*up/down - reach
	n := powerOfTwo(length + 2*reach)
	f := newFourier(n)
	a, b := padded(x[at:at+length], n), make([]complex128, n)
	for i := range length + 2*reach {
		if j := first + i; j >= 0 && j < len(y) {
			b[i] = complex(y[j], 0)
		}
	}
	var power, window float64
	for _, v := range a {
		power += real(v) * real(v)
	}
	squares := make([]float64, n)
	for i, v := range b {
		squares[i] = real(v) * real(v)
	}
	f.forward(a)
	f.forward(b)
	for i, v := range a {
		a[i] = complex(real(v), -imag(v)) * b[i]
	}
	f.backward(a)
	window = sum(squares[:length])
	for lag := range 2 * reach {
		if like := real(a[lag]) / math.Sqrt(power*window+tiny); like > p.Likeness {
			p.Likeness = like
			p.Delay = int(math.Round(float64(first+lag)*down/up)) - p.At
		}
		window = max(0, window+squares[lag+length]-squares[lag])
	}
}

// settle gives what was not found the delay of the nearest piece that was.
func settle(pieces []Piece) {
	for i := range pieces {
		if pieces[i].Likeness >= known {
			continue
		}
		nearest := slices.MinFunc(pieces, func(a, b Piece) int {
			return cmp.Compare(apart(a, pieces[i]), apart(b, pieces[i]))
		})
		pieces[i].Delay = nearest.Delay
	}
}

// apart is how far a piece that was found is from another; one that was not
// found is as far as can be.
func apart(a, b Piece) int {
	if a.Likeness < known {
		return math.MaxInt
	}
	return max(a.At-b.At, b.At-a.At)
}
