package ui

import "tring/calls"

// outdated says whether nobody knows where the others are: what the phone heard
// last may long be over.
func (m *Model) outdated() bool {
	return m.view.Link == calls.LinkDown || m.view.Link == calls.LinkClosed
}

// signedOut says whether there is no connection and none will come: nobody can be
// called.
func (m *Model) signedOut() bool { return m.view.Link == calls.LinkClosed }

// shape is a presence that needs no colour.
func (m *Model) shape(c calls.Contact) string {
	if m.outdated() {
		return m.styles.dim.Render("?")
	}
	switch c.Presence {
	case calls.Online:
		return m.styles.plain.Render("●")
	case calls.InCall:
		return m.styles.plain.Render("◐")
	case calls.Away, calls.DND:
		return m.styles.plain.Render("○")
	case calls.Offline:
	}
	return m.styles.dim.Render("·")
}

// whereRows say whether the person can be reached, and on which phones.
func (m *Model) whereRows(c calls.Contact, width int) []string {
	rows := []string{m.styles.plain.Render(m.lang.Presence(c.Presence))}
	for _, phone := range c.Phones {
		if !c.TestLine {
			rows = append(rows, m.styles.dim.Render(Clean(m.lang.Say("on %s", phone), width)))
		}
	}
	return rows
}
