package cli

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"tring/audio"
	"tring/audio/portaudio"
	"tring/audio/speex"
	"tring/audio/wav"
	"tring/config"
	"tring/ui"
)

// soundUsage is the help of --audio.
const soundUsage = "sound: default, none, in=NAME,out=NAME,ring=NAME or wav:IN,OUT"

// soundSpec is what --audio asked for.
type soundSpec struct {
	kind    string // "default", "none", "wav", "line"
	in, out string
	ring    string // the bell's device; empty: the speaker's
	process bool   // clean the sound of a file, too
	line    audio.Device
}

// parseSound reads default | none | in=NAME,out=NAME,ring=NAME | wav:IN,OUT, where
// each name may be left out.
func parseSound(spec string) (soundSpec, error) {
	switch {
	case spec == "" || spec == "default":
		return soundSpec{kind: "default"}, nil
	case spec == "none":
		return soundSpec{kind: "none"}, nil
	}
	if files, ok := strings.CutPrefix(spec, "wav:"); ok {
		in, out, ok := strings.Cut(files, ",")
		if !ok {
			return soundSpec{}, fmt.Errorf("%q lacks a comma; write wav:IN,OUT, where either may be empty", spec)
		}
		return soundSpec{kind: "wav", in: in, out: out}, nil
	}
	s := soundSpec{kind: "default"}
	for _, part := range devices(spec) {
		side, name, _ := strings.Cut(part, "=")
		switch side {
		case "in":
			s.in = name
		case "out":
			s.out = name
		case "ring":
			s.ring = name
		default:
			return soundSpec{}, fmt.Errorf("%q is no sound; write default, none, in=NAME,out=NAME,ring=NAME or wav:IN,OUT", spec)
		}
	}
	return s, nil
}

// devices splits at the commas that begin another device: a name may hold some.
func devices(spec string) (all []string) {
	for {
		cut := -1
		for _, next := range []string{",in=", ",out=", ",ring="} {
			if i := strings.Index(spec, next); i >= 0 && (cut < 0 || i < cut) {
				cut = i
			}
		}
		if cut < 0 {
			return append(all, spec)
		}
		all, spec = append(all, spec[:cut]), spec[cut+1:]
	}
}

// soundFlag is the sound of --audio, else of $TRING_AUDIO. What is wrong with it
// is wrong usage. A login at a host has its line.
func (a *app) soundFlag(spec string) (soundSpec, error) {
	if a.hosted != nil {
		return soundSpec{kind: "line", line: a.hosted.login.Line}, nil
	}
	if spec == "" {
		spec = a.getenv("TRING_AUDIO")
	}
	s, err := parseSound(spec)
	if err != nil {
		return s, wrongUsage("sound %w", err)
	}
	return s, nil
}

// open makes the device of the calls, and that of the bell if it has its own. The
// names of the settings serve where the command line has none. A machine without
// sound is no error: its phone is silent, and says so. A name that was typed and
// fits nothing is one; for a name of the settings the default device stands in.
func (s soundSpec) open(settings config.Settings, log *slog.Logger) (device, ring audio.Device, err error) {
	switch s.kind {
	case "none":
		return wav.Silence(), nil, nil
	case "line":
		return s.line, nil, nil
	case "wav":
		device, err = wav.Open(s.in, s.out)
		return device, nil, err
	}
	if err := s.check(portaudio.List); err != nil {
		return nil, nil, err
	}
	s.in, s.out = cmp.Or(s.in, settings.Input), cmp.Or(s.out, settings.Output)
	s.ring = cmp.Or(s.ring, settings.Sound.Ring)
	o := portaudio.Options{Input: s.in, Output: s.out, Wait: true, Resampler: speex.NewResampler, Log: log}
	if device, err = portaudio.Open(o); err != nil {
		return broken{err}, nil, nil
	}
	if s.ring == "" || strings.EqualFold(s.ring, s.out) {
		return device, nil, nil
	}
	o.Input, o.Output = "", s.ring
	if ring, err = portaudio.Open(o); err != nil {
		return nil, nil, err
	}
	return device, ring, nil
}

// check refuses a name that fits no device: who types one wants that device, not
// another, nor silence.
func (s soundSpec) check(list func() ([]portaudio.DeviceInfo, error)) error {
	if s.in == "" && s.out == "" && s.ring == "" {
		return nil
	}
	found, err := list()
	if err != nil {
		return nil // the phone says what is wrong
	}
	for _, o := range []portaudio.Options{{Input: s.in}, {Output: s.out}, {Output: s.ring}} {
		if err := o.Check(found); err != nil {
			return err
		}
	}
	return nil
}

// broken is the sound of a program that cannot have any, such as one built
// without its libraries. The engine tells why, and the call goes on silently.
type broken struct{ err error }

func (b broken) OpenSource() (audio.SourceCloser, error) { return nil, b.err }
func (b broken) OpenSink() (audio.SinkCloser, error)     { return nil, b.err }
func (b broken) Describe() string                        { return "no sound: " + b.err.Error() }

// lookAgain is how often a machine without sound is asked whether it has some
// now.
const lookAgain = time.Minute

// lookForDevices tells what the machine lacks for a call, and goes on looking
// until it lacks nothing.
func lookForDevices(ctx context.Context, tell func(note string)) {
	told := ""
	for {
		note := lacks()
		if note != told && ctx.Err() == nil {
			tell(note)
			told = note
		}
		if note == "" {
			return
		}
		select {
		case <-time.After(lookAgain):
		case <-ctx.Done():
			return
		}
	}
}

// lacks is what a person should know of this machine's devices. It asks the
// system, which takes a moment.
func lacks() string {
	devices, err := portaudio.List()
	if err != nil {
		return "No sound: " + err.Error()
	}
	return missing(devices)
}

// missing is what a person should know of a machine with these devices; nothing
// if it has both ends.
func missing(devices []portaudio.DeviceInfo) string {
	in := slices.ContainsFunc(devices, func(d portaudio.DeviceInfo) bool { return d.Inputs > 0 })
	out := slices.ContainsFunc(devices, func(d portaudio.DeviceInfo) bool { return d.Outputs > 0 })
	switch {
	case !in && !out:
		return ui.NoSound
	case !in:
		return ui.NoMicrophone
	case !out:
		return ui.NoSpeaker
	}
	return ""
}
