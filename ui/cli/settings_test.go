package cli

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tring/audio"
	"tring/audio/wav"
	"tring/config"
	"tring/ui"
)

const settingsFile = `# my phone
label = "desk" # seen by others

[audio]
gain = 3 # the old microphone
`

// atDesk is the desk of a phone whose microphone is a file with a voice in it, and
// the file of its settings.
func atDesk(t *testing.T, env map[string]string) (*desk, config.Paths) {
	t.Helper()
	home := t.TempDir()
	getenv := func(name string) string {
		if name == "TRING_HOME" {
			return home
		}
		return env[name]
	}
	paths := config.Locate(getenv)
	if err := os.WriteFile(paths.Settings(), []byte(settingsFile), 0o600); err != nil {
		t.Fatal(err)
	}
	settings, err := config.Load(paths, getenv)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{settings: settings, log: slog.New(slog.DiscardHandler), sound: soundSpec{kind: "wav"}}
	in := filepath.Join(home, "voice.wav")
	writeVoice(t, in)
	if s.device, err = wav.Open(in, ""); err != nil {
		t.Fatal(err)
	}
	s.processing = newProcessing(settings.Sound, named("", "AirPods"), s.log)
	s.Phone = &Phone{Engine: audio.NewEngine(audio.Config{Device: s.device})}
	return s.desk(paths, getenv), paths
}

// writeVoice makes a file of ten seconds with what levels take for a voice.
func writeVoice(t *testing.T, path string) {
	t.Helper()
	pcm := make([]int16, 10*audio.Rate)
	for i := range pcm {
		pcm[i] = int16(6000 * math.Sin(2*math.Pi*440*float64(i)/audio.Rate))
	}
	if err := wav.Write(path, pcm); err != nil {
		t.Fatal(err)
	}
}

func TestASettingIsInForceAndWritten(t *testing.T) {
	for _, test := range []struct {
		key, value string
		want       string // of the file; empty: it is refused
		holds      func(*desk) bool
	}{
		{"audio.gain", "-2", strings.Replace(settingsFile, "= 3", "= -2", 1), nil},
		{"ring_time", "20s", strings.Replace(settingsFile, "others\n", "others\nring_time = \"20s\"\n", 1), func(d *desk) bool { return d.ring() == 20*time.Second }},
		{"theme", "light", strings.Replace(settingsFile, "others\n", "others\ntheme = \"light\"\n", 1), nil},
		{"audio.noise", "off", settingsFile + "noise = \"off\"\n", nil},
		{"audio.level", "false", settingsFile + "level = false\n", nil},
		{"audio.low_delay", "true", settingsFile + "low_delay = true\n", nil},
		{"audio.input", "USB", settingsFile + "input = \"USB\"\n", nil},
		{"keys.mute", "u", settingsFile + "\n[keys]\nmute = \"u\"\n", nil},
		{"tones.country", "JP", settingsFile + "\n[tones]\ncountry = \"JP\"\n", nil},
		{"tones.country", "uk", settingsFile + "\n[tones]\ncountry = \"uk\"\n", nil},
		{"tones.country", " de ", settingsFile + "\n[tones]\ncountry = \"de\"\n", nil},
		{"tones.country", "XX", "", nil},
		{"tones.country", "Deutschland", "", nil},
		{"tones.ring", "/no/such.wav", "", nil},
		{"theme", "pink", "", nil},
	} {
		t.Run(test.key+" "+test.value, func(t *testing.T) {
			d, paths := atDesk(t, nil)
			before := d.Read()[test.key]
			err := d.Change(context.Background(), ui.Change{Number: 1, Key: test.key, Values: []string{test.value}})
			after := d.Read()[test.key]
			data, _ := os.ReadFile(paths.Settings())
			if test.want == "" {
				if err == nil || errors.Is(err, ui.ErrNotWritten) || strings.Join(before.Values, "") != strings.Join(after.Values, "") || string(data) != settingsFile {
					t.Fatalf("it was taken: %v, %v, %s", err, after, data)
				}
				return
			}
			if err != nil || strings.Join(after.Values, "") != strings.TrimSpace(test.value) {
				t.Fatalf("in force is %v, %v", after, err)
			}
			if string(data) != test.want {
				t.Fatalf("the file is\n%s\nwant\n%s", data, test.want)
			}
			if test.holds != nil && !test.holds(d) {
				t.Fatal("it does not hold")
			}
		})
	}
}

// Of two changes the later holds, whichever arrives first.
func TestAnOvertakenSettingIsLeftOut(t *testing.T) {
	d, _ := atDesk(t, nil)
	for _, c := range []ui.Change{{Number: 2, Key: "audio.gain", Values: []string{"5"}}, {Number: 1, Key: "audio.gain", Values: []string{"4"}}} {
		if err := d.Change(context.Background(), c); err != nil {
			t.Fatal(err)
		}
	}
	d.close()
	if err := d.Change(context.Background(), ui.Change{Number: 3, Key: "audio.gain", Values: []string{"6"}}); err == nil {
		t.Error("the phone ended, and a setting was changed")
	}
	if got := d.Read()["audio.gain"].Values[0]; got != "5" {
		t.Errorf("the gain is %s", got)
	}
}

// A setting that cannot be written holds for this run.
func TestAnUnwritableSettingHoldsForThisRun(t *testing.T) {
	for name, spoil := range map[string]func(config.Paths) error{
		"no folder":         func(p config.Paths) error { return os.RemoveAll(p.Config) },
		"malformed":         func(p config.Paths) error { return os.WriteFile(p.Settings(), []byte("label = \n"), 0o600) },
		"changed meanwhile": func(p config.Paths) error { return os.WriteFile(p.Settings(), []byte("ring_time = \"9s\"\n"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			d, paths := atDesk(t, nil)
			if err := spoil(paths); err != nil {
				t.Fatal(err)
			}
			err := d.Change(context.Background(), ui.Change{Number: 1, Key: "ring_time", Values: []string{"20s"}})
			if !errors.Is(err, ui.ErrNotWritten) || !strings.Contains(err.Error(), paths.Settings()) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want one line that names the file", err)
			}
			if d.ring() != 20*time.Second || d.Read()["ring_time"].Values[0] != "20s" {
				t.Error("it does not hold")
			}
		})
	}
}

func TestWhatTheEnvironmentSetsIsMarked(t *testing.T) {
	d, _ := atDesk(t, map[string]string{"TRING_THEME": "dark", "TRING_AUDIO_GAIN": "1", "TRING_AUDIO": "in=USB"})
	all := d.Read()
	for key, want := range map[string]string{
		"theme": "TRING_THEME", "audio.gain": "TRING_AUDIO_GAIN", "audio.input": "TRING_AUDIO", "audio.output": "", "lang": "",
	} {
		if got := all[key].Variable; got != want {
			t.Errorf("%s is marked with %q, want %q", key, got, want)
		}
	}
}

func TestTheCancellerAndItsGuessFollowTheSettings(t *testing.T) {
	d, _ := atDesk(t, nil)
	if !d.processing.canCancel() {
		t.Skip("SKIPPED, nothing was tested: no echo canceller is built in")
	}
	ctx := context.Background()
	for i, step := range []struct {
		setting string
		want    bool
	}{{"on", true}, {"off", false}, {"auto", false}, {"on", true}} { // AirPods have no echo
		if err := d.Change(ctx, ui.Change{Number: i, Key: "audio.canceller", Values: []string{step.setting}}); err != nil {
			t.Fatal(err)
		}
		if got := d.processing.chain.Cancels(); got != step.want {
			t.Errorf("%s: it cancels: %v", step.setting, got)
		}
	}
}

// The microphone is heard, judged and played back, and let go at once.
func TestTryingOutTheSound(t *testing.T) {
	d, _ := atDesk(t, nil)
	for long := 300 * time.Millisecond; ; long *= 2 {
		heard, err := d.Hear(context.Background(), long)
		if err == nil && heard.Verdict == audio.NoSignal && long < time.Minute {
			continue // a slow machine has heard nothing yet
		}
		if err != nil || heard.Verdict != audio.Good {
			t.Fatalf("heard %+v, %v", heard, err)
		}
		break
	}
	if err := d.PlayBack(context.Background()); err != nil {
		t.Error(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	over := make(chan error)
	go func() { _, err := d.Hear(ctx, time.Hour); over <- err }()
	for d.Level() == audio.Floor {
		select {
		case err := <-over:
			t.Fatalf("it ended with %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	stop()
	if err := <-over; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if d.Level() != audio.Floor {
		t.Error("it listens still")
	}
	ringing, stop := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer stop()
	if err := d.Ring(ringing); err != nil {
		t.Error(err)
	}
}
