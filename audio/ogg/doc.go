// Package ogg reads and writes Ogg Opus files (RFC 3533, RFC 7845): recordings of
// two channels, and ring tones of any.
//
//	recording: left, right ─► 2 × audio.Encoder ─► packets of both ─► pages ─► file
//	ring tone: file ─► pages ─► packets ─► audio.Decoder ─► mono 48 kHz
//
// A recording's two channels are two streams of one channel each in one Ogg
// packet (RFC 7845 §5.1.1.2), so that the mono encoder of the telephone serves;
// every player of Ogg Opus knows it.
//
// The package refuses to know the codec's insides and what is recorded. It starts
// no goroutine.
package ogg
