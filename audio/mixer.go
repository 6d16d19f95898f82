package audio

// The limiter takes a loud sum down at once and lets it come back slowly, so
// that several people who talk together are soft rather than torn.
const (
	limitAttack  = 48   // samples, 1 ms
	limitRelease = 0.02 // of what is missing, each 10 ms: half a second
)

// mixer adds voices and tones up and limits the sum to 16 bit. It allocates
// nothing and belongs to one goroutine. One voice alone passes unchanged.
type mixer struct {
	sum  [FrameSamples]int32
	gain float32
}

func newMixer() *mixer { return &mixer{gain: 1} }

func (m *mixer) clear() { clear(m.sum[:]) }

func (m *mixer) add(f Frame) {
	sum := m.sum[:len(f)]
	for i, v := range f {
		sum[i] += int32(v)
	}
}

// limit writes the sum.
func (m *mixer) limit(out Frame) {
	top := int32(0)
	for _, v := range m.sum {
		top = max(top, v, -v)
	}
	from, to := m.gain, m.gain
	if loud := float32(top); loud*to > 32767 {
		to = 32767 / loud
	} else if to < 1 {
		to = min(to+limitRelease*(1-to)+0.0005, 1)
		if loud*to > 32767 {
			to = 32767 / loud
		}
	}
	m.gain = to
	out = out[:FrameSamples]
	if from == 1 && to == 1 { // as nearly always
		for i, v := range m.sum {
			out[i] = int16(v)
		}
		return
	}
	step := (to - from) / limitAttack
	if to > from {
		step = (to - from) / FrameSamples
	}
	g := from
	for i, v := range m.sum {
		if g != to {
			if g += step; (step < 0) == (g < to) {
				g = to
			}
		}
		out[i] = clip(float32(v) * g)
	}
}

// clip goes by integers: the minimum of floats has to mind NaN, which takes long.
func clip(v float32) int16 { return int16(min(max(int32(v), -32768), 32767)) }
