//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package cli

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"syscall"
)

// redirectStderr sends whatever is written to file descriptor 2 to the end of the
// file at logPath, and returns the terminal (or whatever 2 was) as tty. C libraries
// of sound systems write there as they please, which would tear the screen; no Go
// code can stop them otherwise.
//
// The program writes its own words for people to tty. A crash of any goroutine is
// still printed there: the runtime is told to. restore puts everything back and
// closes tty; it may be called twice. Only the program's main goroutine calls this,
// once, since there is one descriptor 2 in a process.
func redirectStderr(logPath string) (restore func(), tty *os.File, err error) {
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("redirect stderr: %w", err)
	}
	defer func() { _ = log.Close() }() // descriptor 2 keeps its own hold on the file
	tty, err = duplicateStderr()
	if err != nil {
		return nil, nil, fmt.Errorf("redirect stderr: keep the terminal: %w", err)
	}
	if err := debug.SetCrashOutput(tty, debug.CrashOptions{}); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("redirect stderr: print crashes to the terminal: %w", err), tty.Close())
	}
	if err := replace(int(log.Fd()), syscall.Stderr); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("redirect stderr to %s: %w", logPath, err), forget(tty))
	}
	restored := false
	restore = func() {
		if restored {
			return
		}
		restored = true
		// Should this fail there is nowhere left to say so.
		_ = replace(int(tty.Fd()), syscall.Stderr)
		_ = forget(tty)
	}
	return restore, tty, nil
}

// duplicateStderr returns another descriptor of what 2 is, hidden from programs
// that this one starts.
func duplicateStderr() (*os.File, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := syscall.Dup(syscall.Stderr)
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), os.Stderr.Name()), nil
}

// forget ends what redirectStderr began with tty.
func forget(tty *os.File) error {
	return errors.Join(debug.SetCrashOutput(nil, debug.CrashOptions{}), tty.Close())
}
