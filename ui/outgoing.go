package ui

import (
	"errors"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"tring/calls"
)

// dialing is a call that was asked for here and that the phone does not show
// yet.
type dialing struct {
	id        calls.ID
	receiver  calls.Receiver
	typ       calls.Type
	since     time.Time
	cancelled bool
}

// dial places a call.
func (m *Model) dial(to calls.Receiver, t calls.Type) tea.Cmd {
	if m.inCall() || m.cfg.NewCallID == nil || m.signedOut() {
		return nil
	}
	m.people.book.keep(to.ID)
	m.people.closeSearch()
	m.ended.close()
	m.dialing = dialing{id: m.cfg.NewCallID(), receiver: to, typ: t, since: m.now()}
	return m.do(m.dialing.id, calls.Initiate{ID: m.dialing.id, Type: t, Receiver: to})
}

// settleDialing gives over to the phone's own word as soon as there is one. A
// cancel that came before it is carried out then.
func (m *Model) settleDialing() tea.Cmd {
	held, ok := m.view.Held()
	if !ok || m.dialing.id == "" || held.Call.ID != m.dialing.id {
		return nil
	}
	cancelled := m.dialing.cancelled
	m.dialing = dialing{}
	if cancelled {
		return m.do(held.Call.ID, calls.Reject{Status: calls.Cancelled})
	}
	return nil
}

// dialed takes the answer to a call that was placed.
func (m *Model) dialed(id calls.ID, act calls.Initiate, err error) tea.Cmd {
	unwanted := m.dialing.id == id && m.dialing.cancelled
	if m.dialing.id == id {
		m.dialing = dialing{}
	}
	_, live := m.call(id)
	switch {
	case err == nil || live && isTimeout(err) || unwanted && !live:
		return nil
	case errors.Is(err, calls.ErrOffline) && live:
		return nil // the phone goes on trying
	}
	m.finish(calls.Call{
		ID: id, Type: act.Type, Status: calls.Failed, Initiator: m.view.Me.User, Receiver: act.Receiver,
	}, "", err)
	return nil
}

func (m *Model) pressOutgoing(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.Stop):
		return m.stopCalling()
	case key.Matches(k, m.keys.Quit):
		return m.quit()
	}
	return nil
}

func (m *Model) stopCalling() tea.Cmd {
	if held, ok := m.view.Held(); ok {
		return m.do(held.Call.ID, calls.Reject{Status: calls.Cancelled})
	}
	m.dialing.cancelled = true
	return nil
}

// outgoingRows: whom, what happens, and for how long.
func (m *Model) outgoingRows() []string {
	c, ok := m.view.Held()
	if !ok {
		c = calls.CallView{
			Call:  calls.Call{Type: m.dialing.typ, Initiator: m.view.Me.User, Receiver: m.dialing.receiver},
			Stage: calls.StageCalling, Since: m.dialing.since,
		}
	}
	contact, known := m.contact(c.Call.Peer(m.view.Me.User))
	w, s, now := m.inner(), m.styles, m.now()
	state := Clean(m.lang.outgoing(c, contact, known), w)
	rows := []string{
		center(s.strong.Render(m.peer(c.Call, w)), w), "",
		center(s.plain.Render(state), w),
	}
	if c.Call.Type == calls.Video {
		rows = append(rows, center(s.dim.Render(clamp(m.lang.Say(textSoundOnly), w)), w))
	}
	if m.cfg.Motion && m.height >= 10 {
		rows = append(rows, "", center(s.pulse(c.Since, now), w))
	}
	return append(rows, "", center(s.dim.Render(textClock(now.Sub(c.Since))), w))
}
