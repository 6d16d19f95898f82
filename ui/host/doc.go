// Package host is the telephone for people who come by ssh: it lets them in by
// their keys, and gives each login a terminal, a command and a line for sound.
//
//	TCP ── admission ── ssh (wish) ── door ─┬─ login ── Config.Run: screen, plain, call, …
//	       addresses,    keys only,  what a │    │ outlet, inlet
//	       deadlines     algorithms  client │   Line: an audio.Device
//	                                 may ask└─ sound channel ── Lines.Carry
//
// It knows ssh, limits, keep-alive and sound. It refuses to know accounts, the
// server and the screen: whose a key is (Config.Whose), what an invite does
// (Config.Join) and what a login runs (Config.Run) are given to it.
//
// Who a person is follows from the public key that signed the connection and from
// nothing else: not from the user's name, and not from keys that were only offered.
// Every key is let in as far as one command, since only there can a stranger be
// told in words how to be added; so nothing is learnt about who exists by offering
// somebody's public key.
//
// Nobody waits for a client. What a login writes goes through a bounded outlet with
// a goroutine of its own; a client that reads nothing for Limits.Stalled loses its
// connection. What a client sends is paced for each connection, so a flood costs its
// own connection only. A panic in Config.Run ends that login.
//
// Goroutines: those of a connection and of a channel in wish, one for a connection's
// keep-alive; for each login the one of Config.Run, one for its outlet, one for its
// requests and its overseer, which ends it. All end with their connection, and all
// connections with Host.Serve.
package host
