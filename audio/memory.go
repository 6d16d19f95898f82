package audio

import "time"

const (
	delayBucket  = 5 * time.Millisecond
	delayBuckets = 64 // 320 ms: what is later counts as the last
	pages        = 10
	pageLength   = time.Second // of sound
)

// memory is how late sound came, over the last ten seconds of it. A page is
// forgotten at once, so that what was is over after a known time. It is pure
// and belongs to one goroutine.
type memory struct {
	pages  [pages]pageOf
	sum    pageOf // of all of them
	opened int
}

// pageOf is ms of sound by how late it came: by itself, or out of a stall.
type pageOf struct {
	steady, stalled [delayBuckets]int
	written         int
	stalls          int
}

// note writes down that so much sound came so late.
func (m *memory) note(late, long time.Duration, stalled bool) {
	p := &m.pages[m.opened]
	if p.written >= int(pageLength/time.Millisecond) {
		m.turn()
		p = &m.pages[m.opened]
	}
	i := min(int(max(late, 0)/delayBucket), delayBuckets-1)
	ms := int(min(long, pageLength) / time.Millisecond)
	p.written += ms
	m.sum.written += ms
	if stalled {
		p.stalled[i] += ms
		m.sum.stalled[i] += ms
	} else {
		p.steady[i] += ms
		m.sum.steady[i] += ms
	}
}

// stall counts one.
func (m *memory) stall() {
	m.pages[m.opened].stalls++
	m.sum.stalls++
}

// turn forgets the oldest page and opens it anew.
func (m *memory) turn() {
	m.opened = (m.opened + 1) % pages
	p := &m.pages[m.opened]
	for i := range delayBuckets {
		m.sum.steady[i] -= p.steady[i]
		m.sum.stalled[i] -= p.stalled[i]
	}
	m.sum.written -= p.written
	m.sum.stalls -= p.stalls
	*p = pageOf{}
}

// ease takes back how late the sound of the last two to three seconds came,
// for so much of it that was no lateness.
func (m *memory) ease(by time.Duration) {
	for back := range 3 {
		p := &m.pages[(m.opened+pages-back)%pages]
		for i := 1; i < delayBuckets; i++ {
			to, ms := max(i-int(by/delayBucket), 0), p.steady[i]
			p.steady[i] -= ms
			m.sum.steady[i] -= ms
			p.steady[to] += ms
			m.sum.steady[to] += ms
		}
	}
}

// covering is the lateness that no more than so many percent of the sound
// exceeded; a memory shorter than least counts as that long. What came out of
// the only stall does not count.
func (m *memory) covering(percent int, least time.Duration) time.Duration {
	spare := max(m.sum.written, int(least/time.Millisecond)) * percent / 100
	i := delayBuckets - 1
	for ; i > 0; i-- {
		spare -= m.sum.steady[i]
		if m.sum.stalls > 1 {
			spare -= m.sum.stalled[i] * 2 / 3 // one gap is less to hear than many
		}
		if spare < 0 {
			break
		}
	}
	return time.Duration(i+1) * delayBucket
}
