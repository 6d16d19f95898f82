//go:build !cgo

package portaudio

import "errors"

// errNoCgo is what everything returns in a program built without cgo.
var errNoCgo = errors.New("this program was built without sound devices (cgo was off): " +
	"install a C compiler and the PortAudio headers (Debian: gcc, pkg-config, portaudio19-dev), then build again with CGO_ENABLED=1")

// system stands where the C library would be.
type system struct{}

var library system

func (system) usable() error                 { return errNoCgo }
func (system) list() ([]DeviceInfo, error)   { return nil, errNoCgo }
func (system) open(side, string, port) error { return errNoCgo }
