package server

import (
	"errors"
	"strings"
	"testing"

	"tring/calls"
	"tring/calls/wire"
)

// Names are what others see: what they would not see, or be misled by, is not
// kept. An administrator is told; a phone's wishes are cleaned.
func TestDisplay(t *testing.T) {
	tests := []struct {
		name, text, want string
		refused          bool
	}{
		{"plain", "Bob Miller", "Bob Miller", false},
		{"nothing", "", "", false},
		{"spaces", "  Bob \u00a0 Miller ", "Bob Miller", false},
		{"other scripts", "Ж 李 محمد", "Ж 李 محمد", false},
		{"a joined emoji", "Ada 👩\u200d🚀", "Ada 👩\u200d🚀", false},
		{"combining marks", "Zoe\u0308", "Zoe\u0308", false},
		{"too long", strings.Repeat("é", 70), strings.Repeat("é", maxNameLength), false},
		{"lines", "Bob\r\nadmin", "Bob admin", true},
		{"an escape sequence", "\x1b[31mBob\a", "[31mBob", true},
		{"direction", "Bob\u202egnp.exe", "Bobgnp.exe", true},
		{"a hidden character", "Bo\u200bb", "Bob", true},
		{"no character", "\u200b\u200b", "", true},
		{"joiners only", "\u200d\u200c", "", true},
		{"a filler", "\u3164", "", true},
		{"no text", "Bob\xff", "Bob\ufffd", false},
	}
	for _, tt := range tests {
		if got := display(tt.text); got != tt.want {
			t.Errorf("%s: display is %+q, want %+q", tt.name, got, tt.want)
		}
		got, err := chosen(tt.text)
		if errors.Is(err, calls.ErrInvalidRequest) != tt.refused || err == nil && got != tt.want {
			t.Errorf("%s: chosen is %+q, %v", tt.name, got, err)
		}
	}
}

func TestNamesAreCleaned(t *testing.T) {
	s, _ := open(t, Config{})
	bob := addUser(t, s, "bob")
	if err := s.Admin().AddUser(t.Context(), "eve", "\u200b", ""); !errors.Is(err, calls.ErrInvalidRequest) {
		t.Errorf("a name of nothing: %v", err)
	}
	if users, err := s.Admin().ListUsers(t.Context()); err != nil || len(users) != 1 {
		t.Errorf("the users are %+v, %v", users, err)
	}
	watcher := connect(t, s, addUser(t, s, "alice"), "A1")
	ws := dial(t, s)
	h := helloOf("bob", bob.signer, "B1")
	h.Device.Label = "desk\u202e\x07"
	if m, err := signIn(t, ws, h, bob.signer); err != nil || m.Type() != "welcome" {
		t.Fatalf("sign in: %+v, %v", m, err)
	}
	eventually(t, "bob's phone is seen without what hides", func() bool {
		c := contactOf(watcher, "bob")
		return len(c.Phones) == 1 && c.Phones[0] == "desk"
	})
	p := connect(t, s, bob, "B2")
	for _, tt := range []struct{ wish, want string }{{"Bob\u202e\n2", "Bob 2"}, {"\u200b", "Bob 2"}} {
		p.ask(wire.SetSettings{Settings: calls.Settings{Name: tt.wish}})
		if got := contactOf(watcher, "bob").Name; got != tt.want {
			t.Errorf("after the wish for %+q bob is %+q", tt.wish, got)
		}
	}
}
