//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package cli

import "os"

// redirectStderr leaves stderr as it is on this system: its sound libraries do not
// write there. restore does nothing.
func redirectStderr(string) (restore func(), tty *os.File, err error) {
	return func() {}, os.Stderr, nil
}
