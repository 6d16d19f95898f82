// Package signaling is a phone's connection to its server: it connects, signs
// in with an ssh key, keeps the connection alive, comes back when it breaks, and
// turns frames into inputs of the model.
//
//	agent ── Send ──► session.out ──► pump ──► WebSocket ──► server
//	agent ◄─ Receive, answers ──────── read ◄── WebSocket ◄── server
//
// A connection begins with hello, challenge, proof, welcome; the welcome's
// snapshot is the first thing a [Receiver] hears of it. A reconnect is the same
// exchange, so there is no second path. Within one connection the Receiver hears
// frames, and requests hear their answers, in the order in which the server sent
// them; requests leave in the order of the calls to Send.
//
// Whatever goes wrong ends in one of two ways. A refusal that time does not heal
// (the key, the protocol's version, a device that was replaced or removed) ends
// [Client.Run]. Anything else is reported and tried again, after 0.2 s doubling
// to 15 s with full jitter.
//
// The package refuses to know what a call is and who listens: it decides nothing.
//
// # Goroutines
//
// Run reads, in the caller's goroutine. For each connection one more goroutine
// writes and pings; it has ended before the next connection begins. A signature
// that an ssh agent makes is waited for in a goroutine of its own, since nobody
// can interrupt an agent that asks its owner.
package signaling
