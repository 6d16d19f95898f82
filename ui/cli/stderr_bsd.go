//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package cli

import "syscall"

// replace makes descriptor to a copy of from.
func replace(from, to int) error { return syscall.Dup2(from, to) }
