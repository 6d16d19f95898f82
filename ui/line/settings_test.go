package line

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"tring/ui"
)

// desk keeps settings, and has two devices.
type desk struct {
	ui.Sounder
	values map[string]ui.Setting
	fails  error
}

func (d *desk) Read() map[string]ui.Setting { return d.values }

func (d *desk) Change(_ context.Context, c ui.Change) error {
	if d.fails == nil || errors.Is(d.fails, ui.ErrNotWritten) {
		d.values[c.Key] = ui.Setting{Values: c.Values}
	}
	return d.fails
}

func (d *desk) Language(setting string) ui.Language { return ui.LanguageOf(setting, nil) }

func (d *desk) Devices(context.Context) (ui.SoundDevices, error) {
	return ui.SoundDevices{Microphones: []string{"Headset", "We\x1bbcam"}, Speakers: []string{"Headset"}}, nil
}

func set(values ...string) ui.Setting { return ui.Setting{Values: values} }

func TestSettings(t *testing.T) {
	d := &desk{values: map[string]ui.Setting{
		"audio.input": set(""), "audio.ring": {Values: []string{"Lamp"}, Variable: "TRING_AUDIO"}, "tones.volume": set("-6"),
		"ring_time": set("0s"), "audio.canceller": set("auto"), "lang": set("auto"),
	}}
	p := sitWith(t, func(c *Console, _ *fakePhone) { c.Settings, c.Sounder = d, d })
	p.reads("Welcome.", "Type ? for help.", "1. Bob, online", "2. Eve, offline")
	list := func() {
		t.Helper()
		p.types("settings")
		p.until("6. Language: as the system")
	}
	p.enters("o", "1. Microphone: the system's", "2. Rings on: Lamp, set by TRING_AUDIO", "3. Volume of the bell: -6 decibels",
		"4. Rings for: as long as the server says", "5. Echo canceller: automatic", "6. Language: as the system")

	p.enters("1", "1. the system's", "2. Headset", "3. Wecam") // ESC b is a sequence of its own
	p.enters("2", "Microphone: Headset")
	list()
	p.enters("3", "Type decibels, from -40 to 0.")
	p.enters("-12,5 dB", "Volume of the bell: -12.5 decibels")
	list()
	p.enters("4", "Type seconds, from 5 to 180.")
	p.enters("90", "Rings for: 1 minute 30 seconds")
	list()
	p.enters("4", "Type seconds, from 5 to 180.")
	p.enters("", "Nothing was done.")

	d.fails = errors.New("audio.canceller is \"on\"; write auto")
	list()
	p.enters("5", "1. automatic", "2. on", "3. off")
	p.enters("2", `Not changed: audio.canceller is "on"; write auto`)
	d.fails = fmt.Errorf("%w: the file is locked", ui.ErrNotWritten)
	list()
	p.enters("5", "1. automatic", "2. on", "3. off")
	p.enters("3", "Echo canceller: off", "It holds for this run only: not written: the file is locked")
	d.fails = nil
	list()
	p.enters("6", "1. as the system", "2. English", "3. German")
	p.enters("3", "Sprache: Deutsch")
	p.enters("h", "Du bist nicht im Gespräch.")
}
