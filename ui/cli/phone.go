package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tring/audio"
	"tring/audio/opus"
	"tring/calls"
	"tring/calls/agent"
	"tring/calls/media"
	"tring/calls/signaling"
	"tring/guard"
)

// Account is how one phone signs in, and as whom.
type Account = signaling.Options

// Sound is what a phone hears and speaks with. With NoTones its speaker is given
// voices alone, as a test line wants it.
type Sound struct {
	Device  audio.Device
	Ring    audio.Device // the bell's, nil for the same
	Gain    float64      // of the microphone, in dB
	NoTones bool
	// LowDelay is for packets of 10 ms, DTX for silence that is not sent.
	LowDelay, DTX bool
	Complexity    int             // of encoding at most, 0 for all
	Processor     audio.Processor // of the microphone, nil for none
	Tones         audio.ToneSet
}

// Phone is one telephone, made of its parts: the agent that runs it and the
// engine that sounds. Any number of them may live in one process.
type Phone struct {
	*agent.Agent
	Engine *audio.Engine
	Guard  guard.Guard // of the account it was made with
}

// NewPhone builds a phone. It opens and starts nothing; Run does. Unsent is what
// its former run left to tell the server.
func NewPhone(a Account, s Sound, unsent ...calls.Unsent) (*Phone, error) {
	if a.Log == nil {
		a.Log = slog.New(slog.DiscardHandler)
	}
	client, err := signaling.New(a)
	if err != nil {
		return nil, err
	}
	c := audio.Config{
		Device: s.Device, Ring: s.Ring, Gain: s.Gain, Codec: opus.Codec{}, DTX: s.DTX, Complexity: s.Complexity,
		Processor: s.Processor, Log: a.Log, Guard: a.Guard,
	}
	if s.LowDelay {
		c.PacketDuration = audio.FrameDuration
	}
	c.Tones = s.Tones
	engine := audio.NewEngine(c)
	sessions, err := media.New(media.Config{Engine: engine, Log: a.Log, Guard: a.Guard})
	if err != nil {
		return nil, fmt.Errorf("prepare media: %w", err)
	}
	user := cmp.Or(a.For, a.User)
	phone := agent.Config{
		Me:       calls.Identity{User: user, Name: string(user), Device: a.Device},
		Signaler: client,
		OpenSession: func(o calls.OpenMedia, notify func(calls.Input)) (agent.Session, error) {
			return sessions.Open(o, notify)
		},
		Unsent: unsent, Log: a.Log, Guard: a.Guard,
	}
	if !s.NoTones {
		phone.Sound = engine
	}
	return &Phone{Agent: agent.New(phone), Engine: engine, Guard: a.Guard}, nil
}

// Run runs the phone until ctx ends, and then hangs up and releases the devices.
func (p *Phone) Run(ctx context.Context) error {
	return errors.Join(p.Agent.Run(ctx), p.Engine.Close())
}

// connectTime is how long a command waits for the server before it gives up.
const connectTime = 10 * time.Second

// waitConnected waits until the phone is signed in. The first failure to reach
// the server is one: who typed a command wants to know.
func waitConnected(ctx context.Context, p *Phone) error {
	late := time.After(connectTime)
	changed := make(chan struct{}, 1)
	p.AddCallListener("connect", func(calls.Event) {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	defer p.RemoveCallListener("connect")
	for {
		view := p.Snapshot()
		switch view.Link {
		case calls.LinkUp:
			return nil
		case calls.LinkDown, calls.LinkClosed:
			if view.LinkErr != nil {
				return view.LinkErr
			}
			return calls.ErrOffline
		}
		select {
		case <-changed:
		case <-late:
			return fmt.Errorf("connect to the server: no answer within %v", connectTime)
		case <-ctx.Done():
			return errors.New("interrupted before the server answered")
		}
	}
}
