package portaudio

import (
	"errors"
	"strings"
	"testing"
)

var machine = []DeviceInfo{
	{Name: "HDA Intel: ALC257 (hw:0,0)", HostAPI: "ALSA", Inputs: 2, Outputs: 2},
	{Name: "USB Headset", HostAPI: "ALSA", Inputs: 1, Outputs: 2},
	{Name: "USB Camera", HostAPI: "ALSA", Inputs: 2},
	{Name: "HDMI", HostAPI: "ALSA", Outputs: 8},
	{Name: "default", HostAPI: "ALSA", Inputs: 32, Outputs: 32, DefaultInput: true, DefaultOutput: true},
	{Name: "USB Headset", HostAPI: "JACK", Inputs: 1, Outputs: 2},
}

// A device is chosen by its exact name, else the same in other case, else the only
// one that contains it.
func TestDevicesAreChosenByName(t *testing.T) {
	tests := []struct {
		name string
		side side
		ask  string
		want int    // index in machine
		err  string // or what the one line says
	}{
		{name: "the default", side: microphone, ask: "", want: 4},
		{name: "exact", side: microphone, ask: "USB Camera", want: 2},
		{name: "other case", side: speaker, ask: "hdmi", want: 3},
		{name: "a part that fits one", side: microphone, ask: "cam", want: 2},
		{name: "a part that fits one on this side", side: speaker, ask: "usb", want: 1},
		{name: "one device behind two interfaces", side: microphone, ask: "USB Headset", want: 1},
		{
			name: "a part that fits several", side: microphone, ask: "usb",
			err: `microphone "usb" fits several devices: "USB Headset", "USB Camera"; write more of the name`,
		},
		{
			name: "a typing error", side: microphone, ask: "hedset",
			err: "no microphone named \"hedset\"; close to it: \"USB Headset\"; `tring audio list` shows all",
		},
		{
			name: "a speaker is no microphone", side: microphone, ask: "HDMI",
			err: "no microphone named \"HDMI\"",
		},
		{
			name: "nothing like it", side: speaker, ask: "gramophone",
			err: "no speaker named \"gramophone\"; `tring audio list` shows all",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := choose(machine, tt.side, tt.ask)
			if tt.err == "" {
				if err != nil || got != tt.want {
					t.Fatalf("choose(%q) = %d, %v; want %d", tt.ask, got, err, tt.want)
				}
				return
			}
			var unknown *UnknownDeviceError
			if !errors.As(err, &unknown) || !strings.HasPrefix(err.Error(), tt.err) {
				t.Fatalf("choose(%q) = %v, want %s", tt.ask, err, tt.err)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q is more than one line", err)
			}
		})
	}
}

// Where the system names no default, a sound server goes before raw hardware.
func TestDefaultDevice(t *testing.T) {
	hardware := DeviceInfo{Name: "HDA Intel", Inputs: 2}
	pulse := DeviceInfo{Name: "pulse", Inputs: 32}
	deaf := DeviceInfo{Name: "HDMI", Outputs: 8, DefaultOutput: true}
	tests := []struct {
		name    string
		devices []DeviceInfo
		want    int
	}{
		{"the only one", []DeviceInfo{deaf, hardware}, 1},
		{"the sound server", []DeviceInfo{hardware, pulse}, 1},
		{"none", []DeviceInfo{deaf}, -1},
		{"no device at all", nil, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := choose(tt.devices, microphone, "")
			if got != tt.want || (err == nil) != (tt.want >= 0) {
				t.Fatalf("choose = %d, %v; want %d", got, err, tt.want)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "no microphone found") {
				t.Errorf("the error is %q, want it to say that no microphone was found", err)
			}
		})
	}
}

func TestDescribe(t *testing.T) {
	tests := map[string]*Host{
		"default microphone, default speaker":       {},
		`microphone "USB Headset", default speaker`: {input: "USB Headset"},
		`default microphone, speaker "HDMI"`:        {output: "HDMI"},
	}
	for want, h := range tests {
		if got := h.Describe(); got != want {
			t.Errorf("Describe() = %q, want %q", got, want)
		}
	}
}
