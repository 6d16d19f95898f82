// Package calls is the ringing service as a pure model: what a call is, who may
// do what to it, and what each phone hears of it.
//
// It refuses to know about networks, disks, goroutines and clocks. Time comes in
// as an argument, effects go out as values, and every function is deterministic.
// The server and the phones share this package and [tring/calls/wire], nothing
// else.
//
// There are three functions to know:
//
//	Call.Apply    the judge. One act by one actor on one call: the next call, or an error.
//	Events        what a phone hears when a call changes, live and after a reconnect alike.
//	Phone.Step    one phone. An input in, effects out: Bubble Tea's Update, for telephony.
//
// They meet like this:
//
//	phone                        server                         phones
//	key ─► Step ─► Send ─► frame ─► Call.Apply ─► store ─► Events ─► frame ─► Step ─► Emit
//
// The vocabulary is that of CometChat's ringing workflow (initiate, accept,
// reject, cancel, busy, end, call token, session) on top of RFC 3261's ideas:
// a call that terminated stays so, and of two racing acts the one that the
// server ordered first holds.
//
// All types are plain values. [Phone] is not safe for concurrent use: one
// goroutine owns it (see [tring/calls/agent]).
package calls
