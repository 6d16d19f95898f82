package media

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"tring/audio"
	"tring/calls"
)

// closeMost usually bounds Close: what hangs by then ends on its own.
const closeMost = 250 * time.Millisecond

// Session is the media of one call. All methods are safe for concurrent use;
// none but Close waits for anything.
type Session struct {
	media  *Media
	call   calls.ID
	log    *slog.Logger
	notify func(calls.Input)
	config webrtc.Configuration
	began  time.Time
	done   chan struct{}
	tasks  sync.WaitGroup
	// lingering are goroutines of pion that end on their own.
	lingering sync.WaitGroup

	sending atomic.Pointer[[]*peer] // for the capture goroutine, copied on write

	mu     sync.Mutex
	closed bool
	peers  map[calls.DeviceID]*peer
	past   calls.MediaStats // of peers that left
}

// Signal takes a payload from another device of the session. An error means
// that it is malformed, or comes from a device that is not in the session;
// nothing happened then.
func (s *Session) Signal(from calls.DeviceID, text []byte) error {
	s.mu.Lock()
	p, closed := s.peers[from], s.closed
	s.mu.Unlock()
	if closed {
		return fmt.Errorf("take media signal from %q: the session is closed", from)
	}
	if p == nil {
		return fmt.Errorf("take media signal from %q: not in the session", from)
	}
	m, err := decodePayload(text)
	if err != nil {
		return fmt.Errorf("take media signal from %q: %w", from, err)
	}
	if m.Kind == kindOffer && p.offerer || m.Kind == kindAnswer && !p.offerer {
		return fmt.Errorf("take media signal from %q: it is not its part to send an %s", from, m.Kind)
	}
	if !p.tryPost(func() { p.take(m) }) {
		return fmt.Errorf("take media signal from %q: too many at once", from)
	}
	return nil
}

// SetPeers says which devices are in the session now. Those that are new are
// connected, those that are gone are told so directly and dropped. The servers
// are for new connections and for the next restart of the others: a path that
// works is left alone.
func (s *Session) SetPeers(list []calls.Peer, servers []calls.Server) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.config.ICEServers = s.media.servers(servers)
	for id, p := range s.peers {
		if !slices.Contains(list, calls.Peer{Device: id, Offer: p.offerer}) || p.over.Load() {
			delete(s.peers, id)
			s.past = counts(add(s.past, p.statistics(), true))
			p.close()
		}
	}
	for _, o := range list {
		if p := s.peers[o.Device]; p != nil {
			p.configure(s.config)
		} else {
			s.peers[o.Device] = newPeer(s, o)
		}
	}
	sending := make([]*peer, 0, len(s.peers))
	for _, p := range s.peers {
		sending = append(sending, p)
	}
	s.sending.Store(&sending)
}

// SetMuted stops or starts what the microphone sends. Muted, silence is sent.
func (s *Session) SetMuted(on bool) { s.media.engine.SetMuted(on) }

// Close ends the session: the microphone is released, each peer is told
// directly (RTCP BYE, DTLS close), the streams stop. It takes no longer than a
// quarter of a second, whatever hangs, and is idempotent. The error says that
// something does hang.
func (s *Session) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.sending.Store(&[]*peer{})
	for _, p := range s.peers {
		p.close()
	}
	s.mu.Unlock()
	close(s.done)
	ended := make(chan struct{})
	s.media.guard.Go(func() { s.tasks.Wait(); close(ended) })
	timer := time.NewTimer(s.media.closeMost)
	defer timer.Stop()
	select {
	case <-ended:
		return nil
	case <-timer.C:
		return fmt.Errorf("close media of call %s: not all of it ended within %v", s.call, s.media.closeMost)
	}
}

// capture holds the microphone as long as the session is open. One session has
// it at a time: the next one's waits for the last one to let go.
func (s *Session) capture() {
	select {
	case s.media.microphone <- struct{}{}:
	case <-s.done:
		return
	}
	defer func() { <-s.media.microphone }()
	opened := make(chan error, 1)
	s.media.guard.Go(func() { opened <- s.media.engine.StartCapture(s.send) })
	select {
	case err := <-opened:
		if err != nil {
			s.log.Warn("media: the call goes on without a microphone", "err", err)
		}
		if !errors.Is(err, audio.ErrNotCapturing) {
			<-s.done
			s.media.engine.StopCapture()
		}
	case <-s.done:
		s.media.engine.StopCapture() // ends the wait for a microphone that is slow to open
		if err := <-opened; !errors.Is(err, audio.ErrNotCapturing) {
			s.media.engine.StopCapture()
		}
	}
}

// send hands a packet to every peer. It runs in the capture goroutine: no
// lock, no wait, no allocation.
func (s *Session) send(packet audio.Packet) {
	for _, p := range *s.sending.Load() {
		p.outbox.put(packet)
	}
}

// adapt lets the encoder know what the ways to all peers demand.
func (s *Session) adapt() {
	var all audio.Network
	for _, p := range *s.sending.Load() {
		if n := p.network.Load(); n != nil {
			all = worse(all, *n)
		}
	}
	s.media.engine.SetNetwork(all)
}
