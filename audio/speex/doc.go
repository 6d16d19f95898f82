// Package speex is two tools of libspeexdsp: a resampler for devices that do
// not run at 48 kHz, and a suppressor of steady noise for the microphone.
//
//	device at 44.1 kHz ─► Resampler ─► 48 kHz
//	microphone ─► … ─► Suppressor ─► …
//
// It refuses to know devices and calls. It starts no goroutine; each tool
// belongs to the goroutine that uses it, allocates nothing after New, and
// releases its C memory when the garbage collector finds it unused.
//
// The library needs cgo. A program built without it has the twin in nocgo.go,
// whose constructors say what is missing.
package speex
