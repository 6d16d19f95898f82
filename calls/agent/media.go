package agent

import (
	"fmt"
	"log/slog"
	"sync/atomic"

	"tring/calls"
)

// media does the phone's orders to the media session, one after the other in a
// goroutine of its own: opening a device or closing a connection may take its
// time, and the microphone of one call must be free before the next call opens
// it.
type media struct {
	open   OpenSession
	agent  *Agent
	log    *slog.Logger
	orders *mailbox[calls.Effect]
	now    atomic.Pointer[openSession] // written by run alone
}

type openSession struct {
	call    calls.ID
	session Session
}

func newMedia(open OpenSession, a *Agent, log *slog.Logger) *media {
	return &media{open: open, agent: a, log: log, orders: newMailbox[calls.Effect]()}
}

// run follows orders until stop, and closes what is open then.
func (m *media) run() {
	defer m.close()
	for range m.orders.ready {
		orders, last := m.orders.take()
		for _, e := range orders {
			m.follow(e)
		}
		if last {
			return
		}
	}
}

// stop makes run return when it has followed the orders given so far.
func (m *media) stop() { m.orders.close() }

func (m *media) follow(e calls.Effect) {
	if o, ok := e.(calls.OpenMedia); ok {
		m.openSession(o)
		return
	}
	switch e := e.(type) {
	case calls.SetPeers:
		if s := m.session(e.Call); s != nil {
			s.SetPeers(e.Peers, e.Servers)
		}
	case calls.Mute:
		if s := m.session(e.Call); s != nil {
			s.SetMuted(e.On)
		}
	case calls.DeliverSignal:
		if s := m.session(e.Call); s != nil {
			if err := s.Signal(e.From, e.Payload); err != nil {
				m.log.Warn("media signal refused", "call", e.Call, "from", e.From, "err", err)
			}
		}
	case calls.CloseMedia:
		if m.session(e.Call) != nil {
			m.close()
		}
	}
}

// openSession opens the media of a call. If it cannot, the call goes on without:
// the person hears why, and the server's media timer judges.
func (m *media) openSession(o calls.OpenMedia) {
	if m.open == nil {
		return
	}
	s, err := m.open(o, m.agent.Receive)
	if err != nil {
		m.agent.tell(calls.Event{
			Name: calls.Failure, Call: m.agent.call(o.Call), Err: fmt.Errorf("open the sound of the call: %w", err),
		})
		for _, p := range o.Peers {
			m.agent.Receive(calls.MediaChanged{Call: o.Call, Peer: p.Device, State: calls.MediaLost})
		}
		return
	}
	m.now.Store(&openSession{o.Call, s})
}

// session is the open session of this call; nil if there is none.
func (m *media) session(id calls.ID) Session {
	if now := m.now.Load(); now != nil && now.call == id {
		return now.session
	}
	return nil
}

func (m *media) close() {
	now := m.now.Swap(nil)
	if now == nil {
		return
	}
	if err := now.session.Close(); err != nil {
		m.log.Warn("media not closed cleanly", "call", now.call, "err", err)
	}
}

// stats may be asked from any goroutine.
func (m *media) stats() (calls.MediaStats, bool) {
	if now := m.now.Load(); now != nil {
		return now.session.Stats(), true
	}
	return calls.MediaStats{}, false
}

// call is a live call as it is now; the zero Call if it is over.
func (a *Agent) call(id calls.ID) calls.Call {
	for _, c := range a.Snapshot().Calls {
		if c.Call.ID == id {
			return c.Call
		}
	}
	return calls.Call{ID: id}
}
