package ui

import (
	"context"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"tring/calls"
)

// quit leaves at once, or asks first where that would end a call. Asked twice,
// it needs no answer.
func (m *Model) quit() tea.Cmd {
	if _, asked := m.sheet.(quitting); m.inCall() && !asked {
		m.open(quitting{})
		return nil
	}
	return m.leave()
}

// quitting is the question whether to hang up and quit.
type quitting struct{}

func (quitting) press(m *Model, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.Yes):
		return m.leave()
	case key.Matches(k, m.keys.No):
		m.sheet = nil
	}
	return nil
}

func (quitting) box(m *Model) []string { return m.quitBox() }

func (quitting) keys(m *Model) []key.Binding { return []key.Binding{m.keys.Yes, m.keys.No} }

// leave hangs up and quits; the other side is told before the program ends.
func (m *Model) leave() tea.Cmd {
	held, ok := m.view.Held()
	if !ok {
		return tea.Quit
	}
	agent := m.cfg.Agent
	var act calls.Act = calls.End{}
	if held.Call.Status == calls.Initiated {
		act = calls.Reject{Status: calls.Cancelled}
	}
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := agent.Do(ctx, calls.Command{Call: held.Call.ID, Act: act}); err != nil {
			return tea.QuitMsg{} // the call is over already, or ends with the phone
		}
		return tea.QuitMsg{}
	}
}

func (m *Model) quitBox() []string {
	s, width := m.styles, m.boxText()
	text := m.lang.Say(textQuitAsk)
	if held, ok := m.view.Held(); ok {
		text = m.lang.leave(m.peer(held.Call, width))
	}
	rows := []string{""}
	for _, r := range wrap(text, width, 2) {
		rows = append(rows, s.strong.Render(r))
	}
	rows = append(rows, "", s.keyRow(width, m.keys.Yes, m.keys.No), "")
	return indent(rows, min(3, margin(m.width)+1))
}

// helping explains all keys.
type helping struct{}

func (helping) press(m *Model, _ tea.KeyPressMsg) tea.Cmd {
	m.sheet = nil
	return nil
}

func (helping) box(m *Model) []string { return m.helpBox() }

func (helping) keys(m *Model) []key.Binding {
	return []key.Binding{does(m.keys.SearchClose, m.lang.Say(wordClose))}
}

// helpGroup is a heading and the keys under it.
type helpGroup struct {
	title string
	keys  []key.Binding
}

func (m *Model) helpGroups() []helpGroup {
	k := m.keys
	talking := []key.Binding{k.Mute, k.Talk, k.HangUp, does(k.Swap, m.lang.Say(wordSwapShort))}
	if m.cfg.Volume != nil {
		talking = append(talking, m.volumeKey())
	}
	if m.cfg.Recorder != nil {
		talking = append(talking, k.Record)
	}
	general := []key.Binding{k.Help, k.Palette, k.Quit, k.Suspend}
	if m.cfg.Settings != nil {
		general = append(general, k.Settings)
	}
	if m.cfg.Accounts != nil {
		general = append(general, k.Account)
	}
	if m.cfg.Log != nil {
		general = append(general, k.Log)
	}
	return []helpGroup{
		{m.lang.Say(textHelpPeople), []key.Binding{k.Up, k.Down, does(k.Call, m.lang.Say(wordCall)), k.Video, k.Search, k.Tab, k.Details, k.Favourite, k.Filter}},
		{m.lang.Say(textHelpRinging), []key.Binding{k.Accept, k.Reject, k.Busy, does(k.Stop, m.lang.Say(wordStopShort))}},
		{m.lang.Say(textHelpCall), talking},
		{m.lang.Say(textHelpAlways), general},
	}
}

// helpBox explains every key: in two columns, and without headings where there
// is little room.
func (m *Model) helpBox() []string {
	width := m.boxWidth() - 4
	half := width / 2
	groups := m.helpGroups()
	var l, r []string
	if m.roomy() && width >= 44 {
		for i := 0; i < len(groups); i += 2 {
			left, right := m.helpRows(groups[i], half), m.helpRows(groups[i+1], half)
			height := max(len(left), len(right)) + 1
			l = append(append(l, ""), fit(left, half, height-1)...)
			r = append(append(r, ""), fit(right, half, height-1)...)
		}
		l = append(l, "")
	} else {
		var all []string
		for _, g := range groups {
			all = append(all, m.helpRows(helpGroup{keys: g.keys}, half)...)
		}
		middle := (len(all) + 1) / 2
		l, r = all[:middle], all[middle:]
	}
	rows := beside(l, half, r)
	if m.cfg.Version != "" && m.roomy() {
		rows = append(rows, m.styles.dim.Render(m.lang.Say(textTitle)+" "+Clean(m.cfg.Version, width-6)), "")
	}
	return indent(rows, 2)
}

func (m *Model) helpRows(g helpGroup, width int) []string {
	var rows []string
	if g.title != "" {
		rows = append(rows, m.styles.dim.Render(g.title))
	}
	for _, b := range g.keys {
		h := b.Help()
		rows = append(rows, m.styles.accent.Render(pad(h.Key, 6))+" "+clamp(h.Desc, max(width-8, 1)))
	}
	return rows
}
