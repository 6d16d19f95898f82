package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/oklog/ulid/v2"
)

// maxDevices is how many phones of one account may be online at once.
const maxDevices = 8

// Device is the identity of one running phone. While it is held, no other
// process of this state folder uses it.
type Device struct {
	ID   string
	lock *os.File
}

// TakeDevice takes the id in the file "device" of the state folder, which it
// makes. Where another process holds that one (the screen is open, and here is
// a command), it takes "device-2" and so on: a device id belongs to one running
// phone.
func TakeDevice(p Paths) (*Device, error) {
	for n := 1; n <= maxDevices; n++ {
		name := "device"
		if n > 1 {
			name = fmt.Sprintf("device-%d", n)
		}
		path := filepath.Join(p.State, name)
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w; choose another folder with TRING_HOME", path, reason(err))
		}
		if !lock(f) {
			if err := f.Close(); err != nil {
				return nil, fmt.Errorf("close %s: %w", path, err)
			}
			continue
		}
		id, err := deviceID(f)
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return &Device{ID: id, lock: f}, nil
	}
	return nil, fmt.Errorf("%d phones run from %s already; end one of them", maxDevices, p.State)
}

// ReadDevice is the id in the file "device", whoever holds it: for a command that
// is no phone of its own.
func ReadDevice(p Paths) (string, error) {
	data, err := os.ReadFile(filepath.Join(p.State, "device"))
	if err == nil {
		id := strings.TrimSpace(string(data))
		if _, err := ulid.ParseStrict(id); err == nil {
			return id, nil
		}
	}
	d, err := TakeDevice(p) // makes it, or says what is wrong with it
	if err != nil {
		return "", err
	}
	return d.ID, d.Release()
}

// Renew gives the phone a new id, in place of one that a server does not take any
// more.
func (d *Device) Renew() error {
	id := ulid.Make().String()
	if _, err := d.lock.WriteAt([]byte(id+"\n"), 0); err != nil {
		return fmt.Errorf("write %s: %w", d.lock.Name(), reason(err))
	}
	d.ID = id
	return nil
}

// Release lets another process use the id.
func (d *Device) Release() error { return d.lock.Close() }

func deviceID(f *os.File) (string, error) {
	data := make([]byte, 64)
	n, _ := f.ReadAt(data, 0) // a short file is an empty id
	id := strings.TrimSpace(string(data[:n]))
	if _, err := ulid.ParseStrict(id); err == nil {
		return id, nil
	}
	if id != "" {
		return "", fmt.Errorf("%s does not hold a device id; remove it, and a new one is made", f.Name())
	}
	id = ulid.Make().String()
	if _, err := f.WriteAt([]byte(id+"\n"), 0); err != nil {
		return "", fmt.Errorf("write %s: %w", f.Name(), reason(err))
	}
	return id, nil
}
