package server

import (
	"fmt"

	"tring/calls"
	"tring/calls/wire"
)

// A tool is a command that signs in, asks something and goes. It is no phone:
// nobody sees it come, nothing rings there, it takes part in no call, and it may
// share the device id of the phone that runs beside it.

// But a phone that was switched off without its server leaves the end of its call
// to the next command, which tells it while that phone is not there itself.

// speaksFor says whether a tool may do this act in the place of its phone.
func (s *Server) speaksFor(c *conn, act calls.Act) bool {
	switch act.(type) {
	case calls.End, calls.Reject:
	default:
		return false
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return !s.hub.online(c.viewer())
}

// maxTools is how many tools of one user may be connected at once.
const maxTools = 32

func (c *conn) tool() bool { return c.kind == wire.KindTool }

// welcomeTool is welcome for a tool.
func (s *Server) welcomeTool(c *conn, seq uint64) error {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if !c.voucher.holds(s.accounts) {
		return fmt.Errorf("sign in: %w", calls.ErrSignIn)
	}
	if len(h.tools[c.user]) >= maxTools {
		return fmt.Errorf("sign in: more than %d commands at once: %w", maxTools, calls.ErrTooManyDevices)
	}
	if h.tools[c.user] == nil {
		h.tools[c.user] = map[*conn]struct{}{}
	}
	h.tools[c.user][c] = struct{}{}
	snapshot := calls.Snapshot{Me: calls.Identity{User: c.user, Device: c.device, Server: s.cfg.Name}}
	if !c.ofHost() { // which has nothing to see
		snapshot = s.snapshot(c, nil, nil)
	}
	c.send(wire.Frame{Re: seq, Body: wire.Welcome{Snapshot: snapshot}})
	c.start()
	s.metrics.connections.Inc()
	return nil
}

// toolLeft takes a tool out.
func (s *Server) toolLeft(c *conn) {
	h := s.hub
	s.metrics.connections.Dec()
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.tools[c.user], c)
	if len(h.tools[c.user]) == 0 {
		delete(h.tools, c.user)
	}
}
