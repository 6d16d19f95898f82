package agent_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"tring/calls"
	"tring/calls/agent"
	"tring/calls/wire"
	"tring/guard"
)

// bomb is a connection and a studio in which one thing panics.
type bomb struct {
	*server
	studio *studio
	where  string
}

func (b *bomb) at(where string) {
	if b.where == where {
		panic(where)
	}
}

func (b *bomb) Run(ctx context.Context, r agent.Receiver) error {
	b.at("connection")
	return b.server.Run(ctx, r)
}

func (b *bomb) Send(m wire.Message, answer agent.Answer) {
	b.at("loop")
	b.server.Send(m, answer)
}

func (b *bomb) open(o calls.OpenMedia, notify func(calls.Input)) (agent.Session, error) {
	b.at("open media")
	s, err := b.studio.open(o, notify)
	return &bombSession{s, b}, err
}

type bombSession struct {
	agent.Session
	bomb *bomb
}

func (s *bombSession) SetMuted(muted bool) { s.bomb.at("media"); s.Session.SetMuted(muted) }

// callFrom brings the phone into a call, as far as it gets.
func (b *bomb) callFrom(r *rig) {
	if b.where == "connection" {
		return
	}
	r.server.connect()
	result := r.do("c1", toBob)
	if b.where == "loop" {
		if err := r.returned(result); !errors.Is(err, agent.ErrStopped) {
			r.t.Errorf("who waited for the phone was told %v", err)
		}
		return
	}
	_, answer := next[wire.InitiateCall](r.server)
	ok(answer, r.server.judge(toBob, byAlice))
	r.server.tell(calls.Changed{State: r.server.judge(calls.Accept{Join: true}, byBob)})
	r.do("c1", calls.SetMuted{Audio: true})
}

// TestAPanicIsTheGuards: wherever in a phone it is, the guard has it; the phone
// can be switched off, and its media is closed.
func TestAPanicIsTheGuards(t *testing.T) {
	for _, where := range []string{"connection", "loop", "open media", "media", "listener"} {
		t.Run(where, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &bomb{server: &server{t: t}, studio: &studio{}, where: where}
				var failures []any
				g := guard.New(func(reason any, _ []byte) { failures = append(failures, reason) })
				r := &rig{t: t, server: b.server}
				r.Agent = agent.New(agent.Config{Me: alice, Signaler: b, OpenSession: b.open, Sound: &speaker{}, Guard: g})
				r.AddCallListener("ear", func(calls.Event) { b.at("listener") })
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan struct{})
				g.Go(func() {
					defer close(done)
					_ = r.Run(ctx)
				})
				synctest.Wait()
				b.callFrom(r)
				cancel()
				<-done
				synctest.Wait()
				if len(failures) == 0 || failures[0] != where {
					t.Errorf("the guard was told %v", failures)
				}
				opened, closed := 0, 0
				for _, what := range b.studio.happened() {
					switch what {
					case "open c1":
						opened++
					case "close c1":
						closed++
					}
				}
				if opened != closed {
					t.Errorf("media opened %d times, closed %d", opened, closed)
				}
			})
		})
	}
}
