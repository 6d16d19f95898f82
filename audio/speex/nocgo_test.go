//go:build !cgo

package speex

import (
	"strings"
	"testing"
)

// Without cgo everything says what to install and to build again.
func TestWithoutCgo(t *testing.T) {
	_, resampler := NewResampler(44100, 48000)
	_, suppressor := NewSuppressor()
	for what, err := range map[string]error{"NewResampler": resampler, "NewSuppressor": suppressor} {
		if err == nil || !strings.Contains(err.Error(), "libspeexdsp-dev") || !strings.Contains(err.Error(), "build again") {
			t.Errorf("%s = %v, want what to install and to build again", what, err)
		}
	}
}
