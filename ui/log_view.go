package ui

import (
	"log/slog"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// rows are the log's path, and as many lines as there is room for: one row each,
// the chosen one whole.
func (l *logRoom) rows(m *Model, width, height int) []string {
	lines := l.lines()
	head := l.headRows(m, width, len(lines), height >= 12)
	l.height = max(height-len(head), 1)
	l.drawn = l.drawn[:0]
	for range head {
		l.drawn = append(l.drawn, newest)
	}
	text := ""
	switch {
	case l.failed != nil:
		text = m.lang.error(m.lang.Say("read the log"), "", l.failed)
	case !l.loaded:
		text = m.lang.Say(textLoading)
	case len(l.page.Lines) == 0:
		text = m.lang.Say(textLogEmpty)
	case len(lines) == 0 && l.only == logTrouble && l.query() == "":
		text = m.lang.Say(textLogFine)
	case len(lines) == 0:
		text = m.lang.Say(textLogNone)
	}
	if text != "" {
		for _, r := range wrap(text, width, 3) {
			head = append(head, m.styles.dim.Render(r))
		}
		return head
	}
	return append(head, l.listRows(m, lines, width)...)
}

// headRows are where the log lies, how much of it is shown, and the search.
func (l *logRoom) headRows(m *Model, width, shown int, roomy bool) []string {
	count := m.lang.logCount(shown, l.only, l.page.Cut)
	path := Clean(l.page.Path, 1000)
	if space := width - ansi.StringWidth(count) - 2; ansi.StringWidth(path) > space && space > 1 {
		path = ansi.TruncateLeft(path, ansi.StringWidth(path)-space+1, "…")
	}
	rows := []string{ends(m.styles.dim.Render(path), m.styles.dim.Render(count), width)}
	if l.searching || l.query() != "" {
		l.field.SetWidth(max(min(width-3, 60), 1))
		text := l.field.View()
		if l.field.Value() == "" {
			text = m.styles.dim.Render(m.lang.Say(textLogHint))
		}
		rows = append(rows, m.styles.accent.Render("/")+" "+text)
	}
	if roomy {
		rows = append(rows, "")
	}
	return rows
}

// listRows draws the part of the lines around the chosen one, and the newest at
// the bottom.
func (l *logRoom) listRows(m *Model, lines []LogLine, width int) []string {
	at := l.at(lines)
	open := l.whole(m, lines[at], width, max(l.height/2, 1))
	space := l.height - len(open)
	below := min(len(lines)-1-at, space/2)
	above := min(at, space-below)
	below = min(len(lines)-1-at, space-above)
	var rows []string
	for i := at - above; i <= at+below; i++ {
		drawn := open
		if i != at {
			drawn = []string{l.row(m, lines[i], width)}
		}
		for _, r := range drawn {
			rows, l.drawn = append(rows, r), append(l.drawn, lines[i].Offset)
		}
	}
	return rows
}

// row is a line on one row.
func (l *logRoom) row(m *Model, line LogLine, width int) string {
	head := "  " + l.head(m, line, width, false)
	return head + Clean(line.Text, max(width-ansi.StringWidth(head), 1))
}

// whole is a line on as many rows as it needs, most of them at the most.
func (l *logRoom) whole(m *Model, line LogLine, width, most int) []string {
	head := m.styles.accent.Render("› ") + l.head(m, line, width, true)
	column := ansi.StringWidth(head)
	if width-column < 12 { // too narrow to stand beside
		column = 2
	}
	texts := wrap(Clean(line.Text, max(width-column, 1)*most), max(width-column, 1), most)
	var rows []string
	if column == 2 {
		rows = append(rows, head)
		texts = texts[:min(len(texts), max(most-1, 0))]
	}
	for _, t := range texts {
		if len(rows) == 0 {
			rows = append(rows, head+t)
			continue
		}
		rows = append(rows, pad("", column)+t)
	}
	return rows
}

// head is when a line was written, and how bad it is: a word, and a colour.
func (l *logRoom) head(m *Model, line LogLine, width int, chosen bool) string {
	when, short := "01-02 15:04:05", width < 60
	switch {
	case short:
		when = "15:04"
	case width >= 100:
		when = "2006-01-02 15:04:05"
	}
	clock := ""
	if !line.At.IsZero() {
		clock = line.At.In(m.now().Location()).Format(when)
	}
	clock = pad(clock, len(when)) + "  "
	style := m.styles.dim
	if chosen {
		style = m.styles.accent
	}
	return style.Render(clock) + l.mark(m, line.Level, short)
}

func (l *logRoom) mark(m *Model, v slog.Level, short bool) string {
	var style lipgloss.Style
	switch word := m.lang.level(v); {
	case word == "" && short:
		return ""
	case v >= slog.LevelError:
		style = m.styles.alarm
	default:
		style = m.styles.strong
	}
	word := m.lang.level(v)
	if short {
		return style.Render(word) + " "
	}
	column := max(ansi.StringWidth(m.lang.Say(textWarning)), ansi.StringWidth(m.lang.Say(textFault)))
	return style.Render(pad(word, column)) + "  "
}
