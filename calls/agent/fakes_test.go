package agent_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tring/audio"
	"tring/calls"
	"tring/calls/agent"
	"tring/calls/wire"
	"tring/guard/leak"
)

// server stands for the connection and the server behind it: it keeps what the
// phone sends until the test answers, and judges calls as the real one does.
type server struct {
	t    *testing.T
	call calls.Call // the one call of a test

	mu    sync.Mutex
	phone agent.Receiver
	up    bool
	sent  []request
	ended bool
}

type request struct {
	m      wire.Message
	answer agent.Answer
}

func (s *server) Run(ctx context.Context, r agent.Receiver) error {
	s.mu.Lock()
	s.phone = r
	s.mu.Unlock()
	<-ctx.Done()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended, s.up = true, false
	return nil
}

func (s *server) Send(m wire.Message, answer agent.Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.up {
		answer(nil, calls.ErrOffline)
		return
	}
	s.sent = append(s.sent, request{m, answer})
}

// tell gives the phone an input, and lets it come to rest.
func (s *server) tell(in calls.Input) {
	synctest.Wait()
	s.mu.Lock()
	phone := s.phone
	s.mu.Unlock()
	phone.Receive(in)
	synctest.Wait()
}

// connect signs the phone in with the calls that are live.
func (s *server) connect(states ...calls.CallState) {
	s.mu.Lock()
	s.up = true
	s.mu.Unlock()
	s.tell(calls.Connected{Snapshot: calls.Snapshot{Me: alice, Calls: states, Renew: calls.ToMillis(10 * time.Second)}})
}

// cut breaks the connection: what waits for an answer is offline.
func (s *server) cut() {
	s.mu.Lock()
	s.up = false
	left := s.sent
	s.sent = nil
	s.mu.Unlock()
	for _, r := range left {
		r.answer(nil, calls.ErrOffline)
	}
	s.tell(calls.Disconnected{Err: errors.New("cable cut")})
}

// requests are the types of what waits for an answer, in order.
func (s *server) requests() []string {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	var types []string
	for _, r := range s.sent {
		types = append(types, r.m.Type())
	}
	return types
}

// next takes the oldest request, which must be of this type.
func next[M wire.Message](s *server) (M, agent.Answer) {
	s.t.Helper()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	var none M
	if len(s.sent) == 0 {
		s.t.Fatalf("the phone sent nothing, want a %s", none.Type())
	}
	r := s.sent[0]
	m, ok := r.m.(M)
	if !ok {
		s.t.Fatalf("the phone sent %#v, want a %s", r.m, none.Type())
	}
	s.sent = s.sent[1:]
	return m, r.answer
}

// judge applies an act to the call and returns the new state as a frame holds it.
func (s *server) judge(act calls.Act, by calls.Actor) calls.CallState {
	s.t.Helper()
	after, err := s.call.Apply(act, by, time.Now())
	if err != nil {
		s.t.Fatalf("%s: %v", act.Verb(), err)
	}
	after.Revision = s.call.Revision + 1
	s.call = after
	st := calls.CallState{Call: after}
	if after.Status == calls.Initiated {
		st.RingLeft = after.RingTime
	}
	return st
}

func ok(answer agent.Answer, st calls.CallState) {
	answer(wire.CallResult{CallState: st}, nil)
	synctest.Wait()
}

var (
	alice   = calls.Identity{User: "alice", Device: calls.Device{ID: "01ALICE", Label: "laptop"}}
	byAlice = calls.Actor{User: "alice", Device: alice.Device}
	byBob   = calls.Actor{User: "bob", Device: calls.Device{ID: "01BOB", Label: "desk"}}
)

// speaker is a Sound that keeps what it was asked to play; "" is silence.
type speaker struct {
	mu    sync.Mutex
	tones []audio.Tone
}

func (s *speaker) Play(t audio.Tone) { s.mu.Lock(); defer s.mu.Unlock(); s.tones = append(s.tones, t) }
func (s *speaker) StopTone()         { s.Play("") }
func (s *speaker) Levels() audio.Levels {
	return audio.Levels{In: -20, Out: -30}
}

func (s *speaker) sounding() audio.Tone {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tones) == 0 {
		return ""
	}
	return s.tones[len(s.tones)-1]
}

// studio opens sessions that keep what happens to them.
type studio struct {
	fail  error
	block chan struct{} // Close waits for it, where it is set

	mu      sync.Mutex
	opened  []calls.OpenMedia
	notify  func(calls.Input)
	history []string
}

func (s *studio) open(o calls.OpenMedia, notify func(calls.Input)) (agent.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note("open " + string(o.Call))
	if s.fail != nil {
		return nil, s.fail
	}
	s.opened, s.notify = append(s.opened, o), notify
	notify(calls.MediaSignal{Call: o.Call, To: o.Peers[0].Device, Payload: []byte("offer")}) // at once, as a quick session may
	return &session{s, o.Call}, nil
}

func (s *studio) note(what string) { s.history = append(s.history, what) }

func (s *studio) happened() []string {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.history)
}

type session struct {
	studio *studio
	call   calls.ID
}

func (s *session) note(what string) {
	s.studio.mu.Lock()
	defer s.studio.mu.Unlock()
	s.studio.note(what)
}

func (s *session) Signal(from calls.DeviceID, payload []byte) error {
	s.note("signal " + string(from) + " " + string(payload))
	return nil
}
func (s *session) SetPeers([]calls.Peer, []calls.Server) { s.note("peers") }
func (s *session) Stats() calls.MediaStats               { return calls.MediaStats{Sent: 7} }

func (s *session) SetMuted(muted bool) {
	if muted {
		s.note("mute")
	} else {
		s.note("unmute")
	}
}

func (s *session) Close() error {
	if s.studio.block != nil {
		<-s.studio.block
	}
	s.note("close " + string(s.call))
	return nil
}

// ear is a listener that keeps what it hears.
type ear struct {
	mu    sync.Mutex
	heard []calls.Event
}

func (e *ear) hear(ev calls.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, ev)
}

// take returns the names of the events since the last time.
func (e *ear) take() []calls.EventName {
	synctest.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	var names []calls.EventName
	for _, ev := range e.heard {
		names = append(names, ev.Name)
	}
	e.heard = nil
	return names
}

// rig is a phone on a table.
type rig struct {
	*agent.Agent
	t       *testing.T
	server  *server
	studio  *studio
	speaker *speaker
	ear     *ear
	stop    context.CancelFunc
	ended   func() error // waits for the end of Run
}

// on switches the phone on, until the test ends.
func (r *rig) on() {
	ctx, cancel := context.WithCancel(r.t.Context())
	result := make(chan error, 1)
	go func() { result <- r.Run(ctx) }()
	r.stop, r.ended = cancel, sync.OnceValue(func() error { return <-result })
	r.t.Cleanup(func() {
		cancel()
		if r.studio != nil && r.studio.block != nil {
			select {
			case <-r.studio.block:
			default:
				close(r.studio.block)
			}
		}
		_ = r.ended()
	})
}

// newRig switches a phone on, connected, inside a synctest bubble; it is
// switched off when the test ends.
func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, server: &server{t: t}, studio: &studio{}, speaker: &speaker{}, ear: &ear{}}
	r.Agent = agent.New(agent.Config{Me: alice, Signaler: r.server, OpenSession: r.studio.open, Sound: r.speaker})
	r.AddCallListener("ear", r.ear.hear)
	r.on()
	r.server.connect()
	r.hears(calls.ConnectionChanged)
	return r
}

// hears checks what the listener heard since the last time.
func (r *rig) hears(want ...calls.EventName) {
	r.t.Helper()
	if got := r.ear.take(); !slices.Equal(got, want) {
		r.t.Fatalf("heard %v, want %v", got, want)
	}
}

// do starts a command, whose result comes on the channel.
func (r *rig) do(id calls.ID, act calls.Act) chan error {
	result := make(chan error, 1)
	go func() { result <- r.Do(r.t.Context(), calls.Command{Call: id, Act: act}) }()
	synctest.Wait()
	return result
}

// returned is the result of a command that must have one by now.
func (r *rig) returned(result chan error) error {
	r.t.Helper()
	synctest.Wait()
	select {
	case err := <-result:
		return err
	default:
		r.t.Fatal("the command still waits")
		return nil
	}
}

func (r *rig) waits(result chan error) {
	r.t.Helper()
	synctest.Wait()
	if len(result) > 0 {
		r.t.Fatalf("the command returned %v before the server's answer", <-result)
	}
}

var toBob = calls.Initiate{ID: "c1", Type: calls.Audio, Receiver: calls.User("bob")}

// talk brings the phone into a call with bob, with media open.
func (r *rig) talk() {
	r.t.Helper()
	result := r.do("c1", toBob)
	_, answer := next[wire.InitiateCall](r.server)
	ok(answer, r.server.judge(toBob, byAlice))
	if err := r.returned(result); err != nil {
		r.t.Fatal(err)
	}
	r.server.tell(calls.Changed{State: r.server.judge(calls.Accept{Join: true}, byBob)})
}

// incoming lets bob's call ring here.
func (r *rig) incoming(id calls.ID) calls.CallState {
	r.server.call = calls.Call{}
	return r.server.judge(calls.Initiate{
		ID: id, Type: calls.Audio, Receiver: calls.User("alice"), DefaultRing: calls.ToMillis(45 * time.Second),
	}, byBob)
}

func TestMain(m *testing.M) { leak.Main(m) }
