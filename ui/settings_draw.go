package ui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"tring/audio"
	"tring/calls"
)

// settingsWidth is what the page makes use of: a value stands near its name.
const settingsWidth = 88

// rows draws the groups, the open one's settings, and what is to be known of
// the chosen one.
func (r *settingsRoom) rows(m *Model, width, height int) []string {
	width = min(width, settingsWidth)
	rows := []string{r.tabRow(m, width)}
	if m.roomy() {
		rows = append(rows, "")
	}
	notes := r.noteRows(m, width)
	if height-len(rows)-len(notes) < 3 {
		notes = nil
	}
	list := m.settingItems(r.open())
	r.choose(m, r.at[r.open()])
	at := r.at[r.open()]
	from, to := window(at, len(list), height-len(rows)-len(notes))
	r.drawn.list, r.drawn.from, r.drawn.to = len(rows), from, to
	for i := from; i < to; i++ {
		rows = append(rows, r.itemRow(m, list[i], i == at, width))
	}
	if m.roomy() {
		return append(rows, notes...)
	}
	rows = append(rows, make([]string, max(height-len(rows)-len(notes), 0))...)
	return append(rows, notes...)
}

// groupNames are the groups' words, all if they fit into a row, else the open
// one's.
func (r *settingsRoom) groupNames(m *Model, width int) (names []string, all bool) {
	groups := settingsGroups()
	for _, g := range groups {
		names = append(names, m.lang.Say(string(g)))
	}
	if ansi.StringWidth(strings.Join(names, "  ")) <= width {
		return names, true
	}
	return []string{m.lang.Say("%s, %d of %d", names[r.group], r.group+1, len(groups))}, false
}

func (r *settingsRoom) tabRow(m *Model, width int) string {
	names, all := r.groupNames(m, width)
	gap := "  "
	if width >= 60 {
		gap = "    "
	}
	for i := range names {
		names[i] = m.tabName(names[i], !all || i == r.group)
	}
	return strings.Join(names, gap)
}

// itemRow is one setting: its name, its value, and who else sets it.
func (r *settingsRoom) itemRow(m *Model, it item, chosen bool, width int) string {
	mark, style := "  ", m.styles.plain
	if chosen {
		mark, style = m.styles.accent.Render("› "), m.styles.accent
	}
	nameWidth := max(min(width*42/100, 30), 4)
	name := m.lang.Say(it.name)
	if it.does == byKey {
		name = it.name // in the language already
	}
	head := mark + style.Render(pad(clamp(name, nameWidth), nameWidth)) + "  "
	room := max(width-nameWidth-4, 1)
	value := r.valueWords(m, it, room)
	if by := m.preferences.values[it.key].Variable; by != "" {
		return head + ends(value, m.styles.dim.Render(by), room)
	}
	return clampStyled(head+value, width)
}

// valueWords is the value of a row, within this width.
func (r *settingsRoom) valueWords(m *Model, it item, width int) string {
	s := m.styles
	mark := ""
	if m.preferences.values[it.key].Variable != "" {
		mark = " *" // also where the variable's name has no room
	}
	switch it.does {
	case byListening:
		if !r.listens(m) {
			return s.dim.Render(clamp(m.lang.Say(textSetListen), width))
		}
		return s.meter(r.meter(m), min(width, 24))
	case byTest:
		return r.testWords(m, width)
	case byRinging:
		if r.trial == trialRinging {
			return s.talk.Render(clamp(m.lang.Say(textSetRings), width))
		}
		return s.dim.Render(clamp(m.lang.Say(textSetRing), width))
	case byChoice, bySteps, byDevice, byText, byKey:
	}
	return s.plain.Render(clamp(m.settingWords(it), max(width-len(mark), 1))) + s.dim.Render(mark)
}

// listens says whether a level can be shown.
func (r *settingsRoom) listens(m *Model) bool {
	return r.over(m) || r.trial == trialListening || r.trial == trialRecording
}

// meter is that of the trial, or over a call the call's.
func (r *settingsRoom) meter(m *Model) meter {
	if r.over(m) {
		return m.mine
	}
	return r.level
}

func (r *settingsRoom) testWords(m *Model, width int) string {
	s := m.styles
	say := func(style lipgloss.Style, words string) string { return style.Render(clamp(words, width)) }
	switch {
	case r.trial == trialRecording:
		return say(s.accent, m.lang.Say(textSetSpeak))
	case r.trial == trialPlaying:
		return say(s.talk, m.lang.Say(textSetPlayed))
	case r.heard.Verdict == audio.Good:
		return say(s.talk, m.lang.verdict(r.heard.Verdict))
	case r.heard.Verdict != "":
		return say(s.alarm, m.lang.verdict(r.heard.Verdict))
	}
	return say(s.dim, m.lang.Say(textSetTestIdle))
}

// noteRows explain the chosen setting.
func (r *settingsRoom) noteRows(m *Model, width int) []string {
	it, ok := r.chosen(m)
	if !ok {
		return nil
	}
	most := 1
	var rows []string
	if m.roomy() {
		most, rows = 3, []string{""}
	} else if m.height >= 12 {
		most = 2
	}
	style, words := r.note(m, it)
	for _, row := range wrap(words, width, most) {
		rows = append(rows, style.Render(row))
	}
	return rows
}

// hint is what a setting is for; some hints name a key.
func (m *Model) hint(it item) string {
	switch it.hint {
	case textHintKey:
		return m.lang.Say(it.hint, m.keys.More.Help().Key, m.keys.Less.Help().Key)
	case textHintTalk:
		return m.lang.Say(it.hint, m.keys.Talk.Help().Key)
	}
	return m.lang.Say(it.hint)
}

// note is what matters most about a setting now.
func (r *settingsRoom) note(m *Model, it item) (lipgloss.Style, string) {
	words := m.hint(it)
	trial := it.does == byListening || it.does == byTest || it.does == byRinging
	switch by := m.preferences.values[it.key].Variable; {
	case r.fault != "" && trial:
		return m.styles.alarm, r.fault
	case it.does == byTest && r.heard.Verdict != "" && r.trial != trialRecording:
		return m.styles.plain, m.lang.advice(r.heard)
	case by != "":
		words = m.lang.Say("%s in the environment sets this at each start.", by) + " " + words
	case it.key == "audio.canceller":
		if guess := r.guess(m); guess != "" {
			words = guess + " " + words
		}
	}
	if it.late {
		words += " " + m.lang.Say(textSetLate)
	}
	return m.styles.dim, words
}

// click opens a group, chooses a setting, or with a second click changes it.
func (r *settingsRoom) click(m *Model, x, y int, double bool) tea.Cmd {
	if names, all := r.groupNames(m, min(m.inner(), settingsWidth)); y == 0 {
		if !all {
			r.turn(1)
			return nil
		}
		row := ansi.Strip(r.tabRow(m, min(m.inner(), settingsWidth)))
		for i, name := range names {
			if under(row, name, x) {
				r.group = i
			}
		}
		return nil
	}
	i := y - r.drawn.list + r.drawn.from
	if y < r.drawn.list || i >= r.drawn.to {
		return nil
	}
	if !double { // the second is for what the first one chose: the list may have moved
		r.choose(m, i)
		return nil
	}
	if it, ok := r.chosen(m); ok {
		return r.act(m, it)
	}
	return nil
}

// keys are those of the last row, which has room for five; over a call one of
// them is the microphone's.
func (r *settingsRoom) keys(m *Model) []key.Binding {
	list := r.itemKeys(m)
	held, ok := m.view.Held()
	if !ok || !r.over(m) || held.Call.Status != calls.Ongoing {
		return list
	}
	return append(list[:3:3], m.microphoneKeys(held)[0], m.keys.Help)
}
