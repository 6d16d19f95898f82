package audio_test

import (
	"testing"

	"tring/audio"
)

// TestTheGuessOfAnEcho goes through names as systems give them.
func TestTheGuessOfAnEcho(t *testing.T) {
	for _, c := range []struct {
		system, microphone, speaker string
		echo                        bool
	}{
		{"ALSA", "default", "default", true},
		{"ALSA", "", "", true},
		{"ALSA", "HDA Intel PCH: ALC257 Analog (hw:0,0)", "HDA Intel PCH: ALC257 Analog (hw:0,0)", true},
		{"ALSA", "HDA Intel PCH: ALC257 Analog (hw:0,0)", "HDA NVidia: HDMI 0 (hw:1,3)", true},
		{"ALSA", "sof-hda-dsp: - (hw:0,6)", "sof-hda-dsp: - (hw:0,0)", true},
		{"ALSA", "USB Audio Device: - (hw:2,0)", "USB Audio Device: - (hw:2,0)", true},
		{"ALSA", "HD Pro Webcam C920: USB Audio (hw:2,0)", "HDA Intel PCH: ALC892 Analog (hw:0,0)", true},
		{"ALSA", "Jabra EVOLVE 30 II: USB Audio (hw:1,0)", "Jabra EVOLVE 30 II: USB Audio (hw:1,0)", false},
		{"ALSA", "Plantronics Blackwire 3220 Seri: USB Audio (hw:1,0)", "Plantronics Blackwire 3220 Seri: USB Audio (hw:1,0)", false},
		{"ALSA", "Logitech USB Headset: Audio (hw:1,0)", "Logitech USB Headset: Audio (hw:1,0)", false},
		{"ALSA", "Jabra SPEAK 510 USB: Audio (hw:1,0)", "Jabra SPEAK 510 USB: Audio (hw:1,0)", true},
		{"ALSA", "Logitech USB Headset: Audio (hw:1,0)", "HDA Intel PCH: ALC257 Analog (hw:0,0)", true},
		{"ALSA", "Logitech USB Headset: Audio (hw:1,0)", "", false},

		{"PulseAudio", "Built-in Audio Analog Stereo", "Built-in Audio Analog Stereo", true},
		{"PulseAudio", "alsa_input.pci-0000_00_1f.3.analog-stereo", "alsa_output.pci-0000_00_1f.3.analog-stereo", true},
		{"PulseAudio", "alsa_input.usb-GN_Netcom_A_S_Jabra_EVOLVE_LINK_000A-00.mono-fallback", "alsa_output.usb-GN_Netcom_A_S_Jabra_EVOLVE_LINK_000A-00.analog-stereo", false},
		{"PulseAudio", "bluez_source.00_1B_66_AA_BB_CC.headset_head_unit", "bluez_sink.00_1B_66_AA_BB_CC.headset_head_unit", false},
		{"PulseAudio", "", "bluez_sink.00_1B_66_AA_BB_CC.a2dp_sink", true},
		{"PulseAudio", "Sennheiser USB Mono", "Sennheiser USB Analog Stereo", false},

		{"PipeWire", "Raptor Lake-P/U/H cAVS Digital Microphone", "Raptor Lake-P/U/H cAVS Speaker", true},
		{"PipeWire", "Raptor Lake-P/U/H cAVS Headset Mono Microphone", "Raptor Lake-P/U/H cAVS Headphones", false},
		{"PipeWire", "Family 17h HD Audio Controller Digital Microphone", "Family 17h HD Audio Controller Speaker + Headphones", true},
		{"PipeWire", "AirPods Pro", "AirPods Pro", false},
		{"PipeWire", "WH-1000XM4", "WH-1000XM4", false},
		{"PipeWire", "Logi C270 HD WebCam Mono", "Dell U2720Q DisplayPort 1 Output", true},
		{"PipeWire", "JBL Flip 5", "JBL Flip 5", true},

		{"Core Audio", "MacBook Pro Microphone", "MacBook Pro Speakers", true},
		{"Core Audio", "MacBook Air Microphone", "External Headphones", false},
		{"Core Audio", "External Microphone", "External Headphones", false},
		{"Core Audio", "Studio Display Microphone", "Studio Display Speakers", true},
		{"Core Audio", "Anna’s AirPods", "Anna’s AirPods", false},
		{"Core Audio", "MacBook Pro Microphone", "LG HDR 4K", true},

		{"Windows", "Microphone Array (Realtek(R) Audio)", "Speakers (Realtek(R) Audio)", true},
		{"Windows", "Microphone (Realtek(R) Audio)", "Headphones (Realtek(R) Audio)", false},
		{"Windows", "Headset Microphone (Jabra EVOLVE 20 MS)", "Headset Earphone (Jabra EVOLVE 20 MS)", false},
		{"Windows", "Headset (Galaxy Buds2 Pro Hands-Free AG Audio)", "Headset (Galaxy Buds2 Pro Hands-Free AG Audio)", false},
		{"Windows", "Headset (JBL Flip 5 Hands-Free AG Audio)", "Headset (JBL Flip 5 Hands-Free AG Audio)", true},
		{"Windows", "Microphone (HyperX Cloud II Wireless)", "Speakers (HyperX Cloud II Wireless)", false},
		{"Windows", "Mikrofon (USB Audio Device)", "Lautsprecher (USB Audio Device)", true},
		{"Windows", "Mikrofon (Realtek Audio)", "Kopfhörer (Realtek Audio)", false},
		{"Windows", "Echo Cancelling Speakerphone (Jabra Speak 750)", "Echo Cancelling Speakerphone (Jabra Speak 750)", true},
	} {
		if got := audio.GuessEcho(c.microphone, c.speaker); got.Echo != c.echo {
			t.Errorf("%s: microphone %q, speaker %q: %s", c.system, c.microphone, c.speaker, got.Why)
		}
	}
}

func TestTheGuessIsSaidInWords(t *testing.T) {
	for _, c := range []struct{ microphone, speaker, want string }{
		{"Built-in Audio", "Built-in Audio", `speaker "Built-in Audio" — echo canceller on`},
		{"", "", `default speaker — echo canceller on`},
		{"Microphone (Realtek)", "Headphones (Realtek)", `headphones "Headphones (Realtek)" — echo canceller off`},
		{"Logitech USB Headset", "", `headset "Logitech USB Headset" — echo canceller off`},
	} {
		if got := audio.GuessEcho(c.microphone, c.speaker).Why; got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
