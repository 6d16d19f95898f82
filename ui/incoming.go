package ui

import (
	"slices"
	"strings"
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
	key   time.Time // the last key in that time

	gone time.Time // when the last call went that nobody had decided over
}

// noticeIncoming brings the overlay in line with the calls that ring. The oldest
// lies on top until another is chosen. Whenever another comes there by itself the
// grace begins anew: no key that was meant for the one may answer the other.
func (m *Model) noticeIncoming() tea.Cmd {
	in := m.view.Incoming()
	now := m.now()
	switch {
	case len(in) == 0 && m.waiting.call != "" && !m.waiting.sent:
		m.waiting = waiting{gone: now}
	case len(in) == 0 && m.waiting.call != "":
		m.waiting = waiting{}
	case len(in) > 0 && m.onTop(in) < 0:
		m.waiting = waiting{call: in[0].Call.ID, since: now, until: now.Add(m.cfg.Grace)}
	}
	return m.notifyIncoming()
}

// decided says whether a key was meant for a call that is gone just now.
func (m *Model) decided(k tea.KeyPressMsg) bool {
	return m.justGone() && !m.typing() && key.Matches(k, m.keys.Accept, m.keys.Swap, m.keys.Reject, m.keys.Busy)
}

func (m *Model) justGone() bool {
	return m.waiting.call == "" && m.now().Before(m.waiting.gone.Add(m.cfg.Grace))
}

// onTop is which of the calls that ring lies on top.
func (m *Model) onTop(in []calls.CallView) int {
	return slices.IndexFunc(in, func(c calls.CallView) bool { return c.Call.ID == m.waiting.call })
}

// chooseIncoming brings another call to the top.
func (m *Model) chooseIncoming(by int) {
	in := m.view.Incoming()
	if at := m.onTop(in) + by; at >= 0 && at < len(in) {
		m.waiting.call, m.waiting.sent = in[at].Call.ID, false
	}
}

// graced says whether a key may still be one that was on its way.
func (m *Model) graced() bool { return m.now().Before(m.waiting.until) }

// pressIncoming decides over the call on top. Beneath it only the microphone and
// the end of the present call can be reached.
func (m *Model) pressIncoming(k tea.KeyPressMsg) tea.Cmd {
	held, holding := m.view.Held()
	if holding {
		if cmd, taken := m.pressBeneath(held, k); taken {
			return cmd
		}
	}
	switch {
	case m.graced():
		m.waiting.wait(k, m.typing(), m.now(), m.cfg.Grace)
		return m.typeOn(k)
	case key.Matches(k, m.keys.SearchUp):
		m.chooseIncoming(-1)
		return nil
	case key.Matches(k, m.keys.SearchDown):
		m.chooseIncoming(1)
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

// wait takes a key that comes too early. After one of somebody who types, and of
// a key that is held down, the time begins anew: there must be a pause.
func (w *waiting) wait(k tea.KeyPressMsg, typing bool, now time.Time, grace time.Duration) {
	if typing || k.IsRepeat || now.Sub(w.key) < repeatGap {
		w.until = now.Add(grace)
	}
	w.key = now
}

// typeOn gives a letter that somebody goes on typing to the field it was meant for:
// it answers nothing, and is not lost.
func (m *Model) typeOn(k tea.KeyPressMsg) tea.Cmd {
	if !m.typing() || k.Text == "" && k.Code != tea.KeyBackspace {
		return nil
	}
	switch s := m.sheet.(type) {
	case nil:
		return m.pressScreen(k)
	case *binding: // it takes any key for a new one, and is no field
		return nil
	default:
		return s.press(m, k)
	}
}

// pressBeneath reaches the present call under an incoming one: at once, unless
// somebody types.
func (m *Model) pressBeneath(held calls.CallView, k tea.KeyPressMsg) (cmd tea.Cmd, taken bool) {
	ongoing := held.Call.Status == calls.Ongoing
	switch {
	case m.typing() && m.graced():
	case key.Matches(k, m.keys.HangUp):
		return m.hangUp(held), true
	case ongoing && key.Matches(k, m.keys.Mute):
		return m.toggleMute(held), true
	case ongoing && key.Matches(k, m.keys.Talk):
		return m.pressTalk(held, k), true
	}
	return nil, false
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

// callersMost is how many of those who call at once are named.
const callersMost = 5

// incomingBox says who calls, how, and what one can do about it.
func (m *Model) incomingBox() []string {
	in := m.view.Incoming()
	top := m.onTop(in)
	if top < 0 {
		return nil
	}
	width := m.boxText()
	rows := []string{""}
	if len(in) > 1 && m.roomy() {
		rows = append(rows, m.callerRows(in, top, width)...)
	} else {
		rows = append(rows, m.callerRow(in[top], width)...)
		if n := len(in) - 1; n > 0 {
			rows = append(rows, m.styles.dim.Render(clamp(m.lang.more(n), width)))
		}
	}
	rows = append(rows, "")
	if m.cfg.Motion && m.roomy() {
		rows = append(rows, m.styles.pulse(m.waiting.since, m.now()), "")
	}
	for _, row := range m.decisions(width) {
		rows = append(rows, m.explain(row, width))
	}
	return indent(append(rows, ""), min(3, margin(m.width)+1))
}

// callerRow is one who calls, and how.
func (m *Model) callerRow(c calls.CallView, width int) []string {
	rows := []string{m.styles.strong.Render(m.peer(c.Call, width))}
	if m.height < 5 { // who calls and the key that answers are all there is room for
		return rows
	}
	what := m.lang.Say(textIsCalling)
	if c.Call.Type == calls.Video {
		what = m.lang.Say(textIsCallingVid)
	}
	return append(rows, wrap(what, width, 2)...)
}

// callerRows are all who call, the oldest first; the one on top says more.
func (m *Model) callerRows(in []calls.CallView, top, width int) []string {
	var rows []string
	from, to := window(top, len(in), callersMost)
	for i := from; i < to; i++ {
		if i != top {
			rows = append(rows, "  "+m.styles.dim.Render(m.peer(in[i].Call, width-2)))
			continue
		}
		mine := m.callerRow(in[i], width-2)
		rows = append(rows, m.styles.accent.Render("› ")+mine[0])
		rows = append(rows, indent(mine[1:], 2)...)
	}
	if n := len(in) - (to - from); n > 0 {
		rows = append(rows, "  "+m.styles.dim.Render(clamp(m.lang.more(n), width-2)))
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

// explain is a row of keys that answer; dim while they do nothing yet.
func (m *Model) explain(keys []key.Binding, width int) string {
	s := m.styles
	if m.graced() || m.waiting.sent {
		s.accent, s.plain = s.dim, s.dim
	}
	words := make([]string, 0, len(keys))
	for _, b := range keys {
		words = append(words, s.keyWords(b))
	}
	if row := strings.Join(words, "      "); ansi.StringWidth(row) <= width {
		return row
	}
	return s.keyRow(width, keys...)
}
