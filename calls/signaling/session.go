package signaling

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"tring/calls"
	"tring/calls/wire"
	"tring/guard"
)

// queue is how many frames may wait to be written. A phone never has so much to
// say: when it is full, the network takes nothing any more, and a new connection
// is the better one.
const queue = 256

var (
	errStuck  = errors.New("the network does not take what the phone sends")
	errBroken = errors.New("the phone broke down")
)

// session is one connection after its sign-in. send, breakOff and abandon are
// safe for concurrent use.
type session struct {
	conn  *websocket.Conn
	times times
	log   *slog.Logger
	guard guard.Guard
	out   chan []byte
	done  chan struct{} // closed by breakOff

	mu      sync.Mutex
	seq     uint64
	waiting map[uint64]request
	cause   error     // why it ended; nil while it lives
	ticked  time.Time // by the wall clock: when pump last looked
}

type request struct {
	answer Answer
	sent   time.Time
}

func newSession(conn *websocket.Conn, t times, log *slog.Logger, g guard.Guard) *session {
	s := &session{
		conn: conn, times: t, log: log, guard: g, waiting: map[uint64]request{}, ticked: wall(),
		seq: 2, // the sign-in used two
		out: make(chan []byte, queue), done: make(chan struct{}),
	}
	conn.SetPongHandler(func(string) error { return s.alive() })
	conn.SetPingHandler(func(data string) error {
		err := conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(t.write))
		return errors.Join(err, s.alive())
	})
	return s
}

// run reads until the connection ends, and says why it did.
func (s *session) run(ctx context.Context, r Receiver) error {
	var pump sync.WaitGroup
	s.guard.Join(&pump, s.pump)
	defer pump.Wait()
	defer s.breakOff(errBroken) // pump ends by it, whatever happens here
	stop := s.guard.AfterEnd(ctx, func() { s.breakOff(ctx.Err()) })
	defer stop()
	for {
		if err := s.next(r); err != nil {
			s.breakOff(err)
			return s.ended()
		}
	}
}

// next reads one frame and passes it on.
func (s *session) next(r Receiver) error {
	if err := s.alive(); err != nil {
		return err
	}
	_, data, err := s.conn.ReadMessage()
	if err != nil {
		return closed(err)
	}
	if s.slept() {
		return errSlept // what was not read is old news; the snapshot is not
	}
	frame, err := wire.Decode(data)
	if err != nil && !errors.Is(err, wire.ErrUnknownType) {
		return fmt.Errorf("the server sent what is no frame: %w", err)
	}
	if frame.Re != 0 {
		s.answer(frame, err)
		return nil
	}
	switch m := frame.Body.(type) {
	case wire.CallEvent:
		r.Receive(calls.Changed{State: m.CallState})
	case wire.Relayed:
		r.Receive(calls.Relayed{Call: m.Call, From: m.From, Payload: m.Payload})
	case wire.Presence:
		r.Receive(calls.PresenceUpdate{Contact: m.Contact, Removed: m.Removed, Total: m.Total})
	case wire.AccountEvent:
		r.Receive(calls.AccountUpdate{Settings: m.Settings, MissedCount: m.MissedCount})
	case wire.Error:
		if final(m.Err()) {
			return m.Err()
		}
		s.log.Warn("the server complains", "code", m.Code, "text", m.Text)
	default:
		s.log.Debug("frame ignored", "err", err)
	}
	return nil
}

// answer gives a request its answer.
func (s *session) answer(f wire.Frame, err error) {
	s.mu.Lock()
	req, ok := s.waiting[f.Re]
	delete(s.waiting, f.Re)
	s.mu.Unlock()
	if !ok {
		s.log.Debug("an answer that nobody waits for", "re", f.Re)
		return
	}
	if refused, ok := f.Body.(wire.Error); ok {
		err = refused.Err()
	}
	req.answer(f.Body, err)
}

// send queues a request for pump. It does not wait, not even for a farewell.
func (s *session) send(m wire.Message, answer Answer) {
	err := s.enqueue(m, answer)
	if errors.Is(err, errStuck) {
		s.end(err)
		s.conn.Close()
		err = calls.ErrOffline
	}
	if err != nil {
		answer(nil, err)
	}
}

func (s *session) enqueue(m wire.Message, answer Answer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != nil {
		return calls.ErrOffline
	}
	data, err := wire.Encode(wire.Frame{Seq: s.seq + 1, Body: m})
	if err != nil {
		return err
	}
	select {
	case s.out <- data:
	default:
		return errStuck
	}
	s.seq++
	s.waiting[s.seq] = request{answer, time.Now()}
	return nil
}

// pump writes what was queued, pings, and looks at the clock.
func (s *session) pump() {
	ticker := time.NewTicker(s.times.ping)
	defer ticker.Stop()
	look := time.NewTicker(s.times.ping / looks)
	defer look.Stop()
	for {
		var err error
		select {
		case <-s.done:
			return
		case data := <-s.out:
			if err = s.conn.SetWriteDeadline(time.Now().Add(s.times.write)); err == nil {
				err = s.conn.WriteMessage(websocket.TextMessage, data)
			}
		case <-look.C:
			err = s.look()
		case <-ticker.C:
			err = s.tick()
		}
		if err != nil {
			s.breakOff(closed(err))
			return
		}
	}
}

// errSlept is a machine that was suspended: neither side noticed, and what comes
// now may be hours old.
var errSlept = errors.New("this machine was asleep; connecting anew")

// looks is how often in a ping's time pump looks at the clock: a phone that wakes
// up shall not ring on for a call that is long over.
const looks = 5

func (s *session) look() error {
	if s.slept() {
		return errSlept
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ticked = wall()
	return nil
}

func (s *session) tick() error {
	s.mu.Lock()
	unanswered := false
	for _, r := range s.waiting {
		unanswered = unanswered || time.Since(r.sent) > s.times.dead
	}
	s.mu.Unlock()
	if unanswered {
		return fmt.Errorf("the server has not answered a request for %s", s.times.dead)
	}
	return s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(s.times.write))
}

// slept says whether the wall clock went on much further than pump did. The
// monotonic clock stands still during sleep, so it cannot tell.
func (s *session) slept() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return wall().Sub(s.ticked) > s.times.dead
}

// wall is the time of day, without the monotonic reading.
func wall() time.Time { return time.Now().Round(0) }

// alive gives the connection another while to be silent.
func (s *session) alive() error {
	return s.conn.SetReadDeadline(time.Now().Add(s.times.dead))
}

// goodbye is how long the close frame of an ending connection may take.
const goodbye = 200 * time.Millisecond

// breakOff ends the connection with a farewell; the first cause counts.
func (s *session) breakOff(cause error) {
	if !s.end(cause) {
		return
	}
	farewell := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	if err := s.conn.WriteControl(websocket.CloseMessage, farewell, time.Now().Add(goodbye)); err != nil {
		s.log.Debug("no farewell", "err", err) // the usual case: it is broken
	}
	s.conn.Close()
}

// end says why the connection ends; false if somebody else said so before.
func (s *session) end(cause error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != nil {
		return false
	}
	s.cause = cause
	close(s.done)
	return true
}

func (s *session) ended() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cause
}

// abandon tells every request that still waits that no answer will come.
func (s *session) abandon() {
	s.mu.Lock()
	left := s.waiting
	s.waiting = map[uint64]request{}
	s.mu.Unlock()
	for _, seq := range slices.Sorted(maps.Keys(left)) {
		left[seq].answer(nil, calls.ErrOffline)
	}
}

// closed explains the end of a connection.
func closed(err error) error {
	if e, ok := errors.AsType[*websocket.CloseError](err); ok {
		return explainClose(e)
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return fmt.Errorf("the server has gone silent: %w", err)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the server closed the connection: %w", err)
	}
	return err
}

// explainClose says what the code of a close frame means (see package wire).
func explainClose(e *websocket.CloseError) error {
	switch e.Code {
	case wire.CloseReplaced:
		return calls.ErrReplaced
	case wire.CloseRemoved:
		return calls.ErrRemoved
	case wire.CloseSignIn:
		return calls.ErrSignIn
	case wire.CloseSignInLate:
		return calls.ErrSignInTimeout
	case wire.CloseRateLimited:
		return calls.ErrRateLimited
	case wire.CloseSlow:
		return errors.New("the server gave up on this phone, which read too slowly")
	case wire.CloseGoingAway:
		return errors.New("the server is restarting")
	case websocket.CloseAbnormalClosure:
		return errors.New("the connection to the server broke")
	}
	return fmt.Errorf("the server closed the connection: %w", e)
}
