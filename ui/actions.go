package ui

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"tring/calls"
)

// action is something that can be done now: what it is called, the key that does
// it here, if one does, and what it does.
type action struct {
	words, key string
	run        func() tea.Cmd
}

// pressing is what a key does here. What the list of actions is opened over stays
// as it is until one is chosen, so that the key still does it then.
func (m *Model) pressing(b key.Binding) action {
	return action{b.Help().Desc, b.Help().Key, func() tea.Cmd { return m.pressBinding(b) }}
}

// pressingAll is pressing for each of these keys.
func (m *Model) pressingAll(keys []key.Binding) []action {
	list := make([]action, len(keys))
	for i, b := range keys {
		list[i] = m.pressing(b)
	}
	return list
}

// actor is a room with actions beside those of its last row.
type actor interface{ actions(m *Model) []key.Binding }

// actions are all that can be done now, those of the page first.
func (m *Model) actions() []action {
	list := m.pageActions()
	k, say := m.keys, m.lang.Say
	if !m.typing() {
		for _, d := range m.doors() {
			list = append(list, action{d.key.Help().Desc, d.key.Help().Key, d.enter})
		}
		list = append(list, m.pressing(k.Help))
	}
	if m.cfg.Accounts != nil && m.view.Link == calls.LinkUp {
		list = append(list, m.disturbAction())
	}
	quit := action{say(wordQuit), k.Quit.Help().Key, m.quit}
	if s := m.screen(); m.typing() || s == screenRoom || s == screenEnded { // there q is another key
		quit.key = k.Interrupt.Help().Key
	}
	list = append(list, quit, action{say(wordSuspend), k.Suspend.Help().Key, m.suspend})
	var out []action
	for _, a := range list {
		if !slices.ContainsFunc(out, func(o action) bool { return o.words == a.words }) {
			out = append(out, a)
		}
	}
	return out
}

// disturbAction lets no call ring, or again, wherever one is.
func (m *Model) disturbAction() action {
	b := m.disturbKey()
	shown := ""
	if _, here := m.room.(*accountRoom); here && m.screen() == screenRoom {
		shown = b.Help().Key
	}
	return action{b.Help().Desc, shown, m.switchPresence}
}

// pageActions are those of the page that is shown.
func (m *Model) pageActions() []action {
	var keys []key.Binding
	switch {
	case m.typing(): // a letter would go into the field
		keys = slices.DeleteFunc(m.keysNow(), types)
	case m.screen() == screenPeople:
		return m.peopleActions()
	case m.screen() == screenRecent:
		return m.recentActions()
	case m.screen() == screenTalking:
		keys = m.talkingActions()
	case m.screen() == screenRoom:
		keys = m.keysNow()
		if r, ok := m.room.(actor); ok {
			keys = append(keys, r.actions(m)...)
		}
		if held, ok := m.view.Held(); ok {
			keys = append(keys, m.microphoneKeys(held)...)
		}
	default:
		keys = m.keysNow()
	}
	return m.pressingAll(keys)
}

// types says whether the key of a binding types a letter into a field.
func types(b key.Binding) bool {
	keys := b.Keys()
	return len(keys) > 0 && keyNamed(keys[0]).Text != ""
}

// peopleActions are for the chosen one, and for the list.
func (m *Model) peopleActions() []action {
	k, say := m.keys, m.lang.Say
	var keys []key.Binding
	if list := m.listed(); len(list) > 0 {
		if !m.signedOut() {
			keys = append(keys, k.Call, does(k.Video, say(wordVideoCall)))
		}
		if keys = append(keys, k.Details); m.cfg.Favourite != nil {
			keys = append(keys, m.favouriteKey(list[m.chosenIn(list)].Contact))
		}
	}
	keys = append(keys, k.Search, does(k.Tab, say(wordShowRecent)), does(k.Top, say(wordGoTop)), does(k.Bottom, say(wordGoBottom)))
	return append(m.pressingAll(keys), action{say(wordShowMissed), "", func() tea.Cmd {
		return tea.Batch(m.openRecent(), m.filterCalls(missedCalls))
	}})
}

// recentActions are for the chosen call, and for the list.
func (m *Model) recentActions() []action {
	k, say := m.keys, m.lang.Say
	var keys []key.Binding
	if len(m.recent.shown().records) > 0 {
		if !m.signedOut() {
			keys = append(keys, k.CallBack, does(k.Video, say(wordVideoCall)))
		}
		keys = append(keys, k.Details)
	}
	keys = append(keys, k.Search, does(k.Tab, say(wordShowPeople)), does(k.Top, say(wordGoTop)), does(k.Bottom, say(wordGoBottom)))
	list := m.pressingAll(keys)
	for _, f := range filters() {
		if f == m.recent.filter {
			continue
		}
		a := action{m.lang.showing(f), "", func() tea.Cmd { return m.filterCalls(f) }}
		if f == m.recent.filter.next() {
			a.key = k.Filter.Help().Key
		}
		list = append(list, a)
	}
	return list
}

// keysNow are the keys of the last row.
func (m *Model) keysNow() []key.Binding {
	if m.sheet != nil {
		return m.sheet.keys(m)
	}
	switch m.screen() {
	case screenOutgoing:
		return []key.Binding{m.keys.Stop}
	case screenTalking:
		return m.talkingKeys()
	case screenEnded:
		return m.endedKeys()
	case screenRoom:
		return m.room.keys(m)
	case screenRecent:
		return m.recentKeys()
	case screenPeople:
	}
	return m.peopleKeys()
}
