package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The doctor tells of what the settings name and the phone cannot have, and goes
// on with what is built in where they cannot be read.
func TestTheDoctorReadsTheSettings(t *testing.T) {
	for _, test := range []struct {
		name, file string
		want       []string // of each finding; none: all is well
	}{
		{"nothing", "", nil},
		{"good ones", "[tones]\ncountry = \" de \"\n", nil},
		{"malformed", "[audio]\ncanceller = \"loud\"\n", []string{"line 2: audio.canceller"}},
		{"a bell and a country", "[tones]\ncountry = \"XX\"\nring = \"/no/such.wav\"\n", []string{
			"tones.ring: sound file", `tones.country: the tones of "XX" are not known, and most of Europe's are heard; write one of EU, AR`,
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			home := t.TempDir()
			if err := os.WriteFile(filepath.Join(home, "settings.toml"), []byte(test.file), 0o600); err != nil {
				t.Fatal(err)
			}
			a := &app{getenv: func(name string) string { return map[string]string{"TRING_HOME": home}[name] }}
			_, settings, found := a.examineSettings()
			if settings.Sound.Canceller != "auto" {
				t.Errorf("the canceller is %q", settings.Sound.Canceller)
			}
			if test.want == nil {
				if len(found) != 1 || !found[0].OK {
					t.Errorf("found %+v", found)
				}
				return
			}
			if len(found) != len(test.want) {
				t.Fatalf("found %+v", found)
			}
			for i, f := range found {
				if f.OK || f.What != "settings" || !strings.Contains(f.Text, test.want[i]) {
					t.Errorf("found %+v, want %q", f, test.want[i])
				}
			}
		})
	}
}
