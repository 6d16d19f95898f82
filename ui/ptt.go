package ui

import (
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"tring/calls"
)

// Talk says how the microphone is at the beginning of a call.
type Talk string

// The ways: open, or closed until the key to talk is pushed.
const (
	TalkOpen Talk = "open"
	TalkPush Talk = "push"
)

// repeatGap is less than the time between two strokes of a person, and more
// than that between two of a key that the keyboard repeats; repeatDelay is how
// long a keyboard waits at most before it begins to.
const (
	repeatGap   = 100 * time.Millisecond
	repeatDelay = time.Second
)

// pushing is the key to talk. Where the terminal reports releases it is held;
// elsewhere it is pressed to begin and to end.
type pushing struct {
	releases bool     // the terminal reports them
	call     calls.ID // the call whose microphone was seen to at its beginning
	open     bool     // the key has opened the microphone
	held     bool     // and is held down, so that its release will close it
	code     rune     // the key that is held
	clicked  bool     // it is no key that will be released: a click, or the palette

	// The last stroke, how long it came after the one before, and whether the
	// keyboard repeats it.
	at      time.Time
	gap     time.Duration
	repeats bool
}

// settlePushing lets go of the key when the call is another. For whoever pushes
// to talk a call begins with the microphone closed; should it be open all the
// same, because another screen of this phone began the call, it is closed here.
func (m *Model) settlePushing() tea.Cmd {
	held, ok := m.view.Held()
	if !ok || held.Call.ID == m.push.call || held.Call.Status != calls.Ongoing {
		return nil
	}
	m.push.call, m.push.open, m.push.held = held.Call.ID, false, false
	if m.cfg.Talk != TalkPush || held.Muted {
		return nil
	}
	return m.setMute(held, true)
}

// pressTalk takes the key to talk.
func (m *Model) pressTalk(held calls.CallView, k tea.KeyPressMsg) tea.Cmd {
	if m.push.releases && !m.push.clicked {
		m.push.code, m.push.held = k.Code, true
		return m.beginTalk(held)
	}
	if again := m.strokeAgain(k); again {
		return nil
	}
	if m.push.open {
		return m.endTalk(held)
	}
	return m.beginTalk(held)
}

// strokeAgain says whether a stroke is not a person's but the keyboard's, which
// repeats the key that is held down. That shows only by the second: the first
// came after a pause like one of a person, and is undone by counting the second.
func (m *Model) strokeAgain(k tea.KeyPressMsg) bool {
	p, now := &m.push, m.now()
	before, repeating := p.gap, p.repeats
	p.gap, p.at = now.Sub(p.at), now
	p.repeats = k.IsRepeat || p.gap < repeatGap
	return p.repeats && (k.IsRepeat || repeating || before > repeatDelay)
}

// beginTalk opens the microphone, unless it is open without the key.
func (m *Model) beginTalk(held calls.CallView) tea.Cmd {
	if m.push.open || !m.mutes(held) {
		return nil
	}
	m.push.open = true
	return m.setMute(held, false)
}

// endTalk closes the microphone that the key has opened.
func (m *Model) endTalk(held calls.CallView) tea.Cmd {
	if !m.push.open {
		return nil
	}
	m.push.open, m.push.held = false, false
	return m.setMute(held, true)
}

// release takes a key that was let go of. By its code: shift may have been
// pressed meanwhile.
func (m *Model) release(k tea.KeyReleaseMsg) tea.Cmd {
	m.push.releases = true
	if k.Code != m.push.code {
		return nil
	}
	return m.letGo()
}

// letGo ends talking, also when the terminal loses the focus: the key's release
// would go elsewhere, and an open microphone is forgotten.
func (m *Model) letGo() tea.Cmd {
	if !m.push.open {
		return nil
	}
	cmd := m.refresh()
	if held, ok := m.view.Held(); ok {
		return tea.Batch(cmd, m.endTalk(held))
	}
	return cmd
}

// talkKey is the key to talk, if it does anything now.
func (m *Model) talkKey(held calls.CallView) (key.Binding, bool) {
	if held.Call.Status != calls.Ongoing || !m.push.open && !m.mutes(held) {
		return key.Binding{}, false
	}
	closed, open := m.talkWords()[0], m.talkWords()[1]
	if m.push.open {
		if !m.push.held && m.push.releases { // opened by a click
			open = wordTalkNot
		}
		return does(m.keys.Talk, m.lang.Say(open)), true
	}
	return does(m.keys.Talk, m.lang.Say(closed)), true
}

// talkWords are what the key to talk does while the microphone is closed, and while
// it is open.
func (m *Model) talkWords() []string {
	switch narrow := m.inner() < 36; {
	case m.push.releases && narrow:
		return []string{wordTalk, wordTalkLet}
	case m.push.releases:
		return []string{wordTalkHold, wordTalkEnd}
	case narrow, m.cfg.Talk != TalkPush:
		return []string{wordTalk, wordTalkDone}
	}
	return []string{wordTalk, wordTalkNot}
}
