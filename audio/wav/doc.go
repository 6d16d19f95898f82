// Package wav makes sound files into a microphone and a speaker, so that a
// phone can be heard and measured on a machine without either.
//
//	file ─► Read ─► mono 48 kHz ─► source ─┐
//	                                 clock ├─► audio.Device
//	file ◄─ append ◄──────────────── sink ─┘
//	file ◄─ append ◄─ Recording: both sides of a call
//
// Both ends are paced by the real clock on an absolute schedule, like a sound
// card's: nothing drifts, and after a stall nothing runs in a burst. Silence
// and Echo are devices on the same clock without files.
//
// The package refuses to know what is played and why. It starts no goroutine:
// Read and Write wait in the caller's, and Close ends the wait. A Device is
// safe for concurrent use; each opened end belongs to one goroutine, but for
// Close.
package wav
