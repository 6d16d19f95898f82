package ui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
)

// palette is every action that is possible now, found by typing. It presses the
// action's key, so that nothing happens by it that a key could not do.
type palette struct {
	field  textinput.Model
	all    []key.Binding
	chosen int
}

// paletteRows is how many actions it shows at most.
const paletteRows = 10

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

// actions are the bindings that do something on the present screen.
func (m *Model) actions() []key.Binding {
	k := m.keys
	list := m.keysNow()
	if m.typing() { // a letter would go into the field
		list = slices.DeleteFunc(list, types)
		return append(list, k.Interrupt, k.Suspend)
	}
	switch m.screen() {
	case screenPeople:
		list = append(list, m.aboutChosen()...)
	case screenRecent:
		list = append(list, m.aboutChosen()...)
	case screenTalking:
		list = append(list, m.talkingActions()...)
	case screenRoom:
		if held, ok := m.view.Held(); ok {
			list = append(list, m.microphoneKeys(held)...)
		}
	case screenOutgoing, screenEnded:
	}
	for _, d := range m.doors() {
		list = append(list, d.key)
	}
	var out []key.Binding
	seen := map[string]bool{}
	for _, b := range append(list, k.Help, k.Quit, k.Suspend) {
		if words := b.Help().Desc; !seen[words] && b.Help().Key != k.Palette.Help().Key {
			seen[words] = true
			out = append(out, b)
		}
	}
	return out
}

// types says whether the key of a binding types a letter into a field.
func types(b key.Binding) bool {
	keys := b.Keys()
	return len(keys) > 0 && keyNamed(keys[0]).Text != ""
}

// keysNow are the keys that the last row explains, and that a click may press.
func (m *Model) keysNow() []key.Binding {
	switch {
	case m.waiting.call != "":
		return append(m.incomingKeys(), slices.Concat(m.decisions(m.boxText())...)...)
	case m.sheet != nil:
		return m.sheet.keys(m)
	}
	switch m.screen() {
	case screenOutgoing:
		return []key.Binding{m.keys.Stop}
	case screenTalking:
		return m.talkingKeys()
	case screenEnded:
		return []key.Binding{m.keys.Again, m.keys.Close}
	case screenRoom:
		return m.room.keys(m)
	case screenRecent:
		return m.recentKeys()
	case screenPeople:
	}
	return m.peopleKeys()
}

func (p *palette) typing() bool { return true }

// found are the actions whose words or keys hold what was typed.
func (p *palette) found() []key.Binding {
	query := strings.ToLower(strings.TrimSpace(p.field.Value()))
	var out []key.Binding
	for _, b := range p.all {
		if strings.Contains(strings.ToLower(b.Help().Desc), query) {
			out = append(out, b)
		}
	}
	return out
}

func (p *palette) press(m *Model, k tea.KeyPressMsg) tea.Cmd {
	found := p.found()
	switch {
	case key.Matches(k, m.keys.SearchClose), key.Matches(k, m.keys.Palette):
		m.sheet = nil
	case key.Matches(k, m.keys.SearchUp):
		p.chosen = max(p.chosen-1, 0)
	case key.Matches(k, m.keys.SearchDown):
		p.chosen = max(min(p.chosen+1, len(found)-1), 0)
	case key.Matches(k, m.keys.SearchCall):
		if p.chosen >= len(found) {
			return nil
		}
		m.sheet = nil
		return m.pressBinding(found[p.chosen])
	default:
		var cmd tea.Cmd
		was := p.field.Value()
		if p.field, cmd = p.field.Update(k); p.field.Value() != was {
			p.chosen = 0
		}
		return cmd
	}
	return nil
}

func (p *palette) box(m *Model) []string {
	s, width := m.styles, m.boxText()
	p.field.SetWidth(max(width-3, 1))
	rows := []string{"", s.accent.Render("> ") + p.field.View(), ""}
	found := p.found()
	if len(found) == 0 {
		rows = append(rows, s.dim.Render(clamp(m.lang.Say(textNoAction), width)))
	}
	from, to := window(p.chosen, len(found), min(paletteRows, max(m.height-8, 1)))
	for i := from; i < to; i++ {
		mark, style := "  ", s.plain
		if i == p.chosen {
			mark, style = s.accent.Render("› "), s.accent
		}
		h := found[i].Help()
		rows = append(rows, mark+ends(style.Render(clamp(h.Desc, max(width-10, 1))), s.dim.Render(h.Key), max(width-2, 1)))
	}
	return indent(append(rows, ""), min(3, margin(m.width)+1))
}

func (p *palette) keys(m *Model) []key.Binding {
	return []key.Binding{does(m.keys.SearchCall, m.lang.Say(wordDo)), m.keys.SearchUp, m.keys.SearchDown, m.keys.SearchClose}
}
