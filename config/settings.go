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
	Sound    Sound
	Keys     map[string][]string // what the screen's keys are, by what they do; the screen knows the names
	Motion   bool                // whether the screen may move
	Mouse    bool                // whether the screen takes clicks
	Bell     bool                // whether the terminal's bell rings too
	Notify   string              // how a call is noticed elsewhere: "auto", "native", "osc", "bell", "off"
	Talk     string              // the microphone in a call: "open", or "push" a key to talk
	Theme    string              // "auto", "dark", "light"
	Lang     string              // "en", "de", or "auto": the environment's
	LogLevel string              // "debug", "info", "warn", "error"
}

func (s *Settings) fields() []field {
	return []field{
		text("label", &s.Label),
		span("ring_time", &s.RingTime, MinRingTime, MaxRingTime),
		yesno("motion", &s.Motion),
		yesno("mouse", &s.Mouse),
		yesno("bell", &s.Bell),
		choice("notify", &s.Notify, "auto", "native", "osc", "bell", "off"),
		choice("talk", &s.Talk, "open", "push"),
		choice("theme", &s.Theme, "auto", "dark", "light"),
		choice("lang", &s.Lang, "auto", "en", "de"),
		choice("log_level", &s.LogLevel, "debug", "info", "warn", "error"),
		text("audio.input", &s.Input),
		text("audio.output", &s.Output),
		text("audio.ring", &s.Sound.Ring),
		choice("audio.canceller", &s.Sound.Canceller, "auto", "on", "off"),
		choice("audio.noise", &s.Sound.Noise, "normal", "off"),
		yesno("audio.level", &s.Sound.Level),
		decibels("audio.gain", &s.Sound.Gain, -20, 20),
		yesno("audio.low_delay", &s.Sound.LowDelay),
		yesno("audio.dtx", &s.Sound.DTX),
		keys("keys.*", &s.Keys),
		text("tones.country", &s.Sound.Country),
		text("tones.ring", &s.Sound.RingTone),
		decibels("tones.volume", &s.Sound.RingVolume, -40, 0),
	}
}

// Sound is how the phone hears, rings and sends.
type Sound struct {
	Ring       string  // the ringing device's name; empty: the speaker
	Canceller  string  // of echo: "auto" (by the devices' names), "on", "off"
	Noise      string  // its suppression: "normal", "off"
	Level      bool    // whether a quiet or loud voice is levelled, by ±6 dB at most
	Gain       float64 // of the microphone, in dB
	LowDelay   bool    // packets of 10 ms instead of 20
	DTX        bool    // whether silence is not sent (RFC 7587 §3.1.3)
	Country    string  // ISO 3166 code of the tones; empty: the locale's
	RingTone   string  // a WAV or Ogg Opus file; empty: the phone's own bell
	RingVolume float64 // in dB below full
}

// Load reads the settings: built in, then the file, then TRING_* in the
// environment (TRING_AUDIO_INPUT for audio.input). With an error they are those
// built in.
func Load(p Paths, getenv func(string) string) (Settings, error) {
	s := BuiltIn()
	if err := load(p.Settings(), s.fields()); err != nil {
		return BuiltIn(), err
	}
	if err := override(getenv, s.fields()); err != nil {
		return BuiltIn(), err
	}
	s.complete()
	return s, nil
}

// BuiltIn is what nobody has set.
func BuiltIn() Settings {
	return Settings{
		Motion: true, Mouse: true, Bell: true, Theme: "auto", Lang: "auto", LogLevel: "info", Notify: "auto", Talk: "open",
		Sound: Sound{Canceller: "auto", Noise: "normal", Level: true},
	}
}

// complete names a phone that has no name after its machine.
func (s *Settings) complete() {
	if s.Label == "" {
		s.Label = Machine()
	}
}

// Machine is this machine's name, without its domain.
func Machine() string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "phone"
	}
	host, _, _ = strings.Cut(host, ".")
	return host
}
