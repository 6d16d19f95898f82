package audio

import (
	"math"
	"time"
)

// Heard is what became of somebody's sound on its way to a listener's ear. It
// is a value.
type Heard struct {
	Delay   time.Duration // from mouth to ear
	Guessed float64       // percent of the sound that was concealed
	Rebuilt float64       // percent that came from in-band FEC, coarser than the original
	Burst   float64       // packets in a row that were missing, on average; below 1 is unknown
}

// The constants of the E-model (ITU-T G.107) for Opus. ITU-T has published none,
// so they are fitted to intelligibility (STOI) that was measured for human speech
// through libopus at 32 kbit/s, and are estimates. STOI falls with loss as the
// E-model's impairment rises; the scale between the two is anchored in the one
// curve that both know, speech whose lost packets are left silent, for which
// G.113 gives Bpl 4.3: Ie,eff = 95·d/(d+0.04), where d is what STOI fell by.
//
//	measured              STOI fell by  Ie,eff of that   of this model
//	5 % concealed                .018            29               31
//	10 % concealed               .038            46               46
//	20 % concealed               .077            63               62
//	20 % in bursts of 3          .099            68               70
//	10 % random, FEC             .005            11               11
//	20 % random, FEC             .018            29               29
//	20 % bursts of 3, FEC        .065            59               57
//
// Ie is zero: the scale is relative to Opus without loss.
const (
	ratingBest    = 93.2
	impairMost    = 95.0
	robustness    = 10.5  // Bpl of Opus's own concealment
	rebuiltWeight = 0.045 // of a guessed packet: what one rebuilt by FEC impairs
	burstWeight   = 0.15  // G.107's BurstR is for codecs whom bursts hurt more
	ratingLeast   = 6.5   // where the curve of MOS bends, G.107 Annex B
)

// Rating is the E-model's transmission rating, 0 to 93.2: above 80 people are
// satisfied, below 60 nearly all are not (ITU-T G.109). It is an estimate.
func (h Heard) Rating() float64 {
	ms := float64(h.Delay) / float64(time.Millisecond)
	r := ratingBest - 0.024*ms
	if ms > 177.3 {
		r -= 0.11 * (ms - 177.3)
	}
	loss := h.Guessed + rebuiltWeight*h.Rebuilt
	inRow := 1.0
	if h.Burst > 1 {
		inRow += burstWeight * (h.burstiness() - 1)
	}
	return max(r-impairMost*loss/(loss/inRow+robustness), 0)
}

// burstiness is BurstR: how much longer the runs are than if losses were random.
func (h Heard) burstiness() float64 {
	return max(h.Burst*(1-min(h.Guessed, 100)/100), 1)
}

// MOS is the mean opinion, 1 to 4.5, that a rating stands for (G.107 Annex B).
func MOS(rating float64) float64 {
	r := min(rating, 100)
	if r < ratingLeast {
		return 1
	}
	return math.Max(1, 1+.035*r+r*(r-60)*(100-r)*7e-6)
}
