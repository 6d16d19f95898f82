package ui

import (
	"errors"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"tring/calls"
)

// muting keeps two fast strokes of the mute key in order: muting goes out at
// once, unmuting waits for the answer to what went before.
type muting struct {
	want bool
	sent int // without an answer
}

func (m *Model) toggleMute(held calls.CallView) tea.Cmd {
	now := held.Muted
	if m.mute.sent > 0 {
		now = m.mute.want
	}
	m.mute.want = !now
	if !m.mute.want && m.mute.sent > 0 {
		return nil
	}
	return m.sendMute(held)
}

func (m *Model) sendMute(held calls.CallView) tea.Cmd {
	m.mute.sent++
	return m.do(held.Call.ID, calls.SetMuted{Audio: m.mute.want})
}

// muted takes the answer to one act of muting.
func (m *Model) muted(act calls.SetMuted, err error) tea.Cmd {
	m.mute.sent--
	held, ok := m.view.Held()
	if ok && m.mute.sent == 0 && act.Audio != m.mute.want {
		return m.sendMute(held)
	}
	if err != nil && ok && !errors.Is(err, calls.ErrOffline) && !isTimeout(err) {
		m.notice = notice{m.lang.error(m.lang.act(act, ""), "", err), true}
	}
	return nil // the microphone obeys also while the server is away
}

func (m *Model) hangUp(held calls.CallView) tea.Cmd {
	if held.Call.Status == calls.Initiated {
		return m.do(held.Call.ID, calls.Reject{Status: calls.Cancelled})
	}
	return m.do(held.Call.ID, calls.End{})
}

func (m *Model) pressTalking(k tea.KeyPressMsg) tea.Cmd {
	held, ok := m.view.Held()
	switch {
	case key.Matches(k, m.keys.Quit):
		return m.quit()
	case !ok && key.Matches(k, m.keys.HangUp):
		return m.do(m.answering, calls.Reject{Status: calls.Rejected})
	case !ok:
	case key.Matches(k, m.keys.Mute):
		return m.toggleMute(held)
	case key.Matches(k, m.keys.HangUp):
		return m.hangUp(held)
	case key.Matches(k, m.keys.Record) && held.Call.Status == calls.Ongoing:
		return m.toggleRecording(held)
	case m.cfg.Dial != nil && len(k.Text) == 1 && strings.Contains("0123456789*#", k.Text):
		m.cfg.Dial(rune(k.Text[0]))
	}
	return nil
}

func (m *Model) muteKey(held calls.CallView) key.Binding {
	if held.Muted {
		return m.keys.Unmute
	}
	return m.keys.Mute
}

func (m *Model) talkingKeys() []key.Binding {
	held, ok := m.view.Held()
	if !ok { // answering
		return []key.Binding{m.keys.HangUp}
	}
	if m.inner() < 24 { // where not all fit, the first does
		return []key.Binding{m.keys.HangUp, m.muteKey(held), m.keys.Help}
	}
	list := []key.Binding{m.muteKey(held), m.keys.HangUp}
	if m.cfg.Recorder != nil {
		list = append(list, m.recordKey(held))
	}
	return append(list, m.keys.Help)
}

// talkingRows: with whom, how it stands, for how long, and the two meters. The
// clock and the meters have rows of their own, without names: a row with a wide
// letter is sent whole whenever one of its cells changes.
func (m *Model) talkingRows() []string {
	c, ok := m.view.Held()
	if !ok {
		c, _ = m.call(m.answering)
	}
	w, s := m.inner(), m.styles
	state, style := m.lang.Say(textTalking), s.talk
	switch {
	case c.Stage == calls.StageLost:
		state, style = m.lang.Say(textMending), s.alarm
	case c.Stage != calls.StageTalking:
		state, style = m.lang.Say(textConnecting), s.dim
	}
	if c.Call.Type == calls.Video {
		state += " · " + m.lang.Say(textSoundOnly)
	}
	rows := []string{
		center(s.strong.Render(m.peer(c.Call, w)), w),
		center(style.Render(clamp(state, w)), w), m.recordingRow(c),
	}
	if c.Stage != calls.StageTalking && c.Stage != calls.StageLost {
		return rows
	}
	rows = append(rows, center(s.strong.Render(textClock(m.now().Sub(c.Since))), w), "")
	rows = append(rows, m.meterRows(c)...)
	return append(rows, "", m.qualityRow(c))
}

func (m *Model) meterRows(c calls.CallView) []string {
	const label = 7
	w, s := m.inner(), m.styles
	cells := min(w-label, max(40, w/2))
	if cells < 4 {
		return nil
	}
	left := (w - label - cells) / 2
	mine := s.meter(m.levels.In, cells)
	if c.Muted {
		mine = pad(s.alarm.Render(m.lang.Say(textMutedShort)), cells)
	}
	theirs := s.meter(m.levels.Out, cells)
	return indent([]string{
		pad(s.dim.Render(m.lang.Say(textYou)), label) + mine,
		pad(s.dim.Render(m.lang.Say(textThem)), label) + theirs,
	}, left)
}

// qualityRow says what is bad, if anything: about the sound, or that the other
// side does not send.
func (m *Model) qualityRow(c calls.CallView) string {
	w := m.inner()
	if text := m.lang.quality(m.quality); text != "" {
		return center(m.styles.alarm.Render(clamp(text, w)), w)
	}
	for _, p := range c.Call.Parties {
		if p.User != m.view.Me.User && p.AudioMuted && c.Call.TwoParty() {
			return center(m.styles.dim.Render(clamp(m.lang.theyMuted(m.name(string(p.User), w/2)), w)), w)
		}
	}
	return ""
}
