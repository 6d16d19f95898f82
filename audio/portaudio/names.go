package portaudio

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// side is one of the two directions of sound; its text is the word for people.
type side string

const (
	microphone side = "microphone"
	speaker    side = "speaker"
)

func (s side) describe(name string) string {
	if name == "" {
		return "default " + string(s)
	}
	return fmt.Sprintf("%s %q", s, name)
}

func (s side) channels(d DeviceInfo) int {
	if s == microphone {
		return d.Inputs
	}
	return d.Outputs
}

func (s side) isDefault(d DeviceInfo) bool {
	if s == microphone {
		return d.DefaultInput
	}
	return d.DefaultOutput
}

// check says whether a name, if there is one, fits one of the devices.
func (s side) check(devices []DeviceInfo, name string) error {
	if name == "" {
		return nil
	}
	_, err := choose(devices, s, name)
	return err
}

// none is the error for a machine that has no device on this side.
func (s side) none() error {
	return fmt.Errorf("no %s found: plug one in, or start the sound server; `tring audio list` shows what is there", s)
}

// UnknownDeviceError is a name that fits no device, or more than one.
type UnknownDeviceError struct {
	Side  string   // "microphone" or "speaker"
	Name  string   // as it was asked for
	Fits  []string // the devices it fits, when more than one
	Close []string // the devices with a similar name, when it fits none
}

func (e *UnknownDeviceError) Error() string {
	const list = "; `tring audio list` shows all"
	switch {
	case len(e.Fits) > 0:
		return fmt.Sprintf("%s %q fits several devices: %s; write more of the name", e.Side, e.Name, quoted(e.Fits))
	case len(e.Close) > 0:
		return fmt.Sprintf("no %s named %q; close to it: %s%s", e.Side, e.Name, quoted(e.Close), list)
	}
	return fmt.Sprintf("no %s named %q%s", e.Side, e.Name, list)
}

func quoted(names []string) string {
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = fmt.Sprintf("%q", n)
	}
	return strings.Join(q, ", ")
}

// choose returns the index of the device that the name means: the exact name,
// else the same in other case, else the only one that contains it. The empty name
// is the default. Two sound interfaces may list one device under one name: the
// default device goes first, then the earlier one.
func choose(devices []DeviceInfo, s side, name string) (int, error) {
	if name == "" {
		return chooseDefault(devices, s)
	}
	folded := strings.ToLower(name)
	rules := []func(string) bool{
		func(n string) bool { return n == name },
		func(n string) bool { return strings.ToLower(n) == folded },
		func(n string) bool { return strings.Contains(strings.ToLower(n), folded) },
	}
	for _, fits := range rules {
		i, err := only(devices, s, name, fits)
		if i >= 0 || err != nil {
			return i, err
		}
	}
	return -1, &UnknownDeviceError{Side: string(s), Name: name, Close: similar(devices, s, name)}
}

// only returns the one device whose name fits, -1 for none, and an error when
// devices of different names fit.
func only(devices []DeviceInfo, s side, name string, fits func(string) bool) (int, error) {
	found := -1
	var names []string
	for i, d := range devices {
		if s.channels(d) == 0 || !fits(d.Name) {
			continue
		}
		if found < 0 || s.isDefault(d) {
			found = i
		}
		if !slices.Contains(names, d.Name) {
			names = append(names, d.Name)
		}
	}
	if len(names) > 1 {
		return -1, &UnknownDeviceError{Side: string(s), Name: name, Fits: names}
	}
	return found, nil
}

// chooseDefault prefers what the system calls its default. Where it names none,
// the sound servers' own devices go before the rest: raw hardware may be taken.
func chooseDefault(devices []DeviceInfo, s side) (int, error) {
	best, bestRank := -1, 0
	for i, d := range devices {
		if s.channels(d) == 0 {
			continue
		}
		rank := 1
		switch {
		case s.isDefault(d):
			rank = 4
		case d.Name == "default":
			rank = 3
		case d.Name == "pulse", d.Name == "pipewire":
			rank = 2
		}
		if rank > bestRank {
			best, bestRank = i, rank
		}
	}
	if best < 0 {
		return -1, s.none()
	}
	return best, nil
}

// similar returns up to three names that a typing error could have meant, the
// nearest first.
func similar(devices []DeviceInfo, s side, name string) []string {
	type near struct {
		name     string
		distance int
	}
	var found []near
	asked := strings.ToLower(name)
	for _, d := range devices {
		if s.channels(d) == 0 || slices.ContainsFunc(found, func(n near) bool { return n.name == d.Name }) {
			continue
		}
		known := strings.ToLower(d.Name)
		best := distance(asked, known)
		for _, word := range strings.Fields(known) {
			best = min(best, distance(asked, word))
		}
		if best <= max(2, len(asked)/3) {
			found = append(found, near{d.Name, best})
		}
	}
	slices.SortStableFunc(found, func(a, b near) int { return cmp.Compare(a.distance, b.distance) })
	names := make([]string, 0, 3)
	for _, n := range found[:min(3, len(found))] {
		names = append(names, n.name)
	}
	return names
}

// distance counts the letters to insert, delete or replace between a and b
// (Levenshtein).
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range to {
			above := row[j+1]
			replaced := diagonal
			if x != y {
				replaced++
			}
			row[j+1] = min(row[j]+1, above+1, replaced)
			diagonal = above
		}
	}
	return row[len(to)]
}
