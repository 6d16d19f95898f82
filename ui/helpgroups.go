package ui

import (
	"charm.land/bubbles/v2/key"
)

// helpPlace is a heading of the help.
type helpPlace int

const (
	helpPeople helpPlace = iota
	helpAlways
	helpTyping
	helpRinging
	helpCall
	helpRooms
)

// helpGroup is a heading and the keys under it, left or right where there is
// room for two columns.
type helpGroup struct {
	title string
	right bool
	keys  []key.Binding
}

// helpGroups are all keys of this phone: those that may be changed, as they are
// bound, and those that are fixed.
func (m *Model) helpGroups() []helpGroup {
	say := m.lang.Say
	groups := []helpGroup{
		helpPeople:  {title: say(textHelpPeople)},
		helpAlways:  {title: say(textHelpAlways)},
		helpTyping:  {title: say(textHelpTyping), keys: m.fixedKeys()},
		helpRinging: {title: say(textHelpRinging), right: true},
		helpCall:    {title: say(textHelpCall), right: true},
		helpRooms:   {title: say(textHelpRooms), right: true},
	}
	for _, e := range m.keys.entries() {
		if m.offers(e.name) {
			groups[e.help].keys = append(groups[e.help].keys, m.helpBinding(e))
		}
	}
	groups[helpRinging].keys = append(groups[helpRinging].keys, m.chooseKey())
	if m.cfg.Dial != nil {
		digits := key.NewBinding(key.WithHelp("0–9*#", say(wordDial)))
		groups[helpCall].keys = append(groups[helpCall].keys, digits)
	}
	return groups
}

// fixedKeys are those of a field, where every letter is a letter.
func (m *Model) fixedKeys() []key.Binding {
	k := m.keys
	return []key.Binding{does(k.SearchCall, m.lang.Say(wordTake)), k.SearchUp, k.SearchDown, k.NextField, k.SearchClose}
}

// helpBinding is a binding with the words that say what it does where nobody sees
// on which screen.
func (m *Model) helpBinding(e entry) key.Binding {
	b := *e.binding
	words := map[string]string{
		"swap": wordSwapShort, "mute": wordMuteAlways, "talk": wordTalkAlways, "yes": wordAnswerYes, "no": wordAnswerNo,
	}[e.name]
	if words == "" {
		return b
	}
	return does(b, m.lang.Say(words))
}

// offers says whether this phone has what an action is for.
func (m *Model) offers(action string) bool {
	c := m.cfg
	switch action {
	case "favourite":
		return c.Favourite != nil
	case "record":
		return c.Recorder != nil
	case "louder", "softer":
		return c.Volume != nil
	case "settings", "change", "less", "more", "usual", "tab_back":
		return c.Settings != nil
	case "account", "do_not_disturb", "remove":
		return c.Accounts != nil
	case "log", "trouble", "page_up", "page_down":
		return c.Log != nil
	case "guide":
		return c.Guide.Join != nil
	case "choose":
		return c.Accounts != nil || c.Guide.Join != nil
	case "back":
		return c.Settings != nil || c.Accounts != nil || c.Log != nil || c.Guide.Join != nil
	}
	return true
}
