//go:build cgo

package speex

/*
#cgo pkg-config: speexdsp
#cgo noescape tring_resample
#cgo nocallback tring_resample
#include <speex/speex_resampler.h>

typedef struct { spx_uint32_t read, written; } tring_moved;

// The library takes its counts by reference, which would make Go allocate them.
static tring_moved tring_resample(SpeexResamplerState *state,
		const spx_int16_t *src, spx_uint32_t from, spx_int16_t *dst, spx_uint32_t room) {
	tring_moved m = {from, room};
	speex_resampler_process_int(state, 0, src, &m.read, dst, &m.written);
	return m;
}
*/
import "C"

import (
	"fmt"
	"runtime"
	"time"
	"unsafe"

	"tring/audio"
)

const (
	// quality 5 of 10: a tone leaves with 112 dB over its noise, 1 ms late. More
	// costs time and delay, and 16 bits cannot hold it.
	quality  = 5
	minRate  = 4000
	maxRate  = 768000
	channels = 1
)

// resampler is libspeexdsp's. It belongs to one goroutine.
type resampler struct {
	state   *C.SpeexResamplerState
	latency time.Duration
}

// NewResampler makes a resampler of mono sound. Rates are in Hz, from 4 to
// 768 kHz.
func NewResampler(from, to int) (audio.Resampler, error) {
	if min(from, to) < minRate || max(from, to) > maxRate {
		return nil, fmt.Errorf("resample %d Hz to %d Hz: outside %d to %d kHz", from, to, minRate/1000, maxRate/1000)
	}
	var code C.int
	state := C.speex_resampler_init(channels, C.spx_uint32_t(from), C.spx_uint32_t(to), quality, &code)
	if state == nil || code != C.RESAMPLER_ERR_SUCCESS {
		return nil, fmt.Errorf("resample %d Hz to %d Hz: %s", from, to, C.GoString(C.speex_resampler_strerror(code)))
	}
	late := time.Duration(C.speex_resampler_get_input_latency(state)) * time.Second / time.Duration(from)
	r := &resampler{state: state, latency: late}
	runtime.AddCleanup(r, func(s *C.SpeexResamplerState) { C.speex_resampler_destroy(s) }, state)
	return r, nil
}

// Resample is of audio.Resampler. It allocates nothing.
func (r *resampler) Resample(dst, src []int16) (written, read int) {
	if len(dst) == 0 || len(src) == 0 {
		return 0, 0
	}
	m := C.tring_resample(r.state,
		(*C.spx_int16_t)(unsafe.SliceData(src)), C.spx_uint32_t(len(src)),
		(*C.spx_int16_t)(unsafe.SliceData(dst)), C.spx_uint32_t(len(dst)))
	runtime.KeepAlive(r)
	return int(m.written), int(m.read)
}

// Latency is how much later sound leaves than it came: half the filter.
func (r *resampler) Latency() time.Duration { return r.latency }
