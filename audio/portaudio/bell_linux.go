package portaudio

import (
	"encoding/binary"
	"errors"
	"os"
	"syscall"
	"time"
)

// eventBell is an eventfd(2), which the callback writes to and Go's poller watches.
// Nobody reads it: each write is an event of its own for a poller that is triggered
// by edges, and what has rung shows in the shared memory. So neither side makes a
// system call but for that write.
type eventBell struct {
	shared *shared
	file   *os.File
	conn   syscall.RawConn
	rung   func(uintptr) bool
	until  time.Time // when waiting ends, with or without a ring
}

func newBell(s *shared) (bell, error) {
	fd, _, errno := syscall.RawSyscall(syscall.SYS_EVENTFD2, 0, syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if errno != 0 {
		return nil, os.NewSyscallError("eventfd", errno)
	}
	b := &eventBell{shared: s, file: os.NewFile(fd, "eventfd")}
	b.rung = func(uintptr) bool { return s.want.Load() == 0 }
	var err error
	if b.conn, err = b.file.SyscallConn(); err != nil {
		return nil, errors.Join(err, b.file.Close())
	}
	s.bell = int32(fd)
	return b, nil
}

func (b *eventBell) ring() {
	b.shared.want.Store(0)
	_, _ = b.file.Write(binary.NativeEndian.AppendUint64(nil, 1)) // an error is: it is closed
}

// wait keeps the time from one wait to the next: to set it for every frame would
// cost as much as the rest.
func (b *eventBell) wait(most time.Duration) {
	if left := time.Until(b.until); left <= 0 || left > most {
		b.until = time.Now().Add(most)
		_ = b.file.SetReadDeadline(b.until) // it is closed, which its reader sees
	}
	_ = b.conn.Read(b.rung) // the same, or it was long enough
}

func (b *eventBell) close() { _ = b.file.Close() }
