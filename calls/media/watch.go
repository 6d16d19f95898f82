package media

import (
	"time"

	"tring/calls"
)

const (
	lostAfter  = 500 * time.Millisecond // after ICE noticed, which takes disconnectedAfter
	firstOffer = 60 * time.Millisecond  // the answerer asks, if no offer came by then
	firstReply = 500 * time.Millisecond // the offerer repeats, if no answer came by then
	askMost    = 8 * time.Second
	mendTime   = 4 * time.Second // that an exchange of offer and answer usually gets to connect
)

// watch decides what one connection's ups and downs mean: when to tell the
// phone, when to ask the peer. It is pure: time and state come in.
type watch struct {
	told  calls.MediaState
	up    bool
	down  time.Time // since when
	askAt time.Time
	pause time.Duration // after the next ask
	mend  time.Duration // that an exchange gets
	next  time.Duration // that the next one gets
}

func newWatch(now time.Time, patience, mend time.Duration) watch {
	return watch{down: now, askAt: now.Add(patience), pause: 2 * patience, mend: mend, next: mend}
}

// see takes the state of the connection. It returns what the phone is to be
// told, if anything.
func (w *watch) see(now time.Time, up, failed bool) calls.MediaState {
	if up {
		w.up, w.next = true, w.mend
		return w.tell(calls.MediaConnected)
	}
	if w.up {
		w.up, w.down = false, now
		w.askAt, w.pause = now, time.Second
	}
	if w.told == calls.MediaConnected && (failed || now.Sub(w.down) >= lostAfter) {
		return w.tell(calls.MediaLost)
	}
	return calls.MediaNone
}

func (w *watch) tell(state calls.MediaState) calls.MediaState {
	if w.told == state {
		return calls.MediaNone
	}
	w.told = state
	return state
}

// ask tells whether it is time to ask the peer for what is missing; each time
// it waits longer.
func (w *watch) ask(now time.Time) bool {
	if w.up || now.Before(w.askAt) {
		return false
	}
	w.askAt = now.Add(w.pause)
	w.pause = min(2*w.pause, askMost)
	return true
}

// exchanged says that offer and answer met: ICE and DTLS get their time. Where that
// was too little, such as by a slow relay, the next exchange gets more.
func (w *watch) exchanged(now time.Time) {
	w.askAt, w.pause = now.Add(w.next), w.next
	w.next = max(w.mend, min(2*w.next, askMost))
}
