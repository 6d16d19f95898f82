package audio

import "math"

// fader scales frames. A change takes the length of a frame, so that nothing
// clicks. It allocates nothing and belongs to one goroutine.
type fader struct{ factor float32 }

// apply scales a frame in place, and clips what becomes too loud.
func (g *fader) apply(f Frame, to float32) {
	if g.factor == 1 && to == 1 {
		return
	}
	step := (to - g.factor) / FrameSamples
	for i, v := range f {
		g.factor += step
		f[i] = clip(float32(v) * g.factor)
	}
	g.factor = to
}

// amplify is the factor of a gain in decibels.
func amplify(db float64) float32 { return float32(math.Pow(10, db/20)) }
