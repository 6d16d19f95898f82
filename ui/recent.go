package ui

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tring/calls"
)

// recent is the list of finished calls, newest first.
type recent struct {
	records []calls.Record
	chosen  calls.ID
	missed  int      // not looked at yet, as the server counts
	seen    calls.ID // the newest record that was looked at here
	loading bool
	full    bool // there are no older records
	loaded  bool
	failed  error
}

// took takes a page of the server: the newest, or one that goes on.
func (r *recent) took(msg historyMsg) {
	r.loading = false
	r.failed = msg.err
	if msg.err != nil {
		return
	}
	more := len(msg.page.Records) >= calls.HistoryLimit
	switch {
	case msg.before == "":
		r.records, r.full = r.merge(msg.page.Records), !more && len(r.records) <= len(msg.page.Records)
		r.missed = r.unseen(msg.page.MissedCount)
	case len(r.records) > 0 && r.records[len(r.records)-1].Call.ID == msg.before:
		r.records, r.full = append(r.records, msg.page.Records...), !more
	}
	r.loaded = true
}

// merge puts the newest page before the older records that were loaded already.
func (r *recent) merge(newest []calls.Record) []calls.Record {
	out := slices.Clone(newest)
	if len(newest) == 0 {
		return out
	}
	last := newest[len(newest)-1].Call.ID
	if i := slices.IndexFunc(r.records, func(o calls.Record) bool { return o.Call.ID == last }); i >= 0 {
		out = append(out, r.records[i+1:]...)
	}
	return out
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

// with are the records with one person.
func (r *recent) with(id string, me calls.UserID) []calls.Record {
	var out []calls.Record
	for _, rec := range r.records {
		if rec.Call.Peer(me) == id {
			out = append(out, rec)
		}
	}
	return out
}

func (r *recent) at() int {
	return max(slices.IndexFunc(r.records, func(o calls.Record) bool { return o.Call.ID == r.chosen }), 0)
}

func (r *recent) choose(i int) {
	if len(r.records) > 0 {
		r.chosen = r.records[min(max(i, 0), len(r.records)-1)].Call.ID
	}
}

func (m *Model) openRecent() tea.Cmd {
	m.tab = tabRecent
	m.recent.choose(0)
	return tea.Batch(m.loadHistory(""), m.markSeen())
}

func (m *Model) recentKeys() []key.Binding {
	tab := does(m.keys.Tab, m.lang.Say(wordPeople))
	if len(m.recent.records) == 0 || m.signedOut() {
		return []key.Binding{tab, m.keys.Quit, m.keys.Help}
	}
	return []key.Binding{m.keys.CallBack, m.keys.Video, tab, m.keys.Help}
}

func (m *Model) pressRecent(k tea.KeyPressMsg) tea.Cmd {
	r := &m.recent
	at := r.at()
	switch {
	case key.Matches(k, m.keys.Up):
		r.choose(at - 1)
	case key.Matches(k, m.keys.Down):
		r.choose(at + 1)
		return m.loadOlder(at + 1)
	case key.Matches(k, m.keys.Top):
		r.choose(0)
	case key.Matches(k, m.keys.Bottom):
		r.choose(len(r.records) - 1)
		return m.loadOlder(len(r.records))
	case key.Matches(k, m.keys.Tab), k.String() == "esc":
		m.tab = tabPeople
	case key.Matches(k, m.keys.Search):
		m.tab = tabPeople
		return m.people.openSearch()
	case key.Matches(k, m.keys.Quit):
		return m.quit()
	case len(r.records) == 0:
	case key.Matches(k, m.keys.CallBack):
		return m.dial(calls.User(calls.UserID(r.records[at].Call.Peer(m.view.Me.User))), calls.Audio)
	case key.Matches(k, m.keys.Video):
		return m.dial(calls.User(calls.UserID(r.records[at].Call.Peer(m.view.Me.User))), calls.Video)
	}
	return nil
}

// loadOlder asks for the next page when the choice comes near the end.
func (m *Model) loadOlder(at int) tea.Cmd {
	r := &m.recent
	if r.full || r.loading || len(r.records) == 0 || at < len(r.records)-5 {
		return nil
	}
	return m.loadHistory(r.records[len(r.records)-1].Call.ID)
}

func (m *Model) recentRows(height int) []string {
	r := &m.recent
	if len(r.records) == 0 {
		text := m.lang.Say(textNoCalls)
		switch {
		case r.failed != nil:
			text = m.lang.error(m.lang.Say("load the calls"), "", r.failed)
		case !r.loaded:
			text = m.lang.Say(textLoading)
		}
		rows := wrap(text, m.inner(), 3)
		for i := range rows {
			rows[i] = m.styles.dim.Render(rows[i])
		}
		return rows
	}
	at := r.at()
	from, to := window(at, len(r.records), height)
	rows := make([]string, 0, to-from)
	m.zones.drawn(0, from, to, m.inner())
	for i := from; i < to; i++ {
		rows = append(rows, m.recordRow(r.records[i], i == at, min(m.inner(), 90)))
	}
	return rows
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
		nameWidth = min(nameWidth, 36)
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

// missedRows are the newest missed calls under the list of people, where at
// least three rows are left for them.
func (m *Model) missedRows(width, height int) []string {
	const rowsBefore, most = 3, 3
	if m.recent.missed == 0 || height < rowsBefore+1 || m.people.searching {
		return nil
	}
	rows := []string{"", "", "  " + m.styles.dim.Render(m.lang.Say(textMissed))}
	for _, r := range m.recent.records {
		if len(rows) == rowsBefore+min(m.recent.missed, most) || len(rows) == height {
			break
		}
		if r.Missed {
			nameWidth := min(max(width*48/100, 10), 28)
			rows = append(rows, "  "+m.arrow(r)+" "+pad(m.peer(r.Call, nameWidth), nameWidth)+"  "+
				m.styles.dim.Render(m.lang.day(r.Call.InitiatedAt, m.now(), width > 40)))
		}
	}
	return rows
}

// clampStyled cuts a row that holds styles already.
func clampStyled(s string, width int) string { return ansi.Truncate(s, max(width, 0), "…") }
