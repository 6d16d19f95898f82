package wav

import (
	"os"
	"sync"
	"time"

	"tring/audio"
)

// clock blocks for 10 ms at a time. wait belongs to one goroutine; Close may
// come from any.
type clock struct {
	pace  audio.Pace
	began time.Time
	first int64
	timer *time.Timer
	once  sync.Once
	stop  chan struct{}
}

// newClock counts ticks from began, so that clocks with one beginning agree.
func newClock(began time.Time) *clock {
	return &clock{began: began, first: -1, timer: time.NewTimer(time.Hour), stop: make(chan struct{})}
}

// wait returns at the next tick with its number, or os.ErrClosed.
func (c *clock) wait() (int64, error) {
	now := time.Since(c.began)
	if c.first < 0 {
		c.first = int64(now / audio.FrameDuration)
	}
	wait, tick := c.pace.Next(now)
	c.timer.Reset(wait)
	select {
	case <-c.stop:
		c.timer.Stop()
		return 0, os.ErrClosed
	case <-c.timer.C:
	}
	select {
	case <-c.stop:
		return 0, os.ErrClosed
	default:
		return c.first + tick, nil
	}
}

// Close ends the wait, now and for ever.
func (c *clock) Close() error {
	c.once.Do(func() { close(c.stop) })
	return nil
}
