package audio

import "time"

const (
	decodedMost = 2*longestRun + mostLag
	pieces      = FrameSamples / leastRun // turns that may be needed for 10 ms
	tooMuch     = 5 * Rate / 1000         // samples of delay over the target that are taken out
	tooLittle   = Rate / 2000             // and under it that are put in: soon packets would come too late
)

// receiver turns one remote device's packets into sound, 10 ms at a time. It
// is tick-free, allocates nothing in step, and belongs to one goroutine.
//
//	jitterBuffer ─► Decoder ─► blend with comfort noise ─► squeeze or stretch ─► step: 10 ms
type receiver struct {
	buffer  *jitterBuffer
	decoder Decoder
	sound   [pastSamples + decodedMost]int16 // what was played last, then what is decoded and not yet played
	n       int                              // not yet played
	blend   blend
}

func newReceiver(d Decoder) *receiver {
	return &receiver{buffer: newJitterBuffer(), decoder: d}
}

// step fills the next 10 ms.
func (r *receiver) step(now time.Duration, out Frame) {
	for range pieces {
		if r.n >= FrameSamples {
			break
		}
		r.fill(now)
	}
	// Packets of 10 ms leave too little to find a period in: look ahead.
	if r.n < stretchRoom && r.buffer.excess() > tooMuch && r.buffer.at(r.buffer.next) != nil {
		r.fill(now)
	}
	n := copy(out, r.ahead()[:min(r.n, FrameSamples)])
	clear(out[n:])
	copy(r.sound[:], r.sound[n:pastSamples+r.n])
	r.n -= n
}

// ahead is what is decoded and not yet played.
func (r *receiver) ahead() []int16 { return r.sound[pastSamples : pastSamples+r.n] }

// room is the next n samples behind it. It is bounded by capacity too: some
// decoders fill that.
func (r *receiver) room(n int) []int16 {
	from := pastSamples + r.n
	return r.sound[from : from+n : from+n]
}

// fill appends the next piece of sound.
func (r *receiver) fill(now time.Duration) {
	what, payload := r.buffer.pop(now, r.n)
	switch what {
	case turnDecode:
		r.decode(payload)
		r.steer()
	case turnRecover:
		r.recoverLost(payload)
	case turnConceal:
		r.conceal(r.buffer.piece)
	case turnWait:
		r.guess(FrameSamples, missing)
	case turnRest:
		r.guess(FrameSamples, resting)
	case turnSilence:
		r.guess(FrameSamples, silent)
	}
}

func (r *receiver) decode(payload []byte) {
	n, err := r.decoder.Decode(payload, r.room(longestRun))
	if err != nil || n <= 0 {
		r.buffer.discard()
		r.buffer.due += int64(r.buffer.run)
		r.conceal(r.buffer.run)
		return
	}
	r.buffer.decoded(n)
	r.append(n, received)
}

func (r *receiver) recoverLost(next []byte) {
	piece := r.buffer.piece
	err := r.decoder.DecodeFEC(next, r.room(piece))
	r.buffer.recovered(err == nil)
	if err != nil {
		r.conceal(piece)
		return
	}
	r.append(piece, received)
}

// conceal fills the place of a packet that is lost.
func (r *receiver) conceal(n int) {
	r.buffer.stats.Concealed += uint64((n + FrameSamples - 1) / FrameSamples)
	r.guess(n, missing)
}

// guess appends n samples for which there is no packet: what the decoder makes
// of the sound before, for as long as that is heard.
func (r *receiver) guess(n int, why origin) {
	pcm := r.room(n)
	if r.blend.gain == 0 || r.decoder.Conceal(pcm) != nil {
		clear(pcm)
	}
	r.append(n, why)
}

// append accepts n samples written behind what is ahead.
func (r *receiver) append(n int, from origin) {
	r.blend.mix(r.room(n), from)
	r.n += n
}

// steer brings the delay to its target.
func (r *receiver) steer() {
	before, excess := r.n, r.buffer.excess()
	quiet := r.blend.background.quiet()
	switch {
	case excess > tooMuch && r.n >= stretchRoom:
		r.n = shorten(r.ahead(), min(excess, mostLag), quiet, excess > 6*mostLag)
	case excess < -tooLittle:
		r.n = lengthen(r.sound[:], r.n, quiet, excess < -4*mostLag)
	}
	r.buffer.moved(r.n - before)
}
