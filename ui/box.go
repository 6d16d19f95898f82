package ui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// line is one row of a box or of the screen, and what a click on it does: it
// presses one of the keys that the row explains, or it is for the row itself.
type line struct {
	text  string
	keys  []key.Binding // in the order that they stand in
	click func(double bool) tea.Cmd
}

// lines are rows that take no click.
func lines(rows ...string) []line {
	out := make([]line, len(rows))
	for i, r := range rows {
		out[i].text = r
	}
	return out
}

// keyLine is a row that explains as many of these keys as fit.
func (s styles) keyLine(width int, keys ...key.Binding) line {
	row, shown := s.keyRow(width, keys...)
	return line{text: row, keys: shown}
}

// keyAt is the key whose words lie at column x. The words are looked for one after
// the other, so that a name among them is none.
func (l line) keyAt(x int) (key.Binding, bool) {
	row, from := ansi.Strip(l.text), 0
	for _, b := range l.keys {
		words := keyText(b)
		i := strings.Index(row[from:], words)
		if i < 0 {
			continue
		}
		left := ansi.StringWidth(row[:from+i])
		if x >= left && x < left+ansi.StringWidth(words) {
			return b, true
		}
		from += i + len(words)
	}
	return key.Binding{}, false
}

// keyText is a key and what it does as a row has them.
func keyText(b key.Binding) string { return b.Help().Key + " " + strings.TrimRight(b.Help().Desc, " ") }

// inBox shifts the rows of a box to the right, off its border.
func (m *Model) inBox(list []line) []line {
	by := strings.Repeat(" ", min(3, margin(m.width)+1))
	for i, l := range list {
		if l.text != "" {
			list[i].text = by + l.text
		}
	}
	return list
}

// overlay lays a box over the screen, which steps back; where there is no room
// for both, the box takes the screen. The last row has the keys that the box has
// not.
func (m *Model) overlay(base []string, box []line, keys []key.Binding) []string {
	inner := m.boxWidth()
	full := m.width < 30 || m.height < len(box)+3
	if full {
		for more := true; more && len(box) > m.height-1; {
			box, more = dropBlank(box, func(l line) bool { return l.text == "" })
		}
		box = box[:min(len(box), max(m.height-1, 0))]
	}
	rows := make([]string, len(box))
	for i, l := range box {
		rows[i] = l.text
		keys = slices.DeleteFunc(slices.Clone(keys), l.explains)
	}
	last := m.styles.keyLine(m.inner(), keys...)
	last.text = strings.Repeat(" ", margin(m.width)) + last.text
	x, y, width := 0, (m.height-1-len(box))*2/5, m.width
	if full {
		rows = fit(lower(rows, m.height-1), m.width, m.height-1)
	} else {
		x = max((m.width-inner-2)/2, 0) + 1
		y = max((m.height-1-len(box)-2)*2/5, 0) + 1
		width = inner
		rows = m.styles.over(m.behind(base), m.styles.boxed(rows, inner), m.width, m.height-1)
	}
	m.zones.hits = m.zones.hits[:0]
	for i, l := range box {
		m.zones.hit(x, max(y, 0)+i, width, l)
	}
	m.zones.hit(0, m.height-1, m.width, last)
	return append(rows, fit([]string{last.text}, m.width, 1)...)
}

// explains says whether the row has this key.
func (l line) explains(b key.Binding) bool {
	return slices.ContainsFunc(l.keys, func(o key.Binding) bool { return slices.Equal(o.Keys(), b.Keys()) })
}

// boxWidth is the inside of an overlay.
func (m *Model) boxWidth() int { return max(min(m.width-6, 54), 0) }

// boxText is the width of the text in an overlay, or of one that takes the screen.
func (m *Model) boxText() int {
	if m.width < 30 {
		return max(m.inner()-1, 1)
	}
	return m.boxWidth() - 6
}
