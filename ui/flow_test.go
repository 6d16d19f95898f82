package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tring/calls"
)

func TestChoosing(t *testing.T) {
	for _, c := range []struct {
		name, keys, want string
	}{
		{"the first is chosen", "", "bob"},
		{"j goes down", "j", "carla"},
		{"so does the arrow", "down down", "echo"},
		{"k goes up", "j j k", "carla"},
		{"no further than the first", "k up", "bob"},
		{"no further than the last", "j j j j j j", "dmitri"},
		{"end and home", "end home", "bob"},
		{"G is the last", "G", "dmitri"},
		{"c calls as enter does", "j c", "carla"},
	} {
		t.Run(c.name, func(t *testing.T) {
			atDesk(t, 80, 24, func(d *desk) {
				keys := strings.Fields(c.keys)
				d.press(keys...)
				if len(keys) == 0 || keys[len(keys)-1] != "c" {
					d.press("enter")
				}
				d.did("initiate audio " + c.want)
			})
		})
	}
}

func TestTheChoiceStaysWhenPeopleComeAndGo(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.press("j", "j") // Carla
		people := fourContacts()
		d.tel.connect(people[3], contact("aaron", "Aaron", calls.Online), people[2], people[0])
		d.settle()
		d.press("enter")
		d.did("initiate audio carla")
	})
}

func TestPresenceShowsAtOnce(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.reads("◐ Carla Weiss")
		_ = d.tel.step(calls.PresenceUpdate{Contact: contact("carla", "Carla Weiss", calls.Online, "phone")})
		d.settle()
		d.reads("● Carla Weiss")
	})
}

func TestSearch(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.tel.people = []calls.Contact{contact("zora", "Zora Neale", calls.Online)}
		d.press("/")
		d.typed("okAf") // letters are letters now, not keys; case does not matter
		d.reads("Bob Okafor")
		d.lacks("Echo", "Carla", "Dmitri")
		d.press("esc")
		d.reads("Echo", "Carla")

		d.tel.asked = nil
		d.search("zora")
		d.reads("Zora Neale")
		if n := len(d.tel.asked); n != 1 {
			t.Errorf("the server was asked %d times for one word: %v", n, d.tel.asked)
		}
		d.press("enter")
		d.did("initiate audio zora")
	})
}

func TestSearchCallsAnIDThatIsNotListed(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.search("grace")
		d.reads("Nobody of that name", "“grace”")
		d.press("enter")
		d.did("initiate audio grace")
	})
}

func TestOutgoingSaysWhatIsTrue(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.press("enter")
		d.reads("Bob Okafor", "calling…")
		d.tel.act(testCall, "bob", "laptop", calls.Ring{})
		d.settle()
		d.reads("ringing on laptop")
		d.pass(12 * time.Second)
		d.reads("0:12")
		d.tel.act(testCall, "bob", "laptop", calls.Accept{Join: true})
		d.settle()
		d.reads("connecting…")
		d.tel.media(testCall, "bob-laptop", calls.MediaConnected)
		d.settle()
		d.reads("talking", "0:00")
		d.pass(65 * time.Second)
		d.reads("1:05")
	})
}

func TestMetersBeginInSilence(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.press("enter")
		d.tel.act(testCall, "bob", "laptop", calls.Accept{Join: true})
		d.tel.media(testCall, "bob-laptop", calls.MediaConnected)
		d.settle()
		d.reads("talking", "0:00")
		d.lacks("━")
	})
}

func TestCallingSomebodyWhoIsOffline(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.press("end", "enter")
		d.reads("Dmitri Sokolov", "not online; rings if they appear")
	})
}

func TestCancel(t *testing.T) {
	for _, key := range []string{"x", "esc", "h"} {
		t.Run(key, func(t *testing.T) {
			atDesk(t, 80, 24, func(d *desk) {
				d.press("enter", key)
				d.did("initiate audio bob", "reject cancelled")
				d.reads("People", "Carla")
			})
		})
	}
}

// A cancel may be quicker than the phone: then it is carried out as soon as
// there is something to cancel.
func TestCancelBeforeThePhoneShowsTheCall(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		dial := d.model.press(keyNamed("enter")) // not run yet
		d.model.press(keyNamed("x"))
		d.reads("People", "Carla") // it shows at once
		d.run(dial)
		d.settle()
		d.did("initiate audio bob", "reject cancelled")
		d.reads("People", "Carla")
	})
}

// endings are how a call ends, and what the screen says.
func TestEndings(t *testing.T) {
	decline := func(s calls.Status) func(*desk) {
		return func(d *desk) { d.tel.act(testCall, "bob", "laptop", calls.Reject{Status: s}) }
	}
	for _, c := range []struct {
		name   string
		answer bool
		end    func(*desk)
		want   string
	}{
		{"declined", false, decline(calls.Rejected), "Bob Okafor declined"},
		{"busy", false, decline(calls.Busy), "Bob Okafor is in another call"},
		{"unanswered", false, func(d *desk) { d.tel.server(testCall, calls.RingTimeout{}) }, "No answer after 45 s"},
		{"do not disturb", false, func(d *desk) {
			d.tel.server(testCall, calls.Refuse{Status: calls.Rejected, Reason: calls.DoNotDisturb})
		}, "Bob Okafor does not want to be disturbed"},
		{"he hung up", true, func(d *desk) { d.tel.act(testCall, "bob", "laptop", calls.End{}) }, "Bob Okafor hung up"},
		{"he hung up while the server was away", true, func(d *desk) {
			_ = d.tel.step(calls.MediaChanged{Call: testCall, Peer: "bob-laptop", Closed: true})
		}, "Bob Okafor hung up"},
		{"you hung up", true, func(d *desk) { d.press("h") }, "You hung up"},
		{"his phone died", true, func(d *desk) {
			d.tel.server(testCall, calls.LeaseExpired{Device: "bob-laptop"})
		}, "The connection was lost"},
	} {
		t.Run(c.name, func(t *testing.T) {
			atDesk(t, 80, 24, func(d *desk) {
				d.press("enter")
				if c.answer {
					d.answer(testCall)
					d.pass(70 * time.Second)
				}
				c.end(d)
				d.settle()
				d.reads(c.want)
				if c.answer {
					d.reads("1 min 10 s")
				}
				d.hit("esc")
				d.reads("People")
				d.lacks(c.want)
			})
		})
	}
}

func TestCallAgain(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.press("v")
		d.tel.act(testCall, "bob", "laptop", calls.Reject{Status: calls.Busy})
		d.settle()
		d.press("enter") // was on its way when the call ended
		d.did("initiate video bob")
		d.hit("enter")
		d.did("initiate video bob")
		d.reads("calling…", "sound only")
	})
}

func TestACallThatIsRefused(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{calls.ErrUnknownReceiver, "Nobody called Bob Okafor is on this server."},
		{calls.ErrCallingSelf, "That is you."},
		{calls.ErrRateLimited, "Could not call Bob Okafor: too many requests; wait a little."},
		{errors.New("evil\x1b[2J\nserver"), "Could not call Bob Okafor: evil server."},
	} {
		t.Run(c.want, func(t *testing.T) {
			atDesk(t, 80, 24, func(d *desk) {
				d.tel.refuse = c.err
				d.press("enter")
				d.reads(c.want, "call again", "close")
				d.press("esc")
				d.reads("People")
			})
		})
	}
}

func TestCallingWhileOffline(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.tel.disconnect(calls.ErrOffline, false)
		d.settle()
		d.reads("offline", "trying again")
		d.press("enter")
		d.reads("Could not call Bob Okafor", "Wait until it is back")
	})
}

func TestAnErrorGoesAwayWithTheNextKey(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.talk()
		d.tel.refuse = calls.ErrInternal
		d.press("m")
		d.reads("Could not mute")
		d.tel.refuse = nil
		d.press("?")
		d.lacks("Could not")
	})
}

func TestMute(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.talk()
		d.press("m")
		d.reads("muted", "m unmute")
		d.press("m")
		d.reads("m mute")
		d.did("mute", "unmute")
		d.tel.act(testCall, "bob", "laptop", calls.SetMuted{Audio: true})
		d.settle()
		d.reads("them muted")
	})
}

// Whatever the order in which answers come, the last stroke holds.
func TestMuteKeysPressedFast(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.talk()
		first := d.model.press(keyNamed("m"))
		second := d.model.press(keyNamed("m"))
		third := d.model.press(keyNamed("m"))
		d.run(third)
		d.settle()
		d.run(first)
		d.run(second)
		d.settle()
		d.reads("muted", "m unmute")
	})
}

// A key that is held down calls once, whether or not the keyboard says that it
// repeats; let go of and pressed again, it calls again.
func TestAHeldKeyCallsOnce(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		press := func() {
			d.press("enter")
			d.pass(20 * time.Millisecond)
			if held, ok := d.tel.Snapshot().Held(); ok {
				d.tel.act(held.Call.ID, "bob", "laptop", calls.Reject{Status: calls.Busy})
				d.settle()
			}
		}
		press()
		d.pass(480 * time.Millisecond) // as long as a keyboard waits
		for range 60 {
			press()
			d.pass(40 * time.Millisecond)
		}
		d.did("initiate audio bob")
		d.pass(DefaultGrace)
		press()
		d.did("initiate audio bob")
		press()
		d.pass(DefaultGrace)
		press() // insisting helps
		d.did("initiate audio bob")
	})
}
