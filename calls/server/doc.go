// Package server is the server of the ringing service: accounts, the registrar
// (who is online with which phones), the register of live calls, history,
// presence, and STUN and TURN.
//
// It judges nothing itself: [calls.Call.Apply] does, and this package stores what
// it says under a revision, so that of two racing acts one wins. What phones hear
// is computed by [calls.Events] from the state before and the state after, the
// same after a reconnect as live. It never looks into media: signals between
// phones are relayed unread, and sound goes from phone to phone or through TURN,
// encrypted by the phones.
//
//	phones                        gateway                            journal or NATS
//
//	WebSocket ─► conn ─► signin ─► hub: connections, live calls ◄─ watch ─┐
//	                └──► acts ──► Call.Apply ──► compare-and-set ──► calls ┤
//	                        └──► claims (device, pair) ────────────► claims│
//	            ◄─ Events ◄─ hub ◄┘                                        │
//	timers ─► Call.Apply  terminal: finisher ─► history.<call>, then delete ┘
//
// JetStream runs inside the process with every write synced to disk; with NATS
// URLs the same code shares an outside cluster with other gateways. The only gateway
// keeps its live calls in memory and in a journal of its own, where calls share
// their syncs: what nobody waits for goes with the next write that somebody does.
// Claims decide races only; there they are kept in memory and made again from the
// live calls at each start, so that a ring waits for the disk once. Nobody waits
// for what follows the end of a call: the finisher writes many records at a time.
// A gateway keeps in memory only what it can rebuild: the connections, a copy of
// accounts, live calls, and an outline of every finished call, whose record is
// read from the stream when somebody asks for it.
//
// Who signs in is a person, a test line, or an ssh host (AsHost), which is nobody to
// anybody: it asks whose keys are, and signs in for those people. Their phones are
// like any others, but end with their host.
//
// Goroutines: each connection has a reader and a writer and ends with its socket;
// [Server.Open] starts the watches of accounts, calls and history, the presence
// pusher, the finisher, the journal's writer, and TURN; timers run aside. All of them end
// before [Server.Serve] returns. Of the locks, hub's is taken before those of
// accounts and history, and none is held while waiting for NATS or a socket.
package server
