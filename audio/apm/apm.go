//go:build apm && cgo

package apm

/*
#cgo pkg-config: webrtc-audio-processing
#cgo CXXFLAGS: -std=c++11
#cgo noescape tring_apm_render
#cgo nocallback tring_apm_render
#cgo noescape tring_apm_capture
#cgo nocallback tring_apm_capture
#include "shim.h"
*/
import "C"

import (
	"errors"
	"runtime"
	"time"
	"unsafe"

	"tring/audio"
)

// early is how much less delay the library is told. It finds sound that comes
// later than it was told, as far as its filter reaches, but hardly what comes
// 40 ms earlier; and devices do not know their latencies exactly.
const early = 30 * time.Millisecond

// canceller takes the speaker's sound out of the microphone's. It belongs to
// one goroutine.
type canceller struct{ state *C.tring_apm }

// New makes a canceller for frames of audio.FrameSamples. It belongs to one
// goroutine, for the library has a lock around all it does: audio.Chain hands
// it what the playout goroutine renders.
func New() (audio.Processor, error) {
	state := C.tring_apm_new(audio.Rate, audio.FrameSamples)
	if state == nil {
		return nil, errors.New("make echo canceller: the library refuses 48 kHz mono")
	}
	c := &canceller{state: state}
	runtime.AddCleanup(c, func(s *C.tring_apm) { C.tring_apm_free(s) }, state)
	return c, nil
}

// Render tells what the speaker will play; any length but that of a frame is
// left out.
func (c *canceller) Render(f audio.Frame) {
	if len(f) == audio.FrameSamples {
		C.tring_apm_render(c.state, (*C.short)(unsafe.SliceData(f)))
		runtime.KeepAlive(c)
	}
}

// Capture takes the echo out of a frame; it leaves any other length alone. A
// frame that the library does not take stays as it is.
func (c *canceller) Capture(f audio.Frame, delay time.Duration) {
	if len(f) == audio.FrameSamples {
		C.tring_apm_capture(c.state, (*C.short)(unsafe.SliceData(f)), C.int(max(delay-early, 0).Milliseconds()))
		runtime.KeepAlive(c)
	}
}
