package agent

import "sync"

// mailbox is a queue that takes whatever comes and never makes its sender wait.
// It needs no bound, since its reader never waits for anything else: a bound
// could only block a goroutine that the reader may depend on, or lose an input.
// It is safe for concurrent use, with one reader.
type mailbox[T any] struct {
	ready chan struct{} // holds a token while there is something to take

	mu     sync.Mutex
	items  []T
	closed bool
}

func newMailbox[T any]() *mailbox[T] { return &mailbox[T]{ready: make(chan struct{}, 1)} }

// put adds an item; after close it is dropped.
func (m *mailbox[T]) put(item T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.items = append(m.items, item)
		m.wake()
	}
}

// take empties the mailbox; the second result is true when nothing will follow.
func (m *mailbox[T]) take() ([]T, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	items := m.items
	m.items = nil
	return items, m.closed
}

func (m *mailbox[T]) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.wake()
}

func (m *mailbox[T]) wake() {
	select {
	case m.ready <- struct{}{}:
	default:
	}
}
