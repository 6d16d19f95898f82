package config

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

func TestUnsentEndsAreKeptForEachPhoneOfEachAccount(t *testing.T) {
	p := Paths{State: t.TempDir()}
	account := Account{Server: "wss://phone.example.org", User: "alice"}
	end := UnsentEnd{Call: "01CALL", Status: "cancelled", At: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	one := Unsent{Server: "wss://phone.example.org:7433/", User: "alice", Device: "01ONE", Ends: []UnsentEnd{end}}
	two := Unsent{Server: "wss://phone.example.org", User: "alice", Device: "01TWO", Ends: []UnsentEnd{{Call: "01OTHER", At: end.At}}}
	for _, u := range []Unsent{
		one, two,
		{Server: account.Server, User: "bob", Device: "01ONE", Ends: []UnsentEnd{end}},
		{Server: "wss://elsewhere.example.org", User: "alice", Device: "01ONE", Ends: []UnsentEnd{end}},
	} {
		if err := SaveUnsent(p, u); err != nil {
			t.Fatal(err)
		}
	}
	loaded := func() []Unsent {
		t.Helper()
		all, err := LoadUnsent(p, account)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if got, want := loaded(), []Unsent{one, two}; !reflect.DeepEqual(got, want) {
		t.Errorf("alice's phones left %+v, want %+v", got, want)
	}
	files, err := filepath.Glob(filepath.Join(p.State, "*"))
	if err != nil || len(files) != 4 {
		t.Fatalf("files %v, %v", files, err)
	}
	if info, err := os.Stat(files[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s: %v, %v; only its owner may read it", files[0], info.Mode(), err)
	}
	one.Ends = nil
	for range 2 { // told twice is told
		if err := SaveUnsent(p, one); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := loaded(), []Unsent{two}; !reflect.DeepEqual(got, want) {
		t.Errorf("after the first was told, %+v is left, want %+v", got, want)
	}
	if err := os.WriteFile(filepath.Join(p.State, "unsent-broken.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := LoadUnsent(p, account); err == nil || len(got) != 1 {
		t.Errorf("beside a broken file: %+v, %v", got, err)
	}
}
