package media

// lately is over how many seconds what is "of late" is taken.
const lately = 5

// arrivals remembers which of a peer's packets came. The zero value is ready;
// it belongs to whoever guards it.
type arrivals struct {
	begun    bool
	highest  int64 // sequence number, extended beyond 16 bits
	reported int64 // up to here the pattern was told
	seen     [arrivalsKept / 64]uint64
}

const (
	arrivalsKept = 1024
	arrivalsLate = 5 // packets that may still come, out of order
)

// add notes a packet, and tells whether it had not come before.
func (a *arrivals) add(sequence uint16) bool {
	at := a.highest + int64(int16(sequence-uint16(a.highest)))
	if !a.begun || at >= a.highest+arrivalsKept/2 || at <= a.highest-arrivalsKept/2 {
		*a = arrivals{begun: true, highest: 1<<32 + int64(sequence)}
		a.reported = a.highest - 1
		a.set(a.highest, true)
		return true
	}
	for ; a.highest < at; a.highest++ {
		a.set(a.highest+1, false)
	}
	was := a.has(at)
	a.set(at, true)
	return !was
}

// missing tells that a packet did not come, as far as is known.
func (a *arrivals) missing(sequence uint16) bool {
	at := a.highest + int64(int16(sequence-uint16(a.highest)))
	return a.begun && at <= a.highest && at > a.highest-arrivalsKept/2 && !a.has(at)
}

func (a *arrivals) has(at int64) bool { return a.seen[at%arrivalsKept/64]>>(at%64)&1 != 0 }

func (a *arrivals) set(at int64, on bool) {
	word, bit := &a.seen[at%arrivalsKept/64], uint64(1)<<(at%64)
	*word &^= bit
	if on {
		*word |= bit
	}
}

// pattern is which of the packets since the last call came, and the sequence
// number of the first of them. Those that may still come wait for the next call.
func (a *arrivals) pattern() (begin uint16, came []bool) {
	end := a.highest - arrivalsLate
	if !a.begun || end <= a.reported {
		return 0, nil
	}
	first := max(a.reported+1, end-arrivalsKept/2)
	for at := first; at <= end; at++ {
		came = append(came, a.has(at))
	}
	a.reported = end
	return uint16(first), came
}

// tally counts packets, those of them that are missing, and the runs of those.
type tally struct{ expected, lost, runs int }

// count goes on from a pattern whose last packet was missing, or not.
func count(came []bool, missing bool) (t tally, last bool) {
	for _, c := range came {
		t.expected++
		if !c {
			t.lost++
			if !missing {
				t.runs++
			}
		}
		missing = !c
	}
	return t, missing
}

func (t tally) percent() float64 {
	if t.expected == 0 {
		return 0
	}
	return 100 * float64(t.lost) / float64(t.expected)
}

// burst is the mean length of the runs of lost packets; zero where none was lost.
func (t tally) burst() float64 {
	if t.lost == 0 {
		return 0
	}
	return float64(t.lost) / float64(max(t.runs, 1))
}

// window is the tally of the last seconds.
type window struct {
	each [lately]tally
	at   int
}

func (w *window) add(t tally) {
	t.lost = min(t.lost, t.expected)
	w.each[w.at] = t
	w.at = (w.at + 1) % lately
}

// last is the newest.
func (w *window) last() tally { return w.each[(w.at+lately-1)%lately] }

func (w *window) sum() (all tally) {
	for _, t := range w.each {
		all.expected += t.expected
		all.lost += t.lost
		all.runs += t.runs
	}
	return all
}
