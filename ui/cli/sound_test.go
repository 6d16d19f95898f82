package cli

import (
	"strings"
	"testing"
)

func TestParseSound(t *testing.T) {
	tests := []struct {
		spec string
		want soundSpec
	}{
		{"", soundSpec{kind: "default"}},
		{"default", soundSpec{kind: "default"}},
		{"none", soundSpec{kind: "none"}},
		{"in=USB", soundSpec{kind: "default", in: "USB"}},
		{"out=HDMI", soundSpec{kind: "default", out: "HDMI"}},
		{"in=USB,out=HDMI", soundSpec{kind: "default", in: "USB", out: "HDMI"}},
		{"out=HDMI,in=USB", soundSpec{kind: "default", in: "USB", out: "HDMI"}},
		{"in=HDA Intel: ALC (hw:0,0),out=pulse", soundSpec{kind: "default", in: "HDA Intel: ALC (hw:0,0)", out: "pulse"}},
		{"wav:a.wav,b.wav", soundSpec{kind: "wav", in: "a.wav", out: "b.wav"}},
		{"wav:a.wav,", soundSpec{kind: "wav", in: "a.wav"}},
		{"wav:,b.wav", soundSpec{kind: "wav", out: "b.wav"}},
	}
	for _, tt := range tests {
		if got, err := parseSound(tt.spec); err != nil || got != tt.want {
			t.Errorf("parseSound(%q) = %+v, %v; want %+v", tt.spec, got, err, tt.want)
		}
	}
	for _, spec := range []string{"loud", "wav:", "wav:,", "wav:a.wav", "mic=USB", "in=USB,loud=yes,out=x"} {
		if got, err := parseSound(spec); err == nil && !strings.Contains(got.in, "loud=yes") {
			t.Errorf("parseSound(%q) = %+v, want an error", spec, got)
		}
	}
}
