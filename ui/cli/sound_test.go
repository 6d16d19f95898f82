package cli

import (
	"strings"
	"testing"

	"tring/audio/portaudio"
)

func TestWhatAMachineLacks(t *testing.T) {
	mic, speaker := portaudio.DeviceInfo{Inputs: 1}, portaudio.DeviceInfo{Outputs: 2}
	for name, tt := range map[string]struct {
		devices []portaudio.DeviceInfo
		want    string
	}{
		"both":          {[]portaudio.DeviceInfo{mic, speaker}, ""},
		"a headset":     {[]portaudio.DeviceInfo{{Inputs: 1, Outputs: 2}}, ""},
		"nothing":       {nil, "No sound device found: calls work, silently."},
		"no microphone": {[]portaudio.DeviceInfo{speaker}, "No microphone found: others will not hear you."},
		"no speaker":    {[]portaudio.DeviceInfo{mic}, "No speaker found: you will not hear others."},
	} {
		t.Run(name, func(t *testing.T) {
			if got := missing(tt.devices); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestSoundSpecs(t *testing.T) {
	for spec, want := range map[string]soundSpec{
		"":                     {kind: "default"},
		"default":              {kind: "default"},
		"none":                 {kind: "none"},
		"wav:a.wav,b.wav":      {kind: "wav", in: "a.wav", out: "b.wav"},
		"wav:,b.wav":           {kind: "wav", out: "b.wav"},
		"wav:a.wav,":           {kind: "wav", in: "a.wav"},
		"wav:,":                {kind: "wav"},
		"in=USB, Mic,out=HDMI": {kind: "default", in: "USB, Mic", out: "HDMI"},
		"out=HDMI,in=USB, Mic": {kind: "default", in: "USB, Mic", out: "HDMI"},
		"in=USB":               {kind: "default", in: "USB"},
	} {
		if got, err := parseSound(spec); err != nil || got != want {
			t.Errorf("%q is %+v, %v; want %+v", spec, got, err, want)
		}
	}
	for _, spec := range []string{"wav:a.wav", "loud", "in:USB", "=x"} {
		if got, err := parseSound(spec); err == nil {
			t.Errorf("%q was taken as %+v", spec, got)
		}
	}
}

// A device that is asked for by name must be there, also where there is none.
func TestANameOnAMachineWithoutDevices(t *testing.T) {
	none := func() ([]portaudio.DeviceInfo, error) { return nil, nil }
	some := func() ([]portaudio.DeviceInfo, error) { return []portaudio.DeviceInfo{{Name: "HDMI", Outputs: 2}}, nil }
	for spec, want := range map[string]string{"default": "", "in=Foo": `no microphone named "Foo"`, "out=Bar": `no speaker named "Bar"`} {
		s, err := parseSound(spec)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.namesNothing(some); err != nil {
			t.Errorf("%s where there are devices: %v", spec, err)
		}
		err = s.namesNothing(none)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", spec, err, want)
		}
	}
}
