package host

import "sync"

// census counts the visits that a stop of the host waits for. Safe for concurrent
// use.
type census struct {
	mu      sync.Mutex
	here    int
	leaving chan struct{} // closed when the host begins to stop
	over    chan struct{} // closed when it stops and nobody is here
}

func newCensus() *census {
	return &census{leaving: make(chan struct{}), over: make(chan struct{})}
}

// begin counts a visit in, unless the host stops.
func (c *census) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.leaving:
		return false
	default:
		c.here++
		return true
	}
}

func (c *census) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.here--
	c.settle()
}

// leave begins the stop; once.
func (c *census) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.leaving)
	c.settle()
}

func (c *census) settle() {
	select {
	case <-c.leaving:
		if c.here == 0 {
			close(c.over)
		}
	default:
	}
}
