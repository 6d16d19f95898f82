//go:build !cgo

package speex

import (
	"errors"

	"tring/audio"
)

var errNoCgo = errors.New("speexdsp is missing, because this program was built without cgo: " +
	"install gcc and libspeexdsp-dev, then build again with CGO_ENABLED=1")

// NewResampler always fails.
func NewResampler(_, _ int) (audio.Resampler, error) { return nil, errNoCgo }

// NewSuppressor always fails.
func NewSuppressor() (audio.Suppressor, error) { return nil, errNoCgo }
