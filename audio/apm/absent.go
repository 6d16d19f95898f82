//go:build !apm || !cgo

package apm

import (
	"errors"

	"tring/audio"
)

// New always fails.
func New() (audio.Processor, error) {
	return nil, errors.New("the echo canceller is not built in: " +
		"install g++ and libwebrtc-audio-processing-dev (0.3), then run `make build`, or go build -tags apm")
}
