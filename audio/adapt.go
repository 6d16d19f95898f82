package audio

import "time"

// How the encoder answers what it hears of the network.
const (
	bitrateThin  = 24000 // where the way is narrow
	bitrateUsual = 32000 // nothing to wish for in speech at 20 ms
	bitrateLossy = 48000 // room for good copies of what gets lost

	lossFEC    = 1.0 // percent: from here copies are worth their bits
	lossHeavy  = 5.0 // and from here, more bits for them
	calmBefore = 10 * time.Second

	// headers are the bits of IP, UDP, SRTP and RTP at 50 packets a second.
	headers = 50 * 8 * (20 + 8 + 12 + 10)

	wayMemory = 30 * time.Second       // a way that has become longer is another way, not a queue, after so long
	queueing  = 100 * time.Millisecond // a round trip so much longer than the shortest: a queue has filled
)

// What encoding may cost of one core, as a share of the packet's duration:
// above the first complexity goes down, below the second up again.
const (
	costMost       = 0.06
	costLittle     = 0.015
	complexityMost = 10
	complexityLow  = 5
	complexityFEC  = 8  // below it libopus makes no copies for little loss, measured
	costMemory     = 64 // frames of 10 ms
	tryAgain       = 30 * time.Second
)

// adapter decides how to encode: what the far side reports of the network,
// and what encoding costs here, go in; a Coding comes out. It is a pure
// machine, allocates nothing, and belongs to one goroutine.
//
//	loss      < 1 %: no copies     ≥ 1 %: FEC      ≥ 5 %: FEC at 48 kbit/s
//	way       narrow, or its queue fills: fewer bits, whatever the loss
//	cost      > 6 % of a core: less complexity, by one step at a time
//
// What protects comes at once; what saves waits until it was calm for ten
// seconds, so that a steady network never makes it waver.
type adapter struct {
	coding   Coding
	begun    bool
	network  Network
	shortest lowest        // round trip of late
	fecSince time.Duration // when loss was last worth copies
	guarded  time.Duration // when it was last as heavy as the copies are made for
	lossy    time.Duration // when it was last heavy
	thin     time.Duration // when the way was last narrow
	most     int           // of complexity
	level    int           // the same, that the machine allows
	cost     float64       // share of a core, smoothed
	frames   int           // since the complexity changed
	patience time.Duration
	costly   time.Duration // when complexity last went down
}

const never = -time.Hour

// newAdapter is one that encodes with this complexity at most.
func newAdapter(dtx bool, most int) *adapter {
	return &adapter{
		coding: Coding{Bitrate: bitrateUsual, Complexity: most, DTX: dtx}, level: most, most: most,
		fecSince: never, guarded: never, lossy: never, thin: never, costly: never, patience: tryAgain,
	}
}

// step takes the latest word on the network and tells how to encode from now
// on, and whether that is another way than before.
func (a *adapter) step(now time.Duration, n Network) (Coding, bool) {
	before := a.coding
	a.hear(now, n)
	a.coding.FEC = now-a.fecSince < calmBefore
	a.coding.Loss = a.loss(now)
	a.coding.Bitrate = a.bitrate(now)
	a.level = a.complexity(now)
	a.coding.Complexity = a.level
	if a.coding.FEC {
		a.coding.Complexity = max(a.level, complexityFEC)
	}
	changed := !a.begun || a.coding != before
	a.begun = true
	return a.coding, changed
}

// hear notes when the network was last bad.
func (a *adapter) hear(now time.Duration, n Network) {
	if n.RoundTrip > 0 {
		a.shortest.add(int64(n.RoundTrip), now, wayMemory)
	}
	if n.Loss >= lossFEC {
		a.fecSince = now
	}
	if n.Loss >= lossHeavy {
		a.lossy = now
	}
	shortest := time.Duration(a.shortest.value())
	queued := n.RoundTrip > 2*shortest && n.RoundTrip > shortest+queueing
	if queued || n.Available > 0 && n.Available < bitrateUsual+headers {
		a.thin = now
	}
	a.network = n
}

// loss is what the copies are made for: more at once, less only after a while.
func (a *adapter) loss(now time.Duration) int {
	if !a.coding.FEC {
		return 0
	}
	wanted := protection(a.network.Loss)
	if wanted < a.coding.Loss && now-a.guarded < calmBefore {
		return a.coding.Loss
	}
	a.guarded = now
	return wanted
}

// protection is the loss that the copies are made for: in steps, so that the
// encoder is not told anew for every report, and never so much that the copies
// eat the sound.
func protection(percent float64) int {
	for _, step := range [...]int{2, 5, 10, 15, 20} {
		if percent <= float64(step) {
			return step
		}
	}
	return 25
}

// bitrate answers loss with bits only where bits are not what it is lost for.
func (a *adapter) bitrate(now time.Duration) int {
	available := a.network.Available
	wide := available == 0 || available >= bitrateLossy+headers
	switch {
	case now-a.thin < calmBefore:
		return bitrateThin
	case now-a.lossy < calmBefore && wide:
		return bitrateLossy
	}
	return bitrateUsual
}

// spent tells what the last frame cost: most of it is the encoder's.
func (a *adapter) spent(d time.Duration) {
	a.cost += (float64(d)/float64(FrameDuration) - a.cost) / costMemory
	a.frames++
}

// complexity goes down when the machine is too slow for it. Going up again is
// a try; each that fails doubles the patience before the next.
func (a *adapter) complexity(now time.Duration) int {
	c := a.level
	if a.frames < 2*costMemory {
		return c
	}
	switch {
	case a.cost > costMost && c > complexityLow:
		if now-a.costly < 2*a.patience {
			a.patience *= 2
		}
		a.costly, a.frames = now, 0
		return c - 1
	case a.cost < costLittle && c < a.most && now-a.costly >= a.patience:
		a.frames, a.costly = 0, now
		return c + 1
	}
	return c
}
