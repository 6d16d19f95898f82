package audio

import "math"

// cutoff is under the deepest voice and over what desks and fans hum.
const cutoff = 80 // Hz

// highPass takes out what lies below the cutoff: a Butterworth filter of second
// order. It allocates nothing and belongs to one goroutine.
type highPass struct {
	b0, b1, b2, a1, a2 float64
	z1, z2             float64
}

func newHighPass() *highPass {
	sin, cos := math.Sincos(2 * math.Pi * cutoff / Rate)
	alpha := sin / math.Sqrt2 // Q is 1/√2
	a0 := 1 + alpha
	return &highPass{
		b0: (1 + cos) / 2 / a0, b1: -(1 + cos) / a0, b2: (1 + cos) / 2 / a0,
		a1: -2 * cos / a0, a2: (1 - alpha) / a0,
	}
}

func (h *highPass) filter(f Frame) {
	for i, v := range f {
		x := float64(v)
		y := h.b0*x + h.z1
		h.z1 = h.b1*x - h.a1*y + h.z2
		h.z2 = h.b2*x - h.a2*y
		f[i] = round(y)
	}
	// In silence the state would fade into denormal numbers, which are slow.
	if math.Abs(h.z1)+math.Abs(h.z2) < 1e-9 {
		h.z1, h.z2 = 0, 0
	}
}

// round is the nearest sample.
func round(v float64) int16 {
	return int16(math.RoundToEven(min(max(v, math.MinInt16), math.MaxInt16)))
}
