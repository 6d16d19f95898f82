package cli

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"tring/audio"
	"tring/audio/ogg"
	"tring/audio/opus"
	"tring/audio/wav"
	"tring/config"
	"tring/ui"
)

// bellMost is as much of a file as a bell makes use of.
const bellMost = 30 * time.Second

// tonesOf are the phone's tones by its settings. With a bell that cannot be read
// they have the phone's own, and the error says why.
func tonesOf(s config.Sound, getenv func(string) string) (audio.ToneSet, error) {
	tones := audio.ToneSet{Country: countryCode(s.Country), RingVolume: s.RingVolume}
	if tones.Country == "" {
		tones.Country = countryCode(country(getenv))
	}
	if s.RingTone == "" {
		return tones, nil
	}
	pcm, err := readBell(s.RingTone)
	if err == nil && len(pcm) == 0 {
		err = fmt.Errorf("sound file %q: it has no sound", s.RingTone)
	}
	if err != nil {
		return tones, fmt.Errorf("tones.ring: %w; the phone's own bell rings", err)
	}
	tones.Ring = audio.Bell(pcm)
	return tones, nil
}

// countryCode is a code of ISO 3166 as the standard writes it.
func countryCode(setting string) string {
	code := strings.ToUpper(strings.TrimSpace(setting))
	if code == "UK" { // as people say, and the standard reserves for it
		return "GB"
	}
	return code
}

// checkCountry says when a setting's country has no tones.
func checkCountry(setting string) error {
	known := audio.Countries()
	if code := countryCode(setting); code == "" || slices.Contains(known, code) {
		return nil
	}
	return fmt.Errorf("tones.country: the tones of %q are not known, and most of Europe's are heard; write one of %s",
		ui.Clean(setting, cellWidth), strings.Join(known, ", "))
}

// tones are those of the settings; what is wrong with the bell is for the
// commands to tell.
func (s *session) tones(settings config.Settings, getenv func(string) string) audio.ToneSet {
	if s.tool { // it makes no sound
		return audio.ToneSet{}
	}
	tones, err := tonesOf(settings.Sound, getenv)
	if err != nil {
		s.bellNote = ui.Clean(explain(err), noteWidth)
	}
	return tones
}

// country is where the person is, by the locale's variables in POSIX's order:
// de_AT.UTF-8 is AT. Telephones have a variable of their own.
func country(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_TELEPHONE", "LANG"} {
		locale := getenv(name)
		if locale == "" {
			continue
		}
		_, territory, _ := strings.Cut(locale, "_")
		if i := strings.IndexAny(territory, ".@"); i >= 0 {
			territory = territory[:i]
		}
		return territory
	}
	return ""
}

// readBell reads a WAV or an Ogg Opus file, by what it holds.
func readBell(path string) ([]int16, error) {
	if beginning(path) == "OggS" {
		return ogg.Read(path, opus.Codec{}, bellMost)
	}
	return wav.ReadStart(path, bellMost)
}

// beginning is a file's first four bytes, as far as they can be read: whoever reads
// all of it will say what is wrong. A pipe is not opened, which could take for ever.
func beginning(path string) string {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	magic := make([]byte, 4)
	_, _ = io.ReadFull(file, magic)
	return string(magic)
}
