package guard

import (
	"context"
	"runtime/debug"
	"sync"
	"time"
)

// Guard runs functions of one telephone. The nil Guard lets a panic be. It is safe
// for concurrent use.
//
// After a panic the deferred calls of f are done, as ever; what f would have done
// after that is not. Who waits for a goroutine of a Guard waits for something that
// is deferred, or not for ever.
type Guard func(f func())

// New is a Guard that ends the panic of a goroutine and tells it to failed, in that
// goroutine.
func New(failed func(reason any, stack []byte)) Guard {
	return func(f func()) {
		defer func() {
			if reason := recover(); reason != nil {
				failed(reason, debug.Stack())
			}
		}()
		f()
	}
}

// Run runs f in the goroutine of its caller.
func (g Guard) Run(f func()) {
	if g == nil {
		f()
		return
	}
	g(f)
}

// Go runs f in a goroutine of its own.
func (g Guard) Go(f func()) { go g.Run(f) }

// Join runs f in a goroutine of its own that the group waits for.
func (g Guard) Join(group *sync.WaitGroup, f func()) { group.Go(func() { g.Run(f) }) }

// After is [time.AfterFunc].
func (g Guard) After(d time.Duration, f func()) *time.Timer {
	return time.AfterFunc(d, func() { g.Run(f) })
}

// AfterEnd is [context.AfterFunc].
func (g Guard) AfterEnd(ctx context.Context, f func()) (stop func() bool) {
	return context.AfterFunc(ctx, func() { g.Run(f) })
}
