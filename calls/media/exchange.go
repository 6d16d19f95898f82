package media

import (
	"slices"
	"time"

	"github.com/pion/webrtc/v4"

	"tring/calls"
)

const (
	gatherWait = 20 * time.Millisecond // candidates of this machine ride along with the description
	repeatWait = 50 * time.Millisecond // between two repetitions of one description
	waitingMax = 4                     // payloads with candidates that came before their description
	insistMost = 3 * time.Second       // two asks within this time mean it
)

// exchange is where the exchange of descriptions stands. It belongs to the
// peer's loop.
type exchange struct {
	round   int // of the last offer made or seen
	remote  int // the round whose description of the peer is in use
	mine    *payload
	holding bool // mine waits for its first candidates
	sentAt  time.Time
	askedAt time.Time // when the peer last asked for a restart
	waiting []payload
}

// answered tells that both descriptions of the round are in use.
func (x *exchange) answered() bool { return x.remote == x.round }

// take handles a payload from the peer; its shape was checked already.
func (p *peer) take(m payload) {
	x := &p.exchange
	switch m.Kind {
	case kindOffer:
		p.takeOffer(m)
	case kindAnswer:
		if m.Round == x.round && !x.answered() && x.round > 0 {
			p.describe(webrtc.SDPTypeAnswer, m)
		}
	case kindCandidate:
		p.takeCandidates(m)
	case kindRestart:
		p.takeRestart(m)
	}
}

// takeOffer answers an offer. One that was seen already asks for its answer.
func (p *peer) takeOffer(m payload) {
	x := &p.exchange
	switch {
	case m.Round < x.round || m.Round == 0:
		return
	case m.Round == x.round:
		p.repeat()
		return
	}
	x.round, x.mine = m.Round, nil
	if !p.describe(webrtc.SDPTypeOffer, m) {
		return
	}
	answer, err := p.pc.CreateAnswer(nil)
	if err != nil {
		p.log.Warn("media: make answer: " + err.Error())
		return
	}
	p.publish(kindAnswer, answer)
}

// describe applies the peer's description, and the candidates that came with
// it or before it. They go into the SDP, so that ICE knows them when it starts.
func (p *peer) describe(t webrtc.SDPType, m payload) bool {
	x := &p.exchange
	for _, w := range append(x.waiting, m) {
		if w.Round == m.Round {
			for _, c := range w.Candidates {
				m.SDP += "a=" + c + "\r\n"
			}
		}
	}
	x.waiting = slices.DeleteFunc(x.waiting, func(w payload) bool { return w.Round <= m.Round })
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: t, SDP: m.SDP}); err != nil {
		p.log.Warn("media: take description: " + err.Error())
		return false
	}
	x.remote = m.Round
	p.watch.exchanged(time.Now())
	return true
}

func (p *peer) takeCandidates(m payload) {
	x := &p.exchange
	switch {
	case m.Round < x.remote:
	case m.Round > x.remote || m.Round == 0:
		if len(x.waiting) < waitingMax {
			x.waiting = append(x.waiting, m)
		}
	default:
		for _, c := range m.Candidates {
			if err := p.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: c}); err != nil {
				p.log.Debug("media: take candidate: " + err.Error())
			}
		}
	}
}

// takeRestart: the peer misses something.
func (p *peer) takeRestart(m payload) {
	x := &p.exchange
	switch {
	case !p.offerer:
		p.sendPayload(payload{Kind: kindRestart, Round: x.round})
	case m.Round < x.round || !x.answered():
		p.repeat()
	case p.insists(time.Now()):
		p.log.Info("media: looking for another path")
		if err := p.offer(true); err != nil {
			p.log.Warn("media: restart: " + err.Error())
		}
	}
}

// insists tells whether a restart is due now that the peer asked for one. It
// breaks the path that is in use, so while we still hear the peer, it has to
// ask twice: after the first time its network may well have recovered.
func (p *peer) insists(now time.Time) bool {
	again := now.Sub(p.exchange.askedAt) < insistMost
	p.exchange.askedAt = now
	return again || !p.watch.up
}

// ask: we miss something. An offerer restarts only when it hears of the peer,
// so that the old path lives on while signaling is away.
func (p *peer) ask() {
	x := &p.exchange
	p.log.Debug("media: asking for what is missing", "round", x.round)
	if p.offerer && !x.answered() {
		p.repeat()
		return
	}
	p.sendPayload(payload{Kind: kindRestart, Round: x.round})
}

// offer begins the next round.
func (p *peer) offer(restart bool) error {
	offer, err := p.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: restart})
	if err != nil {
		return err
	}
	p.exchange.round++
	p.publish(kindOffer, offer)
	return nil
}

// publish applies our own description and sends it when the first candidates
// are there.
func (p *peer) publish(k kind, d webrtc.SessionDescription) {
	x := &p.exchange
	round := x.round
	x.mine, x.holding = &payload{Kind: k, Round: round, SDP: d.SDP + "a=ptime:20\r\n"}, true
	if err := p.pc.SetLocalDescription(d); err != nil {
		p.log.Warn("media: use own description: " + err.Error())
		x.mine = nil
		return
	}
	p.session.media.guard.After(gatherWait, func() {
		p.post(func() {
			if p.exchange.round == round {
				p.release()
			}
		})
	})
}

// release sends the description with the candidates that are known.
func (p *peer) release() {
	if x := &p.exchange; x.holding {
		x.holding = false
		x.sentAt = time.Now()
		p.sendPayload(*x.mine)
	}
}

// repeat sends our last description again, with all candidates.
func (p *peer) repeat() {
	x := &p.exchange
	if x.mine != nil && !x.holding && time.Since(x.sentAt) >= repeatWait {
		x.sentAt = time.Now()
		p.sendPayload(*x.mine)
	}
}

// gathered takes a candidate of our own; nil means that there are no more.
func (p *peer) gathered(c *webrtc.ICECandidate) {
	x := &p.exchange
	if c == nil {
		p.release()
		return
	}
	text := c.ToJSON().Candidate
	if x.mine == nil || len(x.mine.Candidates) >= maxCandidates || len(text) > maxCandidate ||
		slices.Contains(x.mine.Candidates, text) {
		return
	}
	x.mine.Candidates = append(x.mine.Candidates, text)
	if !x.holding {
		p.sendPayload(payload{Kind: kindCandidate, Round: x.round, Candidates: []string{text}})
	}
}

func (p *peer) sendPayload(m payload) {
	p.tell(calls.MediaSignal{Call: p.session.call, To: p.device, Payload: m.encode()})
}
