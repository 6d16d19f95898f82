package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// One setting is written; all else stays as it was.
func TestEdit(t *testing.T) {
	const commented = "# my phone\n\nlabel = \"desk\"   # seen by others\n\n# how it sounds\n[audio]\n  input = 'USB' # the good one\n  gain = 3\n\n[keys]\naccept = [\n  \"a\", # yes\n  \"enter\",\n]\n"
	tests := []struct {
		name, file, key string
		values          []string
		want            string
	}{
		{"no file", "", "theme", []string{"dark"}, "theme = \"dark\"\n"},
		{"no file, in a table", "", "audio.gain", []string{"-1.5"}, "[audio]\ngain = -1.5\n"},
		{"a value", commented, "label", []string{"kitchen"}, strings.Replace(commented, `"desk"`, `"kitchen"`, 1)},
		{"a value in a table", commented, "audio.gain", []string{"0"}, strings.Replace(commented, "gain = 3", "gain = 0", 1)},
		{"other quotes", commented, "audio.input", []string{`A "B" \ C`}, strings.Replace(commented, `'USB'`, `"A \"B\" \\ C"`, 1)},
		{"a list over several lines", commented, "keys.accept", []string{"y"}, commented[:strings.Index(commented, "[\n")] + "\"y\"\n"},
		{"several keys", "[keys]\nmute = \"u\"\n", "keys.mute", []string{"u", "space"}, "[keys]\nmute = [\"u\", \"space\"]\n"},
		{"a new one at the top", commented, "theme", []string{"light"}, strings.Replace(commented, "others\n", "others\ntheme = \"light\"\n", 1)},
		{"a new one above the tables", "# mine\n[audio]\ngain = 1\n", "motion", []string{"false"}, "motion = false\n\n# mine\n[audio]\ngain = 1\n"},
		{"a new one in a table, as far in as the others", commented, "audio.noise", []string{"off"}, strings.Replace(commented, "gain = 3\n", "gain = 3\n  noise = \"off\"\n", 1)},
		{"a new table", commented, "tones.volume", []string{"-6"}, commented + "\n[tones]\nvolume = -6\n"},
		{"the last line without an end", "label = \"x\" # y", "bell", []string{"false"}, "label = \"x\" # y\nbell = false\n"},
		{"an empty table", "[audio]\n# nothing yet\n", "audio.level", []string{"false"}, "[audio]\nlevel = false\n# nothing yet\n"},
		{"dots in keys", "audio.gain = 2\nlabel = \"x\"\n", "audio.output", []string{"HDMI"}, "audio.gain = 2\naudio.output = \"HDMI\"\nlabel = \"x\"\n"},
		{"dots in keys, a value", "audio . \"gain\" = 2\n", "audio.gain", []string{"3"}, "audio . \"gain\" = 3\n"},
		{"an inline table", "audio = { gain = 2, input = \"x\" } # sound\n", "audio.input", []string{"y"}, "audio = { gain = 2, input = \"y\" } # sound\n"},
		{"a new one in an inline table", "audio = { gain = 2 }\n", "audio.input", []string{"y"}, "audio = { input = \"y\", gain = 2 }\n"},
		{"in an empty inline table", "audio = {}\n", "audio.input", []string{"y"}, "audio = { input = \"y\" }\n"},
		{"lines of Windows", "label = \"x\"\r\n[audio]\r\ngain = 1\r\n", "audio.level", []string{"false"}, "label = \"x\"\r\n[audio]\r\ngain = 1\r\nlevel = false\r\n"},
		{"a text with quotes within", "label = \"\"\"a \"quoted\" \\\"\"\" one\"\"\"\nbell = true\n", "bell", []string{"false"}, "label = \"\"\"a \"quoted\" \\\"\"\" one\"\"\"\nbell = false\n"},
		{"a byte order mark", "\uFEFFlabel = \"x\"\n", "bell", []string{"false"}, "\uFEFFlabel = \"x\"\nbell = false\n"},
		{"the same value", "gain = 1 # no setting of ours\nbell=true", "bell", []string{"true"}, "gain = 1 # no setting of ours\nbell=true"},
		{"out", commented, "audio.gain", nil, strings.Replace(commented, "  gain = 3\n", "", 1)},
		{"out of several lines", commented, "keys.accept", nil, commented[:strings.Index(commented, "accept")]},
		{"out of an inline table", "audio = { gain = 2, input = \"x\" }\n", "audio.gain", nil, "audio = { input = \"x\" }\n"},
		{"the last out of an inline table", "audio = { gain = 2, input = \"x\" }\n", "audio.input", nil, "audio = { gain = 2 }\n"},
		{"out, and not there", commented, "audio.dtx", nil, commented},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := home(t)
			if tt.file != "" {
				put(t, p.Settings(), tt.file)
			}
			if err := OpenFile(p).Edit(tt.key, tt.values...); err != nil {
				t.Fatal(err)
			}
			if got := contents(t, p); got != tt.want {
				t.Errorf("the file is\n%s\nwant\n%s", got, tt.want)
			}
			if info, err := os.Stat(p.Settings()); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the file is %v, %v; want mode 0600", info.Mode(), err)
			}
		})
	}
}

func contents(t *testing.T, p Paths) string {
	t.Helper()
	data, err := os.ReadFile(p.Settings())
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// What others write meanwhile stays, but for the setting itself, which is theirs
// once.
func TestEditOfAFileThatChangedMeanwhile(t *testing.T) {
	p := home(t)
	put(t, p.Settings(), "theme = \"dark\"\n[audio]\ngain = 1\n")
	f := OpenFile(p)
	put(t, p.Settings(), "theme = \"light\" # nicer\n[audio]\ngain = 1\ninput = \"USB\"\n")
	if err := f.Edit("audio.gain", "2"); err != nil {
		t.Fatal(err)
	}
	want := "theme = \"light\" # nicer\n[audio]\ngain = 2\ninput = \"USB\"\n"
	if got := contents(t, p); got != want {
		t.Fatalf("the file is\n%s", got)
	}
	put(t, p.Settings(), strings.Replace(want, "gain = 2", "gain = 7", 1))
	err := f.Edit("audio.gain", "3")
	if !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), "audio.gain changed meanwhile, to 7") {
		t.Fatalf("got %v", err)
	}
	if got := contents(t, p); !strings.Contains(got, "gain = 7") {
		t.Fatalf("the file is\n%s", got)
	}
	if err := f.Edit("audio.gain", "3"); err != nil { // who does it again means it
		t.Fatal(err)
	}
	if got := contents(t, p); got != strings.Replace(want, "gain = 2", "gain = 3", 1) {
		t.Fatalf("the file is\n%s", got)
	}
}

func TestEditRefuses(t *testing.T) {
	tests := []struct {
		name, file, key, value, want string
	}{
		{"a malformed file", "label = \"x\nring\n", "theme", "dark", "line 1"},
		{"a value that no phone takes", "", "audio.gain", "60", "dB from -20 to 20"},
		{"a setting that is none", "", "weather", "fine", `no setting "weather"`},
		{"a text for a number", "", "audio.gain", "loud", "by hand"},
		{"a table that is no table", "audio = 1\n", "audio.gain", "3", "by hand"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := home(t)
			put(t, p.Settings(), tt.file)
			err := OpenFile(p).Edit(tt.key, tt.value)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want one line with %q", err, tt.want)
			}
			if got := contents(t, p); got != tt.file {
				t.Errorf("the file is now %q", got)
			}
		})
	}
}

func TestEditInAFolderThatTakesNothing(t *testing.T) {
	p := home(t)
	f := OpenFile(p)
	if err := os.Remove(p.Config); err != nil {
		t.Fatal(err)
	}
	if err := f.Edit("theme", "dark"); err == nil || !strings.Contains(err.Error(), p.Settings()) {
		t.Errorf("got %v", err)
	}
}

// Many keep their settings elsewhere, with a link to them.
func TestEditFollowsALink(t *testing.T) {
	p := home(t)
	elsewhere := filepath.Join(t.TempDir(), "tring.toml")
	put(t, elsewhere, "bell = true # ding\n")
	if err := os.Symlink(elsewhere, p.Settings()); err != nil {
		t.Skip(err)
	}
	if err := OpenFile(p).Edit("bell", "false"); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(elsewhere); string(data) != "bell = false # ding\n" {
		t.Errorf("the file is %q", data)
	}
	if info, err := os.Lstat(p.Settings()); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", info, err)
	}
}

func TestSetAndValues(t *testing.T) {
	s := BuiltIn()
	for _, change := range [][]string{
		{"label", "desk"},
		{"ring_time", "20s"},
		{"motion", "false"},
		{"audio.gain", "-1.5"},
		{"audio.canceller", "on"},
		{"keys.accept", "a", "enter"},
		{"keys.mute", "u"},
	} {
		if err := s.Set(change[0], change[1:]...); err != nil {
			t.Fatal(err)
		}
		if got := s.Values()[change[0]]; !reflect.DeepEqual(got, change[1:]) {
			t.Errorf("%s is %q, want %q", change[0], got, change[1:])
		}
	}
	if s.RingTime != 20*time.Second || s.Sound.Gain != -1.5 || s.Motion || len(s.Keys) != 2 {
		t.Errorf("got %+v", s)
	}
	for _, key := range []string{"label", "ring_time", "motion", "audio.gain", "audio.canceller", "keys.accept", "keys.mute"} {
		if err := s.Set(key); err != nil {
			t.Fatal(err)
		}
	}
	usual := BuiltIn()
	usual.complete()
	if !reflect.DeepEqual(s.Values(), usual.Values()) {
		t.Errorf("with all taken back it is %v, want %v", s.Values(), usual.Values())
	}
	for _, wrong := range [][]string{{"theme", "pink"}, {"audio.gain", "21"}, {"weather", "fine"}, {"theme", "dark", "light"}, {"keys.mute", ""}} {
		if err := s.Set(wrong[0], wrong[1:]...); err == nil {
			t.Errorf("%q was taken", wrong)
		}
	}
}

// A file that a phone takes says the same after an edit, and the change.
func FuzzEdit(f *testing.F) {
	f.Add("label = \"desk\" # x\n[audio]\ngain = 3\n[keys]\nmute = [\"a\",\n\"b\"]\n", 2, "-1.5")
	f.Add("audio = { gain = 2, input = \"\"\"x\"\"\" }\n", 1, "US]B, \"#1\"")
	f.Add("audio.gain = 1\n'audio'.\"input\" = '''y''''\nlabel = ''\n", 1, "\x01\\")
	f.Add("\uFEFF# only a comment", 0, "")
	f.Add("[tones]\r\nvolume = -1\r\n\r\n[audio] # x\r\n", 3, "dark")
	keys := []string{"label", "audio.input", "audio.gain", "theme", "keys.mute", "tones.volume", "ring_time"}
	f.Fuzz(func(t *testing.T, file string, which int, value string) {
		key := keys[uint(which)%uint(len(keys))]
		p := home(t)
		put(t, p.Settings(), file)
		before, err := Load(p, environment(nil))
		if err != nil {
			return
		}
		want := before
		want.Keys = nil
		for name, list := range before.Keys {
			if err := want.Set("keys."+name, list...); err != nil {
				return // not known by that name
			}
		}
		var values []string
		if value != "" {
			values = []string{value}
		}
		refused := want.Set(key, values...)
		err = OpenFile(p).Edit(key, values...)
		after, loads := Load(p, environment(nil))
		switch {
		case loads != nil:
			t.Fatalf("%q with %s = %q became %q: %v", file, key, value, contents(t, p), loads)
		case err != nil && !reflect.DeepEqual(after, before):
			t.Fatalf("refused with %v, and yet %q became %q", err, file, contents(t, p))
		case err == nil && refused != nil:
			t.Fatalf("%s = %q was written, which is none: %v", key, value, refused)
		case err == nil && len(want.Keys)+len(after.Keys) > 0 && !reflect.DeepEqual(after.Keys, want.Keys):
			t.Fatalf("%q with %s = %q became %q, keys %v", file, key, value, contents(t, p), after.Keys)
		}
		if after.Keys, want.Keys = nil, nil; err == nil && !reflect.DeepEqual(after, want) {
			t.Fatalf("%q with %s = %q became %q, which is %+v", file, key, value, contents(t, p), after)
		}
	})
}
