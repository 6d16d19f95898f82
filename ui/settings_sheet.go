package ui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
)

// ofRoom marks the sheets of a room: where a call takes the screen over they go
// with it, so that no key for the call is theirs.
type ofRoom interface{ ofRoom() }

// choosing is the list of devices for one setting. It opens before the list is
// there.
type choosing struct {
	room *settingsRoom
	item item
	at   int // -1: the one in force
}

func (*choosing) ofRoom() {}

// options are the values that may be chosen: what is usual, the devices, and
// the present one also while it is unplugged.
func (c *choosing) options(m *Model) []string {
	list := []string{""}
	devices := c.room.devices.Speakers
	if deviceKeys[c.item.key] {
		devices = c.room.devices.Microphones
	}
	list = append(list, devices...)
	if now := m.preferences.value(c.item.key); !slices.Contains(list, now) {
		list = append(list, now)
	}
	return list
}

func (c *choosing) chosen(m *Model) int {
	list := c.options(m)
	if c.at < 0 {
		return max(slices.Index(list, m.preferences.value(c.item.key)), 0)
	}
	return min(c.at, len(list)-1)
}

func (c *choosing) press(m *Model, k tea.KeyPressMsg) tea.Cmd {
	at, list := c.chosen(m), c.options(m)
	switch {
	case key.Matches(k, m.keys.Back):
		m.sheet = nil
	case key.Matches(k, m.keys.Up):
		return c.move(m, -1)
	case key.Matches(k, m.keys.Down):
		return c.move(m, 1)
	case key.Matches(k, m.keys.Top):
		c.at = 0
	case key.Matches(k, m.keys.Bottom):
		c.at = len(list) - 1
	case key.Matches(k, m.keys.Change):
		return c.take(m, at)
	}
	return nil
}

func (c *choosing) move(m *Model, by int) tea.Cmd {
	c.at = min(max(c.chosen(m)+by, 0), len(c.options(m))-1)
	return nil
}

// take puts one of the devices in force.
func (c *choosing) take(m *Model, i int) tea.Cmd {
	m.sheet = nil
	return m.change(c.item.key, c.options(m)[i])
}

func (c *choosing) words(m *Model, i int) string {
	name := c.options(m)[i]
	if name == "" {
		return clamp(m.lang.Say(c.item.empty), max(m.boxText()-2, 1))
	}
	return Clean(name, max(m.boxText()-2, 1))
}

func (c *choosing) box(m *Model) []line {
	s, width := m.styles, m.boxText()
	rows := lines("", s.strong.Render(clamp(m.lang.Say(c.item.name), width)), "")
	at, n := c.chosen(m), len(c.options(m))
	room := m.height - 7
	if c.room.failed != nil || !c.room.looked {
		room -= 2
	}
	from, to := window(at, n, min(n, max(room, 1)))
	for i := from; i < to; i++ {
		mark, style := "  ", s.plain
		if i == at {
			mark, style = s.accent.Render("› "), s.accent
		}
		rows = append(rows, line{text: mark + style.Render(c.words(m, i)), click: func(bool) tea.Cmd { return c.take(m, i) }})
	}
	switch {
	case c.room.failed != nil:
		rows = append(rows, lines("", s.alarm.Render(clamp(m.lang.Say("No list: %s", m.lang.Reason(c.room.failed)), width)))...)
	case !c.room.looked:
		rows = append(rows, lines("", s.dim.Render(clamp(m.lang.Say(textSetLooking), width)))...)
	}
	return m.inBox(append(rows, line{}))
}

func (c *choosing) keys(m *Model) []key.Binding {
	return []key.Binding{does(m.keys.Change, m.lang.Say(wordTake)), m.keys.Up, m.keys.Down, m.keys.Back}
}

// writing is the field for a setting that is a text.
type writing struct {
	item  item
	field textinput.Model
}

func (m *Model) openTyping(it item) tea.Cmd {
	f := textinput.New()
	f.Prompt = ""
	f.CharLimit = 200
	f.SetVirtualCursor(true)
	f.KeyMap.Paste.SetEnabled(false) // it reads the clipboard of the machine that runs the program
	f.SetValue(Clean(m.preferences.value(it.key), 200))
	w := &writing{item: it, field: f}
	m.open(w)
	return w.field.Focus()
}

func (*writing) ofRoom()      {}
func (*writing) typing() bool { return true }

func (w *writing) press(m *Model, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.SearchClose):
		m.sheet = nil
	case key.Matches(k, m.keys.SearchCall):
		m.sheet = nil
		if value := strings.Trim(strings.TrimSpace(w.field.Value()), `"'`); value != "" {
			return m.change(w.item.key, value)
		}
		return m.change(w.item.key)
	default:
		return w.edit(k)
	}
	return nil
}

// paste puts what was pasted, cleaned, into the field.
func (w *writing) paste(text string) tea.Cmd { return w.edit(tea.PasteMsg{Content: Clean(text, 200)}) }

func (w *writing) edit(msg tea.Msg) (cmd tea.Cmd) {
	w.field, cmd = w.field.Update(msg)
	return cmd
}

func (w *writing) box(m *Model) []line {
	s, width := m.styles, m.boxText()
	w.field.SetWidth(max(width-3, 1))
	rows := []string{"", s.strong.Render(clamp(m.lang.Say(w.item.name), width)), "", s.accent.Render("> ") + w.field.View(), ""}
	for _, r := range wrap(m.hint(w.item), width, 2) {
		rows = append(rows, s.dim.Render(r))
	}
	return m.inBox(lines(append(rows, "")...))
}

func (w *writing) keys(m *Model) []key.Binding {
	return []key.Binding{does(m.keys.SearchCall, m.lang.Say(wordTake)), m.keys.SearchClose}
}

// binding waits for the new key of an action. More: besides those it has.
type binding struct {
	item    item
	more    bool
	refused string
}

func (*binding) ofRoom()      {}
func (*binding) typing() bool { return true }

func (b *binding) press(m *Model, k tea.KeyPressMsg) tea.Cmd {
	of, ok := m.bound(b.item.key)
	pressed := k.String()
	switch other, taken := m.taken(of, pressed); {
	case k.IsRepeat:
		return nil // of the key that opened this
	case !ok, key.Matches(k, m.keys.SearchClose):
		m.sheet = nil
		return nil
	case fixed(of.scope, pressed) != "":
		b.refused = m.lang.Say(textSetFixed, shown(pressed), b.item.name)
		return nil
	case taken:
		b.refused = m.lang.Say("“%s” is “%s” already, and cannot be “%s” too.", shown(pressed), other.Help().Desc, b.item.name)
		return nil
	}
	m.sheet = nil
	keys := []string{pressed}
	if b.more && !slices.Contains(of.binding.Keys(), pressed) {
		keys = append(slices.Clone(of.binding.Keys()), pressed)
	} else if b.more {
		return nil
	}
	return m.change(b.item.key, keys...)
}

func (b *binding) box(m *Model) []line {
	s, width := m.styles, m.boxText()
	rows := []string{"", s.strong.Render(clamp(b.item.name, width)), ""}
	ask := textSetPressKey
	if b.more {
		ask = textSetPressMore
	}
	for _, r := range wrap(m.lang.Say(ask), width, 2) {
		rows = append(rows, s.accent.Render(r))
	}
	if b.refused != "" {
		rows = append(rows, "")
		for _, r := range wrap(b.refused, width, 3) {
			rows = append(rows, s.alarm.Render(r))
		}
	}
	return m.inBox(lines(append(rows, "")...))
}

func (*binding) keys(m *Model) []key.Binding { return []key.Binding{m.keys.SearchClose} }
