package ui

import (
	"errors"
	"fmt"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/exp/golden"

	"tring/audio"
	"tring/calls"
)

// sizes are those that every screen is looked at in.
var sizes = []struct{ width, height int }{{40, 12}, {80, 24}, {120, 40}} //nolint:gochecknoglobals // a table

const otherCall calls.ID = "01JD000000000000000000000X"

// scenes leads to every screen.
func scenes() map[string]func(*desk) {
	all := callScenes()
	maps.Copy(all, map[string]func(*desk){
		"people": func(*desk) {},
		"nobody": func(d *desk) {
			d.tel.connect()
			d.settle()
		},
		"search":        func(d *desk) { d.press("/", "o", "k") },
		"search-nobody": func(d *desk) { d.press("/", "z", "z"); d.pass(time.Second) },
		"recent":        func(d *desk) { d.press("tab") },
		"filter":        func(d *desk) { d.press("tab", "f") },
		"contact":       func(d *desk) { d.press("i") },
		"call":          func(d *desk) { d.press("tab", "down", "i") },
		"offline": func(d *desk) {
			d.tel.disconnect(errors.New("dial tcp 127.0.0.1:7433: connection refused"), false)
			d.settle()
		},
		"help":    func(d *desk) { d.press("?") },
		"actions": func(d *desk) { d.press("ctrl+p") },
	})
	return all
}

func callScenes() map[string]func(*desk) {
	return map[string]func(*desk){
		"calling": func(d *desk) { d.press("enter"); d.pass(time.Second) },
		"ringing": func(d *desk) {
			d.press("v")
			d.tel.act(testCall, "bob", "laptop", calls.Ring{})
			d.pass(12 * time.Second)
		},
		"incoming": func(d *desk) { d.tel.ring(otherCall, "carla", calls.Audio); d.pass(time.Second) },
		"call-waiting": func(d *desk) {
			d.talk()
			d.tel.ring(otherCall, "carla", calls.Video)
			d.tel.ring("01JD000000000000000000000Y", "dmitri", calls.Audio)
			d.pass(time.Second)
		},
		"callers": func(d *desk) {
			for i, who := range []calls.UserID{"carla", "dmitri", "bob"} {
				d.tel.ring(calls.ID("01JD000000000000000000000"+string(rune('X'+i))), who, calls.Audio)
			}
			d.pass(time.Second)
			d.press("down")
		},
		"connecting": func(d *desk) {
			d.press("enter")
			d.tel.act(testCall, "bob", "laptop", calls.Accept{Join: true})
			d.settle()
		},
		"talking": func(d *desk) {
			d.talk()
			d.tel.levels = audio.Levels{In: -18, Out: -6}
			d.pass(4*time.Minute + 10*time.Second)
		},
		"muted": func(d *desk) {
			d.talk()
			d.press("m")
			d.tel.levels = audio.Levels{In: audio.Floor, Out: -30, Muted: true}
			d.pass(time.Second)
		},
		"speaking": func(d *desk) { // they do, recorded, made louder; this side listens
			d.talk()
			d.tel.act(testCall, "bob", "laptop", calls.SetRecording{On: true})
			d.press("+", "+")
			d.tel.speak(-44, -9)
			d.pass(time.Second)
			d.tel.speak(-44, -30)
			d.pass(700 * time.Millisecond)
		},
		"peer-muted": func(d *desk) {
			d.talk()
			d.tel.act(testCall, "bob", "laptop", calls.SetMuted{Audio: true})
			d.tel.speak(-14, audio.Floor)
			d.pass(time.Second)
		},
		"trouble": func(d *desk) {
			d.talk()
			d.tel.stats = calls.MediaStats{LossPercent: 8.2, ConcealedLately: 7}
			d.tel.levels.Fault = "no microphone: \x1b[31mbusy"
			d.pass(2 * time.Second)
		},
		"ended": func(d *desk) {
			d.talk()
			d.tel.stats = calls.MediaStats{Rating: 74, ConcealedPercent: 1.8}
			d.pass(250 * time.Second)
			d.tel.act(testCall, "bob", "laptop", calls.End{})
			d.settle()
		},
		"quit": func(d *desk) { d.talk(); d.press("q") },
	}
}

// What a terminal shows of every screen that was sent to it, at every size.
func TestScreens(t *testing.T) {
	for name, scene := range scenes() {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s-%dx%d", name, size.width, size.height), func(t *testing.T) {
				atDesk(t, size.width, size.height, func(d *desk) {
					d.history()
					scene(d)
					d.isSane()
					drawn := trimmed(d.screen())
					shown := trimmed(d.terminal(colorprofile.TrueColor).String())
					if shown != drawn {
						t.Errorf("the terminal shows\n%s\n\nand the model drew\n%s", shown, drawn)
					}
					golden.RequireEqual(t, shown)
				})
			})
		}
	}
}

// What is good to know stands above the keys, and what came from outside in it is
// clean.
func TestBannerAndSoundNote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 80, 24, Config{
			Theme:     ThemeDark,
			Banner:    []string{"Trial: this phone's own private server.", "Call Echo to hear yourself."},
			SoundNote: "No sound device:\x1b[2J calls work silently.",
		})
		defer d.leave()
		d.tel.connect(fourContacts()...)
		d.settle()
		golden.RequireEqual(t, d.screen())
		d.press("tab")
		d.reads("calls work silently")
		d.take(SoundNote("No microphone found."))
		d.reads("No microphone found.")
		d.take(SoundNote("No sound device: calls work silently."))
		d.lacks("Trial")
		d.press("tab")
		d.resize(40, 12)
		d.reads("No sound device: calls work silently.", "Bob Okafor")
		d.lacks("Trial")
	})
}

// colouring is how a screen is drawn.
type colouring struct {
	theme   Theme
	colours colorprofile.Profile
}

// colourings are the ways that a screen's colours can be: on dark, on light, and none.
func colourings() map[string]colouring {
	return map[string]colouring{
		"dark": {ThemeDark, colorprofile.TrueColor}, "light": {ThemeLight, colorprofile.TrueColor},
		"none": {ThemeDark, colorprofile.ASCII},
	}
}

// The colours of the main screens, on dark and on light, and with NO_COLOR, where
// shapes, words and bold type say the same.
func TestScreensInColour(t *testing.T) {
	for _, name := range []string{
		"people", "search", "recent", "ringing", "talking", "muted", "trouble", "incoming", "call-waiting", "ended", "offline",
	} {
		for look, cfg := range colourings() {
			t.Run(name+"-"+look, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					d := newDesk(t, 80, 24, Config{Motion: true, Theme: cfg.theme})
					defer d.leave()
					d.tel.connect(fourContacts()...)
					d.settle()
					d.history()
					scenes()[name](d)
					golden.RequireEqual(t, trimmed(d.terminal(cfg.colours).Render()))
				})
			})
		}
	}
}

// Whatever the size, the screen fits it, and its last row says what the keys do.
func TestEverySize(t *testing.T) {
	for name, scene := range scenes() {
		t.Run(name, func(t *testing.T) {
			atDesk(t, 80, 24, func(d *desk) {
				d.history()
				scene(d)
				for width := 0; width <= 200; width += 1 + width/2 {
					for height := 0; height <= 60; height += 1 + height/2 {
						d.resize(width, height)
						d.isSane()
					}
				}
			})
		})
	}
}

func TestLightAndDark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dark := newDesk(t, 80, 24, Config{Theme: ThemeDark})
		light := newDesk(t, 80, 24, Config{Theme: ThemeLight})
		auto := newDesk(t, 80, 24, Config{})
		for _, d := range []*desk{dark, light, auto} {
			d.tel.connect(fourContacts()...)
			d.settle()
		}
		if dark.model.View().Content == light.model.View().Content {
			t.Error("light and dark look the same")
		}
		if auto.model.View().Content != dark.model.View().Content {
			t.Error("before the terminal told its background it is taken to be dark")
		}
		auto.tell(background(0xffff))
		if auto.model.View().Content != light.model.View().Content {
			t.Error("on a light background the screen is not light")
		}
		dark.leave()
	})
}
