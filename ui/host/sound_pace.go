package host

import (
	"time"

	"tring/audio"
)

// A client that knows nothing of us plays as fast as it records: both ends of
// its sound card have one clock. So one frame goes out for each that came in,
// and its speaker neither starves nor falls behind, however its clock drifts.
// What the network did to the frames on their way is no drift: it is smoothed
// away, and what is too much to be drift is forgotten.
const (
	followed  = 128                    // frames over which the difference is smoothed
	correct   = 20 * time.Microsecond  // of each 10 ms, per frame of difference
	trimMost  = 50 * time.Microsecond  // 0.5 %: no sound card is that far off
	noDrift   = 12                     // frames at once that no drift explains
	flowsFor  = 200 * time.Millisecond // after a frame, input is taken to flow
	missedMay = 2 * audio.FrameDuration
)

// keeper is the clock of a sink. It reads none itself, and belongs to one
// goroutine; the zero value is ready.
type keeper struct {
	due  time.Duration
	set  bool
	out  int64 // frames written
	base int64 // of in − out, when it began to be followed
	off  float64
	tied bool
}

// trim counts a frame, and tells by how much the next 10 ms should be longer,
// when so many have come in so far, the last one so long ago.
func (k *keeper) trim(in int64, ago time.Duration) time.Duration {
	k.out++
	if ago > flowsFor {
		k.tied = false
		return 0
	}
	ahead := in - k.out - k.base
	if !k.tied || ahead > noDrift || ahead < -noDrift {
		k.base, k.off, k.tied = in-k.out, 0, true
		return 0
	}
	k.off += (float64(ahead) - k.off) / followed
	t := -time.Duration(k.off * float64(correct))
	return min(max(t, -trimMost), trimMost)
}

// next is how long to wait for the next tick; after a stall it skips what was
// missed.
func (k *keeper) next(now, trim time.Duration) time.Duration {
	if !k.set {
		k.due, k.set = now, true
	}
	k.due += audio.FrameDuration + trim
	if now-k.due >= missedMay {
		k.due = now
	}
	return max(k.due-now, 0)
}
