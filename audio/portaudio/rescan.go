//go:build cgo

package portaudio

import (
	"errors"
	"slices"
	"time"
)

const (
	// rescanLimit is how long whoever opens a device waits for others to let go.
	rescanLimit = time.Second
	// rescanAfter is how old a list is before a device that it lacks, and that was
	// there before, makes the library look again; each time in vain doubles it, for
	// others hear a gap.
	rescanAfter = 3 * time.Second
	rescanMost  = time.Minute
)

// busyError is for who comes while the streams end for a rescan.
type busyError struct{ until <-chan struct{} }

func (busyError) Error() string { return "the devices are being looked for" }

// stale tells whether the list of devices may be out of date, now that one could
// not be opened: cards came or went since it was made or, where the system does not
// tell that, a device was lost; or it lacks a device that was there before. It is
// called in its turn.
func (s *system) stale(side side, name string) bool {
	cards, known := s.cards()
	if cards != s.seen || !known && s.lost {
		return true
	}
	return time.Since(s.listed) >= s.patience && side.check(s.present, name) != nil && side.check(s.ever, name) == nil
}

// rescan asks every stream to end, whose owners will then open again. The same
// change is no reason to do it twice. It is called in its turn.
func (s *system) rescan() busyError {
	s.ending = make(chan struct{})
	s.seen, _ = s.cards()
	s.lost, s.listed = false, time.Now()
	s.patience = min(2*s.patience, rescanMost)
	for st := range s.streams {
		st.port.expire()
	}
	return busyError{s.ending}
}

// remember keeps a list of devices, and all that were ever listed. It is called in
// its turn.
func (s *system) remember(list []DeviceInfo) {
	s.present = list
	for _, d := range list {
		if !slices.ContainsFunc(s.ever, func(e DeviceInfo) bool { return e.Name == d.Name && e.HostAPI == d.HostAPI }) {
			s.ever = append(s.ever, d)
		}
	}
}

// patiently opens, once the streams have ended that make way for a rescan. One that
// does not let go is no reason to wait longer.
func (s *system) patiently(open func() error) error {
	for {
		err := open()
		busy, ok := errors.AsType[busyError](err)
		if !ok {
			return err
		}
		select {
		case <-busy.until:
		case <-time.After(rescanLimit):
			if err := eventually(s, closeLimit, func() error { s.ended(); return nil }); err != nil {
				return err
			}
		}
	}
}

// ended ends the wait for a rescan. It is called in its turn.
func (s *system) ended() {
	if s.ending != nil {
		close(s.ending)
		s.ending = nil
	}
}
