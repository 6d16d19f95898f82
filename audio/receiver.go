package audio

import "time"

// What is missing is guessed, and the guess fades out when it goes on.
const (
	fadeAfter   = 60 * Rate / 1000 // samples of guessing at full level
	fadeOver    = 60 * Rate / 1000 // then this long to silence
	fadeIn      = 5 * Rate / 1000  // and back
	decodedMost = 2*longestRun + mostLag
)

// receiver turns one remote device's packets into sound, 10 ms at a time. It
// is tick-free, allocates nothing in step, and belongs to one goroutine.
//
//	jitterBuffer ─► Decoder ─► squeeze or stretch ─► pcm ─► step: 10 ms
type receiver struct {
	buffer  *jitterBuffer
	decoder Decoder
	pcm     [decodedMost]int16 // decoded, not yet played
	n       int
	dry     int // samples guessed in a row
	gain    float32
}

func newReceiver(d Decoder) *receiver {
	return &receiver{buffer: newJitterBuffer(), decoder: d}
}

// step fills the next 10 ms.
func (r *receiver) step(now time.Duration, out Frame) {
	for range 4 { // packets of 2.5 ms need four turns
		if r.n >= FrameSamples {
			break
		}
		r.fill(now)
	}
	n := copy(out, r.pcm[:min(r.n, FrameSamples)])
	clear(out[n:])
	copy(r.pcm[:], r.pcm[n:r.n])
	r.n -= n
}

// fill appends the next piece of sound to pcm.
func (r *receiver) fill(now time.Duration) {
	what, payload := r.buffer.pop(now, r.n)
	switch what {
	case turnDecode:
		r.decode(payload)
		r.steer()
	case turnRecover:
		r.recoverLost(payload)
	case turnConceal:
		r.conceal(r.buffer.run)
	case turnWait:
		r.conceal(FrameSamples)
	case turnSilence:
		clear(r.pcm[r.n : r.n+FrameSamples])
		r.append(FrameSamples, true)
	}
}

func (r *receiver) decode(payload []byte) {
	// The room is bounded by capacity too: some decoders fill that.
	n, err := r.decoder.Decode(payload, r.pcm[r.n:r.n+longestRun:r.n+longestRun])
	if err != nil || n <= 0 {
		r.buffer.stats.Discarded++
		r.conceal(r.buffer.run)
		return
	}
	r.buffer.decoded(n)
	r.append(n, false)
}

func (r *receiver) recoverLost(next []byte) {
	end := r.n + r.buffer.run
	if err := r.decoder.DecodeFEC(next, r.pcm[r.n:end:end]); err != nil {
		r.conceal(r.buffer.run)
		return
	}
	r.buffer.stats.Recovered++
	r.append(r.buffer.run, false)
}

func (r *receiver) conceal(n int) {
	r.buffer.stats.Concealed += uint64((n + FrameSamples - 1) / FrameSamples)
	end := r.n + n
	if r.gain == 0 || r.decoder.Conceal(r.pcm[r.n:end:end]) != nil {
		clear(r.pcm[r.n:end])
	}
	r.append(n, true)
}

// append accepts n samples written behind pcm, and fades them out when they
// are guesses that go on, or in when sound is back.
func (r *receiver) append(n int, guessed bool) {
	piece := r.pcm[r.n : r.n+n]
	r.n += n
	if !guessed {
		r.dry = 0
		if r.gain == 1 {
			return
		}
	}
	for i := range piece {
		if !guessed {
			r.gain = min(r.gain+1.0/fadeIn, 1)
		} else if r.dry++; r.dry > fadeAfter {
			r.gain = max(r.gain-1.0/fadeOver, 0)
		}
		piece[i] = int16(float32(piece[i]) * r.gain)
	}
	r.dry = min(r.dry, Rate)
}

// steer brings the delay to its target.
func (r *receiver) steer() {
	if r.n < stretchRoom {
		return
	}
	before, excess := r.n, r.buffer.excess()
	switch {
	case excess > leastLag*2:
		r.n = shorten(r.pcm[:r.n], excess, excess > 6*mostLag)
	case excess < -leastLag:
		r.n = lengthen(r.pcm[:], r.n, mostLag, excess < -4*mostLag)
	}
	r.buffer.moved(r.n - before)
}
