// Package apm is an echo canceller for speakers: that of WebRTC's audio
// processing module, release 0.3 (libwebrtc-audio-processing).
//
//	speaker    ◄── frame ──► Render ──┐ what will come back
//	microphone ──► frame ──► Capture ◄┘ ──► the same without it
//
// Of the module only the canceller is used, with its long filter (128 ms) and
// its mildest suppression of what is left, so that who speaks at the same time
// is heard. High-pass, noise and gain are others' work.
//
// It refuses to know devices and calls. It starts no goroutine, allocates
// nothing after New, and releases its C memory when the garbage collector finds
// it unused.
//
// The library is not everywhere, so it is in only with the build tag apm (and
// cgo), which make build sets where the library is found. Otherwise New says
// what to do, and a phone does without.
package apm
