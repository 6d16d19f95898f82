// Package score measures how a telephone sounds: what was spoken is compared
// with what was heard.
//
//	spoken, heard ─► Delay ─► Align ─► Straighten ─► STOI, ExtendedSTOI, LogSpectralDistance
//	a sine, heard ─► Glitches
//
// All sound is 16 bit mono at 48 kHz (Rate). The two recordings need no common
// beginning and no common level: Align finds each half second of what was
// spoken in what was heard, and Straighten brings it back to its place, so that
// a jitter buffer that squeezes and stretches is not taken for noise.
//
// The functions are pure: they keep nothing, change nothing that they are given,
// and any number may run at once. The package refuses to know files, codecs and
// telephones, and imports the standard library only.
package score
