//go:build !cgo

package portaudio

import (
	"strings"
	"testing"
)

// Without cgo everything says what to install and to build again.
func TestWithoutCgo(t *testing.T) {
	_, openErr := Open(Options{})
	_, listErr := List()
	_, sourceErr := new(Host).OpenSource()
	for what, err := range map[string]error{"Open": openErr, "List": listErr, "OpenSource": sourceErr} {
		if err == nil || !strings.Contains(err.Error(), "portaudio19-dev") || !strings.Contains(err.Error(), "build again") {
			t.Errorf("%s = %v, want what to install and to build again", what, err)
		}
	}
}
