package audio

import (
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	reopenAfter = time.Second // between two tries to open a device
	stuckAfter  = time.Second // a device that takes or gives nothing for so long is lost
)

var errStuck = errors.New("it has stopped moving sound")

// line is one loop's device end, microphone or speaker, and what stands in for
// it: while the device is missing, its clock is a Pace and its sound silence,
// and every second somebody tries to open it again. It belongs to its loop's
// goroutine; opening and the watchdog run beside it.
//
//	open ─► move, move, move ─► error, or stuck ─► pace, pace … ─► open
type line[D io.Closer] struct {
	name  string // "speaker"
	open  func() (D, error)
	do    func(D, Frame) error // Read or Write
	fault func(string)         // safe from any goroutine; "" clears it
	spawn func(func())
	now   func() time.Duration

	device   D
	has      bool
	opening  bool
	opened   chan attempt[D]
	gone     chan struct{}
	untried  bool          // since it was opened
	since    time.Duration // when it was opened
	retryAt  time.Duration
	pace     Pace
	watchdog *time.Timer
	timer    *time.Timer
}

type attempt[D io.Closer] struct {
	device D
	err    error
}

// begin starts to open the device, and waits for at most patience: a speaker
// is usually there at once, and a tone should not lose its start.
func (l *line[D]) begin(patience time.Duration, stop <-chan struct{}) error {
	l.opened, l.gone = make(chan attempt[D]), make(chan struct{})
	l.pace, l.timer = Pace{}, time.NewTimer(time.Hour)
	l.reopen(0)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case a := <-l.opened:
		l.adopt(a)
		return a.err
	case <-timer.C:
		err := fmt.Errorf("open %s: no answer for %v", l.name, patience)
		l.fault(fmt.Sprintf("no %s: %v", l.name, err))
		return err
	case <-stop:
		return fmt.Errorf("open %s: closed", l.name)
	}
}

// move hands one frame to the device or gets one from it. Without a device it
// takes 10 ms, or ends at once when stop is closed, and tells false.
func (l *line[D]) move(f Frame, stop <-chan struct{}) bool {
	if !l.has {
		l.poll()
	}
	if l.has {
		began := l.now()
		l.watchdog.Reset(stuckAfter)
		err := l.do(l.device, f)
		l.watchdog.Stop()
		if err == nil {
			if l.untried {
				l.untried = false
				l.fault("")
			}
			return true
		}
		if l.now()-began >= stuckAfter {
			err = errStuck
		}
		l.lose(err)
	}
	wait, _ := l.pace.Next(l.now())
	l.timer.Reset(wait)
	select {
	case <-l.timer.C:
	case <-stop:
		l.timer.Stop()
	}
	return false
}

// poll takes over what an attempt brought, or starts the next one.
func (l *line[D]) poll() {
	select {
	case a := <-l.opened:
		l.adopt(a)
	default:
		if !l.opening && l.now() >= l.retryAt {
			l.reopen(0)
		}
	}
}

// reopen opens the device aside, after a while. One that was lost is closed
// first, for a device is often exclusive and closing may block.
func (l *line[D]) reopen(after time.Duration, lost ...D) {
	l.opening = true
	open, opened, gone := l.open, l.opened, l.gone
	l.spawn(func() {
		for _, device := range lost {
			_ = device.Close() // it failed already, and that was told
		}
		if after > 0 {
			select {
			case <-time.After(after):
			case <-gone:
				return
			}
		}
		device, err := open()
		select {
		case opened <- attempt[D]{device, err}:
		case <-gone:
			if err == nil {
				_ = device.Close() // nobody waits for it any more
			}
		}
	})
}

func (l *line[D]) adopt(a attempt[D]) {
	l.opening = false
	if a.err != nil {
		l.retryAt = l.now() + reopenAfter
		l.fault(fmt.Sprintf("no %s: %v", l.name, a.err))
		return
	}
	// A device that opens and then fails would flicker: the fault stands until
	// a frame has passed.
	l.device, l.has, l.untried, l.since = a.device, true, true, l.now()
	device, fault, name := a.device, l.fault, l.name
	l.watchdog = time.AfterFunc(stuckAfter, func() {
		fault(fmt.Sprintf("%s lost: %v", name, errStuck))
		_ = device.Close() // so that the blocked call returns, which tells the loop
	})
}

// lose gives a device up that failed, and tries again at once if it had worked
// for a while.
func (l *line[D]) lose(why error) {
	l.fault(fmt.Sprintf("%s lost: %v", l.name, why))
	var none D
	device := l.device
	l.device, l.has, l.pace = none, false, Pace{}
	l.reopen(max(l.since+reopenAfter-l.now(), 0), device)
}

// shut releases the device; begin may follow.
func (l *line[D]) shut() {
	close(l.gone)
	l.timer.Stop()
	l.opening = false
	if !l.has {
		return
	}
	l.watchdog.Stop()
	_ = l.device.Close() // nothing is left to do with it, nor to tell
	var none D
	l.device, l.has = none, false
}
