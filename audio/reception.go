package audio

import "time"

// Reception is the sound of one remote device for somebody with a clock of his
// own: what a Stream is to an Engine. It belongs to one goroutine, or to
// whoever holds its owner's lock; Pull allocates nothing.
type Reception struct{ receiver *receiver }

// NewReception makes one. Sound later than most is dropped rather than played;
// zero leaves that to what the network is like.
func NewReception(d Decoder, most time.Duration) *Reception {
	r := newReceiver(d)
	r.buffer.most = most
	return &Reception{r}
}

// Push takes a packet, and copies its payload. Arrived is by the clock that Pull
// is given; zero is its beginning, not "now".
func (r *Reception) Push(p Packet) { r.receiver.buffer.push(&p) }

// Pull fills the next 10 ms.
func (r *Reception) Pull(now time.Duration, out Frame) { r.receiver.step(now, out) }

// Stats are the counters since it was made.
func (r *Reception) Stats() StreamStats { return r.receiver.buffer.report() }
