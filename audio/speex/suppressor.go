//go:build cgo

package speex

/*
#cgo pkg-config: speexdsp
#cgo noescape speex_preprocess_run
#cgo nocallback speex_preprocess_run
#include <speex/speex_preprocess.h>

// A voice stays as it is: only steady noise is taken down. The library's gain
// control pumps; its detector is off by itself, and prints when it is asked about.
static SpeexPreprocessState *tring_suppressor(int samples, int rate, spx_int32_t most) {
	spx_int32_t on = 1, off = 0;
	SpeexPreprocessState *s = speex_preprocess_state_init(samples, rate);
	if (s == 0) return 0;
	speex_preprocess_ctl(s, SPEEX_PREPROCESS_SET_DENOISE, &on);
	speex_preprocess_ctl(s, SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, &most);
	speex_preprocess_ctl(s, SPEEX_PREPROCESS_SET_AGC, &off);
	speex_preprocess_ctl(s, SPEEX_PREPROCESS_SET_DEREVERB, &off);
	return s;
}
*/
import "C"

import (
	"errors"
	"runtime"
	"unsafe"

	"tring/audio"
)

// suppression is how far noise is taken down at most, in dB. More of it makes
// speech watery.
const suppression = -20

// suppressor takes steady noise out of frames. It belongs to one goroutine.
type suppressor struct{ state *C.SpeexPreprocessState }

// NewSuppressor makes a suppressor for frames of audio.FrameSamples. Sound
// leaves it one frame later than it came.
func NewSuppressor() (audio.Suppressor, error) {
	state := C.tring_suppressor(audio.FrameSamples, audio.Rate, suppression)
	if state == nil {
		return nil, errors.New("make noise suppressor: out of memory")
	}
	s := &suppressor{state: state}
	runtime.AddCleanup(s, func(p *C.SpeexPreprocessState) { C.speex_preprocess_state_destroy(p) }, state)
	return s, nil
}

// Suppress cleans a whole frame in place; it leaves any other length alone. It
// allocates nothing.
func (s *suppressor) Suppress(f audio.Frame) {
	if len(f) != audio.FrameSamples {
		return
	}
	C.speex_preprocess_run(s.state, (*C.spx_int16_t)(unsafe.SliceData(f)))
	runtime.KeepAlive(s)
}
