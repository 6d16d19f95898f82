//go:build !unix

package cli

// resumable: no process is stopped and let go on here.
func resumable() bool { return false }
