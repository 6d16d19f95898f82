package audio

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"tring/guard"
)

const (
	reopenAfter   = time.Second            // between two tries to open a device
	returnAfter   = 2 * time.Second        // the same while another device is used, at first
	returnMost    = 8 * time.Second        // what that doubles to
	stuckAfter    = 450 * time.Millisecond // a device that moves nothing for so long is lost
	wakePatience  = 3 * time.Second        // the same before its first frame: some wake up slowly
	proof         = 4                      // frames that a device must move before another makes way for it
	provePatience = 2 * time.Second
)

var errStuck = errors.New("it has stopped moving sound")

// Spared is a Device that knows what may stand in for it while it is missing,
// usually the system's default device. Nil is nothing.
type Spared interface{ Spare() Device }

// Named is a Device whose ends have names of their own, so that changing one
// leaves the other alone: ends of the same name are the same.
type Named interface {
	Names() (source, sink string)
}

// line is one loop's device end, microphone or speaker, and what stands in for
// it: while there is none, its clock is a Pace and its sound silence, and every
// second somebody tries to open it again. It belongs to its loop's goroutine;
// opening and the watchdog run beside it.
//
//	open ─► move, move, move ─► error, or stuck ─► pace, pace … ─► open
//	          │                                                    ▲ else the spare
//	          └─► another is wanted, or a spare is used: open it aside,
//	              see that it moves sound, then change over
type line[D io.Closer] struct {
	name  string                  // "speaker"
	want  *atomic.Pointer[Device] // whose end is wanted; never nil inside
	open  func(Device) (D, error)
	which func(Named) string   // the name of this end
	do    func(D, Frame) error // Read or Write
	fault func(string)         // safe from any goroutine; "" clears it
	spawn func(func())
	guard guard.Guard
	now   func() time.Duration
	alone bool // nothing stands in for the wanted device

	device   D
	has      bool
	of       *Device // whose end the device is, unless another stands in
	asked    *Device // the last one that was tried
	opening  bool
	opened   chan attempt[D]
	gone     chan struct{}
	untried  bool          // since it was opened
	note     string        // what remains wrong although sound moves
	since    time.Duration // when it was opened
	retryAt  time.Duration
	wait     time.Duration // before the next try while another device is used
	pace     Pace
	watchdog *watchdog
	timer    *time.Timer
}

// attempt is what came of opening the wanted device, or its spare.
type attempt[D io.Closer] struct {
	device D
	has    bool
	of     *Device // that was wanted
	spare  bool    // the device is another than that
	final  bool    // another was tried, too, or there is none
	err    error   // why the wanted one is not there
}

// try says how to open.
type try[D io.Closer] struct {
	after time.Duration
	lost  []D  // to be closed first: devices are often exclusive, and closing may block
	prove bool // the wanted device must move sound
	spare bool // one may stand in for it
	avoid bool // it must, if there is one: the wanted device moved nothing
}

// begin starts to open the device, and waits for at most patience: a speaker
// is usually there at once, and a tone should not lose its start.
func (l *line[D]) begin(patience time.Duration, stop <-chan struct{}) error {
	l.opened, l.gone = make(chan attempt[D]), make(chan struct{})
	l.pace, l.timer, l.note = Pace{}, time.NewTimer(time.Hour), ""
	l.reopen(try[D]{spare: true})
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case a := <-l.opened:
		l.adopt(a)
		if a.has {
			return nil
		}
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
	l.poll()
	if l.has {
		began, patience := l.now(), stuckAfter
		if l.untried {
			patience = wakePatience
		}
		l.watchdog.end.Store(int64(began + patience))
		err := l.do(l.device, f)
		l.watchdog.end.Store(0)
		if err == nil {
			if l.untried {
				l.untried = false
				l.fault(l.note)
			}
			return true
		}
		if l.now()-began >= patience {
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
		return
	default:
	}
	want := l.want.Load()
	if l.opening || l.has && l.of == want {
		return
	}
	if l.has && l.of != nil && l.same(*l.of, *want) {
		l.of, l.note = want, ""
		l.fault("")
		return
	}
	if want == l.asked && l.now() < l.retryAt {
		return
	}
	l.reopen(try[D]{prove: l.has, spare: !l.has})
}

func (l *line[D]) same(a, b Device) bool {
	x, ok := a.(Named)
	y, too := b.(Named)
	return ok && too && l.which(x) == l.which(y)
}

// reopen opens the wanted device aside.
func (l *line[D]) reopen(t try[D]) {
	l.opening = true
	opened, gone, want := l.opened, l.gone, l.want.Load()
	if want != l.asked {
		l.asked, l.wait = want, returnAfter
	}
	l.spawn(func() {
		for _, device := range t.lost {
			_ = device.Close() // it failed already, and that was told
		}
		if t.after > 0 {
			select {
			case <-time.After(t.after):
			case <-gone:
				return
			}
		}
		a := l.attempt(t, want, gone)
		select {
		case opened <- a:
		case <-gone:
			if a.has {
				_ = a.device.Close() // nobody waits for it any more
			}
		}
	})
}

// attempt opens the wanted device or its spare. It runs beside the loop.
func (l *line[D]) attempt(t try[D], want *Device, gone <-chan struct{}) attempt[D] {
	a := attempt[D]{of: want, final: t.spare, err: errStuck}
	var spare Device
	if s, ok := (*want).(Spared); ok && t.spare && !l.alone {
		if spare = s.Spare(); spare != nil && l.same(spare, *want) {
			spare = nil
		}
	}
	if !t.avoid || spare == nil {
		if a.device, a.err = l.open(*want); a.err == nil && t.prove {
			a.err = l.proven(a.device, gone)
		}
		if a.err == nil {
			a.has = true
			return a
		}
	}
	if spare != nil {
		if device, err := l.open(spare); err == nil {
			a.device, a.has, a.spare = device, true, true
		}
	}
	return a
}

// proven sees that a device moves sound, silence for a speaker, and closes one
// that does not.
func (l *line[D]) proven(device D, gone <-chan struct{}) error {
	late := l.guard.After(provePatience, func() { _ = device.Close() })
	defer late.Stop()
	var err error
	frame := make(Frame, FrameSamples)
	for n := 0; n < proof && err == nil && !ended(gone); n++ {
		err = l.do(device, frame)
		clear(frame)
	}
	if err == nil {
		return nil
	}
	_ = device.Close() // it failed already
	if !late.Stop() {
		return errStuck
	}
	return err
}

func (l *line[D]) adopt(a attempt[D]) {
	l.opening = false
	switch {
	case a.has:
		l.install(a)
	case l.has:
		which := "old"
		if l.of == nil {
			which = "default"
		}
		l.retryAt, l.wait = l.now()+l.wait, min(2*l.wait, returnMost)
		l.note = fmt.Sprintf("the %s %s is used: %v", which, l.name, a.err)
		l.fault(l.note)
	case a.final:
		l.retryAt = l.now() + reopenAfter
		l.fault(fmt.Sprintf("no %s: %v", l.name, a.err))
	default: // what was used meanwhile was lost, too
		l.reopen(try[D]{spare: true})
	}
}

// install changes over to an opened device. One that opens and then fails would
// flicker: the fault stands until a frame has passed.
func (l *line[D]) install(a attempt[D]) {
	if l.has {
		old := l.device
		l.watchdog.stop()
		l.spawn(func() { _ = old.Close() }) // what it still holds is not needed any more
	}
	l.device, l.has, l.untried, l.since = a.device, true, true, l.now()
	l.of, l.note, l.retryAt = a.of, "", 0
	if !a.spare {
		l.wait = returnAfter
	} else {
		l.of, l.retryAt = nil, l.now()+l.wait
		l.note = fmt.Sprintf("the default %s is used: %v", l.name, a.err)
	}
	device, fault, name := a.device, l.fault, l.name
	l.watchdog = watch(l.guard, l.now, func() {
		fault(fmt.Sprintf("%s lost: %v", name, errStuck))
		_ = device.Close() // so that the blocked call returns, which tells the loop
	})
}

// lose gives a device up that failed, and tries again at once if it had worked
// for a while.
func (l *line[D]) lose(why error) {
	l.fault(fmt.Sprintf("%s lost: %v", l.name, why))
	l.watchdog.stop()
	var none D
	lost, avoid := l.device, l.untried && l.of != nil
	l.device, l.has, l.of, l.pace = none, false, nil, Pace{}
	if l.opening { // the attempt at another goes on
		l.spawn(func() { _ = lost.Close() })
		return
	}
	l.reopen(try[D]{
		after: max(l.since+reopenAfter-l.now(), 0),
		lost:  []D{lost}, prove: true, spare: true, avoid: avoid,
	})
}

// shut releases the device; begin may follow.
func (l *line[D]) shut() {
	close(l.gone)
	l.timer.Stop()
	l.opening = false
	if !l.has {
		return
	}
	l.watchdog.stop()
	_ = l.device.Close() // nothing is left to do with it, nor to tell
	var none D
	l.device, l.has, l.of = none, false, nil
}

// watchdog barks once when a frame is under way for too long. It looks now and then
// by itself: a timer that is set and stopped for every frame makes the runtime wake
// threads for nothing. The loop sets end and stops it; look runs beside the loop.
type watchdog struct {
	now   func() time.Duration
	bark  func()
	end   atomic.Int64 // when the frame must have moved; 0: none is under way
	off   atomic.Bool
	timer *time.Timer
}

func watch(g guard.Guard, now func() time.Duration, bark func()) *watchdog {
	w := &watchdog{now: now, bark: bark}
	w.timer = g.After(time.Hour, w.look)
	w.timer.Reset(stuckAfter)
	return w
}

// look looks again when the frame under way, or one that begins now, is stuck.
func (w *watchdog) look() {
	wait := stuckAfter
	if end := w.end.Load(); end != 0 {
		wait = time.Duration(end) - w.now()
	}
	switch {
	case w.off.Load():
		return
	case wait <= 0:
		w.bark()
		return
	}
	w.timer.Reset(wait)
	if w.off.Load() { // it was stopped meanwhile
		w.timer.Stop()
	}
}

func (w *watchdog) stop() {
	w.off.Store(true)
	w.timer.Stop()
}
