package ui

import (
	"cmp"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"tring/calls"
)

// aboutCall is a sheet with all that is known of one finished call.
type aboutCall struct{ record calls.Record }

func (a aboutCall) press(m *Model, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.CallBack):
		m.sheet = nil
		return m.callBack(a.record, calls.Audio)
	case key.Matches(k, m.keys.Video):
		m.sheet = nil
		return m.callBack(a.record, calls.Video)
	case key.Matches(k, m.keys.Up):
		return a.move(m, -1)
	case key.Matches(k, m.keys.Down):
		return a.move(m, 1)
	case key.Matches(k, m.keys.SearchClose), key.Matches(k, m.keys.Details), key.Matches(k, m.keys.Quit):
		m.sheet = nil
	}
	return nil
}

// move goes to the next call in the list.
func (a aboutCall) move(m *Model, by int) tea.Cmd {
	cmd := m.moveRecent(by)
	if list := m.recent.shown().records; len(list) > 0 {
		m.sheet = aboutCall{list[m.recent.at()]}
	}
	return cmd
}

func (a aboutCall) keys(m *Model) []key.Binding {
	closing := does(m.keys.SearchClose, m.lang.Say(wordClose))
	if m.signedOut() {
		return []key.Binding{closing}
	}
	return []key.Binding{m.keys.CallBack, m.keys.Video, closing}
}

func (a aboutCall) box(m *Model) []line {
	c, s, width := a.record.Call, m.styles, m.boxText()
	words, _ := m.lang.end(c, cmp.Or(c.Reason, m.endedReason(c)), m.view.Me.User, m.peer(c, min(width, 28)))
	if a.record.Direction == calls.Incoming && c.AnsweredAt.IsZero() {
		words = m.lang.outcome(a.record) // by whose decision: not the caller's
	}
	rows := []string{
		"", m.arrow(a.record) + " " + s.strong.Render(m.peer(c, max(width-2, 1))),
		s.dim.Render(clamp(m.lang.when(a.record, m.now()), width)), "",
	}
	if a.record.Missed {
		rows = append(rows, s.alarm.Render(clamp(m.lang.Say("missed"), width)))
	} else {
		for _, r := range wrap(words, width, 2) {
			rows = append(rows, s.plain.Render(r))
		}
	}
	if lasted := m.lang.lasted(c); lasted != "" && (!c.EndedAt.IsZero() || !c.AnsweredAt.IsZero()) {
		rows = append(rows, s.dim.Render(clamp(lasted, width)))
	}
	rows = append(rows, "")
	for _, p := range c.Parties {
		rows = append(rows, m.partyRows(p, width)...)
	}
	return m.inBox(lines(append(rows, "")...))
}

// endedReason is why an answered call is over, where the record names who hung
// up.
func (m *Model) endedReason(c calls.Call) calls.Reason {
	if c.EndedBy.User != "" && c.EndedBy.User != m.view.Me.User {
		return calls.EndedByPeer
	}
	return ""
}

// partyRows are one person's part in a call: on which phone, from when to when.
// The times have a row of their own.
func (m *Model) partyRows(p calls.Party, width int) []string {
	name := m.called(string(p.User), p.Name, width)
	if p.User == m.view.Me.User {
		name = m.lang.Say(textYou)
	}
	if label := m.phoneLabel(p); label != "" {
		name = Clean(m.lang.onPhone(name, label), width)
	}
	rows := []string{m.styles.plain.Render(name)}
	if times := m.lang.stayed(p, m.clockOf(p.JoinedAt), m.clockOf(p.LeftAt)); times != "" {
		rows = append(rows, m.styles.dim.Render(clamp("  "+times, width)))
	}
	return rows
}

// phoneLabel is what the phone is called that decided for somebody: as the call
// says, or where it is an old one, as it rang or as this phone knows itself.
func (m *Model) phoneLabel(p calls.Party) string {
	if p.Label != "" {
		return Clean(p.Label, nameLimit)
	}
	for _, d := range p.Ringing {
		if d.ID == p.Device && d.Label != "" {
			return Clean(d.Label, nameLimit)
		}
	}
	if p.Device != "" && p.Device == m.view.Me.Device.ID {
		return Clean(m.view.Me.Device.Label, nameLimit)
	}
	return ""
}

// clockOf is a time of day to the second; empty for none.
func (m *Model) clockOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(m.now().Location()).Format("15:04:05")
}
