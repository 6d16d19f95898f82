package line

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"tring/calls"
	"tring/ui"
)

func settled(values map[string]string) *desk {
	d := &desk{values: map[string]ui.Setting{}}
	for key, value := range values {
		d.values[key] = set(value)
	}
	return d
}

// bells takes the bells out of what is written.
type bells struct {
	io.Writer
	rings chan bool
}

func (b bells) Write(p []byte) (int, error) {
	if string(p) == "\a" {
		b.rings <- true
		return 1, nil
	}
	return b.Writer.Write(p)
}

// The bell and the desktop tell of a call as the settings say, once for each
// call; into a file nothing rings.
func TestACallIsNoticed(t *testing.T) {
	for name, c := range map[string]struct {
		notify, bell string
		file         bool
		desktop      error // what it answers
		bells        int
		shown        bool
	}{
		"as usual":                 {notify: "auto", bell: "true", bells: 1},
		"without the bell":         {notify: "auto", bell: "false"},
		"into a file":              {notify: "auto", bell: "true", file: true},
		"by the bell alone":        {notify: "bell", bell: "false", bells: 1},
		"by the terminal":          {notify: "osc", bell: "false", bells: 1},
		"by the desktop":           {notify: "native", bell: "false", shown: true},
		"by both":                  {notify: "native", bell: "true", shown: true, bells: 1},
		"by a desktop that cannot": {notify: "native", bell: "false", shown: true, desktop: errors.New("no"), bells: 1},
		"by the bell that cannot":  {notify: "bell", bell: "true", file: true},
		"not at all":               {notify: "off", bell: "true"},
	} {
		t.Run(name, func(t *testing.T) {
			shown, rings := make(chan string, 8), make(chan bool, 8)
			p := sitWith(t, func(con *Console, _ *fakePhone) {
				con.Settings, con.Bell = settled(map[string]string{"notify": c.notify, "bell": c.bell}), !c.file
				con.Out = bells{con.Out, rings}
				con.Desktop = func(_ context.Context, text string) error {
					shown <- text
					return c.desktop
				}
			})
			p.reads("Welcome.", "Type ? for help.", "1. Bob, online", "2. Eve, offline")
			in := ringing("one", "bob")
			for _, e := range []calls.EventName{calls.IncomingCallReceived, calls.AccountChanged} {
				p.phone.tell(calls.Event{Name: e, Call: in.Call}, in)
			}
			p.reads("bob is calling. Type a to accept, r to reject, b for busy.")
			if c.shown {
				if text := <-shown; text != "bob is calling." {
					t.Errorf("the desktop shows %q", text)
				}
			}
			for range c.bells {
				<-rings
			}
			p.enters("b 7", "No call of that number is ringing.")
			if len(rings) > 0 {
				t.Error("the bell rings too often")
			}
		})
	}
}

// Who pushes to talk is heard only between one word and the next.
func TestTalkByAWord(t *testing.T) {
	p := sitWith(t, func(c *Console, _ *fakePhone) { c.Settings = settled(map[string]string{"talk": "push"}) })
	p.reads("Welcome.", "Type ? for help.", "1. Bob, online", "2. Eve, offline")
	p.enters("talk", "You are not in a call.")
	p.types("bob")
	p.did("initiate new audio bob muted")
	held := talking("call", false)
	held.Muted = true
	p.phone.set(held)
	for _, c := range []struct{ types, did, reads string }{
		{"T", "mute call false", "Your microphone is on."},
		{"talk on", "mute call false", "Your microphone is on."},
		{"talk off", "mute call true", "Your microphone is muted."},
	} {
		p.types(c.types)
		p.did(c.did)
		p.reads(c.reads)
	}
	held.Muted = false
	p.phone.set(held)
	p.types("T")
	p.did("mute call true")
	p.reads("Your microphone is muted.")
	p.enters("talk up", "Type talk on, talk off, or talk alone for the other of both.")
	in := ringing("one", "eve")
	p.phone.tell(calls.Event{Name: calls.IncomingCallReceived, Call: in.Call}, in)
	p.reads("eve is calling. Type a to accept, r to reject, b for busy.")
	p.types("a")
	p.did(`accept one join=true ending="" muted`)
}

// Volumes hold from one run to the next.
func TestVolumesAreRemembered(t *testing.T) {
	kept := make(chan string, 1)
	var fails error
	p := sitWith(t, func(c *Console, _ *fakePhone) {
		c.Volume, c.Volumes = func(float64) {}, map[string]float64{"bob": -3, "eve": 400}
		c.KeepVolume = func(_ context.Context, who string, db float64) error {
			err := fails
			kept <- fmt.Sprint(who, " ", db)
			return err
		}
	})
	p.reads("Welcome.", "Type ? for help.", "1. Bob, online", "2. Eve, offline")
	p.phone.set(talking("call", false))
	p.enters("-", "bob is 6 decibels softer than they come.")
	if got := <-kept; got != "bob -6" {
		t.Errorf("kept %q", got)
	}
	fails = errors.New("the disk is full")
	p.enters("+", "bob is 3 decibels softer than they come.", "That did not work: the disk is full.")
	<-kept
}

// The first run begins with the ways to begin, and remembers that they were
// seen; a word shows them again.
func TestTheGuide(t *testing.T) {
	seen := make(chan bool, 2)
	joined := make(chan string, 1)
	var fails error
	p := sitWith(t, func(c *Console, _ *fakePhone) {
		c.Guide = ui.Guide{
			First: true, Echo: "echo", Seen: func() { seen <- true },
			Join: func(_ context.Context, address, invite string, _ func(ui.JoinStep)) error {
				err := fails
				joined <- address + " " + invite
				return err
			},
		}
	})
	ways := []string{
		"How do you want to begin? Type a number.",
		"1. Try it here: call Echo and hear yourself; nothing to set up",
		"2. Join a server: with the address and the invite that you were given",
		"3. Be a server: two commands, for you and those you know",
	}
	p.reads("Welcome.", "Type ? for help.")
	p.reads(append(ways, "Or type l for the people. Later, guide shows these ways again.")...)
	<-seen
	p.types("1")
	p.did("initiate new audio echo")
	p.enters("guide", ways...)
	p.enters("3", "On a machine that stays on and that the others can reach:",
		"tring serve: the server; it says its address and how others come to it.",
		"tring user add NAME: on the same machine: prints an invite for one person, such as yourself.",
		"Then everyone, you too, joins it with its address and an invite.")
	p.enters("guide", ways...)
	ask := "Type the server's address, or the whole line that you were sent."
	p.enters("2", ask)
	p.enters("", "Nothing was done.")

	fails = calls.ErrInviteInvalid
	p.enters("guide", ways...)
	p.enters("2", ask)
	p.enters("phone.example", "Type the invite.")
	p.enters("s3cret", "Joining phone.example …",
		"The server does not take this invite: it was used, is too old, or is not whole. Ask for a new one.")
	if got := <-joined; got != "phone.example s3cret" {
		t.Errorf("joined %q", got)
	}

	fails = nil
	p.enters("guide", ways...)
	p.enters("2", ask)
	p.enters("  tring login phone.example --invite s3cret", "Joining phone.example …",
		"You have joined. Quit and start tring again to be there.")
	if got := <-joined; got != "phone.example s3cret" {
		t.Errorf("joined %q", got)
	}
	if len(seen) > 0 {
		t.Error("it was seen twice")
	}
}

// Who has an account already is told so, and may begin elsewhere.
func TestTheGuideWithAnAccount(t *testing.T) {
	p := sitWith(t, func(c *Console, _ *fakePhone) {
		c.Guide = ui.Guide{Join: func(context.Context, string, string, func(ui.JoinStep)) error { return nil }}
	})
	p.reads("Welcome.", "Type ? for help.", "1. Bob, online", "2. Eve, offline")
	p.enters("guide", "You are Ann, on this server ann.", "Type l for the people here, or a number to begin elsewhere.",
		"1. Join another server: with the address and the invite that you were given",
		"2. Be a server: two commands, for you and those you know")
}
