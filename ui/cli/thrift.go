package cli

import (
	"runtime/debug"
	"time"
)

// What a host keeps of its memory. An idle telephone allocates next to nothing, and
// one in a call little, so that collecting garbage early costs it hardly anything.
const (
	// hostGarbage is how much garbage there may be beside what is in use, in percent.
	hostGarbage = 15
	// settled is how long after the last login came or went the memory is given
	// back that it took: handshakes and first pictures need deep stacks.
	settled = 5 * time.Second
)

// collectEarly lets garbage be collected as a host wants it, unless whoever started
// it said how. Undo is for the end.
func (a *app) collectEarly() (undo func()) {
	if a.getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(hostGarbage)
	return func() { debug.SetGCPercent(before) }
}

// newSettling is the timer that gives memory back; it waits to be set.
func newSettling() *time.Timer {
	t := time.AfterFunc(settled, debug.FreeOSMemory)
	t.Stop()
	return t
}

// hostComplexity is how much a host spends at most on encoding speech. The highest
// costs nearly twice as much, and is hardly heard.
const hostComplexity = 5

// complexity is what a phone may spend on encoding, 0 for as much as helps.
func (a *app) complexity() int {
	if a.hosted != nil {
		return hostComplexity
	}
	return 0
}
