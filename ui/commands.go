package ui

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"tring/calls"
)

// What the screen asks of the phone runs as commands: outside Update, each with
// a deadline, and none touches the model.

const (
	patience      = 15 * time.Second       // for the server's answer to an act or a question
	historySettle = 500 * time.Millisecond // a call's record is written just after its end is told
	readyAfter    = time.Second            // until the list chooses without what was asked for
	searchPause   = 150 * time.Millisecond // between two key strokes of somebody who types on
	nameLimit     = 60                     // columns of a name where the screen sets no limit
)

type (
	// doneMsg says how an act went.
	doneMsg struct {
		command calls.Command
		err     error
	}
	directoryMsg struct {
		query calls.DirectoryQuery
		page  calls.DirectoryPage
		err   error
	}
	historyMsg struct {
		filter filter
		before calls.ID
		page   calls.HistoryPage
		err    error
	}
	historyDueMsg struct{}
	readyMsg      struct{}
	searchMsg     struct{ query string }
)

// tick delivers a message after a pause.
func tick(msg tea.Msg) func(time.Time) tea.Msg { return func(time.Time) tea.Msg { return msg } }

func isTimeout(err error) bool { return errors.Is(err, context.DeadlineExceeded) }

func (m *Model) do(id calls.ID, act calls.Act) tea.Cmd {
	agent, command := m.cfg.Agent, calls.Command{Call: id, Act: act, Muted: m.cfg.Talk == TalkPush}
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return doneMsg{command, agent.Do(ctx, command)}
	}
}

// load asks for what no snapshot holds.
func (m *Model) load() tea.Cmd {
	cmds := []tea.Cmd{m.loadAnew(calls.DirectoryQuery{}), m.loadHistory("")}
	if m.vast() {
		cmds = append(cmds, m.loadAnew(calls.DirectoryQuery{Here: true}))
	}
	if !m.people.ready {
		cmds = append(cmds, tea.Tick(readyAfter, tick(readyMsg{})))
	}
	return tea.Batch(cmds...)
}

// loadHistory asks for the records of the present filter before the given one,
// or for the newest of all.
func (m *Model) loadHistory(before calls.ID) tea.Cmd {
	of, limit, list := allCalls, calls.HistoryLimit, &m.recent.shelf
	if before != "" {
		of, limit, list = m.recent.filter, calls.MaxHistoryLimit, m.recent.shown()
	}
	list.loading = true
	question := of.asked()
	question.Before, question.Limit = before, limit
	agent := m.cfg.Agent
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		page, err := agent.History(ctx, question)
		return historyMsg{of, before, page, err}
	}
}

func (m *Model) loadHistorySoon() tea.Cmd {
	return tea.Tick(historySettle, tick(historyDueMsg{}))
}

// markSeen tells the server that the missed calls were looked at.
func (m *Model) markSeen() tea.Cmd {
	id, some := m.recent.see()
	mark := m.cfg.MarkSeen
	if !some || mark == nil {
		return nil
	}
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := mark(ctx, id); err != nil {
			return nil // they stay marked, and the next look tries again
		}
		return historyDueMsg{}
	}
}

// done takes the answer to an act.
func (m *Model) done(msg doneMsg) tea.Cmd {
	cmd := m.refresh()
	id, err := msg.command.Call, msg.err
	if err != nil && m.waiting.call == id {
		m.waiting.sent = false
	}
	switch act := msg.command.Act.(type) {
	case calls.Initiate:
		return tea.Batch(cmd, m.dialed(id, act, err))
	case calls.Accept:
		if err != nil && m.answering == id {
			m.answering = ""
		}
	case calls.SetMuted:
		return tea.Batch(cmd, m.muted(act, err))
	case calls.Reject, calls.End:
		if errors.Is(err, calls.ErrCallNotFound) || errors.Is(err, calls.ErrCallTerminated) {
			return cmd // over already, as was wanted
		}
	}
	if err != nil {
		m.notice = notice{m.lang.error(m.lang.act(msg.command.Act, ""), "", err), true}
	}
	return cmd
}

// hear takes one event of the phone.
func (m *Model) hear(e calls.Event) tea.Cmd {
	was := m.view.Link
	cmd := m.refresh()
	m.settlePeople(e)
	switch e.Name {
	case calls.OutgoingCallRejected, calls.CallEnded:
		m.finish(e.Call, e.Reason, nil)
		return tea.Batch(cmd, m.loadHistorySoon())
	case calls.CallUpdated:
		if e.Call.Status.Terminal() {
			m.ownEnd(e)
			return tea.Batch(cmd, m.loadHistorySoon())
		}
	case calls.IncomingCallCanceled:
		m.notice = m.stopped(e.Reason, m.peer(e.Call, nameLimit))
		if m.notice.bad {
			cmd = tea.Batch(cmd, m.notify(news{text: m.notice.text}))
		}
		return tea.Batch(cmd, m.loadHistorySoon())
	case calls.AccountChanged:
		return tea.Batch(cmd, m.loadHistorySoon())
	case calls.Failure:
		m.failure(e)
	case calls.ConnectionChanged, calls.Resync:
		if m.view.Link == calls.LinkUp && (was != calls.LinkUp || e.Name == calls.Resync || len(m.recent.records) == 0) {
			return tea.Batch(cmd, m.load())
		}
	}
	return cmd
}

// stopped says why a ring ended that this phone did not decide.
func (m *Model) stopped(why calls.Reason, name string) notice {
	elsewhere := why == calls.AnsweredElsewhere || why == calls.RejectedElsewhere
	return notice{m.lang.stopped(why, name), !elsewhere}
}

// ownEnd: a call ended by this phone's own decision needs no explanation, one
// that the server gave up does.
func (m *Model) ownEnd(e calls.Event) {
	if e.Call.Initiator == m.view.Me.User && e.Reason == calls.ConnectionLost {
		m.finish(e.Call, e.Reason, nil)
	}
}

// failure: the server refused what the phone asked for.
func (m *Model) failure(e calls.Event) {
	if e.Err == nil {
		return
	}
	mine := e.Call.Initiator == m.view.Me.User
	if mine && e.Call.Status == calls.Failed {
		m.finish(e.Call, e.Reason, e.Err)
		return
	}
	var act calls.Act = calls.Accept{}
	if m.answering != e.Call.ID {
		act = calls.Reject{}
	}
	m.notice = notice{m.lang.error(m.lang.act(act, ""), "", e.Err), true}
}
