//go:build cgo

package portaudio

import (
	"syscall"
	"testing"
	"time"
)

// Whichever thread asks: all inherit it.
func TestThreadsAreWokenWithoutHaste(t *testing.T) {
	const getTimerSlack = 30 // PR_GET_TIMERSLACK
	for range 10 {
		got := make(chan time.Duration)
		go func() {
			slack, _, _ := syscall.RawSyscall(syscall.SYS_PRCTL, getTimerSlack, 0, 0)
			got <- time.Duration(slack)
		}()
		if slack := <-got; slack != time.Millisecond {
			t.Errorf("a sleep may last %v longer", slack)
		}
	}
}
