package ui

import (
	"time"

	"github.com/charmbracelet/x/ansi"
)

// maxGuideRow keeps a line of the guide within one look.
const maxGuideRow = 78

func (g *guide) rows(m *Model, width, height int) []string {
	g.clicks = g.clicks[:0]
	width = min(width, maxGuideRow)
	switch g.page {
	case guideForm:
		return g.formRows(m, width, height)
	case guideJoining, guideJoined:
		return g.joinRows(m, width)
	case guideServe:
		return g.serveRows(m, width, height)
	case guideWays:
	}
	return g.wayRows(m, width, height)
}

// sayRows are words over as many rows as they need.
func sayRows(words string, width int) []string { return wrap(words, max(width, 1), 6) }

// note remembers what a click on the next rows means.
func (g *guide) note(rows, means int) {
	for range rows {
		g.clicks = append(g.clicks, means)
	}
}

func (g *guide) wayRows(m *Model, width, height int) []string {
	rows := sayRows(m.lang.Say(textGuideAsk), width)
	if height > 8 {
		rows = append(rows, "")
	}
	g.note(len(rows), -1)
	ways := g.ways(m)
	column := 0
	for _, w := range ways {
		column = max(column, ansi.StringWidth(m.lang.Say(w.name))+4)
	}
	for i, w := range ways {
		mark, style := "  ", m.styles.strong
		if i == g.chosen {
			mark, style = m.styles.accent.Render("› "), m.styles.accent
		}
		how := sayRows(m.lang.Say(w.how), width-2-column)
		entry := []string{}
		if width < 60 {
			entry = append(entry, mark+style.Render(m.lang.Say(w.name)))
			how = sayRows(m.lang.Say(w.how), width-4)
			if i != g.chosen && height < 14 { // one explanation at a time
				how = nil
			}
			for _, r := range how {
				entry = append(entry, "    "+m.styles.dim.Render(r))
			}
		} else {
			head := mark + style.Render(pad(m.lang.Say(w.name), column))
			for _, r := range how {
				entry = append(entry, pad(head, 2+column)+m.styles.dim.Render(r))
				head = ""
			}
		}
		if height >= 14 {
			entry = append(entry, "")
		}
		g.note(len(entry), i)
		rows = append(rows, entry...)
	}
	if height >= 12 {
		for _, r := range sayRows(m.lang.Say(textGuideLater, m.keys.Palette.Help().Key), width) {
			rows = append(rows, m.styles.dim.Render(r))
		}
	}
	return rows
}

func (g *guide) formRows(m *Model, width, height int) []string {
	var rows []string
	if height >= 10 {
		for _, r := range sayRows(m.lang.Say(textJoinHint), width) {
			rows = append(rows, m.styles.dim.Render(r))
		}
		rows = append(rows, "")
	}
	g.note(len(rows), -1)
	names := [2]string{m.lang.Say(textAddress), m.lang.Say(textInvite)}
	hints := [2]string{m.lang.Say(textAddressHint), m.lang.Say(textInviteHint)}
	column := max(ansi.StringWidth(names[0]), ansi.StringWidth(names[1])) + 2
	for i := range g.fields {
		mark, style := "  ", m.styles.plain
		if i == g.field {
			mark, style = m.styles.accent.Render("› "), m.styles.accent
		}
		f := &g.fields[i]
		f.SetWidth(max(width-3-column, 1))
		text := f.View()
		if f.Value() == "" && i != g.field {
			text = m.styles.dim.Render(clamp(hints[i], max(width-2-column, 1)))
		}
		g.note(1, i)
		rows = append(rows, mark+style.Render(pad(names[i], column))+text)
	}
	if g.fault != "" {
		rows = append(rows, "")
		for _, r := range sayRows(g.fault, width-2) {
			rows = append(rows, "  "+m.styles.alarm.Render(r))
		}
	}
	g.note(len(rows)-len(g.clicks), -1)
	return rows
}

// joinRows are the steps of joining: those that are done, and the present one
// with how long it takes.
func (g *guide) joinRows(m *Model, width int) []string {
	rows := []string{m.styles.strong.Render(Clean(serverName(g.join.address), width)), ""}
	column := 0
	for _, s := range []JoinStep{JoinKey, JoinInvite, JoinSignIn} {
		column = max(column, ansi.StringWidth(m.lang.joinStep(s))+3)
	}
	for i, s := range g.join.begun {
		state := m.lang.Say(textDone)
		if i == len(g.join.begun)-1 && g.page == guideJoining {
			state = "…"
			if took := m.now().Sub(g.join.since); took >= time.Second {
				state = m.lang.span(took)
			}
		}
		rows = append(rows, pad(m.lang.joinStep(s), column)+m.styles.dim.Render(state))
	}
	if g.page == guideJoined {
		rows = append(rows, "", m.styles.plain.Render(m.lang.Say(textJoined, m.keys.Choose.Help().Key)))
	}
	return rows
}

// serveRows show the two commands of a server.
func (g *guide) serveRows(m *Model, width, height int) []string {
	var rows []string
	gap := func() {
		if height >= 12 {
			rows = append(rows, "")
		}
	}
	rows = append(rows, sayRows(m.lang.Say(textServeWhere), width)...)
	gap()
	for _, c := range [][2]string{{textServeCommand, textServeWhat}, {textUserCommand, textServeInvite}} {
		rows = append(rows, "  "+m.styles.strong.Render(c[0]))
		for _, r := range sayRows(m.lang.Say(c[1]), width-4) {
			rows = append(rows, "    "+m.styles.dim.Render(r))
		}
		gap()
	}
	rows = append(rows, sayRows(m.lang.Say(textServeThen), width)...)
	g.top = max(min(g.top, len(rows)-height), 0)
	return rows[g.top:]
}
