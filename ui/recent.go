package ui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tring/calls"
)

// recent is the list of finished calls, newest first: all, and those of each
// filter that was looked at.
type recent struct {
	shelf    // all
	filtered map[filter]*shelf
	filter   filter // the one that is shown
	chosen   calls.ID
	toEnd    bool     // the last key went to the end: load on until it is there
	missed   int      // not looked at yet, as the server counts
	seen     calls.ID // the newest record that was looked at here
	past     past
}

// shown is the list that is on the screen.
func (r *recent) shown() *shelf {
	if s, ok := r.filtered[r.filter]; ok {
		return s
	}
	return &r.shelf
}

// show changes the filter.
func (r *recent) show(f filter) {
	r.filter = f
	if f == allCalls || r.filtered[f] != nil {
		return
	}
	if r.filtered == nil {
		r.filtered = map[filter]*shelf{}
	}
	r.filtered[f] = &shelf{}
	r.filtered[f].from(&r.shelf, f)
}

// took takes a page of the server: the newest of all, or one that goes on.
func (r *recent) took(msg historyMsg) {
	s := &r.shelf
	if f, ok := r.filtered[msg.filter]; ok {
		s = f
	}
	s.loading, s.failed = false, msg.err
	if msg.err != nil {
		r.toEnd = false
		return
	}
	if msg.before == "" {
		if !s.newest(msg.page.Records) {
			r.filtered = nil
		}
		r.missed = r.unseen(msg.page.MissedCount)
	} else {
		s.older(msg.before, msg.page.Records, calls.MaxHistoryLimit)
	}
	if s == &r.shelf {
		for f, other := range r.filtered {
			other.from(&r.shelf, f)
		}
		r.show(r.filter)
	}
}

// unseen is how many missed calls are new: the server's count, less those that
// this screen has shown.
func (r *recent) unseen(count int) int {
	if r.seen == "" {
		return count
	}
	fresh := 0
	for _, rec := range r.records {
		if rec.Call.ID == r.seen {
			break
		}
		if rec.Missed {
			fresh++
		}
	}
	return min(count, fresh)
}

// see marks all as looked at; false if there was nothing new.
func (r *recent) see() (calls.ID, bool) {
	if len(r.records) == 0 || r.missed == 0 {
		return "", false
	}
	r.seen, r.missed = r.records[0].Call.ID, 0
	return r.seen, true
}

func (r *recent) at() int {
	return max(slices.IndexFunc(r.shown().records, func(o calls.Record) bool { return o.Call.ID == r.chosen }), 0)
}

func (r *recent) choose(i int) {
	if list := r.shown().records; len(list) > 0 {
		r.chosen = list[min(max(i, 0), len(list)-1)].Call.ID
	}
}

func (m *Model) openRecent() tea.Cmd {
	m.tab = tabRecent
	m.recent.show(allCalls)
	m.recent.choose(0)
	return tea.Batch(m.loadHistory(""), m.markSeen())
}

func (m *Model) recentKeys() []key.Binding {
	tab := does(m.keys.Tab, m.lang.Say(wordPeople))
	filter := does(m.keys.Filter, m.lang.filter(m.recent.filter.next()))
	switch {
	case m.signedOut() || len(m.recent.records) == 0:
		return []key.Binding{tab, m.keys.Quit, m.keys.Help}
	case len(m.recent.shown().records) == 0:
		return []key.Binding{filter, tab, m.keys.Quit, m.keys.Help}
	}
	return []key.Binding{m.keys.CallBack, m.keys.Details, filter, tab, m.keys.Help}
}

func (m *Model) pressRecent(k tea.KeyPressMsg) tea.Cmd {
	r := &m.recent
	list, at := r.shown().records, r.at()
	r.toEnd = key.Matches(k, m.keys.Bottom)
	switch {
	case key.Matches(k, m.keys.Up):
		return m.moveRecent(-1)
	case key.Matches(k, m.keys.Down):
		return m.moveRecent(1)
	case key.Matches(k, m.keys.Top):
		r.choose(0)
	case key.Matches(k, m.keys.Bottom):
		r.choose(len(list) - 1)
		return m.loadOlder(len(list))
	case key.Matches(k, m.keys.Filter):
		return m.filterCalls(r.filter.next())
	case key.Matches(k, m.keys.Tab), key.Matches(k, m.keys.People):
		m.tab = tabPeople
	case key.Matches(k, m.keys.Search):
		m.tab = tabPeople
		return m.people.openSearch()
	case key.Matches(k, m.keys.Quit):
		return m.quit()
	case len(list) == 0:
	case key.Matches(k, m.keys.Details):
		m.open(aboutCall{list[at]})
	case key.Matches(k, m.keys.CallBack):
		return m.callBack(list[at], calls.Audio)
	case key.Matches(k, m.keys.Video):
		return m.callBack(list[at], calls.Video)
	}
	return nil
}

// moveRecent chooses the call so many further.
func (m *Model) moveRecent(by int) tea.Cmd {
	at := m.recent.at() + by
	m.recent.choose(at)
	return m.loadOlder(at)
}

// callBack calls the other side of a finished call.
func (m *Model) callBack(r calls.Record, t calls.Type) tea.Cmd {
	return m.dial(calls.User(calls.UserID(r.Call.Peer(m.view.Me.User))), t)
}

// filterCalls shows other finished calls: what is here of them at once, and the
// others as they come.
func (m *Model) filterCalls(f filter) tea.Cmd {
	m.recent.show(f)
	m.recent.choose(m.recent.at())
	return m.loadOlder(m.recent.at())
}

// loadOlder asks for the next page when the choice comes near the end.
func (m *Model) loadOlder(at int) tea.Cmd {
	s := m.recent.shown()
	if s.full || s.loading || s.until == "" || at < len(s.records)-nearEnd {
		return nil
	}
	return m.loadHistory(s.until)
}

// tookHistory takes a page, and goes on asking for somebody who went to the end
// of the list.
func (m *Model) tookHistory(msg historyMsg) tea.Cmd {
	r := &m.recent
	r.took(msg)
	r.choose(r.at()) // by its id: the next one that comes moves no choice
	if !r.toEnd || m.screen() != screenRecent {
		return nil
	}
	last := len(r.shown().records) - 1
	r.choose(last)
	cmd := m.loadOlder(last)
	r.toEnd = cmd != nil
	return cmd
}

func (m *Model) recentRows(height int) []string {
	var rows []string
	if m.roomy() && len(m.recent.records) > 0 || m.recent.filter != allCalls {
		rows = append(rows, m.filterRow(m.inner()))
	}
	if m.roomy() && len(rows) > 0 {
		rows = append(rows, "")
	}
	list := m.recent.shown().records
	if len(list) == 0 {
		return append(rows, m.noCallsRows()...)
	}
	at := m.recent.at()
	from, to := window(at, len(list), height-len(rows))
	m.zones.drawn(len(rows), from, to, m.inner())
	for i := from; i < to; i++ {
		rows = append(rows, m.recordRow(list[i], i == at, min(m.inner(), 150)))
	}
	return rows
}

// noCallsRows say why there is no call to show.
func (m *Model) noCallsRows() []string {
	s := m.recent.shown()
	text := m.lang.noCalls(m.recent.filter)
	switch {
	case s.failed != nil:
		text = m.lang.error(m.lang.Say("load the calls"), "", s.failed)
	case !s.loaded || !s.full:
		text = m.lang.Say(textLoading)
	}
	rows := wrap(text, m.inner(), 3)
	for i := range rows {
		rows[i] = m.styles.dim.Render(rows[i])
	}
	return rows
}

// filterRow names the filters; the one that is on is marked by more than its
// colour.
func (m *Model) filterRow(width int) string {
	var words []string
	for _, f := range filters() {
		words = append(words, m.tabName(m.lang.filter(f), f == m.recent.filter))
	}
	return clampStyled("  "+strings.Join(words, "  "), width)
}

// clickFilter takes a click on the row of filters.
func (m *Model) clickFilter(row string, x int) tea.Cmd {
	for _, f := range filters() {
		if under(row, m.lang.filter(f), x) {
			return m.filterCalls(f)
		}
	}
	return nil
}

// recordRow is one finished call: which way, with whom, when, and how it ended.
func (m *Model) recordRow(r calls.Record, chosen bool, width int) string {
	const when, how = 16, 13
	mark, name := "  ", m.styles.plain
	if chosen {
		mark, name = m.styles.accent.Render("› "), m.styles.accent
	}
	nameWidth := width - 4 - 2 - when - 2 - how
	head := mark + m.arrow(r) + " "
	if nameWidth >= 10 {
		nameWidth = min(nameWidth, max(36, width*3/10))
		return head + name.Render(pad(m.peer(r.Call, nameWidth), nameWidth)) + "  " +
			m.styles.dim.Render(pad(m.lang.day(r.Call.InitiatedAt, m.now(), true), when)) + "  " + m.outcome(r)
	}
	nameWidth = max(width-4-2-how, 4)
	return clampStyled(head+name.Render(pad(m.peer(r.Call, nameWidth), nameWidth))+"  "+m.outcome(r), width)
}

func (m *Model) arrow(r calls.Record) string {
	shape := "↙"
	if r.Direction == calls.Outgoing {
		shape = "↗"
	}
	if r.Missed {
		return m.styles.alarm.Render(shape)
	}
	return m.styles.dim.Render(shape)
}

func (m *Model) outcome(r calls.Record) string {
	if r.Missed || r.Call.Status == calls.Failed {
		return m.styles.alarm.Render(m.lang.outcome(r))
	}
	return m.styles.dim.Render(m.lang.outcome(r))
}

// recentTitle is the tab's name, with what was missed.
func (m *Model) recentTitle() string {
	if m.recent.missed == 0 {
		return m.lang.Say(textRecentCalls)
	}
	return m.lang.Say(textRecentCalls) + " (" + m.lang.missedCount(m.recent.missed) + ")"
}

// missedLines are the newest missed calls under the list of people, where at
// least two rows are left for them. A click on one shows it among the calls.
func (m *Model) missedLines(width, height int) []line {
	const rowsBefore, most = 2, 3
	if m.recent.missed == 0 || height < rowsBefore+1 || m.people.searching {
		return nil
	}
	rows := lines("", "  "+m.styles.dim.Render(m.lang.Say(textMissed)))
	for _, r := range m.recent.records {
		if len(rows) == rowsBefore+min(m.recent.missed, most) || len(rows) == height {
			break
		}
		if r.Missed {
			nameWidth := nameColumn(width)
			text := "  " + m.arrow(r) + " " + pad(m.peer(r.Call, nameWidth), nameWidth) + "  " +
				m.styles.dim.Render(m.lang.day(r.Call.InitiatedAt, m.now(), width > 40))
			rows = append(rows, line{text: text, click: func(bool) tea.Cmd { return m.showRecord(r.Call.ID) }})
		}
	}
	return rows
}

// showRecord opens the list of calls at one of them.
func (m *Model) showRecord(id calls.ID) tea.Cmd {
	cmd := m.openRecent()
	m.recent.chosen = id
	m.zones.clicked = -1 // a second click would be on another row
	return cmd
}

// clampStyled cuts a row that holds styles already.
func clampStyled(s string, width int) string { return ansi.Truncate(s, max(width, 0), "…") }
