package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"tring/audio"
	"tring/calls"
	"tring/calls/wire"
)

// letter is what lies in the inbox: an input, and who wants to know what became
// of it.
type letter struct {
	input calls.Input
	reply chan<- error
	gone  bool // who asked with this reply waits no more
	parts bool // hang up, and reply when the server knows of every end
}

// waiter is somebody who waits for the server's answer to an act.
type waiter struct {
	call  calls.ID
	verb  string
	reply chan<- error // has room for the one answer
}

// Do carries out a command of the person. What the phone itself refuses is an
// error at once; a hang-up, a cancel and a mute hold at once; for anything else
// Do waits for the server's answer, across a reconnect if need be, or for ctx. An
// Initiate without a call id gets one.
func (a *Agent) Do(ctx context.Context, c calls.Command) error {
	if _, ok := c.Act.(calls.Initiate); ok && c.Call == "" {
		c.Call = calls.ID(ulid.Make().String())
	}
	replied := make(chan error, 1)
	a.inbox.put(letter{input: c, reply: replied})
	select {
	case err := <-replied:
		return err
	case <-ctx.Done():
		a.inbox.put(letter{reply: replied, gone: true})
		return fmt.Errorf("%s: no answer from the server: %w", describe(c.Act), ctx.Err())
	case <-a.done:
		return fmt.Errorf("%s: %w", describe(c.Act), ErrStopped)
	}
}

// handle steps the phone and answers who asked.
func (a *Agent) handle(l letter) {
	switch {
	case l.gone:
		a.awaiting = slices.DeleteFunc(a.awaiting, func(w waiter) bool { return w.reply == l.reply })
		a.parting = slices.DeleteFunc(a.parting, func(r chan<- error) bool { return r == l.reply })
		return
	case l.parts:
		a.hangUpHeld()
		a.parting, a.parted = append(a.parting, l.reply), true
		l.reply <- nil
		return
	}
	effects := a.step(l.input)
	if answered, ok := l.input.(calls.Answered); ok {
		a.resolve(answered)
		if a.unanswered--; a.unanswered == 0 && a.settled != nil {
			a.settled()
		}
	}
	if _, ok := l.input.(calls.Connected); ok {
		a.release()
	}
	if l.reply == nil {
		return
	}
	for _, e := range effects {
		if refused, ok := e.(calls.Refused); ok {
			l.reply <- refused.Err
			return
		}
	}
	c, ok := l.input.(calls.Command)
	if !ok || !judged(c.Act) {
		l.reply <- nil
		return
	}
	a.awaiting = append(a.awaiting, waiter{c.Call, c.Act.Verb(), l.reply})
}

// judged says whether an act is the server's to decide; the others hold as soon
// as the person wants them.
func judged(act calls.Act) bool {
	switch act := act.(type) {
	case calls.Initiate, calls.Accept, calls.Invite:
		return true
	case calls.Reject:
		return act.Status != calls.Cancelled
	}
	return false
}

// resolve tells those who wait for this answer. A broken connection is no answer
// to what the phone sends again.
func (a *Agent) resolve(in calls.Answered) {
	_, invite := in.Send.Act.(calls.Invite)
	if errors.Is(in.Err, calls.ErrOffline) && !invite {
		return
	}
	a.awaiting = slices.DeleteFunc(a.awaiting, func(w waiter) bool {
		mine := w.call == in.Send.Call && w.verb == in.Send.Act.Verb()
		if mine {
			w.reply <- in.Err
		}
		return mine
	})
}

// release answers those who wait for an act that the reconnect settled: the call
// was given up while there was no connection, so that it is not placed and not
// answered any more, or another one has its place (glare).
func (a *Agent) release() {
	_, held := a.Snapshot().Held()
	a.awaiting = slices.DeleteFunc(a.awaiting, func(w waiter) bool {
		gone := w.verb != calls.Invite{}.Verb() && !a.phone.Waiting(w.call, w.verb)
		switch {
		case gone && held && w.verb == calls.Initiate{}.Verb():
			w.reply <- nil
		case gone:
			w.reply <- fmt.Errorf("%s call: given up before the server knew of it: %w", w.verb, calls.ErrCallTerminated)
		}
		return gone
	})
}

// step gives the phone one input and does what it says, in order. The snapshot
// is the new one before anybody hears of it.
func (a *Agent) step(in calls.Input) []calls.Effect {
	effects := a.phone.Step(time.Now(), in)
	a.publish()
	for _, e := range effects {
		a.perform(e)
	}
	return effects
}

func (a *Agent) publish() {
	v := a.phone.View()
	a.view.Store(&v)
}

func (a *Agent) perform(e calls.Effect) {
	switch e := e.(type) {
	case calls.Send:
		a.send(e)
	case calls.Relay:
		a.relay(e)
	case calls.OpenMedia, calls.SetPeers, calls.CloseMedia, calls.DeliverSignal, calls.Mute:
		a.media.orders.put(e)
	case calls.PlayTone:
		if a.config.Sound != nil {
			a.config.Sound.Play(audio.Tone(e.Tone)) // the two packages name the tones alike
		}
	case calls.StopTone:
		if a.config.Sound != nil {
			a.config.Sound.StopTone()
		}
	case calls.Emit:
		a.tell(e.Event)
	case calls.Refused: // handle tells who asked
	}
}

// send hands an act to the server; the answer is an input like any other.
func (a *Agent) send(s calls.Send) {
	a.unanswered++
	request, err := wire.Request(s.Call, s.Act)
	if err != nil {
		a.Receive(calls.Answered{Send: s, Err: err})
		return
	}
	a.config.Signaler.Send(request, func(m wire.Message, err error) {
		in := calls.Answered{Send: s, Err: err} // the server's texts name the act themselves
		switch m := m.(type) {
		case wire.CallResult:
			in.State = m.CallState
		case wire.Error:
			if m.Call != nil {
				in.State = *m.Call
			}
		}
		a.Receive(in)
	})
}

// relay hands a media signal to the server. One that is lost is made good by the
// media session, which tries again until it is connected.
func (a *Agent) relay(r calls.Relay) {
	m := wire.Signal{CallID: wire.CallID{Call: r.Call}, To: r.To, Payload: r.Payload}
	a.config.Signaler.Send(m, func(_ wire.Message, err error) {
		if err != nil {
			a.log.Info("media signal not delivered", "call", r.Call, "to", r.To, "err", err)
		}
	})
}

// describe says an act in words for a person.
func describe(act calls.Act) string {
	if i, ok := act.(calls.Initiate); ok {
		return "call " + i.Receiver.ID
	}
	return act.Verb() + " call"
}
