package line

import (
	"context"
	"fmt"
	"time"

	"tring/calls"
	"tring/ui"
)

const (
	sampleEvery = 500 * time.Millisecond // how often the sound of a call is looked at
	leaveTime   = 2 * time.Second        // for the last hang-up
)

// attend looks at the sound while there is a call, and at nothing else.
func (c *Console) attend(v calls.View) {
	if _, held := v.Held(); held {
		c.sample.Reset(sampleEvery)
	} else {
		c.sample.Stop()
	}
}

// listen says what is wrong with the sound, unless the machine was said to lack
// it.
func (c *Console) listen() {
	c.complain()
	fault := ui.Language{}.SoundFault(c.Agent.Levels().Fault)
	if fault == c.fault {
		return
	}
	if c.fault = fault; fault != "" && !ui.Covers(c.note, fault) {
		c.print(c.Language.SoundFault(c.Agent.Levels().Fault))
	}
}

// leave hangs up, and says so. Where the person interrupted the phone, the
// terminal has echoed that key on a row of its own.
func (c *Console) leave(ctx context.Context) {
	c.sample.Stop()
	if ctx.Err() != nil {
		fmt.Fprintln(c.Out)
	}
	v := c.Agent.Snapshot()
	held, ok := v.Held()
	if !ok {
		return
	}
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
	defer cancel()
	var act calls.Act = calls.End{}
	over := held.Call
	over.Status, over.EndedBy, over.EndedAt = calls.Ended, v.Me.Viewer(), c.Now()
	if held.Call.Status == calls.Initiated {
		act, over.Status = calls.Reject{Status: calls.Cancelled}, calls.Cancelled
	}
	if c.Agent.Do(within, calls.Command{Call: held.Call.ID, Act: act}) == nil { // else it was over already
		c.print(Outcome(c.Language, calls.Event{Call: over}, v))
	}
}
