package host

import (
	"context"
	"errors"
	"time"
)

// login runs the phone, or one of its commands, for a person.
func (v *visit) login(args []string) int {
	user, ok := v.who()
	if !ok {
		return exitFailed
	}
	place := holder{"login", v.fingerprint}
	if !v.host.admission.hold(place) {
		return v.refuse("logins", "this key is logged in too often already; end one of the others")
	}
	defer v.host.admission.give(place)
	pty, _, _ := v.session.Pty()
	in := newInlet(v.session, v.door.conn, v.door.terminal() != nil)
	leaving := make(chan time.Duration, 1)
	l := &Login{
		User: user, Fingerprint: v.fingerprint, Session: v.name, Address: v.door.conn.address,
		Args: args, In: in, Out: spout{v.out, 0}, Err: spout{v.out, 1},
		Getenv:   environment(pty.Term, v.door.terminal() != nil, v.session.Environ()),
		Terminal: v.door.terminal(),
		Line:     v.host.lines.Open(v.door.conn.id, v.fingerprint),
		Leaving:  leaving, calls: make(chan struct{}, 1),
	}
	defer func() { _ = l.Line.Close() }() // nothing is left to be said to it

	ctx, cancel := context.WithCancelCause(v.host.ctx)
	o := &overseer{visit: v, login: l, in: in, leaving: leaving, cancel: cancel}
	l.Guard = v.guard(cancel)
	overseen := make(chan struct{})
	l.Guard.Go(func() {
		defer close(overseen)
		o.watch(ctx)
	})
	in.hold = func() { v.hold(ctx, l) }
	v.log.Info("login began", "screen", len(args) == 0)
	v.host.metrics.began(len(args) == 0)
	code := v.run(ctx, l)
	cause := causeOf(ctx)
	cancel(nil)
	<-overseen
	switch cause {
	case "panic":
		v.say("%s", weFailed)
	case "idle":
		v.say("%s; log in again", ErrIdle)
	case "stopping":
		code = ExitStopping
		v.say("%s; log in again in a moment", ErrStopping)
	}
	v.host.metrics.over(cause)
	v.log.Info("login ended", "cause", cause, "code", code)
	return code
}

// hold waits when a client that has gone without a word leaves a call that is kept:
// for lines, the end of what is typed is otherwise the end of the phone. One who
// only types no more (`ssh HOST plain <FILE`) is still there.
func (v *visit) hold(ctx context.Context, l *Login) {
	if v.host.cfg.KeepCall <= 0 || !l.talking() {
		return
	}
	here := time.NewTimer(v.host.waits.gone)
	defer here.Stop()
	select {
	case <-v.door.shut:
		<-ctx.Done()
	case <-ctx.Done():
	case <-here.C:
	}
}

// run carries out a login. One that has failed may wait for what will never come;
// it is left behind then.
func (v *visit) run(ctx context.Context, l *Login) int {
	ended := make(chan int, 1)
	go func() {
		defer close(ended) // after a panic was told
		l.Guard.Run(func() { ended <- v.host.cfg.Run(ctx, l) })
	}()
	var late <-chan time.Time
	for failed := ctx.Done(); ; {
		select {
		case code := <-ended:
			if errors.Is(context.Cause(ctx), ErrFailed) {
				return exitFailed
			}
			return code
		case <-failed:
			failed = nil
			if errors.Is(context.Cause(ctx), ErrFailed) {
				timer := time.NewTimer(v.host.waits.failed)
				defer timer.Stop()
				late = timer.C
			}
		case <-late:
			v.log.Error("what has failed does not end, and is left behind")
			return exitFailed
		}
	}
}

// causeOf names why a login ended, for logs and metrics.
func causeOf(ctx context.Context) string {
	switch context.Cause(ctx) {
	case nil:
		return "done"
	case ErrStalled:
		return "stalled"
	case ErrIdle:
		return "idle"
	case ErrStopping:
		return "stopping"
	case ErrFailed:
		return "panic"
	}
	return "gone"
}

// overseer ends a login when its client is gone, when nobody types, and when the
// host stops; a call keeps it for a while. It is one goroutine's.
type overseer struct {
	visit   *visit
	login   *Login
	in      *inlet
	leaving chan<- time.Duration
	cancel  context.CancelCauseFunc

	gone, told, counted bool
}

func (o *overseer) watch(ctx context.Context) {
	host, limits := o.visit.host, o.visit.host.cfg.Limits
	idle := newTimer(limits.Idle)
	defer idle.Stop()
	end := newTimer(-1) // of a moment to say goodbye, or of a call without its screen
	defer end.Stop()
	shut, leave := o.visit.door.shut, host.census.leaving
	defer o.count(false)
	for {
		select {
		case <-ctx.Done():
			return
		case <-shut:
			shut = nil
			if !o.login.talking() || host.cfg.KeepCall <= 0 {
				o.cancel(o.whyGone())
				return
			}
			o.gone = true
			o.visit.out.abandon()
			o.visit.log.Info("call goes on without its client")
			end.Reset(host.cfg.KeepCall)
		case <-o.login.calls:
			o.count(o.login.talking())
			if !o.login.talking() && (o.gone || o.told) {
				end.Reset(host.waits.farewell)
			}
		case <-leave:
			leave = nil
			if !o.tellLeaving() {
				end.Reset(host.waits.farewell)
			}
		case <-end.C:
			if o.gone {
				o.cancel(ErrGone)
				return
			}
			if !o.login.talking() {
				o.stop()
				return
			}
		case <-idle.C:
			left := time.Until(o.in.last().Add(limits.Idle))
			switch {
			case o.login.talking():
				left = limits.Idle // whoever talks is there
			case left <= 0:
				o.cancel(ErrIdle)
				return
			}
			idle.Reset(left)
		}
	}
}

// tellLeaving tells the login that the host stops, and whether a call keeps it for a
// while.
func (o *overseer) tellLeaving() (talks bool) {
	o.told = true
	most := o.visit.host.cfg.Limits.Grace
	if talks = o.login.talking(); !talks {
		most = 0
	}
	o.leaving <- most // it has room for one
	return talks
}

// whyGone tells a client that has gone from one whose connection the host has ended.
func (o *overseer) whyGone() error {
	if why := context.Cause(o.visit.door.conn.ctx); why != nil {
		return why
	}
	return ErrGone
}

// stop ends a login since the host stops. A client that does not even take the
// goodbye is not waited for.
func (o *overseer) stop() {
	o.cancel(ErrStopping)
	conn := o.visit.door.conn
	stuck := conn.guard.After(o.visit.host.waits.goodbye, func() { _ = conn.end(ErrStopping) })
	conn.guard.AfterEnd(conn.ctx, func() { stuck.Stop() })
}

// count keeps the number of logins in a call.
func (o *overseer) count(talking bool) {
	if o.counted == talking {
		return
	}
	o.counted = talking
	if talking {
		o.visit.host.metrics.calls.Inc()
	} else {
		o.visit.host.metrics.calls.Dec()
	}
}

// newTimer is one that never fires for a time of none.
func newTimer(after time.Duration) *time.Timer {
	if after > 0 {
		return time.NewTimer(after)
	}
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}
