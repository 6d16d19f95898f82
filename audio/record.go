package audio

import (
	"sync/atomic"
	"time"
)

// The two sides of a recording come by two clocks, the microphone's and the
// speaker's; its file has a third, the reader's.
//
//	capture loop:  Near ─► ring ─┐
//	                             ├─► Take, by the reader's clock ─► left, right
//	playout loop:  Far  ─► ring ─┘
const (
	// RecordSamples are 10 ms of a recording: left, right, left …
	RecordSamples = 2 * FrameSamples

	recordRing    = 1 << 18           // samples of each side: 5 s that a disk may be slow
	recordKept    = recordRing - Rate // never written where it is read
	recordBehind  = 500 * Rate / 1000 // how far behind the present the file is: so long may a loop stall
	recordDrift   = 30 * Rate / 1000  // so far off a side's clock may be,
	recordAligned = 2 * Rate / 1000   // until it is corrected to this,
	recordSlew    = 0.001             // so fast that nobody hears it,
	recordFar     = 100 * Rate / 1000 // or, when it is that far off,
	recordFast    = 0.005             // so fast that few do
	recordBurst   = 500 * Rate / 1000 // more at once is no drift
	recordSmooth  = 0.1               // of each new look at a clock
)

// Recorder is a Tap that puts the two sides of a call beside each other: left is
// what this phone sends, right is what the others say.
//
// Near and Far belong to a loop each, the other methods to one reader. Near and
// Far allocate nothing and never wait: when the reader is seconds late, sound is
// lost to the recording, and counted.
type Recorder struct {
	near, far track
	begun     bool
	began     time.Duration
	written   int64 // samples of each side
	behind    int64
}

var _ Tap = (*Recorder)(nil)

// NewRecorder makes a recorder. Its recording begins with the first Take.
func NewRecorder() *Recorder {
	r := &Recorder{behind: recordBehind}
	r.near.ring, r.far.ring = make([]int16, recordRing), make([]int16, recordRing)
	return r
}

// Near takes what this phone sends.
func (r *Recorder) Near(f Frame) { r.near.put(f) }

// Far takes what the others say.
func (r *Recorder) Far(f Frame) { r.far.put(f) }

// Take writes what is due at this time of the reader's clock, in whole
// RecordSamples, and tells how many samples of out it filled. Where it filled
// all, more may be due.
func (r *Recorder) Take(now time.Duration, out []int16) int {
	if !r.begun {
		r.begun, r.began = true, now
		r.near.leave()
		r.far.leave()
	}
	at := int64(samples(now - r.began))
	r.near.watch(at, r.written)
	r.far.watch(at, r.written)
	n := 0
	for r.written+FrameSamples <= at-r.behind && n+RecordSamples <= len(out) {
		block := out[n : n+RecordSamples]
		r.near.fill(block, r.written)
		r.far.fill(block[1:], r.written)
		r.written += FrameSamples
		n += RecordSamples
	}
	return n
}

// Finish says that nothing comes any more: what is left is due now.
func (r *Recorder) Finish() { r.behind = 0 }

// Lost is how much sound came while the reader was too late for it.
func (r *Recorder) Lost() time.Duration {
	return time.Duration(r.near.lost.Load()+r.far.lost.Load()) * FrameDuration
}

// track is one side: a ring between its loop and the reader, and where the
// reader is in it.
type track struct {
	ring []int16
	head atomic.Int64 // samples ever put; the loop writes it
	tail atomic.Int64 // those before it may be overwritten; the reader writes it
	lost atomic.Int64 // frames

	// The reader's own.
	flowing bool
	start   int64   // where in the file it began to flow
	at      float64 // what comes next, in samples ever put
	off     float64 // how many samples its clock is before the reader's
	slew    float64 // how much faster it is read than it was put
}

func (t *track) put(f Frame) {
	head := t.head.Load()
	if head+int64(len(f))-t.tail.Load() > recordKept {
		t.lost.Add(1)
		return
	}
	for i, v := range f {
		t.ring[(head+int64(i))%recordRing] = v
	}
	t.head.Store(head + int64(len(f)))
}

// leave forgets what has come, and waits for something new.
func (t *track) leave() {
	head := t.head.Load()
	t.flowing, t.at = false, float64(head)
	t.tail.Store(head)
}

// watch compares the side's clock with the reader's: the newest sample is from
// now. So a side that begins finds its place, and one whose clock is off is read
// a little faster or slower.
func (t *track) watch(now, written int64) {
	head := t.head.Load()
	if !t.flowing && float64(head) > t.at {
		t.flowing, t.off, t.slew = true, 0, 0
		t.start = max(now-(head-int64(t.at)), written)
	}
	if !t.flowing {
		return
	}
	off := float64(head) - t.at - float64(now-max(written, t.start))
	if off > recordBurst {
		t.at, t.off, off = t.at+off, 0, 0
	}
	t.off += (off - t.off) * recordSmooth
	switch {
	case t.off > recordFar:
		t.slew = recordFast
	case t.off < -recordFar:
		t.slew = -recordFast
	case t.off > recordDrift:
		t.slew = recordSlew
	case t.off < -recordDrift:
		t.slew = -recordSlew
	case t.off < recordAligned && t.off > -recordAligned:
		t.slew = 0
	}
}

// fill writes the side's next 10 ms to every second sample of block; it belongs
// at this place of the file. What is not there is silence.
func (t *track) fill(block []int16, place int64) {
	head := t.head.Load()
	due := t.flowing && place >= t.start
	for i := range FrameSamples {
		block[2*i] = 0
		if whole := int64(t.at); due && whole < head {
			block[2*i] = t.between(whole, head, t.at-float64(whole))
			t.at += 1 + t.slew
		}
	}
	switch {
	case due && int64(t.at) >= head: // it has stopped
		t.leave()
	case t.flowing:
		t.tail.Store(max(int64(t.at)-1, 0))
	}
}

// between is the sound between two samples, by Catmull and Rom's cubic.
func (t *track) between(whole, head int64, part float64) int16 {
	if part == 0 {
		return t.ring[whole%recordRing]
	}
	value := func(i int64) float64 { return float64(t.ring[min(max(i, 0), head-1)%recordRing]) }
	a, b, c, d := value(whole-1), value(whole), value(whole+1), value(whole+2)
	v := b + part/2*(c-a+part*(2*a-5*b+4*c-d+part*(3*(b-c)+d-a)))
	return clip(float32(v))
}
