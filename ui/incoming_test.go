package ui

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tring/calls"
)

func TestIncoming(t *testing.T) {
	for _, c := range []struct{ key, did, then string }{
		{"a", "accept", "connecting…"},
		{"r", "reject rejected", "People"},
		{"b", "reject busy", "People"},
	} {
		t.Run(c.key, func(t *testing.T) {
			atDesk(t, 80, 24, func(d *desk) {
				d.tel.ring(otherCall, "carla", calls.Audio)
				d.settle()
				d.reads("Carla Weiss", "is calling you")
				d.hit(c.key)
				d.did(c.did)
				d.reads(c.then)
				d.lacks("is calling you")
			})
		})
	}
}

// A key that was on its way when the phone began to ring answers nothing, and
// does nothing beneath either.
func TestGrace(t *testing.T) {
	for _, key := range []string{"a", "r", "b", "enter", "q", "j"} {
		t.Run(key, func(t *testing.T) {
			atDesk(t, 80, 24, func(d *desk) {
				d.tel.ring(otherCall, "carla", calls.Audio)
				d.settle()
				d.press(key)
				d.pass(DefaultGrace / 2)
				d.press(key)
				d.did()
				if d.quit {
					t.Fatal("it quit")
				}
				d.reads("is calling you")
				d.hit("r")
				d.did("reject rejected")
				d.press("enter")
				d.did("initiate audio bob") // the j moved nothing
			})
		})
	}
}

// Somebody who types a name when it rings answers only after a pause.
func TestGraceWhileTyping(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.press("/")
		d.typed("bar")
		d.typesOn("bara", 10)
		d.did()
		d.reads("is calling you")
		d.hit("a")
		d.did("accept")
	})
}

func TestOneAfterTheOther(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.pass(time.Second)
		d.tel.ring("01JD000000000000000000000Y", "dmitri", calls.Video)
		d.settle()
		d.reads("› Carla Weiss", "Dmitri Sokolov") // the oldest lies on top
		d.press("r")
		d.reads("Dmitri Sokolov", "video call (sound only)")
		d.lacks("Carla Weiss is calling", "another caller")
		d.press("a") // meant for Carla
		d.did("reject rejected")
		d.hit("a")
		d.did("accept")
	})
}

// Who calls at the same time can be answered in any order.
func TestChoosingAmongCallers(t *testing.T) {
	const third calls.ID = "01JD000000000000000000000Z"
	for _, c := range []struct{ name, keys, did, then string }{
		{"the oldest is answered first", "a", "accept", "Carla Weiss connecting…"},
		{"down is the next", "down a", "accept", "Dmitri Sokolov connecting…"},
		{"up goes back", "down down up a", "accept", "Dmitri Sokolov connecting…"},
		{"no further than the last", "down down down down a", "accept", "Mei connecting…"},
		{"no further than the first", "up a", "accept", "Carla Weiss connecting…"},
		{"the others ring on", "down r", "reject rejected", "› Carla Weiss"},
		{"letters choose nothing", "j k a", "accept", "Carla Weiss connecting…"},
	} {
		t.Run(c.name, func(t *testing.T) {
			atDesk(t, 80, 24, func(d *desk) {
				d.tel.connect(append(fourContacts(), contact("mei", "Mei", calls.Online))...)
				d.tel.ring(otherCall, "carla", calls.Audio)
				d.tel.ring("01JD000000000000000000000Y", "dmitri", calls.Audio)
				d.tel.ring(third, "mei", calls.Audio)
				d.pass(time.Second)
				d.reads("› Carla Weiss", "Dmitri Sokolov", "Mei", "↑ ↓ another caller")
				d.press(strings.Fields(c.keys)...)
				d.did(c.did)
				if c.did == "accept" {
					for _, id := range []calls.ID{otherCall, "01JD000000000000000000000Y", third} {
						if d.tel.calls[id].Status == calls.Initiated { // the others stand in the way of the screen
							d.tel.act(id, d.tel.calls[id].Initiator, "phone", calls.Reject{Status: calls.Cancelled})
						}
					}
					d.settle()
				}
				d.reads(c.then)
			})
		})
	}
}

// A call that comes while another was chosen takes nothing away; one that goes
// gives the oldest the top, and begins the grace anew.
func TestTheChosenCallerStays(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.tel.ring("01JD000000000000000000000Y", "dmitri", calls.Audio)
		d.pass(time.Second)
		d.press("down")
		d.tel.ring("01JD000000000000000000000Z", "bob", calls.Audio)
		d.settle()
		d.reads("› Dmitri Sokolov")
		d.tel.act("01JD000000000000000000000Y", "dmitri", "phone", calls.Reject{Status: calls.Cancelled})
		d.settle()
		d.reads("› Carla Weiss")
		d.press("a")
		d.did()
		d.hit("a")
		d.did("accept")
	})
}

// Where there is little room, it is said that others call.
func TestOneLineForTheOthers(t *testing.T) {
	atDesk(t, 40, 12, func(d *desk) {
		for i, who := range []calls.UserID{"carla", "dmitri", "bob"} {
			d.tel.ring(calls.ID("01JD000000000000000000000"+string(rune('X'+i))), who, calls.Audio)
		}
		d.pass(time.Second)
		d.reads("Carla Weiss", "2 more are calling", "a accept")
	})
}

// What the box names can be clicked on too.
func TestClickingInTheBox(t *testing.T) {
	for words, did := range map[string]string{
		"a end the call with": "accept", "r reject, and stay": "reject rejected", "b busy": "reject busy",
	} {
		atDesk(t, 80, 24, func(d *desk) {
			d.talk()
			d.tel.ring(otherCall, "carla", calls.Audio)
			d.pass(time.Second)
			d.click(words)
			d.did(did)
		})
	}
}

func TestEndAndAccept(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.talk()
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.settle()
		d.reads("end the call with Bob Okafor and accept", "reject, and stay with Bob Okafor")
		d.hit("a")
		d.did("accept")
		d.reads("Carla Weiss", "connecting…")
		if got := d.tel.calls[testCall].Status; got != calls.Ended {
			t.Errorf("the call with Bob is %s", got)
		}
	})
}

// Beneath an incoming call the microphone and the end of the present call can
// be reached, also in the grace.
func TestThePresentCallUnderAnIncomingOne(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.talk()
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.settle()
		d.press("m", "h")
		d.did("mute", "end")
		d.reads("is calling you")
		d.lacks("end the call")
	})
}

func TestARingThatStops(t *testing.T) {
	for _, c := range []struct {
		name string
		stop func(*desk)
		want string
	}{
		{"cancelled", func(d *desk) {
			d.tel.act(otherCall, "carla", "phone", calls.Reject{Status: calls.Cancelled})
		}, "Missed a call from Carla Weiss"},
		{"unanswered", func(d *desk) { d.tel.server(otherCall, calls.RingTimeout{}) }, "Missed a call from Carla Weiss"},
		{"answered on another phone", func(d *desk) {
			d.tel.act(otherCall, "ada", "kitchen", calls.Accept{Join: true})
		}, "Carla Weiss's call was answered on another phone"},
		{"declined on another phone", func(d *desk) {
			d.tel.act(otherCall, "ada", "kitchen", calls.Reject{Status: calls.Rejected})
		}, "Carla Weiss's call was declined on another phone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			atDesk(t, 80, 24, func(d *desk) {
				d.tel.ring(otherCall, "carla", calls.Audio)
				d.settle()
				c.stop(d)
				d.settle()
				d.lacks("is calling you")
				d.reads(c.want)
				d.press("j")
				d.lacks(c.want)
			})
		})
	}
}

// An accept that came too late is said so, and the phone is free again.
func TestAcceptTooLate(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.pass(time.Second)
		d.tel.refuse = calls.ErrCallTerminated
		d.press("a")
		d.tel.refuse = nil
		d.reads("Too late: the call is over.", "People")
		d.press("enter")
		d.did("accept", "initiate audio bob")
	})
}

// An accept that failed otherwise can be tried again.
func TestAcceptAgain(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.pass(time.Second)
		d.tel.refuse = calls.ErrInternal
		d.press("a")
		d.tel.refuse = nil
		d.reads("is calling you")
		d.hit("a")
		d.did("accept", "accept")
		d.reads("connecting…")
	})
}

// An incoming call lies above everything: the help, the question, the search.
func TestAboveEverything(t *testing.T) {
	for name, scene := range scenes() {
		t.Run(name, func(t *testing.T) {
			atDesk(t, 80, 24, func(d *desk) {
				d.history()
				scene(d)
				d.tel.ring("01JD0000000000000000000AZZ", "carla", calls.Audio)
				d.settle()
				d.reads("calling you", "r reject")
				d.hit("r")
				if !strings.Contains(strings.Join(d.tel.did, " "), "reject rejected") {
					t.Fatalf("the key did not reach it: %q", d.tel.did)
				}
			})
		})
	}
}

func TestBellAndTitle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 80, 24, Config{Bell: true})
		d.tel.connect(fourContacts()...)
		d.settle()
		title := func(want string) {
			t.Helper()
			if got := d.model.View().WindowTitle; got != want {
				t.Errorf("the window is called %q, not %q", got, want)
			}
		}
		title("tring")
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.settle()
		title("Carla Weiss is calling")
		if d.bells != 1 {
			t.Errorf("the bell rang %d times", d.bells)
		}
		d.hit("r")
		title("tring")
		d.press("enter")
		title("Calling Bob Okafor")
		d.leave()
	})
}

// Whoever thinks better of an accept while the server has not answered it can hang
// up.
func TestHangUpWhileAnswering(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.settle()
		d.tel.hold = true
		d.hit("a")
		d.did("accept")
		d.reads("connecting…", "hang up")
		d.press("h")
		d.did("reject rejected")
		d.reads("People")
	})
}
