//go:build cgo

package portaudio

/*
#cgo pkg-config: portaudio-2.0
#include "stream.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	pa "github.com/gordonklaus/portaudio"
)

// The two descriptions of what is shared are of one size; an array of less than
// nothing does not compile.
var (
	_ [unsafe.Sizeof(shared{}) - C.sizeof_struct_shared]struct{}
	_ [C.sizeof_struct_shared - unsafe.Sizeof(shared{})]struct{}
)

// stream is an open, started stream. The binding is not asked for it, since that
// calls back into Go.
type stream struct {
	system *system
	stream unsafe.Pointer
	port   port
}

// startAs opens the device, which is known by its place in the list, and starts it.
func (s *system) startAs(side side, device int, f format, p port) (*stream, error) {
	if err := p.prepare(f); err != nil {
		return nil, err
	}
	st := &stream{system: s, port: p}
	if err := st.open(side, device, f); err != nil {
		p.release()
		return nil, fmt.Errorf("at %d Hz with %d channels: %w", f.rate, f.channels, spoken(err))
	}
	if info := C.Pa_GetStreamInfo(st.stream); info != nil {
		p.latency(time.Duration(max(info.inputLatency, info.outputLatency) * C.PaTime(time.Second)))
	}
	p.attach(st)
	if err := coded(C.Pa_StartStream(st.stream)); err != nil {
		err = first(fmt.Errorf("start: %w", err), coded(C.Pa_CloseStream(st.stream)))
		p.release()
		return nil, err
	}
	return st, nil
}

func (st *stream) open(side side, device int, f format) error {
	return coded(C.tring_open(&st.stream, heard(side), C.PaDeviceIndex(device), C.PaTime(suggestedLatency.Seconds()),
		C.double(f.rate), C.ulong(f.buffer()), (*C.struct_shared)(unsafe.Pointer(st.port.memory()))))
}

// coded is the error of a code of the library, as the binding has it.
func coded(code C.PaError) error {
	switch code {
	case C.paNoError:
		return nil
	case C.paUnanticipatedHostError:
		info := C.Pa_GetLastHostErrorInfo()
		return pa.UnanticipatedHostError{
			HostApiType: pa.HostApiType(info.hostApiType), Code: int(info.errorCode), Text: C.GoString(info.errorText),
		}
	}
	return pa.Error(code)
}

// spoken gives words to an error of the system below that has none.
func spoken(err error) error {
	if err.Error() == "" {
		return fmt.Errorf("the system refuses%w", err)
	}
	return err
}

// Close ends the stream, waiting for two seconds at most; a hanging driver is left
// to end by itself.
func (st *stream) Close() error { return eventually(st.system, closeLimit, st.stop) }

// stop is Close, called in its turn. It aborts, since to play out what is buffered
// a dead device would take for ever.
func (st *stream) stop() error {
	delete(st.system.streams, st)
	if st.port.failed() {
		st.system.lost, st.system.patience = true, rescanAfter
	}
	abort := coded(C.Pa_AbortStream(st.stream))
	if errors.Is(abort, pa.StreamIsStopped) {
		abort = nil
	}
	closed := coded(C.Pa_CloseStream(st.stream))
	st.port.release()
	return first(abort, closed, st.system.release())
}

// call calls back as the library does, from this thread.
func (r *ring) call(side side, samples []int16, flags int) {
	pcm, frames := unsafe.Pointer(unsafe.SliceData(samples)), len(samples)/int(r.channels)
	C.tring_call(heard(side), pcm, C.ulong(frames), C.ulong(flags), (*C.struct_shared)(unsafe.Pointer(r.shared)))
}

// heard tells C whether it is about a microphone.
func heard(side side) C.int {
	if side == microphone {
		return 1
	}
	return 0
}
