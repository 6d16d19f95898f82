package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tring/calls"
)

// callersMost is how many of those who call at once are named.
const callersMost = 5

// incomingBox says who calls, how, and what one can do about it.
func (m *Model) incomingBox() []line {
	in := m.view.Incoming()
	top := m.onTop(in)
	if top < 0 {
		return nil
	}
	width := m.boxText()
	rows := lines("")
	if len(in) > 1 && m.roomy() {
		rows = append(rows, m.callerLines(in, top, width)...)
	} else {
		rows = append(rows, lines(m.callerRow(in[top], width)...)...)
		if n := len(in) - 1; n > 0 {
			rows = append(rows, line{text: m.styles.dim.Render(clamp(m.lang.more(n), width))})
		}
	}
	rows = append(rows, line{})
	if m.cfg.Motion && m.roomy() {
		rows = append(rows, lines(m.styles.pulse(m.waiting.since, m.now()), "")...)
	}
	for _, row := range m.decisions(width) {
		rows = append(rows, m.explain(row, width)...)
	}
	return m.inBox(append(rows, line{}))
}

// callerRow is one who calls, and how.
func (m *Model) callerRow(c calls.CallView, width int) []string {
	rows := []string{m.styles.strong.Render(m.peer(c.Call, width))}
	if _, holding := m.view.Held(); m.height < 5 || m.height < 6 && holding { // who calls and the keys that answer are all there is room for
		return rows
	}
	what := m.lang.Say(textIsCalling)
	if c.Call.Type == calls.Video {
		what = m.lang.Say(textIsCallingVid)
	}
	return append(rows, wrap(what, width, 2)...)
}

// callerLines are all who call, the oldest first; the one on top says more. A click
// on another brings that one to the top.
func (m *Model) callerLines(in []calls.CallView, top, width int) []line {
	var rows []line
	from, to := window(top, len(in), callersMost)
	for i := from; i < to; i++ {
		if i != top {
			name := "  " + m.styles.dim.Render(m.peer(in[i].Call, width-2))
			rows = append(rows, line{text: name, click: func(bool) tea.Cmd {
				if !m.graced() {
					m.chooseIncoming(i - top)
				}
				return nil
			}})
			continue
		}
		mine := m.callerRow(in[i], width-2)
		rows = append(rows, line{text: m.styles.accent.Render("› ") + mine[0]})
		rows = append(rows, lines(indent(mine[1:], 2)...)...)
	}
	if n := len(in) - (to - from); n > 0 {
		rows = append(rows, line{text: "  " + m.styles.dim.Render(clamp(m.lang.more(n), width-2))})
	}
	return rows
}

// decisions are the keys that answer, row by row.
func (m *Model) decisions(width int) [][]key.Binding {
	k := m.keys
	rows := [][]key.Binding{{k.Accept, k.Reject, k.Busy}}
	if held, holding := m.view.Held(); holding {
		words := m.lang.swap(m.peer(held.Call, 28))
		if ansi.StringWidth(words) > width-2 {
			words = m.lang.Say(wordSwap)
		}
		if ansi.StringWidth(words) > width-2 {
			words = m.lang.Say(wordSwapShort)
		}
		stay := m.lang.rejectAndStay(m.peer(held.Call, 28))
		if ansi.StringWidth(stay) > width-2 || !m.roomy() {
			stay = m.lang.Say(wordReject)
		}
		rows = [][]key.Binding{{does(k.Swap, clamp(words, max(width-2, 1)))}, {does(k.Reject, stay), k.Busy}}
		if m.roomy() {
			rows = [][]key.Binding{rows[0], rows[1][:1], {k.Busy}}
		}
	}
	if len(m.view.Incoming()) > 1 && m.roomy() {
		rows = append(rows, []key.Binding{m.chooseKey()})
	}
	return rows
}

// chooseKey explains both keys that choose among those who call.
func (m *Model) chooseKey() key.Binding {
	b := m.keys.SearchDown
	b.SetHelp(m.keys.SearchUp.Help().Key+" "+b.Help().Key, m.lang.Say(textChoose))
	return b
}

// explain is a row of keys that answer, or two where there is room for two and not
// for all of them on one; dim while they do nothing yet.
func (m *Model) explain(keys []key.Binding, width int) []line {
	const high = 10
	s := m.styles
	if m.graced() || m.waiting.sent {
		s.accent, s.plain = s.dim, s.dim
	}
	wide := s
	wide.gap = "      "
	if row := wide.keyLine(width, keys...); len(row.keys) == len(keys) {
		return []line{row}
	}
	row := s.keyLine(width, keys...)
	if n := len(row.keys); n < len(keys) && m.height >= high {
		return []line{s.keyLine(width, keys[:n]...), s.keyLine(width, keys[n:]...)}
	}
	return []line{row}
}
