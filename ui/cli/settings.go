package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tring/audio"
	"tring/config"
	"tring/ui"
)

// desk is where the settings of a running phone are read and changed, and its
// sound is tried out. It is safe for concurrent use.
type desk struct {
	phone      *Phone
	processing *processing
	getenv     func(string) string
	log        *slog.Logger
	ringTime   atomic.Int64 // of outgoing calls
	hosted     bool         // it is somebody's who came by ssh

	changing sync.Mutex     // one change at a time, which may take a while
	newest   map[string]int // the number of each setting's last change
	file     *config.File
	sound    soundSpec
	closed   bool

	mu           sync.Mutex
	settings     config.Settings // in force
	device, bell audio.Device

	bench chan struct{} // has room for who tries out the sound
	tried atomic.Pointer[audio.Engine]
	heard []int16 // what PlayBack plays; its owner has the bench
}

var (
	_ ui.Settings = (*desk)(nil)
	_ ui.Sounder  = (*desk)(nil)
)

// awayFrom are the settings that somebody has none of whose phone runs at a host:
// of the machine's devices and files, which are at his own end.
func awayFrom(key string) bool {
	switch key {
	case "audio.input", "audio.output", "audio.ring", "audio.canceller", "audio.noise", "audio.level", "tones.ring":
		return true
	}
	return false
}

// long says whether a setting is longer than anybody needs who keeps it on a
// machine of others.
func long(values []string) bool {
	const most = 400 // bytes
	size := 0
	for _, v := range values {
		size += len(v) + 1
	}
	return size > most
}

// desk makes the desk of a session, whose settings come from these folders.
func (s *session) desk(paths config.Paths, getenv func(string) string) *desk {
	d := &desk{
		phone: s.Phone, processing: s.processing, getenv: getenv, log: s.log,
		settings: s.settings, newest: map[string]int{}, file: config.OpenFile(paths),
		hosted: s.hosted, sound: s.sound, device: s.device, bell: s.ring, bench: make(chan struct{}, 1),
	}
	d.settings.Input, d.settings.Output = cmp.Or(s.sound.in, s.settings.Input), cmp.Or(s.sound.out, s.settings.Output)
	d.settings.Sound.Ring = cmp.Or(s.sound.ring, s.settings.Sound.Ring)
	d.ringTime.Store(int64(s.settings.RingTime))
	return d
}

// ring is how long outgoing calls ring.
func (d *desk) ring() time.Duration { return time.Duration(d.ringTime.Load()) }

// Read implements ui.Settings.
func (d *desk) Read() map[string]ui.Setting {
	settings := d.inForce()
	all := map[string]ui.Setting{}
	for key, values := range settings.Values() {
		if d.hosted && awayFrom(key) {
			continue
		}
		s := ui.Setting{Values: values}
		if variable := config.Variable(key); d.getenv(variable) != "" {
			s.Variable = variable
		}
		if d.inEnvironment(key) {
			s.Variable = "TRING_AUDIO"
		}
		all[key] = s
	}
	return all
}

// inForce are the settings now. Whoever changes their keys makes a map of them
// first.
func (d *desk) inForce() config.Settings {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.settings
}

// inEnvironment says whether TRING_AUDIO names the device of a setting.
func (d *desk) inEnvironment(key string) bool {
	spec, err := parseSound(d.getenv("TRING_AUDIO"))
	if err != nil {
		return false
	}
	switch key {
	case "audio.input":
		return spec.in != "" || spec.kind != "default"
	case "audio.output":
		return spec.out != "" || spec.kind != "default"
	case "audio.ring":
		return spec.ring != "" || spec.kind != "default"
	}
	return false
}

// Language implements ui.Settings.
func (d *desk) Language(setting string) ui.Language {
	l := ui.LanguageOf(setting, d.getenv)
	if d.hosted {
		return l.ByHost()
	}
	return l
}

// unwritten is an error of a setting that is in force and not in the file.
type unwritten struct{ error }

func (e unwritten) Unwrap() []error { return []error{ui.ErrNotWritten, e.error} }

// Change implements ui.Settings.
func (d *desk) Change(ctx context.Context, c ui.Change) error {
	d.changing.Lock()
	defer d.changing.Unlock()
	switch {
	case d.closed:
		return errors.New("the phone ends")
	case c.Number < d.newest[c.Key]:
		return nil // overtaken
	case d.hosted && (awayFrom(c.Key) || long(c.Values)):
		return fmt.Errorf("%s: that cannot be set over ssh", ui.Clean(c.Key, cellWidth))
	}
	d.newest[c.Key] = c.Number
	switch {
	case len(c.Values) != 1:
	case c.Key == "tones.ring":
		c.Values = []string{wholePath(c.Values[0])}
	case c.Key == "tones.country":
		c.Values = []string{strings.TrimSpace(c.Values[0])}
	}
	next := d.inForce()
	next.Keys = maps.Clone(next.Keys)
	if err := next.Set(c.Key, c.Values...); err != nil {
		return err
	}
	if err := d.apply(ctx, c.Key, next); err != nil {
		return err
	}
	d.mu.Lock()
	d.settings = next
	d.mu.Unlock()
	if err := d.file.Edit(c.Key, c.Values...); err != nil {
		return unwritten{err}
	}
	return nil
}

// close waits until the change that is under way is written; there are none
// after it.
func (d *desk) close() {
	d.changing.Lock()
	defer d.changing.Unlock()
	d.closed = true
}

// wholePath is a file's name as it is wherever tring is started.
func wholePath(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	if abs, err := filepath.Abs(path); err == nil && path != "" {
		return abs
	}
	return path
}

// apply puts one setting of these in force, as far as it is not the screen's.
func (d *desk) apply(ctx context.Context, key string, s config.Settings) error {
	switch key {
	case "ring_time":
		d.ringTime.Store(int64(s.RingTime))
	case "audio.input", "audio.output", "audio.ring":
		return d.applyDevices(ctx, key, s)
	case "audio.gain":
		d.phone.Engine.SetGain(s.Sound.Gain)
	case "audio.low_delay", "audio.dtx":
		d.phone.Engine.SetPackets(packetLength(s.Sound), s.Sound.DTX)
	case "audio.canceller", "audio.noise", "audio.level":
		d.processing.change(ctx, s.Sound)
	case "tones.ring", "tones.volume", "tones.country":
		tones, err := tonesOf(s.Sound, d.getenv)
		if key == "tones.country" {
			err = checkCountry(s.Sound.Country)
		}
		if err != nil && key != "tones.volume" {
			return err
		}
		d.phone.Engine.SetTones(tones)
	}
	return nil
}

// packetLength is how much sound a packet has by the settings.
func packetLength(s config.Sound) time.Duration {
	if s.LowDelay {
		return audio.FrameDuration
	}
	return 0
}

// applyDevices changes over to the devices of the settings. A sound of files, or
// none, stays what it is until the next start.
func (d *desk) applyDevices(ctx context.Context, key string, s config.Settings) error {
	if d.sound.kind != "default" {
		return nil
	}
	sound := d.sound
	switch key { // what the environment named gives way to what was chosen
	case "audio.input":
		sound.in = ""
	case "audio.output":
		sound.out = ""
	case "audio.ring":
		sound.ring = ""
	}
	device, ring, err := sound.open(s, d.log)
	if err != nil {
		return err
	}
	d.sound = sound
	d.mu.Lock()
	d.device, d.bell = device, ring
	d.mu.Unlock()
	d.phone.Engine.SetDevice(device)
	d.phone.Engine.SetRing(ring)
	d.processing.rename(ctx, deviceNames(cmp.Or(sound.in, s.Input), cmp.Or(sound.out, s.Output)))
	return nil
}
