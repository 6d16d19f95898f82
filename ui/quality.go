package ui

import (
	"math"
	"time"

	"tring/calls"
)

const (
	statsEvery = time.Second
	lossBad    = 5.0 // percent: from here on it is said,
	lossGood   = 2.0 // until it is below this
	delayBad   = 700 * time.Millisecond
	delayGood  = 500 * time.Millisecond
	// They hear us badly below the first rating, well enough above the second
	// (ITU-T G.109: below 60 nearly all are dissatisfied).
	ratingBad  = 60.0
	ratingGood = 70.0
)

// complaint is what is bad about the sound.
type complaint int

const (
	complaintNone   complaint = iota
	complaintLoss             // the network loses theirs
	complaintUneven           // it comes, but too late to be played
	complaintTheirs           // the network loses ours
	complaintDelay
)

// quality is how the sound is. What is bad about it is said only where it is
// heard, late, and taken back late, so that the words do not flicker.
type quality struct {
	at    time.Time
	what  complaint
	loss  int // percent, of complaintLoss and complaintTheirs
	delay time.Duration
	// The last statistics, and of which call.
	call  calls.ID
	stats calls.MediaStats
}

// rest is what stays when no call is going on.
func (q *quality) rest() { *q = quality{call: q.call, stats: q.stats} }

func (q *quality) take(call calls.ID, s calls.MediaStats) {
	q.call, q.stats = call, s
	was := q.what
	q.what, q.delay = complaintNone, s.Delay
	switch {
	case beyond(s.ConcealedLately, lossBad, lossGood, was == complaintLoss || was == complaintUneven):
		if q.what, q.loss = complaintUneven, percent(s.LossPercent); s.LossPercent >= lossGood {
			q.what = complaintLoss
		}
	case theyComplain(s, was == complaintTheirs):
		q.what, q.loss = complaintTheirs, percent(s.PeerLossPercent)
	case beyond(s.Delay, delayBad, delayGood, was == complaintDelay):
		q.what = complaintDelay
	}
}

// theyComplain tells that the other side hears us badly and the network is why:
// as it says itself, or, where it does not say, by what it misses.
func theyComplain(s calls.MediaStats, already bool) bool {
	if s.PeerRating == 0 {
		return beyond(s.PeerLossPercent, lossBad, lossGood, already)
	}
	return beyond(-s.PeerRating, -ratingBad, -ratingGood, already) && s.PeerLossPercent >= lossGood
}

// beyond tells that a figure is bad, or was and is not good yet.
func beyond[T float64 | time.Duration](v, bad, good T, already bool) bool {
	return v >= bad || already && v >= good
}

func percent(v float64) int { return int(math.Round(v)) }
