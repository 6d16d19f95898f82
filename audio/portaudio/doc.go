// Package portaudio is the phone's real microphones and speakers, through the
// PortAudio library.
//
// It knows devices, their names, rates and channels. It refuses to know what the
// sound means: codecs, jitter, mixing and tones belong to package audio, which
// sees a [Host] only as an audio.Device.
//
//	         callback thread of PortAudio, C │ the caller's goroutine
//	microphone ─► copy ─► ring ──────────────┼─► downmix ─► resample ─► Source.Read
//	speaker    ◄─ copy ◄─ ring ◄─────────────┼── upmix   ◄─ resample ◄─ Sink.Write
//
// The callbacks are real-time: they copy to or from a lock-free ring, count what
// was lost, wake the other side without waiting, and allocate nothing. They are in C
// (stream.c) and never enter Go, which would cost more than all else here. All else
// runs in the goroutine that calls Read or Write. What both touch is memory of Go's,
// pinned while the stream is open.
//
// A device that disappears says nothing: its callbacks merely stop. So Read and
// Write watch the clock and return [ErrStopped] when no callback came for 400 ms;
// the owner closes that end and opens it again. PortAudio freezes its list of
// devices while it is in use. It is released when the last stream of the process
// is closed, so a device plugged in meanwhile is found by the next opening. Where
// the system tells that its cards changed (Linux), an opening in vain makes all
// streams of the process end for a rescan, a twentieth of a second; elsewhere it does
// so once after each device that was lost. So on other systems a device that comes
// back is found by the next call only, unless its name was there all the time.
//
// Goroutines: each call into the C library runs in a goroutine of its own, which
// ends with that call, so that a hanging driver delays its caller for a bounded
// time only. Nothing runs in the background besides PortAudio's own threads.
//
// Without cgo the package still builds; everything then returns an error that
// says what to install.
package portaudio
