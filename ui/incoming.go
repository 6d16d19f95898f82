package ui

import (
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tring/calls"
)

// waiting is the incoming call on top, and since when it lies there.
type waiting struct {
	call  calls.ID
	since time.Time
	until time.Time // keys do nothing before
	sent  bool      // the decision is on its way
}

// noticeIncoming brings the overlay in line with the calls that ring. The oldest
// lies on top, and whenever another comes to the top the grace begins anew: no
// key that was meant for the one may answer the other.
func (m *Model) noticeIncoming() tea.Cmd {
	in := m.view.Incoming()
	if len(in) == 0 {
		m.waiting = waiting{}
		return nil
	}
	top := in[0].Call.ID
	if top == m.waiting.call {
		return nil
	}
	now := m.now()
	m.waiting = waiting{call: top, since: now, until: now.Add(m.cfg.Grace)}
	if m.cfg.Bell {
		return tea.Raw("\a")
	}
	return nil
}

// graced says whether a key may still be one that was on its way.
func (m *Model) graced() bool { return m.now().Before(m.waiting.until) }

// pressIncoming decides over the call on top. Beneath it only the microphone and
// the end of the present call can be reached.
func (m *Model) pressIncoming(k tea.KeyPressMsg) tea.Cmd {
	held, holding := m.view.Held()
	switch {
	case holding && key.Matches(k, m.keys.HangUp):
		return m.hangUp(held)
	case holding && key.Matches(k, m.keys.Mute) && held.Call.Status == calls.Ongoing:
		return m.toggleMute(held)
	case m.graced():
		if m.typing() { // somebody types: wait for a pause
			m.waiting.until = m.now().Add(m.cfg.Grace)
		}
		return nil
	case m.waiting.sent || k.IsRepeat:
		return nil
	}
	id := m.waiting.call
	switch {
	case key.Matches(k, m.keys.Accept):
		m.waiting.sent, m.answering = true, id
		m.people.closeSearch()
		m.sheet = nil
		accept := calls.Accept{Join: true}
		if holding {
			accept.Ending = held.Call.ID
		}
		return m.do(id, accept)
	case key.Matches(k, m.keys.Reject):
		m.waiting.sent = true
		return m.do(id, calls.Reject{Status: calls.Rejected})
	case key.Matches(k, m.keys.Busy):
		m.waiting.sent = true
		return m.do(id, calls.Reject{Status: calls.Busy})
	}
	return nil
}

func (m *Model) incomingKeys() []key.Binding {
	k := m.keys
	if held, ok := m.view.Held(); ok {
		keys := []key.Binding{does(k.Swap, m.lang.Say(wordSwapShort)), k.Reject, k.Busy, k.HangUp}
		if held.Call.Status == calls.Ongoing {
			keys = append(keys, m.muteKey(held))
		}
		return keys
	}
	return []key.Binding{k.Accept, k.Reject, k.Busy}
}

// incomingBox says who calls, how, and what one can do about it.
func (m *Model) incomingBox() []string {
	c, ok := m.call(m.waiting.call)
	if !ok {
		return nil
	}
	s, width := m.styles, m.boxText()
	what := m.lang.Say(textIsCalling)
	if c.Call.Type == calls.Video {
		what = m.lang.Say(textIsCallingVid)
	}
	rows := []string{"", s.strong.Render(m.peer(c.Call, width))}
	if m.height >= 5 { // else who calls and the key that answers are all there is room for
		for _, r := range wrap(what, width, 2) {
			rows = append(rows, s.plain.Render(r))
		}
	}
	if n := len(m.view.Incoming()) - 1; n > 0 {
		rows = append(rows, s.dim.Render(clamp(m.lang.more(n), width)))
	}
	rows = append(rows, "")
	if m.cfg.Motion && m.roomy() {
		rows = append(rows, s.pulse(m.waiting.since, m.now()), "")
	}
	rows = append(rows, m.decisions(width)...)
	return indent(append(rows, ""), min(3, margin(m.width)+1))
}

// decisions are the keys that answer; dim while they do nothing yet.
func (m *Model) decisions(width int) []string {
	s := m.styles
	if m.graced() || m.waiting.sent {
		s.accent, s.plain = s.dim, s.dim
	}
	k := m.keys
	held, holding := m.view.Held()
	if !holding {
		row := s.keyWords(k.Accept) + "      " + s.keyWords(k.Reject) + "      " + s.keyWords(k.Busy)
		if ansi.StringWidth(row) > width {
			row = s.keyRow(width, k.Accept, k.Reject, k.Busy)
		}
		return []string{row}
	}
	words := m.lang.swap(m.peer(held.Call, 28))
	if ansi.StringWidth(words) > width-2 {
		words = m.lang.Say(wordSwap)
	}
	swap := does(k.Swap, clamp(words, max(width-2, 1)))
	return []string{s.keyWords(swap), s.keyWords(k.Reject) + "      " + s.keyWords(k.Busy)}
}
