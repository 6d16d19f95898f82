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

func TestDeviceUses(t *testing.T) {
	for want, d := range map[string]portaudio.DeviceInfo{
		"microphone (default)": {Name: "Built-in Microphone", Inputs: 1, DefaultInput: true},
		"speaker":              {Name: "HDMI 0", Outputs: 2},
		"microphone, speaker, a headset by its name": {Name: "Jabra Evolve2 USB Headset", Inputs: 1, Outputs: 2},
	} {
		if got := deviceUse(d); got != want {
			t.Errorf("%s is listed as %q, want %q", d.Name, got, want)
		}
	}
}

func TestSoundSpecs(t *testing.T) {
	for spec, want := range map[string]soundSpec{
		"":                                      {kind: "default"},
		"default":                               {kind: "default"},
		"none":                                  {kind: "none"},
		"wav:a.wav,b.wav":                       {kind: "wav", in: "a.wav", out: "b.wav"},
		"wav:,b.wav":                            {kind: "wav", out: "b.wav"},
		"wav:a.wav,":                            {kind: "wav", in: "a.wav"},
		"wav:,":                                 {kind: "wav"},
		"in=USB, Mic,out=HDMI":                  {kind: "default", in: "USB, Mic", out: "HDMI"},
		"out=HDMI,in=USB, Mic":                  {kind: "default", in: "USB, Mic", out: "HDMI"},
		"in=USB":                                {kind: "default", in: "USB"},
		"ring=Boxes":                            {kind: "default", ring: "Boxes"},
		"ring=Boxes, left,in=USB, Mic,out=HDMI": {kind: "default", in: "USB, Mic", out: "HDMI", ring: "Boxes, left"},
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
func TestTypedNames(t *testing.T) {
	machines := map[string][]portaudio.DeviceInfo{"none": nil, "some": {{Name: "HDMI", Outputs: 2}, {Name: "USB", Inputs: 1, Outputs: 2}}}
	for _, tt := range []struct{ spec, machine, want string }{
		{"default", "none", ""},
		{"default", "some", ""},
		{"in=Foo", "none", `no microphone named "Foo"`},
		{"out=Bar", "none", `no speaker named "Bar"`},
		{"ring=Bar", "none", `no speaker named "Bar"`},
		{"in=usb,out=hdmi,ring=usb", "some", ""},
		{"in=hdmi", "some", `no microphone named "hdmi"`},
		{"in=usb,ring=gong", "some", `no speaker named "gong"`},
	} {
		s, err := parseSound(tt.spec)
		if err != nil {
			t.Fatal(err)
		}
		err = s.check(func() ([]portaudio.DeviceInfo, error) { return machines[tt.machine], nil })
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s where there are %s: %v, want %q", tt.spec, tt.machine, err, tt.want)
		}
	}
}
