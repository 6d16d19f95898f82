//go:build !unix

package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// lockData keeps a second server off the data folder until the file is closed.
// On Windows a file that is open cannot be removed, and a crash closes it.
func lockData(folder string) (*os.File, error) {
	path := filepath.Join(folder, "lock")
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("data folder %q is in use by another tring server; stop it, or choose another folder", folder)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	return f, nil
}
