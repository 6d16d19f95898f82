//go:build cgo

package portaudio

import (
	"sync"
	"time"
)

// hanging tells whether the act whose turn it is hangs: it took longer than somebody
// waited for it. Until it is over nobody waits for the library any more, since a call
// that ends must not wait for each of its ends in vain. Safe for concurrent use.
type hanging struct {
	mu    sync.Mutex
	act   *act          // whose turn it is
	since chan struct{} // closed while that hangs
}

// act is one turn in the library.
type act struct{ _ byte } // not of size 0, for each has an address of its own

func (h *hanging) begins(a *act) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.act = a
}

// gaveUp says that nobody waits for this act any more, which may have had no turn.
func (h *hanging) gaveUp(a *act) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.act == a && !h.closed() {
		close(h.since)
	}
}

// ends is the end of the turn.
func (h *hanging) ends() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.act = nil
	if h.closed() {
		h.since = make(chan struct{})
	}
}

// closed is called with the lock.
func (h *hanging) closed() bool {
	select {
	case <-h.since:
		return true
	default:
		return false
	}
}

// told is closed once the library hangs, if it does not yet.
func (h *hanging) told() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.since
}

func (s *system) end() {
	s.hanging.ends() // before the next begins
	<-s.turn
}

// within runs act in its turn, in a goroutine of its own, and waits for limit at
// most, or until the library hangs. An act whose turn has not come by then never
// runs; a result that comes too late is given to undo.
func within[T any](s *system, limit time.Duration, do func() (T, error), undo func(T)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	result, gone, turn := make(chan outcome), make(chan struct{}), new(act)
	hangs := s.hanging.told()
	go func() {
		select {
		case s.turn <- struct{}{}:
		case <-gone:
			return
		}
		s.hanging.begins(turn)
		defer s.end()
		select {
		case <-gone: // at the same moment
			return
		default:
		}
		var o outcome
		o.value, o.err = do()
		select {
		case result <- o:
		case <-gone:
			if o.err == nil {
				undo(o.value)
			}
		}
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case o := <-result:
		return o.value, o.err
	case <-timer.C:
		s.hanging.gaveUp(turn)
	case <-hangs:
	}
	close(gone)
	var zero T
	return zero, errHangs
}

// eventually runs do in its turn, however long that takes, but waits for limit at
// most, or until the library hangs.
func eventually(s *system, limit time.Duration, do func() error) error {
	result, turn := make(chan error, 1), new(act)
	hangs := s.hanging.told()
	go func() {
		s.turn <- struct{}{}
		s.hanging.begins(turn)
		defer s.end()
		result <- do()
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case err := <-result:
		return err
	case <-timer.C:
		s.hanging.gaveUp(turn)
	case <-hangs:
	}
	return errHangs
}
