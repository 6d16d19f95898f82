package line

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"tring/calls"
	"tring/ui"
)

// set changes what the phone shows from now on, without an event.
func (p *fakePhone) set(live ...calls.CallView) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.view.Calls = live
}

// A caller keeps the number while the call rings: who types it must not answer
// another.
func TestSeveralCallers(t *testing.T) {
	p := sit(t)
	bob, eve, dan := ringing("one", "bob"), ringing("two", "eve"), ringing("three", "dan")
	p.phone.tell(calls.Event{Name: calls.IncomingCallReceived, Call: bob.Call}, bob)
	p.reads("bob is calling. Type a to accept, r to reject, b for busy.")
	p.phone.tell(calls.Event{Name: calls.IncomingCallReceived, Call: eve.Call}, bob, eve)
	p.reads("eve is calling. Type a 2 to accept, r 2 to reject, b 2 for busy.")
	p.enters("a", "2 people are calling. Add the number of one.", "1. bob", "2. eve")
	p.enters("r 3", "No call of that number is ringing.")
	p.types("b 2")
	p.did("reject two busy")

	over := bob.Call
	over.Status = calls.Cancelled
	p.phone.tell(calls.Event{Name: calls.IncomingCallCanceled, Call: over, Reason: calls.CancelledByCaller}, eve)
	p.reads("You missed a call from bob.")
	p.phone.tell(calls.Event{Name: calls.IncomingCallReceived, Call: dan.Call}, eve, dan)
	p.reads("dan is calling. Type a 1 to accept, r 1 to reject, b 1 for busy.")
	p.enters("b", "2 people are calling. Add the number of one.", "1. dan", "2. eve")
	p.types("a 2")
	p.did(`accept two join=true ending=""`)
	p.phone.set(eve) // dan is gone: one needs no number, and may have it
	p.types("r")
	p.did("reject two rejected")
	p.types("a 2")
	p.did(`accept two join=true ending=""`)
}

// A line that the person was asked for is not taken for an answer to a call, nor
// the answer for that line.
func TestACallBreaksAQuestionOff(t *testing.T) {
	var s server
	p := sitWith(t, func(c *Console, _ *fakePhone) { s = served(c) })
	p.reads("Welcome.", "Type ? for help.", "1. Bob, online", "2. Eve, offline")
	p.types("account")
	p.until("3. another account: ann2 on wss://other.example")
	p.enters("2", "Sign kitchen out for good? Type yes or no.")
	in := ringing("one", "bob")
	p.phone.tell(calls.Event{Name: calls.IncomingCallReceived, Call: in.Call}, in)
	p.reads("Nothing was done.", "bob is calling. Type a to accept, r to reject, b for busy.")
	p.types("a")
	p.did(`accept one join=true ending=""`)
	if len(s.asked) > 0 {
		t.Errorf("the server was asked: %s", <-s.asked)
	}
}

// That the other side is muted is told, and that it is not; neither twice.
func TestTheOtherSideIsMuted(t *testing.T) {
	p := sit(t)
	held := talking("two", false)
	p.phone.tell(calls.Event{Name: calls.MediaIsConnected, Call: held.Call}, held)
	p.reads("Connected to bob.")
	muted := held
	muted.Call.Parties = slices.Clone(held.Call.Parties)
	muted.Call.Parties[1].AudioMuted = true
	p.phone.tell(calls.Event{Name: calls.CallUpdated, Call: muted.Call}, muted)
	p.reads("bob is muted.")
	p.phone.tell(calls.Event{Name: calls.CallUpdated, Call: muted.Call}, muted)
	p.phone.tell(calls.Event{Name: calls.CallUpdated, Call: held.Call}, held)
	p.reads("bob can be heard again.")
}

// Somebody who is in no list that the phone has is called in all lines what the
// call says.
func TestACallKeepsTheNameOfAStranger(t *testing.T) {
	p := sitWith(t, func(c *Console, _ *fakePhone) { c.Volume = func(float64) {} })
	p.reads("Welcome.", "Type ? for help.", "1. Bob, online", "2. Eve, offline")
	held := talking("two", false)
	held.Call.Parties = slices.Clone(held.Call.Parties)
	held.Call.Parties[1].Name = "Bob Okafor"
	p.phone.tell(calls.Event{Name: calls.MediaIsConnected, Call: held.Call}, held)
	p.reads("Connected to Bob Okafor.")
	p.enters("+", "Bob Okafor is 3 decibels louder than they come.")
	p.enters("-", "Bob Okafor is as loud as they come.")
	p.enters("-", "Bob Okafor is 3 decibels softer than they come.")
	muted := held
	muted.Call.Parties = slices.Clone(held.Call.Parties)
	muted.Call.Parties[1].AudioMuted = true
	p.phone.tell(calls.Event{Name: calls.CallUpdated, Call: muted.Call}, muted)
	p.reads("Bob Okafor is muted.")
	p.phone.tell(calls.Event{Name: calls.CallUpdated, Call: held.Call}, held)
	p.reads("Bob Okafor can be heard again.")
}

// That it rings is told once, however often the call changes.
func TestRingingIsToldOnce(t *testing.T) {
	p := sit(t)
	out := talking("two", false)
	out.Call.Status, out.Stage, out.RingingOn = calls.Initiated, calls.StageRinging, []string{"desk"}
	for range 3 {
		p.phone.tell(calls.Event{Name: calls.CallUpdated, Call: out.Call}, out)
	}
	out.RingingOn = append(out.RingingOn, "kitchen")
	p.phone.tell(calls.Event{Name: calls.CallUpdated, Call: out.Call}, out)
	p.reads("Ringing on desk.", "Ringing on desk, kitchen.")
	p.types("x")
	p.did("reject two cancelled")
}

// recorder is a ui.Recorder.
type recorder struct{ fails error }

func (r recorder) Record(context.Context, calls.Call) (string, error) { return "bob.opus", r.fails }
func (r recorder) StopRecording() (string, error)                     { return "bob.opus", r.fails }

// What one can do with the sound of a call.
func TestTheSoundOfACall(t *testing.T) {
	var volumes []float64
	var keys string
	var stats atomic.Pointer[calls.MediaStats] // the console looks twice a second
	stats.Store(&calls.MediaStats{})
	ended := make(chan ui.Recorded, 1)
	p := sitWith(t, func(c *Console, _ *fakePhone) {
		c.Volume = func(db float64) { volumes = append(volumes, db) }
		c.Dial = func(k rune) { keys += string(k) }
		c.Recorder, c.Recorded = recorder{}, ended
		c.Stats = func() (calls.MediaStats, bool) { return *stats.Load(), true }
	})
	p.reads("Welcome.", "Type ? for help.", "1. Bob, online", "2. Eve, offline")
	held := talking("two", false)
	held.Since = noon.Add(-61 * time.Minute)
	p.phone.tell(calls.Event{Name: calls.MediaIsConnected, Call: held.Call}, held)
	p.reads("Connected to bob.")

	p.enters("-", "bob is 3 decibels softer than they come.")
	p.enters("louder", "bob is as loud as they come.")
	for db := 3; db <= 18; db += 3 {
		p.types("+")
		p.line("")
	}
	p.enters("+", "bob is 18 decibels louder than they come.") // no more than that
	next := talking("three", false)
	p.phone.tell(calls.Event{Name: calls.MediaIsConnected, Call: next.Call}, next)
	p.reads("Connected to bob.")

	p.enters("5", "There is no such number in the list; k sends the tone of a key: k 5.")
	p.types("k 5")
	p.types("k #")
	p.enters("k 12", "One key at a time: each sounds for a moment.")
	p.enters("k y", "Keys are 0 to 9, * and #.")

	p.enters("R", "Recording to bob.opus. They are told.")
	next.Recording = true
	p.phone.set(next)
	p.enters("record", "Recorded in bob.opus.")
	ended <- ui.Recorded{Err: errors.New("the disk is full")}
	p.reads("The recording ended: the disk is full.")

	p.phone.set(held)
	stats.Store(&calls.MediaStats{
		LossPercent: 2.4, PeerLossPercent: 0.6, RatingLately: 85, Delay: 80 * time.Millisecond, BitrateSent: 32000,
		BitrateReceived: 31000, Relayed: true,
	})
	p.enters("s", "You have talked with bob for 1 hour 1 minute.", "The sound is good.",
		"Lost on the way: 2 percent of their sound, 1 percent of yours.", "Made up: 0 percent of what you heard.",
		"Delay from their mouth to your ear: 80 milliseconds.", "Sent and received: 32 and 31 kilobits a second.",
		"The sound goes through a relay.")
	p.types("q")
	p.did("end two")
	p.until("You hung up. You talked for 0 seconds.")
	<-p.ended
	if want := []float64{0, -3, 0, 3, 6, 9, 12, 15, 18, 18, 18}; !slices.Equal(volumes, want) {
		t.Errorf("volumes %v, want %v", volumes, want)
	}
	if keys != "5#" {
		t.Errorf("keys %q", keys)
	}
}

// Bad sound is told when it begins and when it is over.
func TestBadSound(t *testing.T) {
	var out bytes.Buffer
	var stats calls.MediaStats
	c := Console{Out: &out, Stats: func() (calls.MediaStats, bool) { return stats, true }}
	for _, rating := range []float64{0, 80, 59, 50, 65, 71, 65, 59} {
		stats.RatingLately = rating
		c.complain()
	}
	want := "The sound is bad. Type s to learn why.\nThe sound is well again.\nThe sound is bad. Type s to learn why.\n"
	if out.String() != want {
		t.Errorf("got %q", out.String())
	}
}

// Nothing that others chose reaches the terminal as more than words.
func TestNothingIsPrintedThatATerminalObeys(t *testing.T) {
	const hostile = "\x1b]0;title\x07\x1b[2J\u009b31mE\r\nve\u202e\t\x00\x7f"
	var printed bytes.Buffer
	var s server
	p := sitWith(t, func(c *Console, phone *fakePhone) {
		s = served(c)
		c.Out = io.MultiWriter(&printed, c.Out)
		c.Banner = []string{hostile}
		c.Recorder = recorder{errors.New(hostile)}
		c.Log = func(context.Context, int64) (ui.LogPage, error) {
			return ui.LogPage{Path: hostile, Lines: []ui.LogLine{{Level: 8, Text: hostile}}}, nil
		}
		eve := calls.Contact{Receiver: calls.User("eve"), Name: hostile, Phones: []string{hostile}}
		phone.people, phone.view.Contacts = []calls.Contact{eve}, []calls.Contact{eve}
		phone.records[0].Call.Initiator, phone.fails = "eve", errors.New(hostile)
		s.fails = errors.New(hostile)
		c.Server = s
	})
	p.types("i 1")
	p.until("Name on this server: eve")
	in := ringing("one", "eve")
	p.phone.tell(calls.Event{Name: calls.IncomingCallReceived, Call: in.Call}, in)
	p.types("a")
	p.did(`accept one join=true ending=""`)
	out := talking("two", false)
	out.Stage, out.RingingOn = calls.StageRinging, []string{hostile}
	p.phone.tell(calls.Event{Name: calls.CallUpdated, Call: out.Call}, out)
	for _, line := range []string{"R", "t", "i 1", "f 1", "log", "account", "nonsense " + strings.ReplaceAll(hostile, "\n", ""), "? all"} {
		p.types(line)
	}
	p.until("q or quit: quit, and hang up.")
	p.types("q")
	p.did("end two")
	if err := <-p.ended; err != nil {
		t.Fatal(err)
	}
	for i, r := range printed.String() {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Errorf("%q is printed: %q", r, strings.Split(printed.String()[:i+1], "\n"))
		}
	}
}
