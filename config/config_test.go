package config

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

func environment(kv map[string]string) func(string) string {
	return func(k string) string { return kv[k] }
}

func home(t *testing.T) Paths {
	t.Helper()
	return Locate(environment(map[string]string{"TRING_HOME": t.TempDir()}))
}

func put(t *testing.T, path, data string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

func nobody(string) ([]byte, error) { return nil, ErrNobodyToAsk }

func TestSettingsWithoutAFile(t *testing.T) {
	s, err := Load(home(t), environment(nil))
	if err != nil {
		t.Fatal(err)
	}
	if s.Label == "" || s.Theme != "auto" || !s.Motion || s.RingTime != 0 {
		t.Errorf("built-in settings are %+v", s)
	}
}

// The environment goes before the file, the file before what is built in.
func TestSettingsInOrder(t *testing.T) {
	p := home(t)
	put(t, p.Settings(), "label = \"desk\"\nring_time = \"20s\"\nmotion = false\ntalk = \"push\"\n[audio]\ninput = \"USB\"\ngain = 3\n[keys]\naccept = [\"a\", \"enter\"]\nreject = \"n\"\n[tones]\nvolume = -6.5\n")
	s, err := Load(p, environment(map[string]string{"TRING_LABEL": "laptop", "TRING_AUDIO_OUTPUT": "HDMI", "TRING_AUDIO_GAIN": "-1.5"}))
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{
		Label: "laptop", RingTime: 20 * time.Second, Input: "USB", Output: "HDMI",
		Mouse: true, Bell: true, Theme: "auto", Lang: "auto", LogLevel: "info",
		Notify: "auto", Talk: "push",
		Sound: Sound{Canceller: "auto", Noise: "normal", Level: true, Gain: -1.5, RingVolume: -6.5},
		Keys:  map[string][]string{"accept": {"a", "enter"}, "reject": {"n"}},
	}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("got %+v, want %+v", s, want)
	}
}

// A mistake is told with file, line and what to write, and the file stays.
func TestMalformedSettings(t *testing.T) {
	tests := []struct {
		name, file string
		want       []string
	}{
		{"misspelt key", "label = \"x\"\nrng_time = \"20s\"\n", []string{"line 2", `"rng_time"`, `did you mean "ring_time"`}},
		{"misspelt key in a table", "[audio]\n\ninputs = \"x\"\n", []string{"line 3", `"audio.inputs"`, `"audio.input"`}},
		{"unknown key", "weather = 1\n", []string{"line 1", `"weather"`, "there are label"}},
		{"unknown table", "label = \"x\"\n[zzzzzzzzz]\n", []string{"line 2", "zzzzzzzzz"}},
		{"wrong type", "motion = \"sometimes\"\n", []string{"line 1", "true or false"}},
		{"a number for a time", "\n\nring_time = 20\n", []string{"line 3", "20", `"45s"`}},
		{"a time out of bounds", "ring_time = \"1h\"\n", []string{"5s", "3m0s"}},
		{"a value for a table", "audio = \"usb\"\n", []string{"line 1", `"audio"`}},
		{"no TOML", "label = \"x\nring\n", []string{"line 1", "key = \"value\""}},
		{"a table's name without its end", "[audio\ninput = \"x\"\n", []string{"line 1", "lacks its ]"}},
		{"a key twice", "label = \"x\"\nlabel = \"y\"\n", []string{"line 2", `"label" is there twice`}},
		{"a text without quotes", "label = desk\n", []string{"line 1", "lacks its quotes"}},
		{"a backslash", "label = \"a\\q\"\n", []string{"line 1", "single quotes"}},
		{"too much gain", "[audio]\ngain = 60\n", []string{"line 2", "60", "dB from -20 to 20"}},
		{"no key", "[keys]\naccept = 1\n", []string{"line 2", "keys.accept", `"a"`}},
		{"an empty key", "[keys]\naccept = [\"a\", \"\"]\n", []string{"line 2", `["a", "enter"]`}},
		{"no number", "[tones]\nvolume = nan\n", []string{"line 2", "dB from -40 to 0"}},
		{"unknown choice", "theme = \"pink\"\n", []string{"pink", `"dark"`}},
		{"no way to notify", "notify = \"mail\"\n", []string{"mail", `"native"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := home(t)
			put(t, p.Settings(), tt.file)
			_, err := Load(p, environment(nil))
			if err == nil {
				t.Fatal("no error")
			}
			for _, w := range append(tt.want, p.Settings()) {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("the error lacks %q: %v", w, err)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %v", err)
			}
			if kept, _ := os.ReadFile(p.Settings()); string(kept) != tt.file {
				t.Errorf("the file is now %q", kept)
			}
		})
	}
}

func TestMalformedEnvironment(t *testing.T) {
	_, err := Load(home(t), environment(map[string]string{"TRING_MOTION": "perhaps"}))
	if err == nil || !strings.Contains(err.Error(), "TRING_MOTION") {
		t.Errorf("got %v", err)
	}
}

func TestServerSettings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "server.toml")
	put(t, path, "[timers]\nring = \"2s\"\n[history]\nkeep = \"8760h\"\n")
	s, err := LoadServer(path, environment(map[string]string{"TRING_TIMERS_CALLER_GONE": "300ms"}))
	if err != nil || s.Timers.Ring != 2*time.Second || s.Timers.CallerGone != 300*time.Millisecond || s.KeepHistory != 8760*time.Hour {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestAccountsAreKept(t *testing.T) {
	p := home(t)
	if _, ok, err := LoadAccount(p); ok || err != nil {
		t.Fatalf("an account before any login: %v %v", ok, err)
	}
	alice := Account{Server: "wss://a:1", Pin: "pin", User: "alice", Name: "Alice", Key: Key{File: "/k"}}
	bob := Account{Server: "ws://b:1", User: "bob", Key: Key{Agent: "SHA256:x"}}
	for _, a := range []Account{alice, bob, alice} {
		if err := SaveAccount(p, a); err != nil {
			t.Fatal(err)
		}
		if got, ok, err := LoadAccount(p); !ok || err != nil || got != a {
			t.Fatalf("got %+v %v %v, want the last login %+v", got, ok, err, a)
		}
	}
	if all, _ := Accounts(p); len(all) != 2 {
		t.Errorf("%d accounts, want 2: %+v", len(all), all)
	}
	if info, err := os.Stat(p.Accounts()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// Another account of the file may be taken into use; the others stay.
func TestUseAnotherAccount(t *testing.T) {
	p := home(t)
	for _, user := range []string{"ann", "bea", "cleo"} {
		if err := SaveAccount(p, Account{Server: "wss://a", User: user, Key: Key{File: p.Key()}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := UseAccount(p, "A:7433", "ann"); err != nil {
		t.Fatal(err)
	}
	all, err := Accounts(p)
	if err != nil || len(all) != 3 || all[0].User != "ann" || all[1].User != "cleo" || all[2].User != "bea" || all[1].Key.File != p.Key() {
		t.Errorf("the accounts are %+v, %v", all, err)
	}
	before, err := os.ReadFile(p.Accounts())
	if err != nil {
		t.Fatal(err)
	}
	if err := UseAccount(p, "wss://a", "dora"); err == nil || !strings.Contains(err.Error(), "no account dora") {
		t.Errorf("an account that is not there: %v", err)
	}
	if after, err := os.ReadFile(p.Accounts()); err != nil || string(after) != string(before) {
		t.Errorf("the file changed to %q, %v", after, err)
	}
}

// One server is one account, however its address is written.
func TestAServerIsOneHoweverItIsSpelt(t *testing.T) {
	p := home(t)
	key := Key{File: "/k"}
	for _, server := range []string{"127.0.0.1:7000", "ws://127.0.0.1:7000", "wss://A.example", "a.example:7433/", "a.example:7434"} {
		if err := SaveAccount(p, Account{Server: server, User: "ann", Key: key}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := Accounts(p)
	if err != nil || len(all) != 3 {
		t.Errorf("%d accounts, want 3: %+v, %v", len(all), all, err)
	}
}

// A folder that was copied uses its own key.
func TestTheKeyGoesWithItsFolder(t *testing.T) {
	from, to := home(t), home(t)
	if err := SaveAccount(from, Account{Server: "wss://a", User: "ann", Key: Key{File: from.Key()}}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(from.Accounts())
	if err != nil {
		t.Fatal(err)
	}
	put(t, to.Accounts(), string(data))
	for _, p := range []Paths{from, to} {
		if a, _, err := LoadAccount(p); err != nil || a.Key.File != p.Key() {
			t.Errorf("the key is %s, %v; want %s", a.Key.File, err, p.Key())
		}
	}
}

func TestMalformedAccountsStay(t *testing.T) {
	p := home(t)
	put(t, p.Accounts(), "[[account]\n")
	if err := SaveAccount(p, Account{Server: "x", User: "y", Key: Key{File: "z"}}); err == nil ||
		!strings.Contains(err.Error(), "line ") {
		t.Errorf("got %v", err)
	}
	if kept, _ := os.ReadFile(p.Accounts()); string(kept) != "[[account]\n" {
		t.Errorf("the file is now %q", kept)
	}
}

// A device id outlives its process, and two processes never share one.
func TestDevice(t *testing.T) {
	p := home(t)
	first, err := TakeDevice(p)
	if err != nil {
		t.Fatal(err)
	}
	second, err := TakeDevice(p)
	if err != nil || second.ID == first.ID {
		t.Fatalf("second process got %v, %v", second, err)
	}
	defer second.Release()
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	again, err := TakeDevice(p)
	if err != nil || again.ID != first.ID {
		t.Fatalf("a later run got %v, %v; want %s", again, err, first.ID)
	}
	defer again.Release()
	for _, who := range []string{"a command beside it", "another one"} {
		if id, err := ReadDevice(p); err != nil || id != first.ID {
			t.Errorf("%s has the id %s, %v; want %s", who, id, err, first.ID)
		}
	}
	put(t, filepath.Join(p.State, "device-3"), "no id\n")
	if _, err := TakeDevice(p); err == nil || !strings.Contains(err.Error(), "device-3") {
		t.Errorf("got %v", err)
	}
}

func TestUsualKeyIsMadeOnceAndKept(t *testing.T) {
	p := home(t)
	env := environment(map[string]string{"HOME": t.TempDir()})
	key, signer, err := UsualKey(p, env, nobody)
	if err != nil || key.File != p.Key() {
		t.Fatalf("got %+v, %v", key, err)
	}
	_, again, err := UsualKey(p, env, nobody)
	if err != nil || ssh.FingerprintSHA256(again.PublicKey()) != ssh.FingerprintSHA256(signer.PublicKey()) {
		t.Fatalf("another key the second time: %v", err)
	}
	if info, err := os.Stat(p.Key()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := MakeKey(p.Key()); err == nil {
		t.Error("MakeKey replaced a key")
	}
}

func TestUsualKeyPrefersTheOneInSSH(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, ".ssh"), 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, ".ssh", "id_ed25519")
	if err := MakeKey(file); err != nil {
		t.Fatal(err)
	}
	key, _, err := UsualKey(home(t), environment(map[string]string{"HOME": dir}), nobody)
	if err != nil || key.File != file {
		t.Errorf("got %+v, %v", key, err)
	}
}

func TestNamedKey(t *testing.T) {
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "good"), filepath.Join(dir, "bad")
	if err := MakeKey(good); err != nil {
		t.Fatal(err)
	}
	put(t, bad, "not a key")
	for path, want := range map[string]string{good: "", good + ".pub": "", bad: "no ssh private key", good + "x": "no such file"} {
		key, _, err := NamedKey(path, environment(nil), nobody)
		switch {
		case want == "" && (err != nil || key.File != good):
			t.Errorf("%s: got %+v, %v", path, key, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
}

// A key that is encrypted is opened with its passphrase, asked for where
// somebody sits.
func TestEncryptedKey(t *testing.T) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte("sesame"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "locked")
	put(t, file, string(pem.EncodeToMemory(block)))
	says := func(word string) Passphrase { return func(string) ([]byte, error) { return []byte(word), nil } }
	tests := []struct {
		name string
		ask  Passphrase
		want string
	}{
		{"right", says("sesame"), ""},
		{"wrong", says("simsim"), "wrong passphrase"},
		{"nobody there", nobody, "ssh-add " + file},
	}
	for _, tt := range tests {
		_, err := Key{File: file}.Signer(environment(nil), tt.ask)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}

	// Nobody named it, and nobody can be asked: the phone makes a key of its own.
	home := home(t)
	dir := filepath.Dir(file)
	if err := os.MkdirAll(filepath.Join(dir, ".ssh"), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, ".ssh", "id_ed25519"), string(pem.EncodeToMemory(block)))
	key, _, err := UsualKey(home, environment(map[string]string{"HOME": dir}), nobody)
	if err != nil || key.File != home.Key() {
		t.Errorf("got %+v, %v", key, err)
	}
}

func TestFoldersThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	put(t, file, "")
	err := Paths{Config: filepath.Join(file, "x"), State: file}.Make()
	if err == nil || !strings.Contains(err.Error(), "TRING_HOME") || errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// Whoever looks a setting up finds it.
func TestEverySettingIsExplained(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "settings.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range new(Settings).fields() {
		if !strings.Contains(string(page), "`"+f.key+"`") {
			t.Errorf("docs/settings.md lacks %s", f.key)
		}
	}
}
