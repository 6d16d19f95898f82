// Package audio is the sound of a telephone: from the microphone to packets,
// and from everybody's packets, with the phone's own tones, to the speaker.
//
//	network:  Stream.Push ─► ring ─┐
//	playout:  every 10 ms: mixer ◄─┴ receiver ◄─ decode, recover or conceal ◄─ jitterBuffer
//	          mixer ─► Tap.Far ─► + tonePlayer ─► limit ─► meter ─► Render ─► Sink.Write
//	bell:     tonePlayer ─► Sink.Write, where it has a device of its own
//	capture:  Source.Read ─► gain ─► Processor ─► mute ─► meter ─► Tap.Near ─► encode, 20 ms ─► send
//
// There are two clocks, the network's and the device's, with one buffer
// between. The device is the clock of its loop: Read and Write block for
// 10 ms. One format inside: mono, 16 bit, 48 kHz. In both loops nothing
// allocates, logs or takes a contended lock; what goes wrong becomes a counter
// in StreamStats or a line in Levels.
//
// A device that is missing, lost or stuck never ends a call: its loop goes on
// at its own pace with silence, another stands in where the device knows one
// (Spared), and somebody tries to open it again every second or two. A device
// is changed in a call the same way (SetDevice): the new one is opened beside
// the old, and takes over when it moves sound.
//
// The package refuses to know the network, the screen, the codec's insides and
// what a call is. It opens no file, and imports the standard library and
// [tring/guard] only.
//
// # Goroutines
//
// The Engine owns all of them: one playout loop from the first tone or stream
// until a second after the last, one for the bell, one capture loop between StartCapture and
// StopCapture, and for each loop at most one that opens its device. All have
// ended when Close returns. Only engine.go, line.go and stream.go know goroutines, locks
// and clocks. Everything below the loops (the step functions of player,
// receiver and capturer) is pure: it takes the time as an argument, starts
// nothing and locks nothing, so tests drive it faster than time.
package audio
