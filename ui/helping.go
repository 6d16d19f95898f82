package ui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// helping explains all keys; typing finds some of them.
type helping struct {
	field textinput.Model
	from  int // the row that is on top
}

func (m *Model) openHelp() tea.Cmd {
	h := &helping{field: newField()}
	m.open(h)
	return h.field.Focus()
}

func (h *helping) typing() bool { return true }

func (h *helping) query() string { return strings.ToLower(strings.TrimSpace(h.field.Value())) }

func (h *helping) press(m *Model, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.SearchClose), key.Matches(k, m.keys.SearchCall),
		h.query() == "" && key.Matches(k, m.keys.Help):
		m.sheet = nil
	case key.Matches(k, m.keys.SearchUp):
		return h.move(m, -1)
	case key.Matches(k, m.keys.SearchDown):
		return h.move(m, 1)
	default:
		return h.edit(k)
	}
	return nil
}

func (h *helping) edit(msg tea.Msg) (cmd tea.Cmd) {
	was := h.query()
	if h.field, cmd = h.field.Update(msg); h.query() != was {
		h.from = 0
	}
	return cmd
}

func (h *helping) paste(text string) tea.Cmd { return h.edit(tea.PasteMsg{Content: Clean(text, 40)}) }

func (h *helping) move(m *Model, by int) tea.Cmd {
	h.from = min(max(h.from+by, 0), max(len(h.rows(m))-m.helpSpace(), 0))
	return nil
}

// helpSpace is how many rows there are for the keys themselves.
func (m *Model) helpSpace() int {
	if m.roomy() {
		return m.height - 3 - 5 // the border and the keys; the field, and empty rows
	}
	return max(m.height-3-1, 1)
}

func (h *helping) box(m *Model) []line {
	s, width := m.styles, m.boxText()
	h.field.SetWidth(max(width-5, 1))
	if h.query() == "" {
		h.field.SetWidth(1) // the hint follows the cursor
	}
	field := s.accent.Render("> ") + h.field.View()
	if h.query() == "" {
		field += s.dim.Render(clamp(m.lang.Say(textHelpSearch), max(width-8, 1)))
	}
	all := h.rows(m)
	from := min(h.from, max(len(all)-m.helpSpace(), 0)) // the screen may have grown
	to := min(from+m.helpSpace(), len(all))
	if to < len(all) {
		field = ends(field, s.accent.Render("↓"), width)
	}
	rows := append([]string{field}, all[from:to]...)
	if m.roomy() {
		rows = append(append([]string{"", field, ""}, all[from:to]...), "")
	}
	return m.inBox(lines(rows...))
}

func (h *helping) keys(m *Model) []key.Binding {
	closing := does(m.keys.SearchClose, m.lang.Say(wordClose))
	if len(h.rows(m)) <= m.helpSpace() {
		return []key.Binding{closing}
	}
	return []key.Binding{m.keys.SearchUp, m.keys.SearchDown, closing}
}

// rows are the keys that were asked for: by group, in two columns where there is
// room; those found by typing in one.
func (h *helping) rows(m *Model) []string {
	width, groups := m.boxText(), m.helpGroups()
	var columns [2][]string
	for _, g := range groups {
		column := &columns[0]
		if g.right && width >= 40 && h.query() == "" {
			column = &columns[1]
		}
		rows := m.helpRows(h.found(g), width)
		if len(rows) == 0 {
			continue
		}
		if h.query() == "" {
			if len(*column) > 0 {
				*column = append(*column, "")
			}
			*column = append(*column, m.styles.dim.Render(clamp(g.title, width)))
		}
		*column = append(*column, rows...)
	}
	if h.query() != "" && len(columns[0]) == 0 {
		return []string{m.styles.dim.Render(clamp(m.lang.Say(textNoAction), width))}
	}
	half := width / 2
	if len(columns[1]) == 0 {
		return columns[0]
	}
	for i, row := range columns[0] {
		columns[0][i] = clampStyled(row, half-1)
	}
	rows := beside(columns[0], half, columns[1])
	if m.cfg.Version != "" {
		rows = append(rows, "", m.styles.dim.Render(m.lang.Say(textTitle)+" "+Clean(m.cfg.Version, width-6)))
	}
	return rows
}

// found are the keys of a group whose words or keys hold what was typed.
func (h *helping) found(g helpGroup) []key.Binding {
	var out []key.Binding
	for _, b := range g.keys {
		help := b.Help()
		typed := strings.TrimSpace(h.field.Value())
		if strings.Contains(strings.ToLower(help.Desc), h.query()) || help.Key == typed || slices.Contains(b.Keys(), typed) {
			out = append(out, b)
		}
	}
	return out
}

func (m *Model) helpRows(keys []key.Binding, width int) []string {
	var rows []string
	for _, b := range keys {
		h := b.Help()
		shown := pad(h.Key, max(6, ansi.StringWidth(h.Key)))
		rows = append(rows, clampStyled(m.styles.accent.Render(shown)+" "+h.Desc, width))
	}
	return rows
}
