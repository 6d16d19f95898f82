package ui

import (
	"errors"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"tring/calls"
)

// muting keeps two fast strokes of the mute key in order: muting goes out at
// once, unmuting waits until the microphone has obeyed what went before.
type muting struct {
	want bool
	last bool // what was sent last
	sent int  // without an answer
}

// mutes says whether the microphone is to be closed, whatever it is still.
func (m *Model) mutes(held calls.CallView) bool {
	if m.mute.sent > 0 {
		return m.mute.want
	}
	return held.Muted
}

func (m *Model) toggleMute(held calls.CallView) tea.Cmd {
	m.push.open = false
	return m.setMute(held, !m.mutes(held))
}

func (m *Model) setMute(held calls.CallView, on bool) tea.Cmd {
	m.mute.want = on
	if !on && m.mute.sent > 0 && held.Muted != m.mute.last {
		return nil
	}
	return m.sendMute(held)
}

func (m *Model) sendMute(held calls.CallView) tea.Cmd {
	m.mute.sent++
	m.mute.last = m.mute.want
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

// keysOfMicrophone says whether a key is one for the microphone: in a call they
// work on every page and under every question, but where somebody types. The key
// to talk is another one's where it would do nothing.
func (m *Model) keysOfMicrophone(k tea.KeyPressMsg) bool {
	held, ok := m.view.Held()
	if !ok || held.Call.Status != calls.Ongoing || m.typing() {
		return false
	}
	if _, asked := m.sheet.(quitting); asked && key.Matches(k, m.keys.Yes, m.keys.No) {
		return false
	}
	_, talks := m.talkKey(held)
	return key.Matches(k, m.keys.Mute) || talks && key.Matches(k, m.keys.Talk)
}

func (m *Model) pressMicrophone(k tea.KeyPressMsg) tea.Cmd {
	held, ok := m.view.Held()
	switch {
	case !ok:
		return nil
	case key.Matches(k, m.keys.Mute):
		return m.toggleMute(held)
	}
	return m.pressTalk(held, k)
}

// microphoneKeys are those that do something now.
func (m *Model) microphoneKeys(held calls.CallView) []key.Binding {
	talk, talks := m.talkKey(held)
	switch {
	case talks && m.cfg.Talk == TalkPush:
		return []key.Binding{talk, m.muteKey(held)}
	case talks:
		return []key.Binding{m.muteKey(held), talk}
	}
	return []key.Binding{m.muteKey(held)}
}

func (m *Model) pressTalking(k tea.KeyPressMsg) tea.Cmd {
	held, ok := m.view.Held()
	switch {
	case key.Matches(k, m.keys.Quit):
		return m.quit()
	case !ok && key.Matches(k, m.keys.HangUp):
		return m.do(m.answering, calls.Reject{Status: calls.Rejected})
	case !ok:
	case key.Matches(k, m.keys.Mute): // before the answer
		return m.toggleMute(held)
	case key.Matches(k, m.keys.HangUp):
		return m.hangUp(held)
	case key.Matches(k, m.keys.Louder):
		return m.turn(held, VolumeStep)
	case key.Matches(k, m.keys.Softer):
		return m.turn(held, -VolumeStep)
	case key.Matches(k, m.keys.Record) && held.Call.Status == calls.Ongoing:
		return m.toggleRecording(held)
	case m.cfg.Dial != nil && len(k.Text) == 1 && strings.Contains(dialled12, k.Text):
		m.cfg.Dial(rune(k.Text[0]))
		m.dialled.add(held.Call.ID, k.Text)
	}
	return nil
}

// dialled are the last digits that were sent in a call.
type dialled struct {
	call   calls.ID
	digits string
}

// dialledMost is how many digits stay on the screen.
const dialledMost = 12

func (d *dialled) add(call calls.ID, digit string) {
	if d.call != call {
		*d = dialled{call: call}
	}
	d.digits += digit
	d.digits = d.digits[max(len(d.digits)-dialledMost, 0):]
}

// dialledRow is empty where nothing was dialled in this call.
func (m *Model) dialledRow(c calls.CallView) string {
	if m.dialled.call != c.Call.ID || m.dialled.digits == "" {
		return ""
	}
	return center(m.styles.dim.Render(m.dialled.digits), m.inner())
}

func (m *Model) muteKey(held calls.CallView) key.Binding {
	if held.Muted {
		return m.keys.Unmute
	}
	return m.keys.Mute
}

// talkingKeys are those of the last row, which has room for five. Whatever is
// pressed, they stay in their places: the key to talk, which is there only while
// it does something, has that of the volume.
func (m *Model) talkingKeys() []key.Binding {
	held, ok := m.view.Held()
	if !ok { // answering
		return []key.Binding{m.keys.HangUp}
	}
	k, say := m.keys, m.lang.Say
	mute := []key.Binding{steady(m.muteKey(held), k.Mute, k.Unmute)}
	middle := m.talkOrVolume(held)
	end := []key.Binding{k.Help}
	if m.cfg.Recorder != nil {
		end = []key.Binding{steady(m.recordKey(held), k.Record, does(k.Record, say(wordRecordNot))), k.Help}
	}
	if m.cfg.Talk == TalkPush {
		return slices.Concat(middle, []key.Binding{k.HangUp}, mute, end)
	}
	return slices.Concat(mute, []key.Binding{k.HangUp}, middle, end)
}

// talkOrVolume is the key to talk, if it does something, else that of the volume.
func (m *Model) talkOrVolume(held calls.CallView) []key.Binding {
	var others []key.Binding
	for _, words := range m.talkWords() {
		others = append(others, does(m.keys.Talk, m.lang.Say(words)))
	}
	if m.cfg.Volume != nil {
		others = append(others, m.volumeKey())
	}
	if talk, talks := m.talkKey(held); talks {
		return []key.Binding{steady(talk, others...)}
	}
	if m.cfg.Volume == nil {
		return nil
	}
	return []key.Binding{steady(m.volumeKey(), others...)}
}

// talkingActions are what one can do in a call.
func (m *Model) talkingActions() []key.Binding {
	held, ok := m.view.Held()
	if !ok {
		return []key.Binding{m.keys.HangUp}
	}
	list := append(m.microphoneKeys(held), m.keys.HangUp)
	if m.cfg.Volume != nil {
		list = append(list, m.keys.Louder, m.keys.Softer)
	}
	if m.cfg.Recorder != nil {
		list = append(list, m.recordKey(held))
	}
	return list
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
	rows = append(rows, center(s.strong.Render(textClock(m.now().Sub(c.Since))), w), m.dialledRow(c))
	rows = append(rows, m.meterRows(c)...)
	return append(rows, "", m.qualityRow())
}

// meterRows are both sides: whether it speaks, how loud it is, and how much
// louder it was made. The columns stay where they are, whatever stands in them.
func (m *Model) meterRows(c calls.CallView) []string {
	const volume = 7
	label := 2 + max(ansi.StringWidth(m.lang.Say(textYou)), ansi.StringWidth(m.lang.Say(textThem))) + 2
	w, now := m.inner(), m.now()
	right := volume
	if m.cfg.Volume == nil || w < 30 {
		right = 0
	}
	width := min(w-label-right, max(40, w/2))
	if width < 4 {
		return nil
	}
	side := func(words string, level meter, muted bool, style lipgloss.Style) string {
		mark := "  "
		if level.speaking(now) && !muted {
			mark = m.styles.talk.Render("● ")
		}
		bar := m.styles.meter(level, width)
		if muted {
			bar = pad(style.Render(m.lang.Say(textMutedShort)), width)
		}
		return mark + pad(m.styles.dim.Render(m.lang.Say(words)), label-2) + bar
	}
	rows := []string{
		side(textYou, m.mine, c.Muted, m.styles.alarm),
		side(textThem, m.theirs, m.theyAreMuted(c), m.styles.dim),
	}
	if text := volumeText(m.volumeOf(c)); right > 0 && text != "" {
		rows[1] += m.styles.dim.Render(strings.Repeat(" ", volume-len(text)) + text)
	}
	return indent(rows, max((w-width)/2-label, 0)) // the bars stand in the middle
}

// theyAreMuted says whether the one other side sends nothing.
func (m *Model) theyAreMuted(c calls.CallView) bool {
	return c.Call.TwoParty() && slices.ContainsFunc(c.Call.Parties, func(p calls.Party) bool {
		return p.User != m.view.Me.User && p.AudioMuted
	})
}

// qualityRow says what is bad about the sound, if anything.
func (m *Model) qualityRow() string {
	w, text := m.inner(), m.lang.quality(m.quality)
	if text == "" {
		return ""
	}
	return center(m.styles.alarm.Render(clamp(text, w)), w)
}
