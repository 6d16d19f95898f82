// Package opus is the codec: Opus (RFC 6716) by libopus, mono at 48 kHz, 20 ms
// a packet, set up for speech, with in-band redundancy (FEC) once the far side
// reports loss.
//
//	audio.Encoder ─► libopus ─► packet ─► libopus ─► audio.Decoder
//
// It refuses to know where packets go. It starts no goroutine; an encoder or
// decoder belongs to the loop that uses it. Nothing allocates after New.
//
// The binding needs cgo. A program built without it has the twin in nocgo.go,
// whose constructors say what is missing, so that everything else still works.
package opus
