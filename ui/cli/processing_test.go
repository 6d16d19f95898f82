package cli

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"tring/audio/apm"
	"tring/config"
)

const sinks = `Sink #55
	State: RUNNING
	Name: alsa_output.pci-0000_00_1f.3.analog-stereo
	Description: Built-in Audio Analog Stereo
	Driver: PipeWire
	Properties:
		device.description = "Built-in Audio"
		device.form_factor = "internal"
	Ports:
		analog-output-speaker: Speakers (type: Speaker, priority: 10000, availability unknown)
		analog-output-headphones: Headphones (type: Headphones, priority: 9900, available)
	Active Port: analog-output-headphones
	Formats:
		pcm

Sink #60
	Name: alsa_output.usb-0d8c_USB_Audio-00.analog-stereo
	Description: USB Audio Analog Stereo
	Properties:
		device.form_factor = "headset"

Sink #61
	Name: speaker
	Description: Null Output
`

func TestWhatTheSoundServerSaysOfADevice(t *testing.T) {
	for _, c := range []struct{ id, want string }{
		{"alsa_output.pci-0000_00_1f.3.analog-stereo", "Built-in Audio Analog Stereo (Headphones)"},
		{"alsa_output.usb-0d8c_USB_Audio-00.analog-stereo", "USB Audio Analog Stereo (headset)"},
		{"speaker", "Null Output"},
		{"gone", "gone"},
		{"", ""},
	} {
		if got := serverDevice(sinks, c.id); got != c.want {
			t.Errorf("%q is %q, want %q", c.id, got, c.want)
		}
	}
}

// named is devices of these names, whoever asks.
func named(microphone, speaker string) func(context.Context) (string, string) {
	return func(context.Context) (string, string) { return microphone, speaker }
}

func TestTheCancellerFollowsTheSettingAndTheDevices(t *testing.T) {
	if _, err := apm.New(); err != nil {
		t.Skipf("SKIPPED, nothing was tested: %v", err)
	}
	const headphones, speakers = "Built-in Audio (Headphones)", "Built-in Audio (Speakers)"
	for _, c := range []struct {
		setting, speaker string
		cancels          bool
		says             string
	}{
		{"auto", headphones, false, "echo canceller off"},
		{"auto", speakers, true, "echo canceller on"},
		{"on", headphones, true, "echo canceller on, as set"},
		{"off", speakers, false, "echo canceller off, as set"},
	} {
		t.Run(c.setting+" "+c.speaker, func(t *testing.T) {
			var log strings.Builder
			p := newProcessing(config.Sound{Canceller: c.setting}, named("", c.speaker), slog.New(slog.NewTextHandler(&log, nil)))
			p.decide(t.Context())
			if got := p.chain.Cancels(); got != c.cancels {
				t.Errorf("it cancels: %v, want %v", got, c.cancels)
			}
			if !strings.Contains(log.String(), c.says) {
				t.Errorf("the log is %q, want %q", log.String(), c.says)
			}
		})
	}
}

func TestHeadphonesPluggedInBetweenTwoCalls(t *testing.T) {
	if _, err := apm.New(); err != nil {
		t.Skipf("SKIPPED, nothing was tested: %v", err)
	}
	speaker := "Built-in Audio (Speakers)"
	p := newProcessing(config.Sound{Canceller: "auto"}, func(context.Context) (string, string) { return "", speaker }, slog.New(slog.DiscardHandler))
	p.decide(t.Context())
	before := p.chain.Cancels()
	speaker = "Built-in Audio (Headphones)"
	p.decide(t.Context())
	if after := p.chain.Cancels(); !before || after {
		t.Errorf("it cancels with speakers: %v, with headphones: %v", before, after)
	}
}

func TestWhatIsNotBuiltInIsSaid(t *testing.T) {
	if _, err := apm.New(); err == nil {
		t.Skip("SKIPPED, nothing was tested: the canceller is built in")
	}
	var log strings.Builder
	p := newProcessing(config.Sound{Canceller: "auto", Noise: "off"}, named("", ""), slog.New(slog.NewTextHandler(&log, nil)))
	p.decide(t.Context())
	if !strings.Contains(log.String(), "no echo canceller") || !strings.Contains(log.String(), "none is built in") {
		t.Errorf("the log is %q", log.String())
	}
}
