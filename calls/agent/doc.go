// Package agent is the user agent: one goroutine that owns a [calls.Phone], feeds
// it what happens, and carries out what it decides.
//
//	screen ── Do ──────────┐                        ┌─ Send, Relay ──► Signaler (in order)
//	Signaler ── Receive ───┼─► inbox ─► Phone.Step ─┼─ OpenMedia … ──► media goroutine ──► Session
//	Session ── notify ─────┤            │           ├─ PlayTone … ───► Sound
//	clock ── Tick ─────────┘            ▼           └─ Emit ─────────► a queue for each listener
//	                                 Snapshot
//
// Nothing holds that goroutine up: the inbox takes whatever comes from any
// goroutine, also from within an effect; requests are queued by the Signaler and
// their answers come back as inputs; media opens and closes aside; a listener
// that does not keep up costs only itself. So a hang-up is heard at once,
// whatever else hangs.
//
// The package refuses to know WebSockets, peer connections and sound devices: it
// declares the three small interfaces that it needs.
//
// # Goroutines
//
// [Agent.Run] is the loop. It starts the Signaler's Run and one goroutine that
// does the media's work in order, and both have ended when it returns. A listener
// with something to hear has a goroutine until it has heard it.
package agent
