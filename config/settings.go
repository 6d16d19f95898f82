package config

import (
	"os"
	"strings"
	"time"
)

// The limits of a ring time, as the service has them.
const (
	MinRingTime = 5 * time.Second
	MaxRingTime = 180 * time.Second
)

// Settings are what a person sets for one phone.
type Settings struct {
	Label    string        // what others see: "ringing on laptop"
	RingTime time.Duration // of outgoing calls; zero: the server's
	Input    string        // the microphone's name, or a part of it; empty: the default one
	Output   string        // the speaker's
	Motion   bool          // whether the screen may move
	Bell     bool          // whether the terminal's bell rings too
	Theme    string        // "auto", "dark", "light"
	LogLevel string        // "debug", "info", "warn", "error"
}

func (s *Settings) fields() []field {
	return []field{
		text("label", &s.Label),
		span("ring_time", &s.RingTime, MinRingTime, MaxRingTime),
		yesno("motion", &s.Motion),
		yesno("bell", &s.Bell),
		choice("theme", &s.Theme, "auto", "dark", "light"),
		choice("log_level", &s.LogLevel, "debug", "info", "warn", "error"),
		text("audio.input", &s.Input),
		text("audio.output", &s.Output),
	}
}

// Load reads the settings: built in, then the file, then TRING_* in the
// environment (TRING_AUDIO_INPUT for audio.input).
func Load(p Paths, getenv func(string) string) (Settings, error) {
	s := Settings{Motion: true, Bell: true, Theme: "auto", LogLevel: "info"}
	if err := load(p.Settings(), s.fields()); err != nil {
		return Settings{}, err
	}
	if err := override(getenv, s.fields()); err != nil {
		return Settings{}, err
	}
	if s.Label == "" {
		host, err := os.Hostname()
		if err != nil || host == "" {
			host = "phone"
		}
		s.Label, _, _ = strings.Cut(host, ".")
	}
	return s, nil
}
