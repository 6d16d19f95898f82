package audio

import (
	"math"
	"time"
)

const (
	comfortOrder  = 4 // of the filter: the tilt of the spectrum and a hump in it
	comfortMost   = 184.0 * 184.0
	backgroundFor = 2 * time.Second // the quietest is sought in the last one to two of these
	backgroundTo  = 2.5             // times the quietest frame is background, too
	backgroundLag = 1.0 / 16
)

// background is what the far side's room sounds like between words: level and
// spectral shape, as RFC 3389 would send them. It is pure and belongs to one
// goroutine.
type background struct {
	shape [comfortOrder + 1]float64 // autocorrelation, mean by sample
	floor lowest                    // the mean square of the quietest frame
	at    time.Duration             // how much was heard
}

// hear listens to sound of the far side.
func (b *background) hear(pcm []int16) {
	for ; len(pcm) >= FrameSamples; pcm = pcm[FrameSamples:] {
		b.frame(pcm[:FrameSamples])
	}
}

func (b *background) frame(f []int16) {
	level := energy(f)
	b.at += FrameDuration
	first := !b.floor.seen
	b.floor.add(int64(level), b.at, backgroundFor)
	if level > float64(b.floor.value()+1)*backgroundTo {
		return
	}
	keep := 1 - backgroundLag
	if first || level < b.shape[0]/backgroundTo {
		keep = 0
	}
	for lag := range b.shape {
		var sum int64
		for i, v := range f[lag:] {
			sum += int64(f[i]) * int64(v)
		}
		b.shape[lag] = keep*b.shape[lag] + (1-keep)*float64(sum)/FrameSamples
	}
}

// quiet is the mean square under which nothing but background is heard.
func (b *background) quiet() float64 {
	return min(max(quietEnough, 2*b.shape[0]), 4*comfortMost)
}

// comfortNoise makes noise of the background's level and shape, without end.
type comfortNoise struct {
	filter [comfortOrder]float32 // what the next sample owes to the last ones
	last   [comfortOrder]float32
	level  float32 // of what is new in each
	state  uint32
}

// tune takes the shape of a background by the recursion of Levinson and
// Durbin. It is never loud, whatever was heard.
func (c *comfortNoise) tune(b *background) {
	c.filter = [comfortOrder]float32{}
	c.level = 0
	if b.shape[0] <= 0 {
		return
	}
	var a [comfortOrder]float64
	rest := b.shape[0]*1.001 + 1e-3 // a little white noise keeps it stable
	for i := range a {
		k := b.shape[i+1]
		for j := range i {
			k -= a[j] * b.shape[i-j]
		}
		k /= rest
		was := a
		for j := range i {
			a[j] = was[j] - k*was[i-1-j]
		}
		a[i] = k
		rest *= 1 - k*k
	}
	for i := range a {
		c.filter[i] = float32(a[i])
	}
	loud := max(b.shape[0]/comfortMost, 1)
	c.level = float32(math.Sqrt(3 * max(rest, 0) / loud)) // of an even distribution
}

// next is one more sample.
func (c *comfortNoise) next() float32 {
	c.state = c.state*1664525 + 1013904223
	v := c.level * float32(int32(c.state)) / (1 << 31)
	for i, a := range c.filter {
		v += a * c.last[i]
	}
	copy(c.last[1:], c.last[:])
	c.last[0] = v
	return v
}
