package audio

// What is missing is guessed by the decoder; when that goes on it turns into
// the noise that was in the background before, as a line that goes dead makes
// people say "hello?". What comes back is blended in again.
const (
	fadeAfter = 100 * Rate / 1000 // samples of guessing at full level
	fadeOver  = 40 * Rate / 1000  // then this long into comfort noise
	restOver  = 10 * Rate / 1000  // where the far side is silent, at once
	fadeIn    = 5 * Rate / 1000   // and back
	hushOver  = 200 * Rate / 1000 // comfort noise comes and goes where nobody talks
)

// origin is where a piece of sound comes from.
type origin int

const (
	received origin = iota // from the far side
	missing                // guessed, for want of a packet
	resting                // guessed, as the far side sends nothing
	silent                 // there is no far side, or it has not begun
)

// blend puts comfort noise where sound is missing, without a click. It is pure
// and belongs to one goroutine.
type blend struct {
	background background
	noise      comfortNoise
	gain       float32 // of the sound
	hiss       float32 // of the noise, where the sound leaves room for it
	dry        int     // samples guessed in a row
}

// mix fades pcm, in place, from and to comfort noise.
func (b *blend) mix(pcm []int16, from origin) {
	if from == received {
		b.dry = 0
		b.background.hear(pcm)
		if b.gain == 1 {
			return
		}
	} else if b.gain == 1 {
		b.noise.tune(&b.background)
	}
	for i, v := range pcm {
		b.advance(from)
		if b.gain == 1 {
			continue
		}
		hiss := (1 - b.gain) * b.hiss * b.noise.next()
		pcm[i] = clip(float32(v)*b.gain + hiss)
	}
}

// advance moves the gains by one sample.
func (b *blend) advance(from origin) {
	switch from {
	case received:
		b.gain = min(b.gain+1.0/fadeIn, 1)
		b.hiss = 1
		return
	case missing:
		if b.dry < fadeAfter {
			b.dry++
		} else {
			b.gain = max(b.gain-1.0/fadeOver, 0)
		}
	case resting:
		b.gain = max(b.gain-1.0/restOver, 0)
	case silent:
		b.gain = max(b.gain-1.0/restOver, 0)
		b.hiss = max(b.hiss-1.0/hushOver, 0)
		return
	}
	b.hiss = min(b.hiss+1.0/hushOver, 1)
}
