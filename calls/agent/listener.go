package agent

import (
	"sync"

	"tring/calls"
)

// backlog is how many events may wait for one listener.
const backlog = 256

// listener hears events, in order, in a goroutine that lives while there are
// any. Should it fall behind by more than the backlog, what waits is replaced by
// one Resync with the full view. It is safe for concurrent use.
type listener struct {
	hear func(calls.Event)

	mu      sync.Mutex
	queue   []calls.Event
	running bool
	removed bool
}

// AddCallListener lets f hear every event from now on. An id that is registered
// already is replaced, so that nothing is heard twice. A slow f delays nobody
// else.
func (a *Agent) AddCallListener(id string, f func(calls.Event)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if old := a.listeners[id]; old != nil {
		old.remove()
	}
	a.listeners[id] = &listener{hear: f}
}

// RemoveCallListener ends the listening. An event that the listener is hearing
// at this moment it may hear to its end.
func (a *Agent) RemoveCallListener(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if l := a.listeners[id]; l != nil {
		l.remove()
		delete(a.listeners, id)
	}
}

// tell gives an event to all listeners.
func (a *Agent) tell(e calls.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopped {
		return
	}
	for _, l := range a.listeners {
		if l.push(e, a.Snapshot) {
			a.config.Guard.Join(&a.hearing, l.drain)
		}
	}
}

// push queues an event, and says whether somebody must call drain.
func (l *listener) push(e calls.Event, view func() calls.View) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) >= backlog {
		now := view()
		l.queue, e = nil, calls.Event{Name: calls.Resync, View: &now}
	}
	l.queue = append(l.queue, e)
	idle := !l.running
	l.running = true
	return idle
}

func (l *listener) drain() {
	for {
		l.mu.Lock()
		if l.removed || len(l.queue) == 0 {
			l.running = false
			l.mu.Unlock()
			return
		}
		e := l.queue[0]
		l.queue = l.queue[1:]
		l.mu.Unlock()
		l.hear(e)
	}
}

func (l *listener) remove() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.removed = true
}
