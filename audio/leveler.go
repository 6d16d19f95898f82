package audio

import "math"

const (
	levelTarget = -23.0 // dBFS of active speech; ITU-T P.56 calls -26 nominal, which is soft on small speakers
	levelMost   = 6.0   // dB, either way: a far voice stays far, and noise is not drawn up
	levelUp     = 0.01  // dB each 10 ms of speech: slower than anybody hears
	levelDown   = 0.03
	levelNeeds  = 50 // frames of speech before anything moves

	speechFloor  = -50.0 // dBFS: below this nothing is taken for speech
	speechMargin = 9.0   // dB over the noise
	noiseRise    = 0.03  // dB each 10 ms
)

// leveler brings a voice near one level, slowly and by 6 dB at most, and keeps
// the peaks below full scale. Its gain moves in speech only, so that pauses do
// not pump. It adds 1 ms, allocates nothing and belongs to one goroutine.
type leveler struct {
	noise  float64 // dBFS, a floor that follows the quietest frames
	speech float64 // mean square of active speech
	heard  int     // frames of it, up to a second's
	gain   float64 // dB
	limit  limiter
}

func newLeveler() *leveler {
	return &leveler{noise: levelTarget, limit: newLimiter()}
}

func (l *leveler) level(f Frame) {
	before := amplitude(l.gain)
	l.listen(f)
	step := (amplitude(l.gain) - before) / FrameSamples
	l.limit.apply(f, before, step)
}

// listen moves the gain by what the frame tells.
func (l *leveler) listen(f Frame) {
	sum := 0.0
	for _, v := range f {
		sum += float64(v) * float64(v)
	}
	power := sum / FrameSamples
	level := decibels(math.Sqrt(power))
	if level < l.noise {
		l.noise += (level - l.noise) / 3
	} else {
		l.noise += noiseRise
	}
	if level < speechFloor || level < l.noise+speechMargin {
		return
	}
	l.heard = min(l.heard+1, 100)
	l.speech += (power - l.speech) / float64(l.heard)
	if l.heard < levelNeeds {
		return
	}
	wanted := levelTarget - decibels(math.Sqrt(l.speech))
	wanted = min(max(wanted, -levelMost), levelMost)
	l.gain += min(max(wanted-l.gain, -levelDown), levelUp)
}

func amplitude(db float64) float64 { return math.Pow(10, db/20) }

const (
	limitBlock   = 48    // samples, 1 ms: how far the limiter looks ahead
	limitCeiling = 29500 // -0.9 dBFS, for what a codec adds
	limitReturn  = 0.01  // of what is missing, each ms: a tenth of a second
)

// limiter takes loud peaks down before they come: sound leaves it one block
// late, while the gain slides to what the next block needs. So it neither
// clips nor clicks. It allocates nothing and belongs to one goroutine.
type limiter struct {
	held [limitBlock]float64
	most float64 // the gain that the held block bears; gain is never above it
	gain float64 // at the start of the held block
}

func newLimiter() limiter { return limiter{most: 1, gain: 1} }

// apply amplifies a frame by a gain that slides by step each sample, and limits
// it.
func (l *limiter) apply(f Frame, gain, step float64) {
	for at := 0; at+limitBlock <= len(f); at += limitBlock {
		var next [limitBlock]float64
		top := 0.0
		for i, v := range f[at:][:limitBlock] {
			next[i] = float64(v) * gain
			top = max(top, math.Abs(next[i]))
			gain += step
		}
		bears := min(1, limitCeiling/max(top, 1))
		end := min(l.gain+limitReturn*(1-l.gain), l.most, bears)
		slide := (end - l.gain) / limitBlock
		for i, v := range l.held {
			f[at+i] = round(v * (l.gain + slide*float64(i)))
		}
		l.held, l.most, l.gain = next, bears, end
	}
}
