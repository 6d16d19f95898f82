package media

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"tring/audio"
	"tring/calls"
)

const (
	inboxSize = 256
	tickEvery = 50 * time.Millisecond
	byeAgain  = 15 * time.Millisecond
)

// peer is the connection to one other device. One loop owns the peer
// connection and the negotiation; everybody else posts to its inbox.
type peer struct {
	session *Session
	device  calls.DeviceID
	offerer bool
	log     *slog.Logger
	inbox   chan func()
	once    sync.Once
	done    chan struct{}
	tasks   sync.WaitGroup // readers and the writer
	stream  *audio.Stream
	outbox  *outbox
	over    atomic.Bool // the peer hung up
	config  webrtc.Configuration
	relayed atomic.Bool
	measure measure
	track   *track
	// What follows from the peer's reports.
	network   atomic.Pointer[audio.Network]
	available atomic.Int64 // bit/s; 0: no limit was seen
	switches  atomic.Int64 // of the number of copies

	// The RTCP reader's.
	bandwidth  bandwidth
	redundancy redundancy

	// The loop's.
	pc        *webrtc.PeerConnection
	sender    *webrtc.RTPSender
	receiver  *webrtc.RTPReceiver
	ssrc      uint32
	exchange  exchange
	watch     watch
	measuring time.Time
}

func newPeer(s *Session, o calls.Peer) *peer {
	p := &peer{
		session: s, device: o.Device, offerer: o.Offer,
		log: s.log.With("peer", string(o.Device)), config: s.config,
		inbox: make(chan func(), inboxSize),
		done:  make(chan struct{}), outbox: newOutbox(), track: &track{},
	}
	s.media.guard.Join(&s.tasks, p.run)
	return p
}

// spawn runs f in a goroutine that the peer's loop waits for at its end.
func (p *peer) spawn(f func()) { p.session.media.guard.Join(&p.tasks, f) }

// close ends the peer; its loop says good-bye. It does not wait.
func (p *peer) close() { p.once.Do(func() { close(p.done) }) }

// configure lets the next search for a path use these servers.
func (p *peer) configure(c webrtc.Configuration) {
	ok := p.tryPost(func() {
		if err := p.pc.SetConfiguration(c); err != nil {
			p.log.Warn("media: use other servers: " + err.Error())
		}
	})
	if !ok {
		p.log.Warn("media: use other servers: too much at once")
	}
}

// post hands something to the loop. It waits for room, but not for an ended
// peer.
func (p *peer) post(f func()) {
	select {
	case p.inbox <- f:
	case <-p.done:
	}
}

func (p *peer) tryPost(f func()) bool {
	select {
	case p.inbox <- f:
		return true
	default:
		return false
	}
}

// run is the peer's loop.
func (p *peer) run() {
	patience := firstOffer
	if p.offerer {
		patience = firstReply
	}
	p.watch = newWatch(time.Now(), patience, p.session.media.mendTime)
	if err := p.connect(); err != nil {
		p.log.Error("media: " + err.Error())
		p.tellState(calls.MediaLost)
	}
	defer p.disconnect()
	defer p.close() // whatever it ends by: what disconnect waits for ends by this
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	for {
		select {
		case <-p.done:
			return
		case f := <-p.inbox:
			if p.pc != nil {
				f()
			}
		case now := <-ticker.C:
			if p.pc != nil {
				p.tick(now)
			}
		}
	}
}

// connect makes the peer connection and, for an offerer, the offer.
func (p *peer) connect() error {
	pc, err := p.session.media.api.NewPeerConnection(p.config)
	if err != nil {
		return fmt.Errorf("open connection to %q: %w", p.device, err)
	}
	transceiver, err := pc.AddTransceiverFromTrack(p.track)
	if err != nil {
		return p.abandon(pc, fmt.Errorf("add track to %q: %w", p.device, err))
	}
	p.pc, p.sender, p.receiver = pc, transceiver.Sender(), transceiver.Receiver()
	p.ssrc = uint32(p.sender.GetParameters().Encodings[0].SSRC)
	p.stream = p.session.media.engine.OpenStream(string(p.device))
	p.outbox.begin(randomStart())
	p.measure.begin(p.session.media.engine, p.stream, p.outbox)
	p.listen()
	p.spawn(func() { p.outbox.drain(p.track, p.done) })
	p.spawn(func() { p.readRTCP(p.sender.ReadRTCP, p.takeReport) })
	p.spawn(func() { p.readRTCP(p.receiver.ReadRTCP, p.takeSender) })
	if p.offerer {
		return p.offer(false)
	}
	return nil
}

func (p *peer) abandon(pc *webrtc.PeerConnection, why error) error {
	if err := pc.Close(); err != nil {
		p.log.Debug("media: close after a failure: " + err.Error())
	}
	return why
}

// listen takes pion's callbacks into the loop. They come in no sure order, so
// the loop asks for the state itself.
func (p *peer) listen() {
	heard := func(f func()) { p.session.media.guard.Run(func() { p.post(f) }) }
	p.pc.OnICECandidate(func(c *webrtc.ICECandidate) { heard(func() { p.gathered(c) }) })
	look := func() { p.tick(time.Now()) }
	p.pc.OnConnectionStateChange(func(webrtc.PeerConnectionState) { heard(look) })
	p.sender.Transport().OnStateChange(func(webrtc.DTLSTransportState) { heard(look) })
	p.pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		heard(func() { p.spawn(func() { p.receive(track) }) })
	})
	p.sender.Transport().ICETransport().OnSelectedCandidatePairChange(func(pair *webrtc.ICECandidatePair) {
		p.session.media.guard.Run(func() {
			relay := webrtc.ICECandidateTypeRelay
			p.relayed.Store(pair.Local.Typ == relay || pair.Remote.Typ == relay)
		})
	})
}

// tick looks at the connection, and does what its time has come.
func (p *peer) tick(now time.Time) {
	if p.over.Load() {
		return
	}
	if p.sender.Transport().State() == webrtc.DTLSTransportStateClosed { // our own close ends the loop
		p.hungUp()
		return
	}
	state := p.pc.ConnectionState()
	up := state == webrtc.PeerConnectionStateConnected
	if up {
		p.outbox.open()
	}
	if tell := p.watch.see(now, up, state == webrtc.PeerConnectionStateFailed); tell != calls.MediaNone {
		p.log.Info("media: " + string(tell))
		p.tellState(tell)
	}
	if p.watch.ask(now) {
		p.ask()
	}
	if now.Sub(p.measuring) >= time.Second {
		p.measuring = now
		p.tellReports(p.measure.sample(now))
	}
}

// hungUp says, once, that the peer itself ended the session.
func (p *peer) hungUp() {
	if p.over.Swap(true) {
		return
	}
	p.log.Info("media: the peer hung up")
	p.tell(calls.MediaChanged{
		Call: p.session.call, Peer: p.device, State: calls.MediaLost, Closed: true,
	})
}

// tell passes something on to the phone, unless we closed.
func (p *peer) tell(in calls.Input) {
	select {
	case <-p.done:
	default:
		p.session.notify(in)
	}
}

func (p *peer) tellState(state calls.MediaState) {
	p.tell(calls.MediaChanged{Call: p.session.call, Peer: p.device, State: state})
}

// disconnect tells the peer directly, twice since packets get lost, and closes
// everything.
func (p *peer) disconnect() {
	if p.pc == nil {
		return
	}
	p.stream.Close()
	if p.outbox.opened() && !p.over.Load() {
		p.bye()
		timer := time.NewTimer(byeAgain)
		<-timer.C
		p.bye()
		if err := p.sender.Transport().Stop(); err != nil { // DTLS close_notify
			p.log.Debug("media: close DTLS: " + err.Error())
		}
	}
	// The peer knows. The rest may take seconds: pion waits until its search
	// for a TURN server that does not answer is over.
	p.session.media.guard.Join(&p.session.lingering, func() {
		if err := p.pc.GracefulClose(); err != nil {
			p.log.Debug("media: close: " + err.Error())
		}
	})
	p.tasks.Wait()
}

// tellReports sends extended reports. They stand behind a plain one, as every
// compound does (RFC 3550 §6.1).
func (p *peer) tellReports(blocks []rtcp.ReportBlock) {
	if len(blocks) == 0 || !p.watch.up {
		return
	}
	err := p.pc.WriteRTCP([]rtcp.Packet{
		&rtcp.ReceiverReport{SSRC: p.ssrc}, &rtcp.ExtendedReport{SenderSSRC: p.ssrc, Reports: blocks},
	})
	if err != nil {
		p.log.Debug("media: send extended reports: " + err.Error())
	}
}

// bye is RTCP's good-bye (RFC 3550 §6.6), which stands behind a report.
func (p *peer) bye() {
	err := p.pc.WriteRTCP([]rtcp.Packet{
		&rtcp.ReceiverReport{SSRC: p.ssrc}, &rtcp.Goodbye{Sources: []uint32{p.ssrc}},
	})
	if err != nil {
		p.log.Debug("media: say good-bye: " + err.Error())
	}
}

// randomStart is where sequence numbers and timestamps begin (RFC 3550 §5.1).
// The sequence begins in the lower half, so that a lost start cannot confuse
// SRTP's rollover count (RFC 3711 §3.3.1).
func randomStart() (sequence uint16, timestamp uint32) {
	var b [6]byte
	rand.Read(b[:])
	return binary.BigEndian.Uint16(b[:]) >> 1, binary.BigEndian.Uint32(b[2:])
}
