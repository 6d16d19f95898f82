package ui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// settingsGroup is a part of the settings, by its English name.
type settingsGroup string

func settingsGroups() []settingsGroup {
	return []settingsGroup{textSetSound, textSetBell, textSetScreen, textHelp, textSetPhone}
}

// way is how a setting is changed.
type way string

const (
	byChoice    way = "choice"
	bySteps     way = "steps"
	byDevice    way = "device"
	byText      way = "text"
	byKey       way = "key"
	byListening way = "listening" // these three are no settings, but try some out
	byTest      way = "test"
	byRinging   way = "ringing"
)

// item is one row of the page. Words are English.
type item struct {
	key, name, hint string
	does            way
	choices         []choice
	steps           steps
	empty           string // what no value is called
	late            bool   // a change holds from the next start
}

type choice struct{ value, words string }

// steps are the values of a number: of decibels, or of seconds, whose zero
// means that the server decides.
type steps struct {
	least, most, by int
	seconds         bool
}

// next is the value after or before this one; it is not ok at the ends.
func (it item) next(now string, by int) (string, bool) {
	s := it.steps
	if !s.seconds {
		db, _ := strconv.ParseFloat(now, 64)
		next := min(max(db+float64(by*s.by), float64(s.least)), float64(s.most))
		return strconv.FormatFloat(next, 'f', -1, 64), next != db
	}
	d, _ := time.ParseDuration(now)
	seconds := int(d/time.Second) + by*s.by
	if d == 0 {
		seconds = 45
	}
	seconds = min(max(seconds, s.least), s.most)
	next := (time.Duration(seconds) * time.Second).String()
	return next, next != now
}

func onOff(on, off string) []choice { return []choice{{"true", on}, {"false", off}} }

// deviceKeys are the settings that name a device, and whether it is a
// microphone.
var deviceKeys = map[string]bool{"audio.input": true, "audio.output": false, "audio.ring": false} //nolint:gochecknoglobals // a table

// settingItems are the rows of a group. A setting that this phone does not have
// has none.
func (m *Model) settingItems(g settingsGroup) []item {
	var list []item
	switch g {
	case textSetSound:
		list = soundItems()
	case textSetBell:
		list = bellItems()
	case textSetScreen:
		list = screenItems()
	case textHelp:
		return m.keyItems()
	case textSetPhone:
		list = phoneItems()
	}
	return slices.DeleteFunc(list, func(it item) bool {
		if it.key == "" {
			return m.cfg.Sounder == nil
		}
		_, known := m.preferences.values[it.key]
		return !known
	})
}

func soundItems() []item {
	return []item{
		{key: "audio.input", name: textSetMicrophone, hint: textHintMicrophone, does: byDevice, empty: textSetSystems},
		{key: "audio.output", name: textSetSpeaker, hint: textHintSpeaker, does: byDevice, empty: textSetSystems},
		{key: "audio.gain", name: textSetGain, hint: textHintGain, does: bySteps, steps: steps{-20, 20, 1, false}},
		{name: textSetLevelNow, hint: textHintLevelNow, does: byListening},
		{name: textSetTest, hint: textHintTest, does: byTest},
		{
			key: "audio.canceller", name: textSetCanceller, hint: textHintCanceller, does: byChoice,
			choices: []choice{{"auto", textSetAuto}, {"on", textSetOn}, {"off", textSetOff}},
		},
		{
			key: "audio.noise", name: textSetNoise, hint: textHintNoise, does: byChoice,
			choices: []choice{{"normal", textSetTakenOut}, {"off", textSetLeftIn}},
		},
		{key: "audio.level", name: textSetEven, hint: textHintEven, does: byChoice, choices: onOff(textSetOn, textSetOff)},
		{key: "audio.low_delay", name: textSetPackets, hint: textHintPackets, does: byChoice, choices: onOff(text10ms, text20ms)},
		{key: "audio.dtx", name: textSetSilence, hint: textHintSilence, does: byChoice, choices: onOff(textSetNotSent, textSetSent)},
	}
}

func bellItems() []item {
	return []item{
		{key: "tones.ring", name: textSetRingTone, hint: textHintRingTone, does: byText, empty: textSetOwnBell},
		{name: textSetHearIt, hint: textHintHearIt, does: byRinging},
		{key: "tones.volume", name: textSetVolume, hint: textHintVolume, does: bySteps, steps: steps{-40, 0, 2, false}},
		{key: "audio.ring", name: textSetRingDevice, hint: textHintRingDevice, does: byDevice, empty: textSetAsSpeaker},
		{key: "tones.country", name: textSetCountry, hint: textHintCountry, does: byText, empty: textSetLocales},
		{key: "bell", name: textSetTerminalBell, hint: textHintTerminalBell, does: byChoice, choices: onOff(textSetOn, textSetOff)},
		{
			key: "notify", name: textSetNotify, hint: textHintNotify, does: byChoice,
			choices: []choice{{"auto", textSetAuto}, {"native", textSetNative}, {"osc", textSetByTerminal}, {"bell", textSetBellOnly}, {"off", textSetOff}},
		},
	}
}

func screenItems() []item {
	return []item{
		{
			key: "theme", name: textSetTheme, hint: textHintTheme, does: byChoice,
			choices: []choice{{string(ThemeAuto), textSetAsTerminal}, {string(ThemeDark), textSetDark}, {string(ThemeLight), textSetLight}},
		},
		{
			key: "lang", name: textSetLanguage, hint: textHintLanguage, does: byChoice,
			choices: []choice{{"auto", textSetAsSystem}, {"en", textSetEnglish}, {"de", textSetGerman}},
		},
		{key: "motion", name: textSetMotion, hint: textHintMotion, does: byChoice, choices: onOff(textSetOn, textSetOff)},
		{key: "mouse", name: textSetMouse, hint: textHintMouse, does: byChoice, choices: onOff(textSetOn, textSetOff)},
	}
}

func phoneItems() []item {
	return []item{
		{key: "label", name: textSetLabel, hint: textHintLabel, does: byText, late: true},
		{key: "ring_time", name: textSetRingTime, hint: textHintRingTime, does: bySteps, steps: steps{5, 180, 5, true}},
		{
			key: "talk", name: textSetTalk, hint: textHintTalk, does: byChoice,
			choices: []choice{{"open", textSetTalkOpen}, {"push", textSetTalkPush}},
		},
	}
}

// keyItems are the keys that may be changed, by what they do.
func (m *Model) keyItems() []item {
	var list []item
	for _, e := range m.keys.entries() {
		list = append(list, item{key: "keys." + e.name, name: e.binding.Help().Desc, hint: textHintKey, does: byKey})
	}
	return list
}

func isKey(name string) bool { return strings.HasPrefix(name, "keys.") }

// keys are the changed keys, by what they do; a change that takes a key back to
// the usual one leaves an empty list until the answer.
func (p *preferences) keys() map[string][]string {
	keys := map[string][]string{}
	for name, s := range p.values {
		if isKey(name) && len(s.Values) > 0 {
			keys[strings.TrimPrefix(name, "keys.")] = s.Values
		}
	}
	return keys
}

// bound is the binding of a setting of keys.
func (m *Model) bound(name string) (entry, bool) {
	for _, e := range m.keys.entries() {
		if "keys."+e.name == name {
			return e, true
		}
	}
	return entry{}, false
}

// actions are the keys that the last row has no room for.
func (r *settingsRoom) actions(m *Model) []key.Binding {
	k := m.keys
	keys := []key.Binding{does(k.Tab, m.lang.Say(wordNextPage)), k.TabBack, k.Top, k.Bottom}
	if it, ok := r.chosen(m); ok && it.key != "" {
		keys = append(keys, k.Usual)
	}
	return keys
}

// moreKeys gives an action one key more, or takes its last away.
func (r *settingsRoom) moreKeys(m *Model, it item, by int) (cmd tea.Cmd) {
	if by > 0 {
		m.open(&binding{item: it, more: true})
		return nil
	}
	e, ok := m.bound(it.key)
	if !ok || len(e.binding.Keys()) < 2 {
		return nil
	}
	keys := e.binding.Keys()
	return m.change(it.key, keys[:len(keys)-1]...)
}

// taken is the action that a key does already where this one would; false if
// there is none.
func (m *Model) taken(of entry, pressed string) (key.Binding, bool) {
	for _, e := range m.keys.entries() {
		if e.name != of.name && e.scope&of.scope != 0 && !same(e.name, of.name) && slices.Contains(e.binding.Keys(), pressed) {
			return *e.binding, true
		}
	}
	return key.Binding{}, false
}

// settingWords is a setting's value as a person says it.
func (m *Model) settingWords(it item) string {
	value := m.preferences.value(it.key)
	switch it.does {
	case byChoice:
		for _, c := range it.choices {
			if c.value == value {
				return m.lang.Say(c.words)
			}
		}
	case bySteps:
		return m.stepWords(it, value)
	case byKey:
		return m.keyWordsOf(it)
	case byDevice, byText:
		if value == "" && it.empty != "" {
			return m.lang.Say(it.empty)
		}
	case byListening, byTest, byRinging:
	}
	return Clean(value, maxNotice)
}

func (m *Model) stepWords(it item, value string) string {
	if !it.steps.seconds {
		if !strings.HasPrefix(value, "-") && value != "0" && value != "" {
			value = "+" + value
		}
		return m.lang.Say("%s dB", strings.Replace(value, "-", "−", 1))
	}
	d, err := time.ParseDuration(value)
	if err != nil || d == 0 {
		return m.lang.Say(textSetServers)
	}
	return m.lang.span(d)
}

func (m *Model) keyWordsOf(it item) string {
	e, _ := m.bound(it.key)
	if e.binding == nil {
		return ""
	}
	words := make([]string, 0, len(e.binding.Keys()))
	for _, k := range e.binding.Keys() {
		words = append(words, shown(k))
	}
	return strings.Join(words, "  ")
}
