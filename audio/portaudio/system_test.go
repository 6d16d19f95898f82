//go:build cgo

package portaudio

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A call that hangs in the driver delays its caller for the limit only. Whoever
// comes after it is told the same at once and leaves nothing behind; what must
// happen, happens once the driver goes on.
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
		start = time.Now()
		_, err = within(s, openLimit, func() (int, error) {
			ran = true
			return 0, nil
		}, func(int) {})
		if !errors.Is(err, errHangs) || time.Since(start) != 0 {
			t.Errorf("the call behind it = %v after %v, want errHangs at once", err, time.Since(start))
		}
		err = eventually(s, closeLimit, func() error {
			closed = true
			return nil
		})
		if !errors.Is(err, errHangs) || time.Since(start) != 0 {
			t.Errorf("closing behind it = %v after %v, want errHangs at once", err, time.Since(start))
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

// Who waits behind a call that hangs is told as soon as its own caller is. A wait
// that ends while others have their turn says nothing about them.
func TestWaitingBehindAHangingDriver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSystem()
		hang := make(chan struct{})
		none := func(int) {}
		open := func() (int, error) { <-hang; return 0, nil }
		start := time.Now()
		waited := make(chan time.Duration, 2)
		go func() {
			_, _ = within(s, openLimit, open, none)
			waited <- time.Since(start)
		}()
		<-time.After(time.Second)
		if err := eventually(s, closeLimit, func() error { return nil }); !errors.Is(err, errHangs) || time.Since(start) != 3*time.Second {
			t.Errorf("closing behind an opening that is not late = %v after %v", err, time.Since(start))
		}
		go func() {
			_, err := within(s, openLimit, func() (int, error) { return 0, nil }, none)
			if !errors.Is(err, errHangs) {
				t.Errorf("opening behind it = %v", err)
			}
			waited <- time.Since(start)
		}()
		if a, b := <-waited, <-waited; a != openLimit || b != openLimit {
			t.Errorf("told after %v and %v, want both after %v", a, b, openLimit)
		}
		close(hang)
		synctest.Wait()
		if err := eventually(s, closeLimit, func() error { return nil }); err != nil {
			t.Errorf("once it goes on: %v", err)
		}
	})
}

// A list of devices is made anew when the cards changed, or where nobody tells that,
// after a loss; and now and then for a device that was there before.
func TestStaleLists(t *testing.T) {
	headset, builtIn := DeviceInfo{Name: "Headset", Outputs: 2}, DeviceInfo{Name: "Built-in", Inputs: 1, Outputs: 2}
	tests := []struct {
		name  string
		cards string
		known bool // the system tells of cards
		lost  bool
		since time.Duration
		ever  []DeviceInfo
		want  bool
	}{
		{name: "nothing changed", known: true, since: time.Hour},
		{name: "a card came", cards: "USB", known: true, want: true},
		{name: "a device was lost, the cards are the same", known: true, lost: true},
		{name: "a device was lost, and nobody tells of cards", lost: true, want: true},
		{name: "it was there before", known: true, since: 3 * time.Second, ever: []DeviceInfo{headset}, want: true},
		{name: "it was there before, the list is new", known: true, since: time.Second, ever: []DeviceInfo{headset}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSystem()
				s.cards = func() (string, bool) { return test.cards, test.known }
				s.listed = time.Now()
				s.remember(test.ever)
				s.remember([]DeviceInfo{builtIn})
				s.lost = test.lost
				<-time.After(test.since + time.Millisecond)
				if got := s.stale(speaker, "headset"); got != test.want {
					t.Errorf("the list is stale: %v, want %v", got, test.want)
				}
			})
		})
	}
}

// In vain, it is looked less and less often: others hear a gap.
func TestRescansBecomeRare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSystem()
		s.cards = func() (string, bool) { return "", true }
		s.remember([]DeviceInfo{{Name: "Headset", Outputs: 2}})
		s.remember(nil)
		rescans := 0
		for began := time.Now(); time.Since(began) < 10*time.Minute; <-time.After(time.Second) {
			if s.stale(speaker, "Headset") {
				s.rescan()
				s.ended()
				rescans++
			}
		}
		if rescans < 10 || rescans > 16 {
			t.Errorf("%d rescans in ten minutes, want about one a minute", rescans)
		}
	})
}
