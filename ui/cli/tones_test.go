package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tring/audio"
	"tring/audio/ogg"
	"tring/audio/opus"
	"tring/audio/wav"
	"tring/config"
)

func TestCountryOfTheTones(t *testing.T) {
	for _, test := range []struct{ setting, locale, want string }{
		{"", "", ""},
		{"", "LANG=de_AT.UTF-8", "AT"},
		{"", "LANG=en_US@euro", "US"},
		{"", "LANG=C.UTF-8", ""},
		{"", "LANG=de_DE LC_TELEPHONE=fr_CH", "CH"},
		{"", "LANG=de_DE LC_ALL=it_IT.UTF-8 LC_TELEPHONE=fr_CH", "IT"},
		{"NL", "LANG=de_DE", "NL"},
		{"UK", "", "GB"},
		{"uk", "", "GB"},
		{" de ", "", "DE"},
	} {
		tones, err := tonesOf(config.Sound{Country: test.setting}, func(name string) string {
			for _, v := range strings.Fields(test.locale) {
				if value, ok := strings.CutPrefix(v, name+"="); ok {
					return value
				}
			}
			return ""
		})
		if err != nil || tones.Country != test.want {
			t.Errorf("setting %q and %q: %q, %v; want %q", test.setting, test.locale, tones.Country, err, test.want)
		}
	}
}

func TestOwnBell(t *testing.T) {
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	sound := make([]int16, audio.Rate)
	if err := wav.Write(in("bell.wav"), sound); err != nil {
		t.Fatal(err)
	}
	if r, err := ogg.Create(in("bell.opus"), opus.Codec{}); err != nil {
		t.Log("SKIPPED for Ogg Opus: ", err)
	} else if err := r.Write(make([]int16, 2*audio.Rate)); err != nil || r.Close() != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"text.wav": "hello", "empty.wav": "", "cut.ogg": "OggS"} {
		if err := os.WriteFile(in(name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := wav.Write(in("silent.wav"), nil); err != nil {
		t.Fatal(err)
	}
	none := func(string) string { return "" }
	for _, name := range []string{"bell.wav", "bell.opus"} {
		if _, err := os.Stat(in(name)); err != nil {
			continue
		}
		tones, err := tonesOf(config.Sound{RingTone: in(name), RingVolume: -6}, none)
		if err != nil || len(tones.Ring) != 3*audio.Rate || tones.RingVolume != -6 {
			t.Errorf("%s: %d samples at %v dB, %v; want a second and the pause", name, len(tones.Ring), tones.RingVolume, err)
		}
	}
	for name, want := range map[string]string{
		"none.wav": "no such file", "text.wav": "not a WAV file", "empty.wav": "not a WAV file",
		"cut.ogg": "cut short", "silent.wav": "no sound", "": "not a file",
	} {
		tones, err := tonesOf(config.Sound{RingTone: in(name)}, none)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasSuffix(err.Error(), "the phone's own bell rings") {
			t.Errorf("%q: %v; want %q", name, err, want)
		}
		if tones.Ring != nil {
			t.Errorf("%q rings", name)
		}
	}
}
