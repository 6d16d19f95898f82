//go:build cgo

package portaudio

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A call that hangs in the driver delays its caller for the limit only. Whoever
// comes after it is told the same and leaves nothing behind; what must happen,
// happens once the driver goes on.
func TestHangingDriver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSystem()
		driver := make(chan struct{})
		ran, undone, closed := false, 0, false

		start := time.Now()
		_, err := within(s, openLimit, func() (int, error) {
			<-driver
			return 7, nil
		}, func(stream int) { undone = stream })
		if !errors.Is(err, errHangs) || time.Since(start) != openLimit {
			t.Errorf("the hanging call = %v after %v, want errHangs after %v", err, time.Since(start), openLimit)
		}
		_, err = within(s, openLimit, func() (int, error) {
			ran = true
			return 0, nil
		}, func(int) {})
		if !errors.Is(err, errHangs) {
			t.Errorf("the call behind it = %v, want errHangs", err)
		}
		start = time.Now()
		err = eventually(s, closeLimit, func() error {
			closed = true
			return nil
		})
		if !errors.Is(err, errHangs) || time.Since(start) != closeLimit {
			t.Errorf("closing behind it = %v after %v, want errHangs after %v", err, time.Since(start), closeLimit)
		}

		close(driver)
		synctest.Wait()
		if undone != 7 || ran || !closed {
			t.Errorf("afterwards: undone %d, given-up call ran %v, closed %v; want 7, false, true", undone, ran, closed)
		}
		if v, err := within(s, openLimit, func() (int, error) { return 3, nil }, func(int) {}); v != 3 || err != nil {
			t.Errorf("a later call = %d, %v; want 3", v, err)
		}
	})
}
