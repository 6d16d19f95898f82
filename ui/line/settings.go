package line

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tring/ui"
)

// setting is one that the console can change: to one of its values, to a device,
// or to what is typed after the question. Words are English.
type setting struct {
	key, name string
	empty     string // what no value is called
	values    []value
	devices   func(ui.SoundDevices) []string
	question  string
	typed     func(string) string // what is typed as the file has it; nil: as it is
}

type value struct{ is, words string }

func microphones(d ui.SoundDevices) []string { return d.Microphones }
func speakers(d ui.SoundDevices) []string    { return d.Speakers }

// settings are all there are, in the order of the list. What only a screen has,
// such as colours, is not among them.
func settings() []setting {
	onOff := []value{{"true", "on"}, {"false", "off"}}
	return []setting{
		{key: "audio.input", name: "Microphone", empty: "the system's", devices: microphones},
		{key: "audio.output", name: "Speaker", empty: "the system's", devices: speakers},
		{key: "audio.ring", name: "Rings on", empty: "the speaker", devices: speakers},
		{key: "tones.volume", name: "Volume of the bell", question: "Type decibels, from -40 to 0.", typed: decibels},
		{key: "tones.ring", name: "Ring tone", empty: "the phone's own", question: "Type the name of a WAV or Opus file, or none."},
		{key: "ring_time", name: "Rings for", empty: "as long as the server says", question: "Type seconds, from 5 to 180.", typed: secondsTyped},
		{key: "audio.gain", name: "Microphone's gain", question: "Type decibels, from -20 to 20.", typed: decibels},
		{key: "audio.canceller", name: "Echo canceller", values: []value{{"auto", "automatic"}, {"on", "on"}, {"off", "off"}}},
		{key: "audio.noise", name: "Noise around you", values: []value{{"normal", "taken out"}, {"off", "left in"}}},
		{key: "audio.level", name: "Even loudness", values: onOff},
		{key: "talk", name: "Microphone in a call", values: []value{{"open", "open"}, {"push", "closed until you talk"}}},
		{key: "bell", name: "Terminal's bell for a call", values: onOff},
		{
			key: "notify", name: "Notifications",
			values: []value{{"auto", "automatic"}, {"native", "by the system"}, {"osc", "by the terminal"}, {"bell", "the terminal's bell"}, {"off", "off"}},
		},
		{key: "lang", name: "Language", values: []value{{"auto", "as the system"}, {"en", "English"}, {"de", "German"}}},
		{key: "label", name: "Name of this phone", question: "Type a name. It holds from the next start."},
	}
}

func decibels(typed string) string {
	return strings.TrimSpace(strings.TrimSuffix(strings.ReplaceAll(typed, ",", "."), "dB"))
}

func secondsTyped(typed string) string {
	if n, err := strconv.Atoi(typed); err == nil {
		return fmt.Sprint(n, "s")
	}
	return typed
}

// settle lists the settings with their values.
func (c *Console) settle(context.Context, string) {
	if c.Settings == nil {
		c.lacks()
		return
	}
	now := c.Settings.Read()
	var page []choice
	for _, s := range settings() {
		is, ok := now[s.key]
		if !ok {
			continue
		}
		words := c.Language.Say(s.name) + ": " + c.valueWords(s, is)
		if is.Variable != "" {
			words += ", " + c.Language.Say("set by %s", is.Variable)
		}
		page = append(page, choice{words: words, picked: func(ctx context.Context) { c.change(ctx, s) }})
	}
	c.offer(true, page, nil)
}

// valueWords are a setting's value for a person.
func (c *Console) valueWords(s setting, is ui.Setting) string {
	text := strings.Join(is.Values, ", ")
	for _, v := range s.values {
		if v.is == text {
			return c.Language.Say(v.words)
		}
	}
	d, err := time.ParseDuration(text)
	switch {
	case (text == "" || err == nil && d == 0) && s.empty != "":
		return c.Language.Say(s.empty)
	case strings.HasSuffix(s.key, ".volume") || strings.HasSuffix(s.key, ".gain"):
		return c.Language.Say("%s decibels", text)
	case err == nil && s.key == "ring_time":
		return span(c.Language, d)
	}
	return text
}

// change asks for the value of a setting.
func (c *Console) change(ctx context.Context, s setting) {
	switch {
	case s.devices != nil && c.Sounder == nil:
		c.lacks()
	case s.devices != nil:
		ask(ctx, c, c.Sounder.Devices, func(found ui.SoundDevices) {
			page := []choice{c.valueChoice(s, "", c.Language.Say(s.empty))}
			for _, name := range s.devices(found) {
				page = append(page, c.valueChoice(s, name, name))
			}
			c.offer(true, page, nil)
		})
	case s.question != "":
		c.tell(s.question)
		c.prompt = func(ctx context.Context, typed string) {
			if typed == "" {
				c.tell("Nothing was done.")
				return
			}
			if typed == "none" || typed == c.Language.Say("none") {
				typed = ""
			}
			if s.typed != nil {
				typed = s.typed(typed)
			}
			c.set(ctx, s, typed)
		}
	default:
		page := make([]choice, len(s.values))
		for i, v := range s.values {
			page[i] = c.valueChoice(s, v.is, c.Language.Say(v.words))
		}
		c.offer(true, page, nil)
	}
}

func (c *Console) valueChoice(s setting, is, words string) choice {
	return choice{words: words, picked: func(ctx context.Context) { c.set(ctx, s, is) }}
}

// set puts a setting in force, and says what it is now.
func (c *Console) set(ctx context.Context, s setting, is string) {
	c.changes++
	change := ui.Change{Number: c.changes, Key: s.key}
	if is != "" {
		change.Values = []string{is}
	}
	ask(ctx, c, func(ctx context.Context) (error, error) { //nolint:staticcheck // the first is what the change said
		return c.Settings.Change(ctx, change), nil
	}, func(err error) {
		if err != nil && !errors.Is(err, ui.ErrNotWritten) {
			c.tell("Not changed: %s", c.Language.Reason(err))
			return
		}
		now := c.Settings.Read()[s.key]
		if s.key == "lang" {
			c.Language = c.Settings.Language(strings.Join(now.Values, ""))
		}
		c.print(c.Language.Say(s.name) + ": " + c.valueWords(s, now))
		if err != nil {
			c.tell("It holds for this run only: %s", c.Language.Reason(err))
		}
	})
}
