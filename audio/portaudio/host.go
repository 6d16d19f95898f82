package portaudio

import (
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"tring/audio"
)

// ErrStopped reports a device that gave no sign of life for 400 ms: unplugged,
// or its sound server ended. Close the end and open it again.
var ErrStopped = errors.New("audio device stopped")

// Options choose the devices of a [Host].
type Options struct {
	// Input and Output name the microphone and the speaker: exactly, or by a part
	// of the name that fits one device only. Empty is the system's default.
	Input, Output string
	// Wait makes a name that fits no device now no error: the default device is
	// used until it does.
	Wait bool
	// Resampler serves devices that refuse 48 kHz; without one they do not open.
	Resampler audio.NewResampler
	// Log receives openings, closings and their counters; nil discards them.
	Log *slog.Logger
}

// DeviceInfo describes one device of the machine.
type DeviceInfo struct {
	Name    string `json:"name"`
	HostAPI string `json:"host_api"` // the system's sound interface: "ALSA", "Core Audio", …
	// Inputs and Outputs are the most channels the device records and plays.
	Inputs        int     `json:"inputs"`
	Outputs       int     `json:"outputs"`
	DefaultInput  bool    `json:"default_input"`
	DefaultOutput bool    `json:"default_output"`
	Rate          float64 `json:"rate"` // the device's own sample rate in Hz
}

// List returns the devices of the machine, none being no error. While a stream is
// open in this process the list is the one of that stream's opening. It may take
// half a second. Safe for concurrent use.
func List() ([]DeviceInfo, error) {
	devices, err := library.list()
	if err != nil {
		return nil, fmt.Errorf("list sound devices: %w", err)
	}
	return devices, nil
}

// Host opens one microphone and one speaker by name; it is an audio.Device.
// It holds nothing open itself. Safe for concurrent use.
type Host struct {
	input, output string
	resampler     audio.NewResampler
	log           *slog.Logger
	grown         atomic.Int32 // what its sinks learnt of the machine, see sink
}

var (
	_ audio.Device = (*Host)(nil)
	_ audio.Named  = (*Host)(nil)
	_ audio.Spared = (*Host)(nil)
)

// Open returns a host for the named devices. A name that fits no device, or
// several, is an [*UnknownDeviceError]. A machine without any sound device is no
// error here, since one may be plugged in later: OpenSource and OpenSink then say
// what is missing.
func Open(o Options) (*Host, error) {
	if err := library.usable(); err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	h := &Host{input: o.Input, output: o.Output, resampler: o.Resampler, log: o.Log}
	if o.Wait || o.Input == "" && o.Output == "" {
		return h, nil
	}
	devices, err := List()
	if err != nil {
		return nil, err
	}
	if len(devices) > 0 {
		err = o.Check(devices)
	}
	if err != nil {
		return nil, err
	}
	return h, nil
}

// Check says whether each name fits one of the devices: if not, it is an
// [*UnknownDeviceError].
func (o Options) Check(devices []DeviceInfo) error {
	return first(microphone.check(devices, o.Input), speaker.check(devices, o.Output))
}

// Describe names the two devices in one line for people. It asks no hardware.
func (h *Host) Describe() string {
	return microphone.describe(h.input) + ", " + speaker.describe(h.output)
}

// Names are the devices as they were asked for, empty for the default.
func (h *Host) Names() (source, sink string) { return h.input, h.output }

// Spare is the system's default devices, for a host of others.
func (h *Host) Spare() audio.Device {
	if h.input == "" && h.output == "" {
		return nil
	}
	return &Host{resampler: h.resampler, log: h.log}
}

// OpenSource opens the microphone and starts it. It may take half a second, and
// gives up after five.
func (h *Host) OpenSource() (audio.SourceCloser, error) {
	s := &source{end: newEnd(microphone.describe(h.input), h.log, h.resampler)}
	if err := library.open(microphone, h.input, s); err != nil {
		return nil, fmt.Errorf("open %s: %w", s.name, err)
	}
	s.opened()
	return s, nil
}

// OpenSink opens the speaker and starts it. It may take half a second, and gives
// up after five.
func (h *Host) OpenSink() (audio.SinkCloser, error) {
	s := &sink{end: newEnd(speaker.describe(h.output), h.log, h.resampler), grown: &h.grown}
	if err := library.open(speaker, h.output, s); err != nil {
		return nil, fmt.Errorf("open %s: %w", s.name, err)
	}
	s.opened()
	return s, nil
}
