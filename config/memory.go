package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Memory is what a phone remembers by itself from one run to the next, and nobody
// sets. It lies in the state folder of the phone. Of two phones that keep
// something at the same moment one may forget it again.
type Memory struct {
	// GuideSeen: the guide for the first run was looked at.
	GuideSeen bool `json:"guide_seen,omitempty"`
	// Volumes are how loud each person was made, the newest first.
	Volumes []Volume `json:"volumes,omitempty"`
}

// Volume is how loud somebody was made by an account, in decibels.
type Volume struct {
	Server string  `json:"server"`
	User   string  `json:"user"`
	Who    string  `json:"who"`
	DB     float64 `json:"db"`
}

// maxVolumes is how many are remembered; the oldest goes for a new one.
const maxVolumes = 500

// LoadMemory is what the phone remembers: nothing where there is no such file,
// and nothing beside the error where it cannot be read.
func LoadMemory(p Paths) (Memory, error) {
	var m Memory
	data, err := os.ReadFile(p.memory())
	if errors.Is(err, os.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err != nil {
		return Memory{}, fmt.Errorf("read %s: %w; it is made anew when there is something to remember", p.memory(), reason(err))
	}
	return m, nil
}

// Remember changes what the phone remembers. A file that cannot be read is made
// anew: nobody wrote it by hand.
func Remember(p Paths, change func(*Memory)) error {
	m, _ := LoadMemory(p)
	change(&m)
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("remember: %w", err)
	}
	return write(p.memory(), append(data, '\n'))
}

func (p Paths) memory() string { return filepath.Join(p.State, "memory.json") }

// VolumesOf are those of an account, by whose voice it is.
func (m Memory) VolumesOf(a Account) map[string]float64 {
	all := map[string]float64{}
	for _, v := range m.Volumes {
		if _, newer := all[v.Who]; !newer && v.of(a) {
			all[v.Who] = v.DB
		}
	}
	return all
}

// SetVolume puts how loud somebody was made in the place of what it was; as they
// come, 0, needs no place.
func (m *Memory) SetVolume(a Account, who string, db float64) {
	m.Volumes = slices.DeleteFunc(m.Volumes, func(v Volume) bool { return v.Who == who && v.of(a) })
	if db != 0 {
		m.Volumes = slices.Insert(m.Volumes, 0, Volume{Server: a.Server, User: a.User, Who: who, DB: db})
	}
	m.Volumes = m.Volumes[:min(len(m.Volumes), maxVolumes)]
}

func (v Volume) of(a Account) bool { return place(v.Server) == place(a.Server) && v.User == a.User }
