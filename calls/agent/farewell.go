package agent

import (
	"context"
	"time"

	"tring/calls"
)

// patience of an ending phone: with the server's answer to its hang-up, and with
// a listener that does not return.
const patience = time.Second

// Farewell hangs up what the phone holds, and waits until the server knows of that
// and of every earlier end, or until ctx ends. It returns the ends that the server
// does not know of then: the next run of this phone can tell them.
func (a *Agent) Farewell(ctx context.Context) []calls.Unsent {
	told := make(chan error, 2) // that it is hung up, and that all is told
	a.inbox.put(letter{reply: told, parts: true})
	select {
	case <-told:
	case <-a.done:
	}
	select {
	case <-told:
	case <-ctx.Done():
		a.inbox.put(letter{reply: told, gone: true})
	case <-a.done:
	}
	return a.Snapshot().Unsent
}

// part answers who waits for the farewell, when there is nothing left to tell.
func (a *Agent) part() {
	if len(a.parting) == 0 || len(a.Snapshot().Unsent) > 0 {
		return
	}
	for _, told := range a.parting {
		told <- nil
	}
	a.parting = nil
}

// hangUpHeld ends the call that the phone holds, and takes back an accept that is
// on its way: nobody would be there.
func (a *Agent) hangUpHeld() {
	for _, c := range a.Snapshot().Calls {
		switch id := c.Call.ID; {
		case c.Call.Holds(a.Snapshot().Me.Viewer()):
			a.step(calls.Command{Call: id, Act: calls.End{}})
		case a.phone.Waiting(id, calls.Accept{}.Verb()):
			a.step(calls.Command{Call: id, Act: calls.Reject{Status: calls.Rejected}})
		}
	}
}

// hangUp ends the call that the phone holds, and gives the server a moment to
// know that, and what else it was told a moment ago. Without a connection this
// does not wait, nor after a farewell.
func (a *Agent) hangUp() {
	a.hangUpHeld()
	if a.unanswered == 0 || a.parted {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	a.settled = cancel
	a.loop(ctx)
}
