//go:build !cgo

package opus

import (
	"errors"

	"tring/audio"
)

var errNoCgo = errors.New("opus is missing, because this program was built without cgo: " +
	"install gcc and libopus-dev, then build again with CGO_ENABLED=1")

// Codec says that the codec is missing. It is stateless and safe for
// concurrent use.
type Codec struct{}

var _ audio.Codec = Codec{}

// NewEncoder always fails.
func (Codec) NewEncoder() (audio.Encoder, error) { return nil, errNoCgo }

// NewDecoder always fails.
func (Codec) NewDecoder() (audio.Decoder, error) { return nil, errNoCgo }
