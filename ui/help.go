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

func (quitting) box(m *Model) []line { return m.quitBox() }

// keys are the answers, and what the microphone obeys meanwhile.
func (quitting) keys(m *Model) []key.Binding {
	keys := []key.Binding{m.keys.Yes, m.keys.No}
	if held, ok := m.view.Held(); ok && held.Call.Status == calls.Ongoing {
		keys = append(keys, m.microphoneKeys(held)...)
	}
	return keys
}

// leave hangs up and quits; the other side is told before the program ends, and
// what was turned a moment ago is remembered.
func (m *Model) leave() tea.Cmd {
	unkept, keep := m.unkeptVolumes(), m.cfg.KeepVolume
	held, ok := m.view.Held()
	if !ok && len(unkept) == 0 {
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
		if ok {
			_ = agent.Do(ctx, calls.Command{Call: held.Call.ID, Act: act}) // if not, the call is over, or ends with the phone
		}
		for who, db := range unkept {
			_ = keep(ctx, who, db) // nobody is left to be told
		}
		return tea.QuitMsg{}
	}
}

func (m *Model) quitBox() []line {
	s, width := m.styles, m.boxText()
	text := m.lang.Say(textQuitAsk)
	if held, ok := m.view.Held(); ok {
		text = m.lang.leave(m.peer(held.Call, width))
	}
	rows := lines("")
	for _, r := range wrap(text, width, 2) {
		rows = append(rows, line{text: s.strong.Render(r)})
	}
	return m.inBox(append(rows, line{}, s.keyLine(width, m.keys.Yes, m.keys.No), line{}))
}
