package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/x/ansi"

	"tring/audio"
	"tring/calls"
)

// Who came by ssh without sound sees in the call, too, why it is silent, and what to
// do; once there is sound no more.
func TestCallWithoutLine(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.talk()
		d.lacks("No sound")
		d.take(SoundNote(NoLine))
		d.reads("talking", "No sound: log in with tring ssh HOST instead")
		d.take(SoundNote(""))
		d.lacks("No sound")
	})
}

// The keys make the other side louder or softer, within bounds, and the screen
// says by how much.
func TestVolume(t *testing.T) {
	for _, c := range []struct {
		name, keys, says string
		last             float64
	}{
		{"louder", "+", "+3 dB", 3},
		{"without shift", "=", "+3 dB", 3},
		{"softer", "-", "-3 dB", -3},
		{"as it came", "+ -", "", 0},
		{"the most", strings.Repeat("+ ", 20), "+18 dB", 18},
		{"the least", strings.Repeat("- ", 20), "-24 dB", -24},
	} {
		t.Run(c.name, func(t *testing.T) {
			atDesk(t, 80, 24, func(d *desk) {
				d.talk()
				d.press(strings.Fields(c.keys)...)
				if got := d.turns[len(d.turns)-1]; got != c.last {
					t.Errorf("the volume is %v dB, not %v", got, c.last)
				}
				if d.reads(c.says); c.says == "" {
					d.lacks("dB")
				}
			})
		})
	}
}

// What was dialled stays on the screen until the call ends.
func TestDialledDigitsAreShown(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {30, 8}} {
		atDesk(t, size[0], size[1], func(d *desk) {
			var sent string
			d.model.cfg.Dial = func(key rune) { sent += string(key) }
			d.talk()
			d.press("1", "*", "#", "0")
			d.reads("1*#0", "you", "them")
			d.typed("123456789012")
			d.reads("123456789012")
			d.lacks("0123456789012")
			if want := "1*#0123456789012"; sent != want {
				t.Errorf("%q was sent, not %q", sent, want)
			}
			d.press("h", "x")
			d.did("end")
			d.lacks("123456789012")
			d.talk()
			d.lacks("123456789012")
			d.press("7")
			d.reads(" 7 ")
		})
	}
}

// Whoever was made louder once is so in the next call, and nobody else.
func TestVolumeIsOfThePerson(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.talk()
		d.press("+", "h", "x")
		d.press("j", "enter", "x") // Echo
		d.press("k", "enter", "x") // Bob
		if want := []float64{0, 3, 0, 3}; !slices.Equal(d.turns, want) {
			t.Errorf("the volume was set to %v, not %v", d.turns, want)
		}
	})
}

// What was remembered holds, within what can be turned; what is turned is
// remembered once the hand rests, and at the latest at the end.
func TestVolumeIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var kept []string
		var fails error
		d := newDesk(t, 80, 24, Config{
			Volumes: map[string]float64{"bob": -6, "echo": 1000},
			KeepVolume: func(_ context.Context, who string, db float64) error {
				kept = append(kept, fmt.Sprint(who, " ", db))
				return fails
			},
		})
		d.tel.connect(fourContacts()...)
		d.settle()
		defer d.leave()
		expect := func(want ...string) {
			t.Helper()
			if !slices.Equal(kept, want) {
				t.Fatalf("remembered %v, not %v", kept, want)
			}
			kept = nil
		}
		d.talk()
		d.reads("-6 dB")
		d.press("+", "+", "+")
		d.pass(keepPause / 2)
		d.press("+")
		d.pass(keepPause - 100*time.Millisecond)
		expect()
		d.pass(time.Second)
		expect("bob 6")

		fails = errors.New("no space left on device")
		d.press("-")
		d.pass(2 * time.Second)
		expect("bob 3")
		d.reads("The volume will be forgotten: no space left on device")
		fails = nil

		d.press("h", "x")
		d.press("j", "j", "enter")
		if got := d.turns[len(d.turns)-1]; got != volumeMost {
			t.Errorf("a volume that nobody could turn: %v dB", got)
		}
		d.press("x", "esc", "k", "k")
		d.tel.did = nil
		d.talk()
		d.press("+")
		d.press("q", "y")
		expect("bob 6")
		if !d.quit {
			t.Error("it did not quit")
		}
	})
}

// Who speaks has a mark, which outlasts the pauses between words.
func TestWhoSpeaks(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.talk()
		d.pass(time.Second)
		d.lacks("● you", "● them")
		for range 20 { // words and pauses of half a second
			d.tel.speak(-50, -12)
			d.pass(300 * time.Millisecond)
			d.reads("● them")
			d.tel.speak(-50, audio.Floor)
			d.pass(500 * time.Millisecond)
			d.reads("● them")
			d.lacks("● you")
		}
		d.pass(2 * time.Second)
		d.lacks("● them")
		d.tel.speak(-12, -50)
		d.pass(300 * time.Millisecond)
		d.reads("● you")
		d.press("m") // whoever is muted speaks to nobody
		d.lacks("● you")
	})
}

// A meter falls slowly, and where it was highest stays marked for longer.
func TestMeterHoldsItsPeak(t *testing.T) {
	now := time.Unix(0, 0)
	m := newMeter()
	take := func(level float64, after time.Duration) {
		now = now.Add(after)
		m.take(level, now, true)
	}
	take(-6, 0)
	take(audio.Floor, meterTick)
	if m.level != -6-meterFall || m.peak != -6 {
		t.Errorf("a tick later the level is %v, the peak %v", m.level, m.peak)
	}
	take(-3, meterTick)
	if m.level != -3 || m.peak != -3 {
		t.Errorf("a louder sound: level %v, peak %v", m.level, m.peak)
	}
	for range 14 {
		take(audio.Floor, meterTick)
	}
	if m.peak != -3 {
		t.Errorf("the peak fell to %v already", m.peak)
	}
	take(audio.Floor, meterTick)
	if m.peak == -3 || m.peak != m.level {
		t.Errorf("the peak is %v after its time, the level %v", m.peak, m.level)
	}
}

// A meter has as many cells as it is told, whatever it shows.
func TestMeterWidth(t *testing.T) {
	s := newStyles(true, Language{})
	for _, level := range []float64{audio.Floor, -54, -30, -1, 0, 12} {
		for _, peak := range []float64{audio.Floor, level, 0, 12} {
			for _, width := range []int{1, 4, 40} {
				if got := len([]rune(ansi.Strip(s.meter(meter{level: level, peak: peak}, width)))); got != width {
					t.Errorf("%v, peak %v: %d cells, not %d", level, peak, got, width)
				}
			}
		}
	}
	if got, want := ansi.Strip(s.meter(meter{level: -27, peak: -9}, 12)), "━━━━━━───━──"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// On both sides one sees who is muted.
func TestBothMuted(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		id := d.talk()
		d.tel.act(id, "bob", "laptop", calls.SetMuted{Audio: true})
		d.press("m")
		d.reads("you muted", "them muted", "m unmute")
	})
}
