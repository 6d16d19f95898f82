package ui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"tring/calls"
)

// View implements tea.Model.
func (m *Model) View() tea.View {
	rows := m.rows()
	m.zones.rows, m.zones.scene = rows, m.scene()
	v := tea.NewView(strings.Join(m.settled(rows), "\n"))
	v.AltScreen = true
	v.WindowTitle = m.title()
	v.ProgressBar = m.progress()
	v.ReportFocus = true
	v.KeyboardEnhancements.ReportEventTypes = true // for the key to talk
	if m.cfg.Mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	if m.screen() == screenPeople && !m.covered() {
		v.Cursor = m.searchCursor()
	}
	return v
}

// rows is the whole screen: height rows of at most width columns.
func (m *Model) rows() []string {
	if m.width == 0 || m.height == 0 {
		return nil
	}
	m.zones.hits = m.zones.hits[:0]
	base := m.base()
	switch {
	case m.waiting.call != "":
		return m.overlay(base, m.incomingBox(), m.incomingKeys())
	case m.sheet != nil:
		return m.overlay(base, m.sheet.box(m), m.sheet.keys(m))
	}
	return base
}

func (m *Model) covered() bool { return m.waiting.call != "" || m.sheet != nil }

func (m *Model) base() []string {
	var keys []key.Binding
	if !m.covered() { // else they are those of what lies on top
		keys = m.keysNow()
	}
	switch m.screen() {
	case screenOutgoing:
		return m.stage(m.outgoingRows(), keys...)
	case screenTalking:
		return m.stage(m.talkingRows(), keys...)
	case screenEnded:
		return m.stage(m.endedRows(), keys...)
	case screenRecent:
		return m.page(m.recentRows, keys...)
	case screenRoom:
		rows := func(height int) []string { return m.room.rows(m, m.inner(), height) }
		return m.page(rows, keys...)
	case screenPeople:
	}
	return m.page(m.peopleRows, keys...)
}

// roomy says whether there is space for empty rows.
func (m *Model) roomy() bool { return m.height >= 16 }

// inner is the width between the margins.
func (m *Model) inner() int { return m.width - 2*margin(m.width) }

// page is a screen without a call: a head, a list, notes, and the keys.
func (m *Model) page(body func(height int) []string, keys ...key.Binding) []string {
	var head []string
	if m.roomy() {
		head = append(head, "")
	}
	head = append(head, m.headRow(), "")
	notes := m.notes()
	foot := make([]string, 0, len(notes)+2)
	if m.roomy() {
		foot = append(foot, "")
	}
	foot = append(foot, notes...)
	if m.roomy() && len(notes) > 0 {
		foot = append(foot, "")
	}
	foot = append(foot, m.lastRow(keys))
	if m.height < len(head)+len(foot)+2 {
		head, foot = nil, foot[len(foot)-1:]
	}
	space := max(m.height-len(head)-len(foot), 0)
	m.zones.body = len(head)
	rows := append(head, fit(body(space), m.inner(), space)...)
	return m.place(append(rows, foot...))
}

// stage is a call's screen: a few rows in the middle, and the keys.
func (m *Model) stage(block []string, keys ...key.Binding) []string {
	notes := m.notes()
	foot := make([]string, 0, len(notes)+2)
	for _, n := range notes {
		foot = append(foot, center(n, m.inner()))
	}
	if m.roomy() && len(notes) > 0 {
		foot = append(foot, "")
	}
	foot = append(foot, m.lastRow(keys))
	if m.height < len(foot)+3 {
		foot = foot[len(foot)-1:]
	}
	space := m.height - len(foot)
	for more := true; more && len(block) > space; {
		block, more = dropBlank(block, func(r string) bool { return r == "" })
	}
	return m.place(append(fit(lower(block, space), m.inner(), space), foot...))
}

// lastRow says what the keys do now.
func (m *Model) lastRow(keys []key.Binding) string {
	l := m.styles.keyLine(m.inner(), keys...)
	m.zones.hit(margin(m.width), m.height-1, m.inner(), l)
	return l.text
}

// place puts the rows between the margins.
func (m *Model) place(rows []string) []string {
	return fit(indent(rows, margin(m.width)), m.width, m.height)
}

// dropBlank takes the last empty row out, if there is one.
func dropBlank[R any](rows []R, blank func(R) bool) (left []R, dropped bool) {
	for i := len(rows) - 1; i >= 0; i-- {
		if blank(rows[i]) {
			return append(append([]R{}, rows[:i]...), rows[i+1:]...), true
		}
	}
	return rows, false
}

// headGap keeps the own name from reading as one more tab.
const headGap = 8

// headRow names the program, the tabs, and who is here.
func (m *Model) headRow() string {
	if m.screen() == screenRoom {
		return ends(m.styles.strong.Underline(true).Render(m.room.title(m)), m.whoAmI(), m.inner())
	}
	tabs := m.tabName(m.lang.Say(textPeople), m.tab == tabPeople) + "   " + m.tabName(m.recentTitle(), m.tab == tabRecent)
	who := m.whoAmI()
	if ansi.StringWidth(tabs)+headGap+ansi.StringWidth(who) > m.inner() {
		who = m.linkWord()
	}
	return ends(tabs, who, m.inner())
}

func (m *Model) tabName(words string, open bool) string {
	if open {
		return m.styles.strong.Underline(true).Render(words)
	}
	return m.styles.dim.Render(words)
}

// whoAmI is the own name and the state of the connection.
func (m *Model) whoAmI() string {
	me := Clean(m.view.Me.Name, 24)
	if me == "" {
		me = Clean(string(m.view.Me.User), 24)
	}
	if me == "" {
		return m.linkWord()
	}
	return m.styles.dim.Render(me+" · ") + m.linkWord()
}

func (m *Model) linkWord() string {
	word := m.lang.link(m.view.Link)
	switch m.view.Link {
	case calls.LinkDown, calls.LinkClosed:
		return m.styles.alarm.Render(word)
	case calls.LinkUp:
		if m.view.Settings.Presence == calls.DND { // or one wonders why nobody calls
			word = m.lang.Presence(calls.DND)
		}
	case calls.Connecting:
	}
	return m.styles.dim.Render(word)
}

// notes are the rows above the keys: what went wrong, else what is wrong, else
// what is good to know.
func (m *Model) notes() []string {
	most := 1
	switch {
	case m.roomy():
		most = 3
	case m.height >= 10:
		most = 2
	}
	render := func(style lipgloss.Style, text string) []string {
		rows := wrap(text, m.inner(), most)
		for i := range rows {
			rows[i] = style.Render(rows[i])
		}
		return rows
	}
	calling := m.inCall() || m.screen() == screenEnded
	trouble := m.lang.linkTrouble(m.view)
	if m.notice.text != "" && trouble != "" && most > 1 { // one does not hide the other
		notice := m.styles.plain
		if m.notice.bad {
			notice = m.styles.alarm
		}
		rows := render(notice, m.notice.text)
		return append(rows[:min(len(rows), most-1)], render(m.styles.dim, trouble)[0])
	}
	switch {
	case m.notice.text != "" && m.notice.bad:
		return render(m.styles.alarm, m.notice.text)
	case m.notice.text != "":
		return render(m.styles.plain, m.notice.text)
	case trouble != "":
		return render(m.styles.dim, trouble)
	case calling && m.levels.Fault != "":
		return render(m.styles.alarm, m.lang.SoundFault(m.levels.Fault))
	case m.inCall() && m.cfg.SoundNote == NoLine: // nobody would know why it is silent
		return render(m.styles.dim, m.lang.Note(NoLine))
	case calling:
		return nil
	}
	var lines []string
	if m.cfg.SoundNote != "" {
		lines = append(lines, m.lang.Note(m.cfg.SoundNote))
	}
	if m.roomy() && m.screen() == screenPeople {
		lines = append(lines, m.cfg.Banner...)
	}
	var rows []string
	for _, line := range lines {
		rows = append(rows, render(m.styles.dim, Clean(line, maxNotice))...)
	}
	return rows
}

func (m *Model) title() string {
	if c, ok := m.call(m.waiting.call); ok {
		return m.lang.titleIncoming(m.peer(c.Call, nameLimit))
	}
	held, ok := m.view.Held()
	switch {
	case ok && held.Call.Status == calls.Initiated:
		return m.lang.titleOutgoing(m.peer(held.Call, nameLimit))
	case ok:
		return m.lang.titleTalking(m.peer(held.Call, nameLimit))
	}
	if n := m.recent.missed; n > 0 {
		return m.lang.missedCount(n) + " · " + m.lang.Say(textTitle)
	}
	return m.lang.Say(textTitle)
}
