package ui

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/exp/golden"

	"tring/audio"
	"tring/calls"
)

// phoneSettings are the settings of a phone, and its sound.
type phoneSettings struct {
	mu      sync.Mutex
	values  map[string]Setting
	newest  map[string]int
	changed []string // "audio.gain=3"
	fails   error    // of the next change
	devices SoundDevices
	missing error // of the devices
	heard   audio.Recording
	broken  error // of the microphone
	level   float64
	tried   []string // what was tried out, in order
}

func newPhoneSettings() *phoneSettings {
	return &phoneSettings{
		newest: map[string]int{}, level: -20,
		values: usualSettings(),
		devices: SoundDevices{
			Microphones: []string{"Built-in Audio", "USB Headset", "USB Headset 2"}, Speakers: []string{"Built-in Audio", "HDMI"},
			Hears: "Built-in Audio", Plays: "Built-in Audio", Canceller: true,
		},
		heard: audio.Recording{Verdict: audio.Good, Speech: -22, Noise: -61},
	}
}

func usualSettings() map[string]Setting {
	all := map[string]Setting{}
	for key, value := range map[string]string{
		"label": "laptop", "ring_time": "0s", "motion": "true", "mouse": "true", "bell": "true", "notify": "auto", "talk": "open",
		"theme": "dark", "lang": "en", "audio.input": "", "audio.output": "", "audio.ring": "", "audio.canceller": "auto",
		"audio.noise": "normal", "audio.level": "true", "audio.gain": "0", "audio.low_delay": "false", "audio.dtx": "false",
		"tones.country": "", "tones.ring": "", "tones.volume": "0",
	} {
		all[key] = Setting{Values: []string{value}}
	}
	return all
}

func (p *phoneSettings) Read() map[string]Setting {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.values)
}

func (p *phoneSettings) Change(_ context.Context, c Change) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.Number < p.newest[c.Key] {
		return nil
	}
	p.newest[c.Key] = c.Number
	p.changed = append(p.changed, c.Key+"="+strings.Join(c.Values, ","))
	err := p.fails
	if p.fails = nil; err != nil && !errors.Is(err, ErrNotWritten) {
		return err
	}
	s := p.values[c.Key]
	if s.Values = c.Values; len(c.Values) == 0 {
		s.Values = usualSettings()[c.Key].Values
	}
	if p.values[c.Key] = s; s.Values == nil {
		delete(p.values, c.Key)
	}
	return err
}

func (p *phoneSettings) Language(setting string) Language {
	return LanguageOf(setting, func(string) string { return "" })
}

func (p *phoneSettings) Devices(context.Context) (SoundDevices, error) { return p.devices, p.missing }

func (p *phoneSettings) try(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tried = append(p.tried, what)
}

// trials are what was tried out so far, in order.
func (p *phoneSettings) trials() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.tried)
}

// within waits for a while, or for the end of ctx.
func within(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *phoneSettings) Hear(ctx context.Context, long time.Duration) (audio.Recording, error) {
	p.try(fmt.Sprintf("hear %v", long))
	if p.broken != nil {
		return audio.Recording{}, p.broken
	}
	defer p.try("heard")
	return p.heard, within(ctx, long)
}

func (p *phoneSettings) Level() float64 { return p.level }

func (p *phoneSettings) PlayBack(ctx context.Context) error {
	p.try("play")
	return within(ctx, trialTime)
}

func (p *phoneSettings) Ring(ctx context.Context) error {
	p.try("ring")
	defer p.try("rung")
	return within(ctx, time.Second)
}

// did checks what was changed since the last such check.
func (p *phoneSettings) did(t *testing.T, wants ...string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if got := strings.Join(p.changed, "; "); got != strings.Join(wants, "; ") {
		t.Fatalf("changed was %q, not %q", got, wants)
	}
	p.changed = nil
}

// atSettings runs a test on the page of settings.
func atSettings(t *testing.T, width, height int, test func(*desk, *phoneSettings)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newPhoneSettings()
		d := newDesk(t, width, height, Config{Motion: true, Mouse: true, Bell: true, Theme: ThemeDark, Settings: p, Sounder: p})
		d.tel.connect(fourContacts()...)
		d.settle()
		defer d.leave()
		test(d, p)
	})
}

// goTo opens the page, at a setting of this name.
func (d *desk) goTo(group int, name string) {
	d.t.Helper()
	if _, open := d.model.room.(*settingsRoom); !open {
		d.press(",")
	}
	r, open := d.model.room.(*settingsRoom)
	if !open {
		d.t.Fatalf("the settings did not open:\n%s", d.screen())
	}
	for r.group != group {
		d.press("tab")
	}
	d.press("home")
	for range d.model.settingItems(r.open()) {
		if strings.Contains(d.screen(), "› "+name) {
			return
		}
		d.press("down")
	}
	d.t.Fatalf("there is no %q:\n%s", name, d.screen())
}

const (
	groupSound = iota
	groupBell
	groupScreen
	groupKeys
	groupPhone
)

func TestSettingsByKey(t *testing.T) {
	for _, test := range []struct {
		name    string
		group   int
		item    string
		keys    string
		changed string // all changes
		reads   string
	}{
		{"less gain", groupSound, "Gain", "left left", "audio.gain=-1; audio.gain=-2", "−2 dB"},
		{"more gain", groupSound, "Gain", "right + enter", "audio.gain=1; audio.gain=2; audio.gain=3", "+3 dB"},
		{"no quieter bell than the quietest", groupBell, "Volume", "right", "", "0 dB"},
		{"the canceller", groupSound, "Echo canceller", "enter", "audio.canceller=on", "Echo canceller on"},
		{"the canceller, round", groupSound, "Echo canceller", "left", "audio.canceller=off", "Echo canceller off"},
		{"noise", groupSound, "Noise", "space", "audio.noise=off", "left in"},
		{"level", groupSound, "Even loudness", "enter", "audio.level=false", "Even loudness off"},
		{"packets", groupSound, "Packets", "enter", "audio.low_delay=true", "10 ms: sooner"},
		{"silence", groupSound, "Silence", "enter", "audio.dtx=true", "not sent"},
		{"as usual", groupSound, "Gain", "right del", "audio.gain=1; audio.gain=", "0 dB"},
		{"the microphone", groupSound, "Microphone", "enter j j enter", "audio.input=USB Headset", "USB Headset"},
		{"the microphone stays", groupSound, "Microphone", "enter j esc", "", "the system's"},
		{"the last speaker", groupSound, "Speaker", "enter end enter", "audio.output=HDMI", "HDMI"},
		{"the bell's device", groupBell, "Rings on", "enter down enter", "audio.ring=Built-in Audio", "Rings on Built-in Audio"},
		{"a ring tone", groupBell, "Ring tone", "enter /x.wav enter", "tones.ring=/x.wav", "/x.wav"},
		{"a ring tone stays", groupBell, "Ring tone", "enter /x.wav esc", "", "the phone's own"},
		{"no ring tone", groupBell, "Ring tone", "enter enter", "tones.ring=", "the phone's own"},
		{"a country", groupBell, "Tones of", "enter JP enter", "tones.country=JP", "JP"},
		{"the terminal's bell", groupBell, "Terminal's bell", "enter", "bell=false", "bell off"},
		{"notifications", groupBell, "Notifications", "left", "notify=off", "Notifications off"},
		{"no motion", groupScreen, "Motion", "enter", "motion=false", "Motion off"},
		{"no mouse", groupScreen, "Mouse", "enter", "mouse=false", "Mouse off"},
		{"ring time", groupPhone, "Rings for", "right right", "ring_time=45s; ring_time=50s", "50 s"},
		{"ring time of the server", groupPhone, "Rings for", "right del", "ring_time=45s; ring_time=", "by the server"},
		{"the phone's name", groupPhone, "Phone's name", "enter ! enter", "label=laptop!", "laptop!"},
		{"push to talk", groupPhone, "Talk", "enter", "talk=push", "push to talk"},
		{"a key", groupKeys, "mute", "enter u", "keys.mute=u", "mute u"},
		{"one more key", groupKeys, "mute", "right u", "keys.mute=m,u", "mute m u"},
		{"one key less", groupKeys, "hang up", "right u left", "keys.hang_up=h,u; keys.hang_up=h", "hang up h"},
		{"not less than one", groupKeys, "mute", "left", "", "mute m"},
		{"no new key", groupKeys, "mute", "enter esc", "", "mute m"},
		{"the usual key", groupKeys, "mute", "enter u del", "keys.mute=u; keys.mute=", "mute m"},
	} {
		t.Run(test.name, func(t *testing.T) {
			atSettings(t, 80, 24, func(d *desk, p *phoneSettings) {
				d.goTo(test.group, test.item)
				for _, k := range strings.Fields(test.keys) {
					switch {
					case k == "del":
						d.press("delete")
					case strings.HasPrefix(k, "/x"), k == "JP":
						d.typed(k)
					default:
						d.press(k)
					}
				}
				d.settle()
				if got := strings.Join(p.changed, "; "); got != test.changed {
					t.Errorf("changed was %q, not %q", got, test.changed)
				}
				d.reads(test.reads)
				d.isSane()
			})
		})
	}
}

// Keys are quicker than files: each stroke counts from the one before, and
// answers that come late change nothing.
func TestFastStrokes(t *testing.T) {
	atSettings(t, 80, 24, func(d *desk, p *phoneSettings) {
		d.goTo(groupSound, "Gain")
		var late []tea.Cmd
		for range 5 {
			_, cmd := d.model.Update(keyNamed("right"))
			late = append(late, cmd)
		}
		d.reads("+5 dB")
		for _, cmd := range late {
			d.run(cmd)
			d.settle()
			d.reads("+5 dB")
		}
		if got := p.values["audio.gain"].Values[0]; got != "5" {
			t.Errorf("the gain is %s", got)
		}
	})
}

// The page is found by typing, too, and the help names its key.
func TestTheWayToTheSettings(t *testing.T) {
	atSettings(t, 80, 24, func(d *desk, _ *phoneSettings) {
		d.press("?")
		d.typed("sett")
		d.reads(", settings")
		d.press("esc", "ctrl+p")
		d.typed("settings")
		d.press("enter")
		d.reads("Microphone")
		d.press(",")
		d.reads("Bob Okafor")
		d.press("tab", ",", "q", "esc", "/", ",")
		d.reads("/ ,")
		d.lacks("Microphone")
	})
	atDesk(t, 80, 24, func(d *desk) { // a phone that has none
		d.press(",", "?")
		d.lacks("settings", "Microphone")
	})
}

// What concerns the screen holds at once.
func TestSettingsOfTheScreenHoldAtOnce(t *testing.T) {
	atSettings(t, 80, 24, func(d *desk, _ *phoneSettings) {
		dark := d.model.View().Content
		d.goTo(groupScreen, "Colours")
		d.press("enter") // light
		d.press("esc")
		if d.model.View().Content == dark {
			t.Error("it is as dark as before")
		}
		d.goTo(groupScreen, "Mouse")
		d.press("enter")
		if d.model.View().MouseMode != tea.MouseModeNone {
			t.Error("it takes the mouse still")
		}
		d.goTo(groupScreen, "Language")
		d.press("right")
		d.reads("Sprache", "Deutsch", "Bildschirm")
		d.press("esc")
		d.reads("Leute", "anrufen")
		d.press(",", "tab", "tab", "j", "left")
		d.reads("Language")
	})
}

// The terminal tells its background when it is asked again.
func TestTheThemeOfTheTerminal(t *testing.T) {
	atSettings(t, 80, 24, func(d *desk, _ *phoneSettings) {
		d.goTo(groupScreen, "Colours")
		d.press("left")
		d.reads("as the terminal")
		dark := d.model.View().Content
		d.tell(background(0xffff))
		if d.model.View().Content == dark {
			t.Error("on a light background it stays dark")
		}
	})
}

func TestAKeyWithAnotherMeaningIsRefusedWithBothNames(t *testing.T) {
	atSettings(t, 80, 24, func(d *desk, p *phoneSettings) {
		d.goTo(groupKeys, "mute")
		d.press("enter", "h")
		d.reads("“h” is “hang up” already, and cannot be “mute”")
		p.did(t)
		d.press("u")
		p.did(t, "keys.mute=u")
		d.press("esc")
		d.talk()
		d.press("m")
		d.did()
		d.press("u")
		d.did("mute")
		d.reads("u unmute")
	})
}

func TestAcceptAndSwapMayShareAKey(t *testing.T) {
	atSettings(t, 80, 24, func(d *desk, p *phoneSettings) {
		d.goTo(groupKeys, "accept")
		d.press("enter", "y")
		p.did(t, "keys.accept=y")
		d.press("esc")
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.settle()
		d.reads("y accept")
	})
}

func TestTheCanceller(t *testing.T) {
	for _, test := range []struct {
		devices SoundDevices
		setting string
		reads   string
	}{
		{SoundDevices{Plays: "Built-in Audio", Canceller: true}, "auto", "On now: “Built-in Audio” sounds into the room."},
		{SoundDevices{Plays: "AirPods", Canceller: true}, "auto", "Off now: “AirPods” sounds into ears."},
		{SoundDevices{Canceller: true}, "auto", "On now: the speaker"},
		{SoundDevices{Plays: "AirPods", Canceller: true}, "on", "Keeps others from hearing themselves"},
		{SoundDevices{}, "auto", "no echo canceller built in"},
	} {
		t.Run(test.reads, func(t *testing.T) {
			atSettings(t, 80, 24, func(d *desk, p *phoneSettings) {
				p.devices = test.devices
				p.values["audio.canceller"] = Setting{Values: []string{test.setting}}
				d.goTo(groupSound, "Echo canceller")
				d.reads(test.reads)
			})
		})
	}
}

func TestTheMicrophoneIsTested(t *testing.T) {
	for _, test := range []struct {
		verdict audio.Verdict
		reads   []string
	}{
		{audio.Good, []string{"Test good", "Your voice was at -22 dB, the room at -61 dB."}},
		{audio.TooQuiet, []string{"Test too quiet", "Come nearer, or raise the gain."}},
		{audio.Clipping, []string{"Test too loud", "Lower the gain"}},
		{audio.NoSignal, []string{"Test no signal", "is it muted?"}},
	} {
		t.Run(string(test.verdict), func(t *testing.T) {
			atSettings(t, 80, 24, func(d *desk, p *phoneSettings) {
				p.heard.Verdict = test.verdict
				d.goTo(groupSound, "Test")
				d.press("enter")
				d.pass(time.Second)
				d.reads("speak now", "━━━")
				d.pass(trialTime)
				d.reads("you should hear yourself")
				d.pass(trialTime)
				d.reads(test.reads...)
				if got := strings.Join(p.trials(), ", "); got != "hear 3s, heard, play" {
					t.Errorf("tried was %s", got)
				}
			})
		})
	}
}

// Listening ends with the key that began it, with the page, and when a call
// needs the devices.
func TestListening(t *testing.T) {
	for name, end := range map[string]func(*desk){
		"the key":   func(d *desk) { d.press("enter") },
		"esc":       func(d *desk) { d.press("esc") },
		"another":   func(d *desk) { d.press("j", "enter"); d.pass(time.Millisecond) },
		"a call":    func(d *desk) { d.tel.ring(otherCall, "carla", calls.Audio); d.pass(time.Second) },
		"forgotten": func(d *desk) { d.pass(listenMost + time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			atSettings(t, 80, 24, func(d *desk, p *phoneSettings) {
				d.goTo(groupSound, "Level now")
				d.reads("not listening")
				d.press("enter")
				d.pass(time.Second)
				d.reads("━━━")
				end(d)
				d.settle()
				if !slices.Contains(p.trials(), "heard") {
					t.Errorf("it listens still: %v\n%s", p.trials(), d.screen())
				}
			})
		})
	}
}

func TestTheBellRings(t *testing.T) {
	atSettings(t, 80, 24, func(d *desk, p *phoneSettings) {
		d.goTo(groupBell, "Hear it")
		d.press("enter")
		d.reads("Hear it ringing", "enter stop")
		d.pass(2 * time.Second)
		d.reads("a round of the bell")
		d.press("enter", "enter")
		if got := strings.Join(p.trials(), ", "); got != "ring, rung, ring, rung" {
			t.Errorf("tried was %s", got)
		}
	})
}

func TestSoundThatCannotBeTriedSaysWhy(t *testing.T) {
	atSettings(t, 80, 24, func(d *desk, p *phoneSettings) {
		p.broken = errors.New("no microphone: no microphone found: plug one in")
		p.missing = errors.New("the sound server is away")
		d.goTo(groupSound, "Test")
		d.press("enter")
		d.reads("No microphone found")
		d.goTo(groupSound, "Speaker")
		d.press("enter")
		d.reads("No list: the sound server is away")
	})
}

// A setting that was not written holds all the same, and a line says so; one
// that was refused is as before.
func TestSettingsThatFail(t *testing.T) {
	atSettings(t, 80, 24, func(d *desk, p *phoneSettings) {
		d.goTo(groupSound, "Gain")
		p.fails = fmt.Errorf("/s.toml: audio.gain changed meanwhile, to 7 (%w)", ErrNotWritten)
		d.press("right")
		d.reads("+1 dB", "It holds for this run only: /s.toml: audio.gain changed meanwhile, to 7")
		d.press("right")
		d.lacks("this run only")
		d.goTo(groupBell, "Ring tone")
		p.fails = errors.New("sound file \"x\": no such file")
		d.press("enter", "x", "enter")
		d.reads("the phone's own", "Not changed: sound file")
	})
}

func TestWhatTheEnvironmentSetsIsMarked(t *testing.T) {
	atSettings(t, 80, 24, func(d *desk, p *phoneSettings) {
		p.values["theme"] = Setting{[]string{"light"}, "TRING_THEME"}
		d.goTo(groupScreen, "Colours")
		d.reads("light * TRING_THEME", "TRING_THEME in the environment sets this at each start.")
		d.resize(40, 12)
		d.reads("light *")
		d.press("enter")
		p.did(t, "theme=auto")
	})
}

// Over a call the page stays until it is closed; the call goes on.
func TestSettingsDuringACall(t *testing.T) {
	atSettings(t, 80, 24, func(d *desk, p *phoneSettings) {
		d.talk()
		d.tel.levels = audio.Levels{In: -10, Out: audio.Floor}
		d.press(",")
		d.pass(time.Second)
		d.reads("Settings", "Microphone", "━━━")
		d.press("enter", "j", "enter")
		p.did(t, "audio.input=Built-in Audio")
		d.goTo(groupSound, "Test")
		d.press("enter")
		d.reads("Not during a call.")
		d.press("q")
		d.reads("hang up")
		d.did()
		d.press(",", "ctrl+c")
		d.reads("Hang up on Bob Okafor and quit?")
	})
}

// The keys of the microphone work over the page and its sheets, but where letters
// are typed. The key to talk changes a setting only where there is nothing to
// talk into.
func TestTheMicrophoneOverTheSettings(t *testing.T) {
	atSettings(t, 80, 24, func(d *desk, p *phoneSettings) {
		d.talk()
		d.press(",")
		d.reads("m mute")
		d.press("m")
		d.did("mute")
		d.reads("m unmute")
		d.tell(tea.KeyReleaseMsg{Code: 'x'}) // this terminal reports releases
		d.down()
		d.did("unmute")
		d.up()
		d.did("mute")
		d.press("m")
		d.did("unmute")
		d.goTo(groupSound, "Noise")
		d.press("space")
		d.did()
		p.did(t, "audio.noise=off")
		d.goTo(groupSound, "Microphone")
		d.press("enter", "m")
		d.did("mute")
		d.press("esc", "ctrl+p")
		d.typed("unm")
		d.press("enter")
		d.did("unmute")
		d.goTo(groupPhone, "Phone's name")
		d.press("enter", "m", "space", "enter")
		d.did()
		p.did(t, "label=laptopm")
		d.goTo(groupKeys, "record")
		d.press("enter", "m")
		d.reads("“m” is “mute” already")
		d.press("esc", "?")
		d.reads("mute, on every page", "talk, on every page")
		d.did()
	})
}

// A call that begins takes the screen over, and no sheet of the page lies on it.
func TestACallTakesTheSettingsOver(t *testing.T) {
	atSettings(t, 80, 24, func(d *desk, p *phoneSettings) {
		d.goTo(groupKeys, "mute")
		d.press("enter")
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.settle()
		d.hit("a")
		d.did("accept")
		d.tel.media(otherCall, "carla-laptop", calls.MediaConnected)
		d.settle()
		d.press("h")
		d.did("end")
		p.did(t)
		d.hit("esc")
		d.reads("Settings")
	})
}

func TestSettingsByMouse(t *testing.T) {
	for _, size := range sizes {
		t.Run(fmt.Sprintf("%dx%d", size.width, size.height), func(t *testing.T) {
			atSettings(t, size.width, size.height, func(d *desk, p *phoneSettings) {
				d.press(",")
				d.click("Screen")
				d.reads("Colours")
				d.click("Motion")
				d.reads("› Motion")
				d.click("Motion")
				p.did(t, "motion=false")
				d.click("Sound")
				d.click("Microphone")
				d.pass(time.Second)
				d.click("enter change")
				d.click("USB Headset 2")
				p.did(t, "audio.input=USB Headset 2")
				d.click("esc")
				d.reads("Echo")
			})
		})
	}
}

func TestPasteIntoASetting(t *testing.T) {
	atSettings(t, 80, 24, func(d *desk, p *phoneSettings) {
		d.goTo(groupBell, "Ring tone")
		d.press("enter")
		d.tell(tea.PasteMsg{Content: " '/tones/a b.wav'\n"})
		d.press("enter")
		p.did(t, "tones.ring=/tones/a b.wav")
	})
}

// Letters of a field are no commands, and keys that are set do nothing else.
func TestTypingInSettingsIsNoCommand(t *testing.T) {
	atSettings(t, 80, 24, func(d *desk, p *phoneSettings) {
		d.goTo(groupPhone, "Phone's name")
		d.press("enter")
		d.typed("q?,x A")
		d.press("enter")
		p.did(t, "label=laptopq?,x A")
		if d.quit {
			t.Error("it quit")
		}
	})
}

func TestIdleSettingsDoNotMove(t *testing.T) {
	atSettings(t, 80, 24, func(d *desk, _ *phoneSettings) {
		d.press(",")
		d.pass(time.Second)
		if every, moves := d.model.pace(); moves {
			t.Errorf("it moves every %v", every)
		}
	})
}

func settingsScenes() map[string]func(*desk, *phoneSettings) {
	return map[string]func(*desk, *phoneSettings){
		"sound":   func(d *desk, _ *phoneSettings) { d.goTo(groupSound, "Echo canceller") },
		"bell":    func(d *desk, _ *phoneSettings) { d.goTo(groupBell, "Volume") },
		"screen":  func(d *desk, p *phoneSettings) { d.goTo(groupScreen, "Colours") },
		"keys":    func(d *desk, _ *phoneSettings) { d.goTo(groupKeys, "hang up") },
		"phone":   func(d *desk, _ *phoneSettings) { d.goTo(groupPhone, "Rings for") },
		"devices": func(d *desk, _ *phoneSettings) { d.goTo(groupSound, "Microphone"); d.press("enter") },
		"field":   func(d *desk, _ *phoneSettings) { d.goTo(groupPhone, "Phone's name"); d.press("enter") },
		"key":     func(d *desk, _ *phoneSettings) { d.goTo(groupKeys, "mute"); d.press("enter", "h") },
		"call":    func(d *desk, _ *phoneSettings) { d.talk(); d.goTo(groupSound, "Gain"); d.pass(time.Second) },
		"german": func(d *desk, _ *phoneSettings) {
			d.goTo(groupScreen, "Language")
			d.press("right", "tab", "tab", "tab")
		},
		"test": func(d *desk, _ *phoneSettings) {
			d.goTo(groupSound, "Test")
			d.press("enter")
			d.pass(time.Second)
		},
	}
}

func TestSettingsScreens(t *testing.T) {
	for name, scene := range settingsScenes() {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s-%dx%d", name, size.width, size.height), func(t *testing.T) {
				atSettings(t, size.width, size.height, func(d *desk, p *phoneSettings) {
					p.values["audio.gain"] = Setting{[]string{"3"}, "TRING_AUDIO_GAIN"}
					p.values["keys.mute"] = Setting{Values: []string{"m", "u"}}
					scene(d, p)
					d.isSane()
					shown := trimmed(d.terminal(colorprofile.TrueColor).String())
					if drawn := trimmed(d.screen()); shown != drawn {
						t.Errorf("the terminal shows\n%s\n\nand the model drew\n%s", shown, drawn)
					}
					golden.RequireEqual(t, shown)
				})
			})
		}
	}
}

// The colours of the settings, on dark and on light, and with NO_COLOR, where
// shapes, words and bold type say the same.
func TestSettingsInColour(t *testing.T) {
	for _, name := range []string{"sound", "keys", "devices", "field", "key", "call", "test"} {
		for look, cfg := range colourings() {
			t.Run(name+"-"+look, func(t *testing.T) {
				atSettings(t, 80, 24, func(d *desk, p *phoneSettings) {
					p.values["theme"] = Setting{Values: []string{string(cfg.theme)}}
					p.values["audio.gain"] = Setting{[]string{"3"}, "TRING_AUDIO_GAIN"}
					d.model.setTheme(cfg.theme)
					settingsScenes()[name](d, p)
					golden.RequireEqual(t, trimmed(d.terminal(cfg.colours).Render()))
				})
			})
		}
	}
}

func TestSettingsFitEverySize(t *testing.T) {
	for group := range settingsGroups() {
		atSettings(t, 80, 24, func(d *desk, _ *phoneSettings) {
			d.press(",")
			for range group {
				d.press("tab")
			}
			for width := 0; width <= 200; width += 1 + width/5 {
				for height := 0; height <= 60; height += 1 + height/5 {
					d.resize(width, height)
					d.isSane()
				}
			}
		})
	}
}
