package cli

import (
	"bytes"
	"context"
	"sync"

	"tring/ui"
)

// loginLogMost is how much of its log a login at a host remembers.
const loginLogMost = 32 << 10

// loginLog is the log of one login: the end of it, in memory, for whoever is
// logged in. The host's own log has nothing of what people do. It is safe for
// concurrent use.
type loginLog struct {
	mu   sync.Mutex
	data []byte
	size int64 // of all that was written
}

// Write implements io.Writer; each write is whole lines.
func (l *loginLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.size += int64(len(p))
	l.data = append(l.data, p...)
	if over := len(l.data) - loginLogMost; over > 0 {
		l.data = bytes.Clone(l.data[over:])
	}
	return len(p), nil
}

// read is ui.LogReader.
func (l *loginLog) read(_ context.Context, known int64) (ui.LogPage, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	page := ui.LogPage{Size: l.size}
	if l.size != known {
		from := l.size - int64(len(l.data))
		page.Lines, page.Cut = logLines(l.data, from), from > 0
	}
	return page, nil
}
