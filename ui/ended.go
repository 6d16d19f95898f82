package ui

import (
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"tring/calls"
)

// ended is the call that is over and the reason, until the person closes it.
type ended struct {
	call   calls.Call
	why    calls.Reason
	err    error
	at     time.Time
	closed calls.ID // the one closed last: late word of it opens nothing
}

func (e *ended) close() {
	if e.call.ID != "" {
		*e = ended{closed: e.call.ID}
	}
}

// finish shows why a call is over.
func (m *Model) finish(c calls.Call, why calls.Reason, err error) {
	if m.dialing.id == c.ID {
		m.dialing = dialing{}
	}
	if c.ID == m.ended.closed || c.ID == m.ended.call.ID && err == nil && m.ended.err != nil {
		return
	}
	m.ended = ended{call: c, why: why, err: err, at: m.now(), closed: m.ended.closed}
}

// early says whether a key may have been meant for something else: it was on its
// way when the call ended, or is held down since it placed the call. Of a keyboard
// that repeats without saying so, the first repetition comes late.
func (m *Model) early(k tea.KeyPressMsg) bool {
	e, last, now := m.ended, m.typed, m.now()
	gap := now.Sub(last.at)
	held := last.key == k.Code && (gap < repeatGap || gap < repeatDelay && last.at.Before(e.at))
	return k.IsRepeat || held || now.Before(e.at.Add(m.cfg.Grace))
}

// pressEnded calls again or closes.
func (m *Model) pressEnded(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.Again):
		if m.signedOut() || m.early(k) {
			return nil
		}
		c := m.ended.call
		return m.dial(calls.User(calls.UserID(c.Peer(m.view.Me.User))), c.Type)
	case key.Matches(k, m.keys.Close):
		m.ended.close()
	}
	return nil
}

func (m *Model) endedKeys() []key.Binding {
	if m.signedOut() {
		return []key.Binding{m.keys.Close}
	}
	return []key.Binding{m.keys.Again, m.keys.Close}
}

// judged is how long a call must have been for a word on its sound.
const judged = 5 * time.Second

func (m *Model) endedRows() []string {
	e, w, s := m.ended, m.inner(), m.styles
	name := m.peer(e.call, w)
	words, bad := m.lang.end(e.call, e.why, m.view.Me.User, m.peer(e.call, min(w, 28)))
	if e.err != nil {
		words, bad = m.lang.error(m.lang.act(calls.Initiate{}, name), name, e.err), true
	}
	style := s.plain
	if bad {
		style = s.alarm
	}
	rows := []string{center(s.strong.Render(name), w), ""}
	for _, r := range wrap(words, min(w, 60), 4) {
		rows = append(rows, center(style.Render(r), w))
	}
	if talked := e.call.Talked(e.at); talked > 0 {
		rows = append(rows, "", center(s.dim.Render(m.lang.span(talked)), w))
		if heard := m.lang.heard(m.quality.stats); heard != "" && !m.silent() && m.quality.call == e.call.ID && talked >= judged {
			rows = append(rows, center(s.dim.Render(clamp(heard, w)), w))
		}
	}
	return rows
}
