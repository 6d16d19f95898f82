package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/adrg/xdg"
)

// Paths are the folders of one person's phone.
type Paths struct {
	Config string // what the person sets
	State  string // what the phone remembers
	Data   string // what the person keeps
}

// Locate finds the folders: all are $TRING_HOME when that is set, else they
// follow the XDG base directories. It makes nothing.
func Locate(getenv func(string) string) Paths {
	if home := getenv("TRING_HOME"); home != "" {
		if abs, err := filepath.Abs(home); err == nil {
			home = abs
		}
		return Paths{Config: home, State: home, Data: home}
	}
	return Paths{
		Config: filepath.Join(xdg.ConfigHome, "tring"),
		State:  filepath.Join(xdg.StateHome, "tring"),
		Data:   filepath.Join(xdg.DataHome, "tring"),
	}
}

// Make makes the folders that every phone needs where they are missing.
func (p Paths) Make() error {
	for _, dir := range []string{p.Config, p.State} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("make folder %s: %w; choose another with TRING_HOME", dir, reason(err))
		}
	}
	return nil
}

// Settings is the settings file.
func (p Paths) Settings() string { return filepath.Join(p.Config, "settings.toml") }

// Accounts is the file of accounts.
func (p Paths) Accounts() string { return filepath.Join(p.Config, "accounts.toml") }

// Key is the key that login makes where the person has none.
func (p Paths) Key() string { return filepath.Join(p.Config, "key") }

// Device is the file with the phone's device id.
func (p Paths) Device() string { return filepath.Join(p.State, "device") }

// Log is the log file of the phone.
func (p Paths) Log() string { return filepath.Join(p.State, "log") }

// Recordings is the folder of recorded calls.
func (p Paths) Recordings() string { return filepath.Join(p.Data, "recordings") }

// Server is the data folder of a server, unless another is named.
func (p Paths) Server() string { return filepath.Join(p.State, "server") }

// Host is the data folder of a host for ssh, unless another is named.
func (p Paths) Host() string { return filepath.Join(p.State, "host") }

// write puts data into a file in one step, so that a crash leaves the old file
// or the new one.
func write(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, reason(err))
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, reason(err)), os.Remove(f.Name()))
	}
	return nil
}

// reason is the innermost cause of a file error: the act and the path are said
// by the caller already.
func reason(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
