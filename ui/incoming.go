package ui

import (
	"slices"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

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

// incomingKeys are all that do something while it rings.
func (m *Model) incomingKeys() []key.Binding {
	keys := slices.Concat(m.decisions(m.boxText())...)
	held, ok := m.view.Held()
	if !ok {
		return keys
	}
	keys[0] = does(m.keys.Swap, m.lang.Say(wordSwapShort))
	keys[1] = does(m.keys.Reject, m.lang.Say(wordReject))
	keys = append(keys, m.keys.HangUp)
	if held.Call.Status == calls.Ongoing {
		keys = append(keys, m.microphoneKeys(held)...)
	}
	return keys
}
