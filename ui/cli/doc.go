// Package cli is the command line, and the wiring: it builds a phone from its
// parts, a server from its settings, and hands them to each other. It knows all
// other packages; none knows it.
//
// It refuses to know how anything is done: a command reads its flags, starts
// what it needs, waits, prints and ends. One file for each command.
//
//	main ─► Main ─► command ─► NewPhone(account, sound) ─► agent ─► signaling ─► server
//	                   │                                     │ ├──► media
//	                   └─► ui, ui/line ◄── events ───────────┘ └──► audio ─► portaudio, wav
//
// Words for people go to stderr, data to stdout. An error is one line: what
// failed, why, what to do. Exit codes are a promise (see the exit functions).
//
// Goroutines: each phone's Run, a server's Serve and the test lines run in
// goroutines that the command which started them waits for before it returns.
package cli
