package ui

import (
	"fmt"
	"testing"
	"time"

	"tring/calls"
)

// Without an account the screen begins with the ways to begin; esc goes past
// them.
func TestTheGuideComesFirst(t *testing.T) {
	first := Config{Guide: Guide{First: true, Echo: "echo"}}
	inHouse(t, 80, 24, first, func(d *desk, _ *house) {
		d.reads("Welcome", "› Try it here", "Join a server", "Be a server")
		d.explains("enter choose", "esc skip")
		d.press("j", "j", "j", "k", "home", "end")
		d.reads("› Be a server")
		d.press("esc")
		d.reads("Bob Okafor")
		d.lacks("Welcome")
	})
	inHouse(t, 80, 24, first, func(d *desk, _ *house) {
		d.press("enter")
		d.did("initiate audio echo")
		d.press("x")
		d.hit("esc")
		d.reads("Bob Okafor")
	})
	inHouse(t, 80, 24, Config{}, func(d *desk, _ *house) {
		d.lacks("Welcome")
		d.press("W")
		d.lacks("Try it here") // there is nobody for it
	})
}

// Whoever has pressed a key in it has seen it, and need not see it again.
func TestTheGuideIsSeenOnce(t *testing.T) {
	for _, way := range []string{"esc", "j", "enter"} {
		seen := 0
		cfg := Config{Guide: Guide{First: true, Echo: "echo", Seen: func() { seen++ }}}
		inHouse(t, 80, 24, cfg, func(d *desk, _ *house) {
			if seen != 0 {
				t.Error("seen before anybody looked")
			}
			d.press(way)
			d.press("esc", "W", "j", "esc")
			if seen != 1 {
				t.Errorf("%s: it was seen %d times", way, seen)
			}
		})
	}
	seen := false
	inHouse(t, 80, 24, Config{Guide: Guide{Seen: func() { seen = true }}}, func(d *desk, _ *house) {
		d.press("W", "j", "esc")
		if seen {
			t.Error("it did not come by itself, and was seen as if it had")
		}
	})
}

func TestJoinAServer(t *testing.T) {
	inHouse(t, 80, 24, Config{}, func(d *desk, h *house) {
		d.press("W", "enter", "enter", "enter")
		d.reads("The server's address is missing.")
		d.typed("phone.example?") // no key is one here
		d.lacks("is missing")
		d.press("backspace", "tab", "enter")
		d.reads("The invite is missing.")
		d.typed("s3cret")
		d.press("enter")
		h.steps <- JoinKey
		d.settle()
		d.reads("find your key …")
		h.steps <- JoinInvite
		d.settle()
		d.pass(2 * time.Second)
		d.reads("find your key done", "show the invite to the server 2 s")
		d.explains("esc cancel")
		close(h.steps)
		d.settle()
		if !d.quit || !d.model.Again() || h.joined[0] != "phone.example s3cret" {
			t.Fatalf("quit %v, again %v, joined %v", d.quit, d.model.Again(), h.joined)
		}
	})
}

func TestJoinFails(t *testing.T) {
	for _, tt := range []struct {
		err  error
		says string
	}{
		{calls.ErrInviteInvalid, "The server does not take this invite"},
		{fmt.Errorf("%w: dial tcp: refused", calls.ErrOffline), "Nobody answers at phone.example."},
		{fmt.Errorf("the certificate is \x1b[31mold"), "Could not join: the certificate is old."},
	} {
		inHouse(t, 80, 24, Config{}, func(d *desk, h *house) {
			h.fault = tt.err
			close(h.steps)
			d.press("W", "enter")
			d.typed("phone.example")
			d.press("tab")
			d.typed("s3cret")
			d.press("enter")
			d.reads(tt.says, "phone.example", "s3cret")
			d.typed("x")
			d.lacks(tt.says)
			d.press("esc")
			d.reads("Welcome")
		})
	}
}

// A login that takes too long can be given up, and ends by itself.
func TestGiveUpJoining(t *testing.T) {
	begin := func(d *desk) {
		d.press("W", "enter")
		d.tell(pasted("Give this to ada: tring login wss://phone.example --invite s3cret"))
		d.reads("wss://phone.example", "s3cret")
		d.press("enter")
		d.explains("esc cancel")
	}
	inHouse(t, 80, 24, Config{}, func(d *desk, _ *house) {
		begin(d)
		d.press("esc")
		d.explains("enter join")
		d.lacks("Could not join")
	})
	inHouse(t, 80, 24, Config{}, func(d *desk, _ *house) {
		begin(d)
		d.pass(joinPatience + time.Second)
		d.reads("Nobody answers at wss://phone.example.")
	})
}

// Whoever is called meanwhile is not cut off.
func TestJoinedDuringACall(t *testing.T) {
	inHouse(t, 80, 24, Config{}, func(d *desk, h *house) {
		d.press("W", "enter")
		d.tell(pasted("tring login wss://phone.example --invite s3cret"))
		d.press("enter")
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.settle()
		close(h.steps)
		d.settle()
		d.reads("is calling you")
		if d.quit {
			t.Fatal("the ringing call was left")
		}
		d.hit("r")
		d.reads("You have joined; enter begins")
		d.press("enter")
		if !d.quit || !d.model.Again() {
			t.Fatal("it does not begin again")
		}
	})
}

func TestBeAServer(t *testing.T) {
	inHouse(t, 40, 12, Config{}, func(d *desk, _ *house) {
		d.press("W", "G", "enter")
		d.reads("tring serve", "tring user add NAME")
		for range 9 {
			d.press("j")
		}
		d.reads("Then everyone")
		d.press("esc")
		d.reads("Welcome")
	})
}

func TestClicksInTheGuide(t *testing.T) {
	inHouse(t, 80, 24, Config{Mouse: true}, func(d *desk, _ *house) {
		d.press("W")
		d.click("Be a server")
		d.reads("› Be a server")
		d.click("Join a server")
		d.click("Join a server") // twice: what enter does
		d.reads("› address")
		d.click("invite")
		d.typed("s3cret")
		d.click("address")
		d.typed("phone")
		d.reads("› address phone", "invite s3cret")
		d.click("esc back")
		d.reads("Welcome")
	})
}
