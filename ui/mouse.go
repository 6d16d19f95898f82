package ui

import (
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// doubleClick is how soon a second click on the same row must come to mean more
// than the first.
const doubleClick = 500 * time.Millisecond

// zones are where the lists of the last picture lie, so that a click finds its
// row. Whatever names a key is found by its words.
type zones struct {
	body     int // the row where the page between head and keys begins
	list     int // the row where the list begins
	from, to int // the part of the list that is shown
	width    int // its width, from the margin

	clicked int // the row of the last click, and when
	at      time.Time
}

// listed notes where a list was drawn: list rows below the page's beginning,
// its entries from and to.
func (z *zones) drawn(list, from, to, width int) {
	z.list, z.from, z.to, z.width = z.body+list, from, to, width
}

// clicker is a room that takes clicks; x and y count from its own beginning.
type clicker interface {
	click(m *Model, x, y int, double bool) tea.Cmd
}

// rowClicker is a sheet with rows that take clicks, found by their words.
type rowClicker interface {
	clickRow(m *Model, row string, x int) tea.Cmd
}

// point takes the mouse: a click on words that name a key presses it, one on a
// row of a list chooses, two call; the wheel moves the choice.
func (m *Model) point(msg tea.MouseMsg) tea.Cmd {
	at := msg.Mouse()
	switch msg.(type) {
	case tea.MouseWheelMsg:
		if at.Button == tea.MouseWheelUp {
			return m.pressBinding(m.keys.SearchUp)
		}
		return m.pressBinding(m.keys.SearchDown)
	case tea.MouseClickMsg:
	default:
		return nil
	}
	rows := m.rows()
	if at.Button != tea.MouseLeft || at.Y < 0 || at.Y >= len(rows) || m.justGone() {
		return nil
	}
	double := m.zones.clicked == at.Y && m.now().Sub(m.zones.at) < doubleClick
	m.zones.clicked, m.zones.at = at.Y, m.now()
	row := ansi.Strip(rows[at.Y])
	for _, b := range m.keysNow() {
		if under(row, b.Help().Key+" "+b.Help().Desc, at.X) {
			return m.pressBinding(b)
		}
	}
	if c, ok := m.sheet.(rowClicker); ok && m.waiting.call == "" {
		return c.clickRow(m, row, at.X)
	}
	if m.covered() {
		return nil
	}
	return m.clickPage(row, at.X, at.Y, double)
}

// clickPage takes a click that named no key.
func (m *Model) clickPage(row string, x, y int, double bool) tea.Cmd {
	index := y - m.zones.list + m.zones.from
	onList := y >= m.zones.list && index < m.zones.to && x < margin(m.width)+m.zones.width
	switch m.screen() {
	case screenRoom:
		if c, ok := m.room.(clicker); ok && y >= m.zones.body {
			return c.click(m, x-margin(m.width), y-m.zones.body, double)
		}
	case screenPeople, screenRecent:
		other := m.lang.Say(textPeople)
		if m.tab == tabPeople {
			other = m.recentTitle()
		}
		switch {
		case y < m.zones.body && under(row, other, x):
			return m.pressBinding(m.keys.Tab)
		case onList && double:
			return m.pressBinding(m.keys.SearchCall)
		case onList && m.tab == tabPeople:
			return m.move(m.listed(), index)
		case onList:
			m.recent.choose(index)
			return m.loadOlder(index)
		case m.tab == tabRecent && y >= m.zones.body && y < m.zones.list:
			return m.clickFilter(row, x)
		}
	case screenOutgoing, screenTalking, screenEnded:
	}
	return nil
}

// under says whether column x of a row lies on these words.
func under(row, words string, x int) bool {
	i := strings.Index(row, words)
	if i < 0 {
		return false
	}
	from := ansi.StringWidth(row[:i])
	return x >= from && x < from+ansi.StringWidth(words)
}

// pressBinding presses the first key of a binding, as a click and the palette
// do.
func (m *Model) pressBinding(b key.Binding) tea.Cmd {
	keys := b.Keys()
	if len(keys) == 0 {
		return nil
	}
	m.typed = typed{} // it is meant as it is
	m.push.clicked = true
	defer func() { m.push.clicked = false }()
	return m.press(keyNamed(keys[0]))
}

// keyNamed is the key of a name as bindings have it: "a", "G", "enter",
// "ctrl+c".
func keyNamed(name string) tea.KeyPressMsg {
	var mod tea.KeyMod
	for prefix, m := range map[string]tea.KeyMod{"ctrl+": tea.ModCtrl, "alt+": tea.ModAlt, "shift+": tea.ModShift} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && rest != "" {
			name, mod = rest, mod|m
		}
	}
	special := map[string]rune{
		"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "up": tea.KeyUp, "down": tea.KeyDown,
		"left": tea.KeyLeft, "right": tea.KeyRight, "home": tea.KeyHome, "end": tea.KeyEnd,
		"pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "backspace": tea.KeyBackspace, "delete": tea.KeyDelete,
		"space": tea.KeySpace,
	}
	if code, ok := special[name]; ok {
		return tea.KeyPressMsg{Code: code, Mod: mod}
	}
	code := []rune(name)[0]
	if mod != 0 {
		return tea.KeyPressMsg{Code: code, Mod: mod}
	}
	return tea.KeyPressMsg{Code: code, Text: name}
}
