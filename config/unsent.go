package config

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Unsent is how a phone ended calls while its server was away. It lies in the
// state folder, in a file for each phone of each account, until a later command
// has told the server.
type Unsent struct {
	Server string      `json:"server"`
	User   string      `json:"user"`
	Device string      `json:"device"`
	Ends   []UnsentEnd `json:"ends"`
}

// UnsentEnd is the end of one call: its id, the status where the call was not
// simply hung up, and when it was.
type UnsentEnd struct {
	Call   string    `json:"call"`
	Status string    `json:"status,omitempty"`
	At     time.Time `json:"at"`
}

// LoadUnsent is what the phones of an account left. A file that cannot be read is
// an error beside those that can.
func LoadUnsent(p Paths, a Account) ([]Unsent, error) {
	files, err := filepath.Glob(filepath.Join(p.State, "unsent-*.json"))
	if err != nil {
		return nil, fmt.Errorf("look for ends that the server does not know: %w", err)
	}
	var all []Unsent
	var errs []error
	for _, file := range files {
		data, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) { // another command has told it
			continue
		}
		var u Unsent
		if err == nil {
			err = json.Unmarshal(data, &u)
		}
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("read %s: %w; remove it", file, reason(err)))
		case place(u.Server) == place(a.Server) && u.User == a.User:
			all = append(all, u)
		}
	}
	return all, errors.Join(errs...)
}

// SaveUnsent keeps what a phone leaves, in place of what it left before; nothing
// removes the file.
func SaveUnsent(p Paths, u Unsent) error {
	whose := sha256.Sum256([]byte(place(u.Server) + "\n" + u.User))
	path := filepath.Join(p.State, fmt.Sprintf("unsent-%s-%x.json", u.Device, whose[:6]))
	if len(u.Ends) == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove %s: %w", path, reason(err))
		}
		return nil
	}
	data, err := json.Marshal(u)
	if err != nil {
		return fmt.Errorf("keep what the server does not know: %w", err)
	}
	return write(path, append(data, '\n'))
}
