//go:build unix && !linux

package cli

import (
	"os"
	"syscall"
)

// resumable says whether the parent is of another process group, as a shell with
// job control is. Its session, which would tell a shell from a terminal, cannot be
// asked for here.
func resumable() bool {
	group, err := syscall.Getpgid(os.Getppid())
	return err == nil && os.Getppid() > 1 && group != syscall.Getpgrp()
}
