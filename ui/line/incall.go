package line

import (
	"context"
	"strconv"
	"strings"

	"tring/calls"
	"tring/ui"
)

// answers are the commands to calls that ring here: each takes the number of the
// call, which may be left out where there is one only.
func (c *Console) answer(ctx context.Context, which string, act func(held calls.ID) calls.Act) {
	v := c.Agent.Snapshot()
	ringing := c.ringing(v)
	switch {
	case len(ringing) == 0:
		c.tell("Nobody is calling.")
		return
	case which == "" && len(ringing) > 1:
		c.tell("%d people are calling. Add the number of one.", len(ringing))
		for _, in := range ringing {
			c.print(strconv.Itoa(c.party.numbers[in.Call.ID]) + ". " + peerName(v, in.Call))
		}
		return
	}
	held, _ := v.Held()
	for _, in := range ringing {
		if which == "" || which == strconv.Itoa(c.party.numbers[in.Call.ID]) {
			c.do(ctx, in.Call.ID, act(held.Call.ID), nil)
			return
		}
	}
	c.tell("No call of that number is ringing.")
}

func (c *Console) accept(ctx context.Context, which string) {
	c.answer(ctx, which, func(held calls.ID) calls.Act { return calls.Accept{Join: true, Ending: held} })
}

func (c *Console) reject(ctx context.Context, which string) {
	c.answer(ctx, which, func(calls.ID) calls.Act { return calls.Reject{Status: calls.Rejected} })
}

func (c *Console) busy(ctx context.Context, which string) {
	c.answer(ctx, which, func(calls.ID) calls.Act { return calls.Reject{Status: calls.Busy} })
}

// inCall is the call that this phone is in, or has placed; without one it says
// so.
func (c *Console) inCall() (calls.CallView, bool) {
	held, ok := c.Agent.Snapshot().Held()
	if !ok {
		c.tell("You are not in a call.")
	}
	return held, ok
}

func (c *Console) hangUp(ctx context.Context, _ string) {
	v := c.Agent.Snapshot()
	if _, holds := v.Held(); !holds {
		if answering, ok := v.Answering(); ok { // the server has not heard of the accept yet
			c.do(ctx, answering.Call.ID, calls.Reject{Status: calls.Rejected}, nil)
			return
		}
	}
	held, ok := c.inCall()
	switch {
	case !ok:
	case held.Call.Status == calls.Initiated:
		c.do(ctx, held.Call.ID, calls.Reject{Status: calls.Cancelled}, nil)
	default:
		c.do(ctx, held.Call.ID, calls.End{}, nil)
	}
}

func (c *Console) mute(ctx context.Context, _ string) {
	if held, ok := c.inCall(); ok {
		c.setMute(ctx, held, !held.Muted)
	}
}

// talk opens the microphone of somebody who pushes to talk, and closes it again.
func (c *Console) talk(ctx context.Context, word string) {
	held, ok := c.inCall()
	l := c.Language
	switch {
	case !ok:
	case word == "":
		c.setMute(ctx, held, !held.Muted)
	case word == "on" || word == l.Say("on"):
		c.setMute(ctx, held, false)
	case word == "off" || word == l.Say("off"):
		c.setMute(ctx, held, true)
	default:
		c.tell("Type talk on, talk off, or talk alone for the other of both.")
	}
}

func (c *Console) setMute(ctx context.Context, held calls.CallView, muted bool) {
	c.do(ctx, held.Call.ID, calls.SetMuted{Audio: muted}, func() {
		if muted {
			c.tell("Your microphone is muted.")
			return
		}
		c.tell("Your microphone is on.")
	})
}

func (c *Console) louder(ctx context.Context, _ string) { c.turn(ctx, ui.VolumeStep) }
func (c *Console) softer(ctx context.Context, _ string) { c.turn(ctx, -ui.VolumeStep) }

// turn makes the other side louder or softer, in this call and in those to come.
func (c *Console) turn(ctx context.Context, by float64) {
	held, ok := c.inCall()
	switch {
	case !ok:
		return
	case c.Volume == nil:
		c.lacks()
		return
	}
	v := c.Agent.Snapshot()
	peer := held.Call.Peer(v.Me.User)
	db := ui.BoundVolume(c.volumes[peer] + by)
	c.volumes[peer] = db
	c.Volume(db)
	switch {
	case db < 0:
		c.tell("%s is %d decibels softer than they come.", peerName(v, held.Call), -int(db))
	case db > 0:
		c.tell("%s is %d decibels louder than they come.", peerName(v, held.Call), int(db))
	default:
		c.tell("%s is as loud as they come.", peerName(v, held.Call))
	}
	if keep := c.KeepVolume; keep != nil { // the next line waits, so that the last one holds
		ask(ctx, c, func(ctx context.Context) (struct{}, error) { return struct{}{}, keep(ctx, peer, db) }, func(struct{}) {})
	}
}

// settleVolume gives a call that begins the volume of its person.
func (c *Console) settleVolume(v calls.View) {
	held, ok := v.Held()
	if !ok || c.Volume == nil || held.Call.ID == c.party.turned {
		return
	}
	c.party.turned = held.Call.ID
	c.Volume(c.volumes[held.Call.Peer(v.Me.User)])
}

// press sends the tones of keys.
func (c *Console) press(_ context.Context, keys string) {
	held, ok := c.inCall()
	keys = strings.ReplaceAll(keys, " ", "")
	switch {
	case !ok:
	case c.Dial == nil || held.Call.Status != calls.Ongoing:
		c.lacks()
	case keys == "" || strings.Trim(keys, "0123456789*#") != "":
		c.tell("Keys are 0 to 9, * and #.")
	case len(keys) > 1:
		c.tell("One key at a time: each sounds for a moment.")
	default:
		c.Dial(rune(keys[0]))
	}
}

// record begins to record the call, or ends it.
func (c *Console) record(ctx context.Context, _ string) {
	held, ok := c.inCall()
	switch {
	case !ok:
		return
	case c.Recorder == nil || held.Call.Status != calls.Ongoing:
		c.lacks()
		return
	case held.Recording:
		c.aside(ctx, func(context.Context) func() {
			file, err := c.Recorder.StopRecording()
			return func() { c.Tell(ui.Recorded{File: file, Err: err}) }
		})
		return
	}
	c.aside(ctx, func(ctx context.Context) func() {
		file, err := c.Recorder.Record(ctx, held.Call)
		return func() {
			if err != nil {
				c.tell("Not recorded: %s.", c.Language.Reason(err))
				return
			}
			c.tell("Recording to %s. They are told.", file)
		}
	})
}

// Tell says where a recording is, or what it lacks. Other goroutines must not
// call it while Run runs.
func (c *Console) Tell(r ui.Recorded) {
	switch {
	case r.Err != nil:
		c.tell("The recording ended: %s.", c.Language.Reason(r.Err))
	case r.File != "":
		c.tell("Recorded in %s.", r.File)
	}
}

// lacks says that the phone cannot do that, here or now.
func (c *Console) lacks() { c.tell("That cannot be done now.") }
