package audio

// Tone names a signal that the phone makes itself.
type Tone string

const (
	ToneRing       Tone = "ring"       // this phone is called; loops
	ToneRingback   Tone = "ringback"   // the called phone rings; loops
	ToneBusy       Tone = "busy"       // three bursts
	ToneCongestion Tone = "congestion" // the call failed; six short bursts
	ToneWaiting    Tone = "waiting"    // a second call waits; loops
	ToneEnd        Tone = "end"        // the call ended; once
)
