//go:build cgo

package portaudio

import (
	"errors"
	"fmt"
	"time"

	pa "github.com/gordonklaus/portaudio"
)

const (
	openLimit  = 5 * time.Second
	closeLimit = 2 * time.Second
	// suggestedLatency is what two streams of 10 ms buffers keep up with on a busy
	// machine; sound servers answer with about 15 ms each way.
	suggestedLatency = 20 * time.Millisecond
)

var errHangs = errors.New("the sound system does not answer: restart it, or unplug the device")

// system is the C library. Its initialisation and its list of devices are one per
// process, however many phones run in it, so this one is a package variable too:
// the only one here. turn admits one goroutine at a time, which then may touch
// users and call the library.
type system struct {
	turn    chan struct{} // capacity 1
	hanging hanging
	users   int // open streams; the library is initialised while there are any
	streams map[*stream]struct{}
	cards   func() (text string, known bool)
	seen    string        // the cards when the devices were listed
	lost    bool          // a device was, since then
	ending  chan struct{} // closed when all streams have ended for a rescan; else nil

	present, ever []DeviceInfo // as they are in use, and all there ever were
	listed        time.Time
	patience      time.Duration // with a list that lacks one of those
}

var library = newSystem()

func newSystem() *system {
	return &system{
		turn: make(chan struct{}, 1), hanging: hanging{since: make(chan struct{})},
		streams: map[*stream]struct{}{}, cards: cards, patience: rescanAfter,
	}
}

// usable says what keeps every device from opening. While the library is at work it
// says nothing: opening will.
func (s *system) usable() error {
	select {
	case s.turn <- struct{}{}:
	default:
		return nil
	}
	defer func() { <-s.turn }()
	if s.users > 0 {
		return nil
	}
	quiet()
	return configured()
}

// hold initialises the library for its first user, which also looks for devices
// anew.
func (s *system) hold() error {
	if s.users == 0 {
		quiet()
		s.seen, _ = s.cards()
		s.lost, s.listed = false, time.Now()
		if err := configured(); err != nil {
			return fmt.Errorf("start the sound system: %w", err)
		}
		if err := pa.Initialize(); err != nil {
			return fmt.Errorf("start the sound system: %w", err)
		}
	}
	s.users++
	return nil
}

// release undoes hold. A library that cannot be ended stays as it is: the next
// hold initialises it once more, which it counts itself.
func (s *system) release() error {
	s.users--
	if s.users > 0 {
		return nil
	}
	s.ended()
	if err := pa.Terminate(); err != nil {
		return fmt.Errorf("stop the sound system: %w", err)
	}
	return nil
}

func (s *system) list() ([]DeviceInfo, error) {
	return within(s, openLimit, func() ([]DeviceInfo, error) {
		if err := s.hold(); err != nil {
			return nil, err
		}
		devices, _, err := devices()
		s.remember(devices)
		return devices, first(err, s.release())
	}, func([]DeviceInfo) {})
}

// devices returns the devices for people and, index for index, for the library.
func devices() ([]DeviceInfo, []*pa.DeviceInfo, error) {
	found, err := pa.Devices()
	if err != nil {
		return nil, nil, err
	}
	in, _ := pa.DefaultInputDevice() // an error here is: there is none
	out, _ := pa.DefaultOutputDevice()
	list := make([]DeviceInfo, len(found))
	for i, d := range found {
		list[i] = DeviceInfo{
			Name: d.Name, HostAPI: d.HostApi.Name,
			Inputs: d.MaxInputChannels, Outputs: d.MaxOutputChannels,
			DefaultInput: d == in, DefaultOutput: d == out,
			Rate: d.DefaultSampleRate,
		}
	}
	return list, found, nil
}

// open connects the named device to p and starts it.
func (s *system) open(side side, name string, p port) error {
	return s.patiently(func() error {
		_, err := within(s, openLimit, func() (*stream, error) {
			return s.openNow(side, name, p)
		}, func(late *stream) { _ = late.stop() }) // nobody waits any more
		return err
	})
}

// openNow is open, called in its turn. What is not there may have come since the
// devices were listed.
func (s *system) openNow(side side, name string, p port) (*stream, error) {
	if s.ending != nil {
		return nil, busyError{s.ending}
	}
	if err := s.hold(); err != nil {
		return nil, err
	}
	opened, err := s.start(side, name, p)
	if err == nil {
		s.streams[opened] = struct{}{}
		return opened, nil
	}
	if s.users > 1 && s.stale(side, name) {
		err = s.rescan()
	}
	return nil, first(err, s.release())
}

// start tries the formats in their order. It is called in its turn, held.
func (s *system) start(side side, name string, p port) (*stream, error) {
	list, found, err := devices()
	if err != nil {
		return nil, err
	}
	s.remember(list)
	i, err := choose(list, side, name)
	if err != nil {
		return nil, err
	}
	var started *stream
	err = negotiate(formats(list[i], side), func(f format) (err error) {
		started, err = s.startAs(side, i, f, p)
		return err
	}, hopeless(found[i]))
	if err != nil {
		return nil, fmt.Errorf("%w; another program may hold it: close that, or choose another device (`tring audio list`)", err)
	}
	return started, nil
}

// hopeless tells that a device takes no format at all now. A format is refused by an
// error of PortAudio's; one of ALSA's own is about the device, such as one that was
// unplugged.
func hopeless(device *pa.DeviceInfo) func(error) bool {
	return func(err error) bool {
		_, host := errors.AsType[pa.UnanticipatedHostError](err)
		return errors.Is(err, pa.DeviceUnavailable) || host && device.HostApi.Type == pa.ALSA
	}
}
