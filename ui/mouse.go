package ui

import (
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tring/calls"
)

// doubleClick is how soon a second click on the same row must come to mean more
// than the first.
const doubleClick = 500 * time.Millisecond

// zones are where the lists and the rows of the last picture lie that take a click.
type zones struct {
	rows  []string // the picture itself, and what it is of
	scene scene

	body     int // the row where the page between head and keys begins
	list     int // the row where the list begins
	from, to int // the part of the list that is shown
	width    int // its width, from the margin
	hits     []hit

	clicked int // the row of the last click, when, and whether something lay over the page
	at      time.Time
	covered bool
	picked  string // the id of what that click chose, and the one before
	before  string
}

// scene is what a picture is of. A click on another than the present one is for
// what is gone.
type scene struct {
	screen  screen
	calling calls.ID
	covered bool
}

func (m *Model) scene() scene { return scene{m.screen(), m.waiting.call, m.covered()} }

// hit is a row that takes a click, and where it lies: from column x on.
type hit struct {
	x, y, width int
	line
}

// hit notes a row that takes a click.
func (z *zones) hit(x, y, width int, l line) {
	if len(l.keys) > 0 || l.click != nil {
		z.hits = append(z.hits, hit{x, y, width, l})
	}
}

// drawn notes where a list was drawn: list rows below the page's beginning, its
// entries from and to.
func (z *zones) drawn(list, from, to, width int) {
	z.list, z.from, z.to, z.width = z.body+list, from, to, width
}

// again notes a click, and says whether it is the second one of two.
func (z *zones) again(y int, covered bool, now time.Time) bool {
	double := z.clicked == y && z.covered == covered && now.Sub(z.at) < doubleClick
	z.clicked, z.at, z.covered = y, now, covered
	z.before, z.picked = z.picked, ""
	return double
}

// clicker is a room that takes clicks; x and y count from its own beginning.
type clicker interface {
	click(m *Model, x, y int, double bool) tea.Cmd
}

// mover is a sheet or a room with something that the wheel moves: the choice, or
// the part that is shown.
type mover interface {
	move(m *Model, by int) tea.Cmd
}

// point takes the mouse, on the picture that the person saw: a click on words that
// explain a key presses it, one on a row of a list chooses, two call; the wheel moves
// the choice.
func (m *Model) point(msg tea.MouseMsg) tea.Cmd {
	at := msg.Mouse()
	switch msg.(type) {
	case tea.MouseWheelMsg:
		by := 1
		if at.Button == tea.MouseWheelUp {
			by = -1
		}
		return m.wheel(by)
	case tea.MouseClickMsg:
	default:
		return nil
	}
	rows := m.zones.rows
	if at.Button != tea.MouseLeft || at.Y < 0 || at.Y >= len(rows) || m.justGone() || m.zones.scene != m.scene() {
		return nil
	}
	double := m.zones.again(at.Y, m.covered(), m.now())
	for _, h := range m.zones.hits {
		if h.y != at.Y || at.X < h.x || at.X >= h.x+h.width {
			continue
		}
		if b, ok := h.keyAt(at.X - h.x); ok {
			return m.pressBinding(b)
		}
		if h.click != nil {
			return h.click(double)
		}
	}
	if m.covered() {
		return nil
	}
	return m.clickPage(ansi.Strip(rows[at.Y]), at.X, at.Y, double)
}

// wheel moves what lies on top. It presses no key: keys may be others.
func (m *Model) wheel(by int) tea.Cmd {
	if m.waiting.call != "" {
		if !m.graced() {
			m.chooseIncoming(by)
		}
		return nil
	}
	if m.sheet != nil {
		if s, ok := m.sheet.(mover); ok {
			return s.move(m, by)
		}
		return nil
	}
	switch m.screen() {
	case screenPeople:
		list := m.listed()
		return m.move(list, m.chosenIn(list)+by)
	case screenRecent:
		return m.moveRecent(by)
	case screenRoom:
		if r, ok := m.room.(mover); ok {
			return r.move(m, by)
		}
	case screenOutgoing, screenTalking, screenEnded:
	}
	return nil
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
		switch {
		case y < m.zones.body && (under(row, m.lang.Say(textPeople), x) || under(row, m.lang.Say(textRecentCalls), x)):
			return m.otherTab(under(row, m.lang.Say(textRecentCalls), x))
		case onList && m.tab == tabPeople:
			return m.clickPerson(index, double)
		case onList:
			return m.clickRecord(index, double)
		case m.tab == tabRecent && y >= m.zones.body && y < m.zones.list:
			return m.clickFilter(row, x)
		}
	case screenOutgoing, screenTalking, screenEnded:
	}
	return nil
}

// otherTab opens a tab, unless it is open.
func (m *Model) otherTab(recent bool) tea.Cmd {
	switch {
	case recent == (m.tab == tabRecent):
		return nil
	case recent:
		m.people.closeSearch()
		return m.openRecent()
	}
	m.tab = tabPeople
	return nil
}

// clickPerson takes a click on a row of the list as it was drawn. The second of two
// is for whom the first one chose: the list may have moved to show more around them.
func (m *Model) clickPerson(index int, double bool) tea.Cmd {
	if index >= len(m.people.drawn) {
		return nil
	}
	if double && m.zones.before != "" && m.zones.before == m.people.chosen.ID {
		return m.dial(m.people.chosen, calls.Audio)
	}
	who := m.people.drawn[index].Receiver
	m.people.chosen, m.people.ready, m.zones.picked = who, true, who.ID
	list := m.listed()
	return m.move(list, m.chosenIn(list))
}

func (m *Model) clickRecord(index int, double bool) tea.Cmd {
	list := m.recent.shown().records
	if len(list) == 0 {
		return nil
	}
	if at := m.recent.at(); double && m.zones.before != "" && m.zones.before == string(list[at].Call.ID) {
		return m.callBack(list[at], calls.Audio)
	}
	m.recent.choose(index)
	m.zones.picked = string(m.recent.chosen)
	return m.loadOlder(index)
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
	for _, m := range []struct {
		prefix string
		mod    tea.KeyMod
	}{{"ctrl+", tea.ModCtrl}, {"alt+", tea.ModAlt}, {"shift+", tea.ModShift}} { // the terminal's order
		if rest, ok := strings.CutPrefix(name, m.prefix); ok && rest != "" {
			name, mod = rest, mod|m.mod
		}
	}
	if code, ok := specialKeys[name]; ok {
		return tea.KeyPressMsg{Code: code, Mod: mod}
	}
	code := []rune(name)[0]
	if mod != 0 {
		return tea.KeyPressMsg{Code: code, Mod: mod}
	}
	return tea.KeyPressMsg{Code: code, Text: name}
}
