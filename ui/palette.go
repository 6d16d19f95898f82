package ui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
)

// palette is every action that is possible now, found by typing.
type palette struct {
	field  textinput.Model
	all    []action
	chosen int
}

// paletteRows is how many actions it shows at most.
const paletteRows = 10

// paletteLeast is how many it shows rather than empty rows.
const paletteLeast = 3

func (m *Model) openPalette() tea.Cmd {
	p := &palette{field: newField(), all: m.actions()}
	m.open(p)
	return p.field.Focus()
}

// newField is a field to search in.
func newField() textinput.Model {
	f := textinput.New()
	f.Prompt = ""
	f.CharLimit = 40
	f.SetVirtualCursor(true)
	f.KeyMap.Paste.SetEnabled(false) // it reads the clipboard of the machine that runs the program
	return f
}

func (p *palette) typing() bool { return true }

// found are the actions whose words hold what was typed.
func (p *palette) found() []action {
	query := strings.ToLower(strings.TrimSpace(p.field.Value()))
	return slices.DeleteFunc(slices.Clone(p.all), func(a action) bool {
		return !strings.Contains(strings.ToLower(a.words), query)
	})
}

func (p *palette) press(m *Model, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.SearchClose), key.Matches(k, m.keys.Palette):
		m.sheet = nil
	case key.Matches(k, m.keys.SearchUp):
		return p.move(m, -1)
	case key.Matches(k, m.keys.SearchDown):
		return p.move(m, 1)
	case key.Matches(k, m.keys.SearchCall):
		if k.IsRepeat { // of the key that opened this, or of one that came before
			return nil
		}
		return p.act(m, p.chosen)
	default:
		return p.edit(k)
	}
	return nil
}

func (p *palette) move(_ *Model, by int) tea.Cmd {
	p.chosen = max(min(p.chosen+by, len(p.found())-1), 0)
	return nil
}

// act does what the row says.
func (p *palette) act(m *Model, i int) tea.Cmd {
	found := p.found()
	if i >= len(found) {
		return nil
	}
	m.sheet = nil
	m.typed = typed{} // it is meant as it is
	return found[i].run()
}

func (p *palette) edit(msg tea.Msg) (cmd tea.Cmd) {
	was := p.field.Value()
	if p.field, cmd = p.field.Update(msg); p.field.Value() != was {
		p.chosen = 0
	}
	return cmd
}

func (p *palette) paste(text string) tea.Cmd { return p.edit(tea.PasteMsg{Content: Clean(text, 40)}) }

func (p *palette) box(m *Model) []line {
	s, width := m.styles, m.boxText()
	found := p.found()
	from, to := window(p.chosen, len(found), min(paletteRows, max(m.height-8, min(m.height-2, paletteLeast), 1)))
	p.field.SetWidth(max(width-5, 1))
	field := pad(s.accent.Render("> ")+p.field.View(), width-2) + m.moreMark(from, to, len(found))
	rows := lines("", field, "")
	if len(found) == 0 {
		rows = append(rows, line{text: s.dim.Render(clamp(m.lang.Say(textNoAction), width))})
	}
	for i := from; i < to; i++ {
		mark, style := "  ", s.plain
		if i == p.chosen {
			mark, style = s.accent.Render("› "), s.accent
		}
		text := mark + ends(style.Render(clamp(found[i].words, max(width-10, 1))), s.dim.Render(found[i].key), max(width-2, 1))
		rows = append(rows, line{text: text, click: func(bool) tea.Cmd { return p.act(m, i) }})
	}
	return m.inBox(append(rows, line{}))
}

// moreMark says that a list goes on above or below the part of it that is shown.
func (m *Model) moreMark(from, to, n int) string {
	switch {
	case from > 0 && to < n:
		return m.styles.accent.Render("↑↓")
	case from > 0:
		return m.styles.accent.Render(" ↑")
	case to < n:
		return m.styles.accent.Render(" ↓")
	}
	return ""
}

func (p *palette) keys(m *Model) []key.Binding {
	return []key.Binding{does(m.keys.SearchCall, m.lang.Say(wordDo)), m.keys.SearchUp, m.keys.SearchDown, m.keys.SearchClose}
}
