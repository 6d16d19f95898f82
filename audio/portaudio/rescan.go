//go:build cgo

package portaudio

import (
	"errors"
	"time"
)

// rescanLimit is how long whoever opens a device waits for others to let go.
const rescanLimit = time.Second

// busyError is for who comes while the streams end for a rescan.
type busyError struct{ until <-chan struct{} }

func (busyError) Error() string { return "the devices are being looked for" }

// stale tells whether the list of devices may be out of date: cards came or went
// since it was made or, where the system does not tell that, a device was lost.
// It is called in its turn.
func (s *system) stale() bool {
	cards, known := s.cards()
	return cards != s.seen || !known && s.lost
}

// rescan asks every stream to end, whose owners will then open again. The same
// change is no reason to do it twice. It is called in its turn.
func (s *system) rescan() busyError {
	s.ending = make(chan struct{})
	s.seen, _ = s.cards()
	s.lost = false
	for st := range s.streams {
		st.port.expire()
	}
	return busyError{s.ending}
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
