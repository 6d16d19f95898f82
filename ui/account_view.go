package ui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tring/calls"
)

// accountEntry is a row of the account room that can be chosen: a phone, an
// account, or, the zero one, do-not-disturb.
type accountEntry struct {
	phone   calls.DeviceID
	account SavedAccount
}

// accountLine is a row of the room; one that cannot be chosen is of no entry.
type accountLine struct {
	text  string
	entry accountEntry
	some  bool
}

// maxAccountRow keeps what belongs together within one look.
const maxAccountRow = 90

func (a *accountRoom) entries() []accountEntry {
	list := []accountEntry{{}}
	for _, p := range a.phones {
		list = append(list, accountEntry{phone: p.Device.ID})
	}
	for _, s := range a.own.Saved {
		list = append(list, accountEntry{account: s})
	}
	return list
}

func (a *accountRoom) move(_ *Model, by int) tea.Cmd {
	a.step(by)
	return nil
}

// step chooses the entry so many further.
func (a *accountRoom) step(by int) {
	list := a.entries()
	at := max(slices.Index(list, a.chosen), 0)
	a.chosen = list[min(max(at+by, 0), len(list)-1)]
}

// actions are the keys that the last row has no room for.
func (*accountRoom) actions(m *Model) []key.Binding { return []key.Binding{m.keys.Top, m.keys.Bottom} }

func (a *accountRoom) click(m *Model, _, y int, double bool) tea.Cmd {
	at := a.top + y
	if at < 0 || at >= len(a.lines) || !a.lines[at].some {
		return nil
	}
	if double { // for what the first one chose: the page may have moved
		return a.act(m)
	}
	a.chosen = a.lines[at].entry
	return nil
}

func (a *accountRoom) rows(m *Model, width, height int) []string {
	if !slices.Contains(a.entries(), a.chosen) {
		a.chosen = accountEntry{}
	}
	a.lines = a.page(m, min(width, maxAccountRow))
	at := slices.IndexFunc(a.lines, func(l accountLine) bool { return l.some && l.entry == a.chosen })
	last := max(len(a.lines)-height, 0)
	a.top = min(max(a.top, at-height+1), at, last)
	switch {
	case a.chosen == accountEntry{} && at < height:
		a.top = 0 // what stands above it is no entry
	case at >= 0 && a.chosen == a.entries()[len(a.entries())-1]:
		a.top = min(last, at) // and so is what stands below
	}
	var rows []string
	for _, l := range a.lines[a.top:min(a.top+max(height, 0), len(a.lines))] {
		rows = append(rows, l.text)
	}
	return rows
}

// page is the whole room, however high.
func (a *accountRoom) page(m *Model, width int) []accountLine {
	var lines []accountLine
	say := func(rows ...string) {
		for _, r := range rows {
			lines = append(lines, accountLine{text: r})
		}
	}
	say(a.whoRows(m, width)...)
	lines = append(lines, a.entryLine(m, accountEntry{}, m.lang.Say(textDisturb), a.disturbWord(m), width))
	say("", "  "+m.styles.dim.Render(m.lang.Say(textPhones)))
	for _, p := range a.phones {
		lines = append(lines, a.entryLine(m, accountEntry{phone: p.Device.ID}, m.lang.phone(p, 24), m.lang.phoneState(p, m.now()), width))
	}
	say(a.phonesNote(m, width)...)
	if len(a.own.Saved) > 0 {
		say("", "  "+m.styles.dim.Render(m.lang.Say(textAccounts)))
	}
	for _, s := range a.own.Saved {
		state := ""
		if s.InUse {
			state = m.lang.Say(textInUse)
		}
		lines = append(lines, a.entryLine(m, accountEntry{account: s}, m.lang.address(s), state, width))
	}
	hint := textAddAccount
	switch {
	case a.own.Seen: // another key is another account
		return lines
	case a.own.Trial:
		hint = textTrialAccount
	}
	say("")
	for _, r := range wrap(m.lang.Say(hint, m.keys.Guide.Help().Key), max(width-2, 1), 3) {
		say("  " + m.styles.dim.Render(r))
	}
	return lines
}

// whoRows say who one is, where, and by which key.
func (a *accountRoom) whoRows(m *Model, width int) []string {
	s, me := m.styles, m.view.Me
	address := string(me.User)
	if me.Server != "" {
		address += "@" + me.Server
	}
	rows := []string{"  " + s.strong.Render(m.name(string(me.User), max(width-2, 1)))}
	if n := Clean(me.Name, max(width-2, 1)); n != "" {
		rows[0] = "  " + s.strong.Render(n)
	}
	rows = append(rows, "  "+s.dim.Render(Clean(address, max(width-2, 1))))
	if m.roomy() {
		rows = append(rows, "")
	}
	if a.ownErr != nil {
		for _, r := range wrap(m.lang.error(m.lang.Say("read the account"), "", a.ownErr), max(width-2, 1), 3) {
			rows = append(rows, "  "+s.alarm.Render(r))
		}
		return rows
	}
	where := a.own.KeyFile
	switch {
	case a.own.Trial:
		where = m.lang.Say(textTrialKey)
	case a.own.Seen:
		where = m.lang.Say(textKeySeen)
	case where == "":
		where = m.lang.Say(textAgentKey)
	}
	rows = append(rows, a.factRows(m, textServer, a.own.Server, width)...)
	rows = append(rows, a.factRows(m, textKey, a.own.Fingerprint, width)...)
	return append(rows, a.factRows(m, textKeyPlace, where, width)...)
}

// factRows is one fact: its name, and its words in a column of their own, broken
// where they are long.
func (a *accountRoom) factRows(m *Model, name, fact string, width int) []string {
	label := 0
	for _, n := range []string{textServer, textKey, textKeyPlace} {
		label = max(label, ansi.StringWidth(m.lang.Say(n))+2)
	}
	space := max(width-2-label, 1)
	var rows []string
	head := m.lang.Say(name)
	for _, r := range strings.Split(ansi.Hardwrap(Clean(fact, 4*space), space, false), "\n") {
		rows = append(rows, "  "+m.styles.dim.Render(pad(head, label))+r)
		head = ""
	}
	return rows
}

// entryLine is a row that can be chosen: what it is, and how it is.
func (a *accountRoom) entryLine(m *Model, e accountEntry, what, state string, width int) accountLine {
	mark, style := "  ", m.styles.plain
	if e == a.chosen {
		mark, style = m.styles.accent.Render("› "), m.styles.accent
	}
	column := min(max(width*45/100, 16), 40)
	what = Clean(what, max(width-2, 1))
	if state == "" || width < 30 {
		return accountLine{mark + style.Render(what), e, true}
	}
	what = clamp(what, column)
	row := mark + style.Render(pad(what, column)) + "  " + m.styles.dim.Render(Clean(state, max(width-column-4, 1)))
	return accountLine{row, e, true}
}

func (a *accountRoom) disturbWord(m *Model) string {
	switch {
	case m.disturbing:
		return m.lang.Say(textSetting)
	case m.view.Settings.Presence == calls.DND:
		return m.lang.Say(textOn)
	}
	return m.lang.Say(textOff)
}

// phonesNote stands in the place of phones that are not known.
func (a *accountRoom) phonesNote(m *Model, width int) []string {
	style, text := m.styles.dim, ""
	switch {
	case a.failed != nil:
		style, text = m.styles.alarm, m.lang.error(m.lang.Say("list the phones"), "", a.failed)
	case !a.loaded:
		text = m.lang.Say(textLoading)
	}
	if text == "" {
		return nil
	}
	var rows []string
	for _, r := range wrap(text, max(width-2, 1), 3) {
		rows = append(rows, "  "+style.Render(r))
	}
	return rows
}

// serverName is a server's address without what is always the same in it.
func serverName(address string) string {
	if _, rest, ok := strings.Cut(address, "://"); ok {
		address = rest
	}
	return strings.TrimRight(address, "/")
}
