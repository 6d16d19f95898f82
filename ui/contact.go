package ui

import (
	"context"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"tring/calls"
)

// favouriteMsg is the server's answer to a favourite.
type favouriteMsg struct {
	who calls.Receiver
	on  bool
	err error
}

// toggleFavourite makes somebody a favourite, or no more. It shows at once; the
// server, which keeps it for all phones of the account, is told.
func (m *Model) toggleFavourite(c calls.Contact) tea.Cmd {
	favour, on := m.cfg.Favourite, !c.Favourite
	if favour == nil {
		return nil
	}
	m.people.book.wanted[c.Receiver] = on
	m.people.book.favour(c.Receiver, on)
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return favouriteMsg{c.Receiver, on, favour(ctx, c.Receiver, on)}
	}
}

// favoured takes the server's answer. Of two fast strokes the last one holds.
func (m *Model) favoured(msg favouriteMsg) tea.Cmd {
	p := &m.people
	cmd := m.refresh()
	if p.book.wanted[msg.who] == msg.on {
		delete(p.book.wanted, msg.who)
		p.book.favour(msg.who, msg.on == (msg.err == nil))
	}
	if msg.err != nil {
		m.notice = notice{m.lang.error(m.lang.favour(msg.on, m.name(msg.who.ID, nameLimit)), "", msg.err), true}
		return cmd
	}
	p.directory.askAgain()
	p.found.askAgain()
	return cmd
}

// contactRow is one contact: whether it is chosen, the presence as a shape, the
// name, where the person is, and the last call where there is room.
func (m *Model) contactRow(c calls.Contact, chosen bool, query string, width int) string {
	const whenWidth = 16 // of the last call
	mark, name := "  ", m.styles.plain
	if chosen {
		mark, name = m.styles.accent.Render("› "), m.styles.accent
	}
	nameWidth := nameColumn(width)
	whereWidth := width - 4 - nameWidth - 2
	last := ""
	if whereWidth >= whenWidth+16 {
		whereWidth -= whenWidth + 2
		if past := m.callsWith(c.Receiver.ID, 1); len(past) > 0 {
			last = "  " + m.arrow(past[0]) + " " +
				m.styles.dim.Render(clamp(m.lang.day(past[0].Call.InitiatedAt, m.now(), false), whenWidth-2))
		}
	}
	where := m.lang.where(c, m.now(), whereWidth)
	if m.outdated() {
		where = m.lang.Say(textUnknown)
		if !chosen {
			name = m.styles.dim
		}
	}
	row := mark + m.shape(c) + " "
	if whereWidth < 4 {
		return row + m.nameOf(c, name, query, max(width-4, 1))
	}
	row += pad(m.nameOf(c, name, query, nameWidth), nameWidth) + "  "
	where = m.styles.dim.Render(Clean(where, whereWidth))
	if last != "" {
		where = pad(where, whereWidth)
	}
	return row + where + last
}

// nameColumn is how wide names are in a list of this width: wide enough for most
// people, and wider where there is room.
func nameColumn(width int) int { return min(max(width*48/100, 10), max(28, width/2-8)) }

// favouriteMark stands after the name of a favourite.
const favouriteMark = " ★"

// nameOf is the name with what was searched for marked in it; where that is in
// the id alone, or another one has the same name, the id follows.
func (m *Model) nameOf(c calls.Contact, style lipgloss.Style, query string, width int) string {
	mark := ""
	if c.Favourite && width > 4 {
		mark = m.styles.dim.Render(favouriteMark)
		width -= ansi.StringWidth(favouriteMark)
	}
	name, id := m.label(c, width), Clean(c.Receiver.ID, width)
	tail := ""
	if m.people.book.shared(c.Receiver.ID, c.Name) && width >= 10 {
		if name = m.label(c, max(width-ansi.StringWidth(id)-1, width/2)); name != id {
			short := clamp(id, width-ansi.StringWidth(name)-1)
			tail = " " + m.styles.dim.Render(short)
			if from, to, ok := match(short, query); ok {
				tail = " " + m.marked(short, m.styles.dim, from, to)
			}
		}
	}
	if from, to, ok := match(name, query); ok {
		return m.marked(name, style, from, to) + tail + mark
	}
	if tail != "" {
		return style.Render(name) + tail + mark
	}
	from, to, ok := match(id, query)
	if left := width - ansi.StringWidth(name) - 1; ok && left >= min(ansi.StringWidth(id), 4) && name != id {
		if ansi.StringWidth(id) > left {
			id = clamp(id, left)
			from, to = min(from, len(id)), min(to, len(id))
		}
		return style.Render(name) + " " + m.marked(id, m.styles.dim, from, to) + mark
	}
	return style.Render(name) + mark
}

// marked underlines a part of a text: what a search found is not told by colour
// alone.
func (m *Model) marked(text string, style lipgloss.Style, from, to int) string {
	return style.Render(text[:from]) + m.styles.found(text[from:to]) + style.Render(text[to:])
}

// label is the contact's name, or else its id.
func (m *Model) label(c calls.Contact, width int) string {
	if n := Clean(c.Name, width); n != "" {
		return n
	}
	return Clean(c.Receiver.ID, width)
}

// detailRows is more about one contact: who, where, and the last calls, so many
// at most.
func (m *Model) detailRows(c calls.Contact, width, most int) []string {
	s := m.styles
	address := c.Receiver.ID
	if m.view.Me.Server != "" {
		address += "@" + m.view.Me.Server
	}
	rows := []string{s.strong.Render(m.label(c, width)), s.dim.Render(Clean(address, width))}
	if c.Favourite {
		rows = append(rows, s.dim.Render(clamp(strings.TrimSpace(favouriteMark)+" "+m.lang.Say(wordFavourite), width)))
	}
	rows = append(rows, "")
	if m.outdated() {
		rows = append(rows, s.dim.Render(m.lang.Say(textUnknown)))
	} else {
		rows = append(rows, m.whereRows(c, width)...)
	}
	past := m.callsWith(c.Receiver.ID, most)
	if len(past) > 0 {
		rows = append(rows, "")
	}
	days, clock := 16, true
	for _, r := range past { // the time of day goes where an outcome has no room
		if ansi.StringWidth(m.outcome(r)) > width-days-3 {
			days, clock = 10, false
		}
	}
	for _, r := range past {
		when := pad(m.lang.day(r.Call.InitiatedAt, m.now(), clock), days)
		rows = append(rows, clampStyled(m.arrow(r)+" "+s.dim.Render(when)+" "+m.outcome(r), width))
	}
	return rows
}

// aboutPerson is a sheet with all that is known of somebody.
type aboutPerson struct{ who calls.Receiver }

func (a aboutPerson) contact(m *Model) calls.Contact {
	if c, ok := m.contact(a.who.ID); ok {
		return c
	}
	return calls.Contact{Receiver: a.who, Presence: calls.Offline}
}

func (a aboutPerson) press(m *Model, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.Favourite):
		return m.toggleFavourite(a.contact(m))
	case key.Matches(k, m.keys.Call):
		m.sheet = nil
		return m.dial(a.who, calls.Audio)
	case key.Matches(k, m.keys.Video):
		m.sheet = nil
		return m.dial(a.who, calls.Video)
	case key.Matches(k, m.keys.Up):
		return a.move(m, -1)
	case key.Matches(k, m.keys.Down):
		return a.move(m, 1)
	case key.Matches(k, m.keys.SearchClose), key.Matches(k, m.keys.Details), key.Matches(k, m.keys.Quit):
		m.sheet = nil
	}
	return nil
}

// move goes to the next in the list, and tells of that one.
func (a aboutPerson) move(m *Model, by int) tea.Cmd {
	list := m.listed()
	cmd := m.move(list, m.chosenIn(list)+by)
	if len(list) > 0 {
		m.sheet = aboutPerson{list[m.chosenIn(list)].Receiver}
	}
	return cmd
}

func (a aboutPerson) box(m *Model) []line {
	rows := m.detailRows(a.contact(m), m.boxText(), max(min(m.height-12, 10), 1))
	return m.inBox(lines(append(slices.Insert(rows, 0, ""), "")...))
}

func (a aboutPerson) keys(m *Model) []key.Binding {
	closing := does(m.keys.SearchClose, m.lang.Say(wordClose))
	if m.signedOut() {
		return []key.Binding{closing}
	}
	return []key.Binding{m.keys.Call, m.keys.Video, m.favouriteKey(a.contact(m)), closing}
}

func (m *Model) favouriteKey(c calls.Contact) key.Binding {
	if c.Favourite {
		return does(m.keys.Favourite, m.lang.Say(wordFavouriteNot))
	}
	return m.keys.Favourite
}
