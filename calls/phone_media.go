package calls

import (
	"reflect"
	"slices"
	"time"
)

// maxEarly is how many signals are kept for a session that is not open yet. A
// peer has little to say before it is answered.
const maxEarly = 32

// relayed hands a signal to the session. The peer may be quicker than the word
// that it is in the session: what comes early is kept until then.
func (p *Phone) relayed(r Relayed) {
	l := p.leg(r.Call)
	switch {
	case l == nil:
	case l.opened:
		p.do(DeliverSignal(r))
	case len(l.early) < maxEarly:
		l.early = append(l.early, DeliverSignal(r))
	}
}

// grantRetry is how long a phone waits for fresh credentials before it asks
// again.
const grantRetry = time.Minute

// takeGrant keeps the token and servers, and lets an open session know the new
// servers. They are renewed at half their life.
func (p *Phone) takeGrant(l *leg, g Grant) {
	if len(g.Servers) == 0 && g.Token == "" {
		return
	}
	fresh := !reflect.DeepEqual(l.grant.Servers, g.Servers)
	l.grant = g
	if g.TTL > 0 {
		l.grantAt = p.now.Add(g.TTL.Duration() / 2)
	}
	if l.opened && fresh {
		p.do(SetPeers{Call: l.call.ID, Peers: l.peers, Servers: g.Servers})
	}
}

func (p *Phone) renewGrant(l *leg) {
	l.grantAt = p.now.Add(grantRetry)
	p.send(l.call.ID, Token{})
}

func (p *Phone) openMedia(l *leg) {
	peers := p.peers(l.call)
	switch {
	case !l.call.InSession(p.me.Viewer()) || len(peers) == 0 && !l.opened:
		return
	case !l.opened:
		l.opened, l.peers = true, peers
		p.do(OpenMedia{Call: l.call.ID, Servers: l.grant.Servers, Peers: peers, Muted: l.muted})
		for _, s := range l.early {
			p.do(s)
		}
		l.early = nil
		p.tellMuted(l)
		l.renewAt = p.now.Add(p.renew)
	case !slices.Equal(peers, l.peers):
		l.peers = peers
		p.do(SetPeers{Call: l.call.ID, Peers: peers, Servers: l.grant.Servers})
	}
}

// tellMuted tells the others what the microphone is, where they know otherwise.
func (p *Phone) tellMuted(l *leg) {
	if me, _ := l.call.Party(p.me.User); me.AudioMuted != l.muted {
		p.send(l.call.ID, SetMuted{Audio: l.muted})
	}
}

// peers are the other devices of the session. Who joined later offers; where
// two joined in the same instant, the greater device id does.
func (p *Phone) peers(c Call) []Peer {
	me, _ := c.Party(p.me.User)
	var peers []Peer
	for _, o := range c.Parties {
		if o.User == p.me.User || !inSession(o) {
			continue
		}
		offer := me.JoinedAt.After(o.JoinedAt) || me.JoinedAt.Equal(o.JoinedAt) && me.Device > o.Device
		peers = append(peers, Peer{Device: o.Device, Offer: offer})
	}
	return peers
}

func (p *Phone) mediaChanged(m MediaChanged) {
	l := p.leg(m.Call)
	if l == nil || !l.opened {
		return
	}
	if m.Closed {
		if l.call.TwoParty() {
			p.leaveEnd(l.call.ID)
			p.lose(l, EndedByPeer)
		}
		return
	}
	l.media = m.State
	p.send(l.call.ID, ReportMedia{Peer: m.Peer, State: m.State})
	if m.State == MediaConnected && !l.connected {
		l.connected = true
		p.emit(Event{Name: MediaIsConnected, Call: l.call})
	} else {
		p.emit(Event{Name: CallUpdated, Call: l.call})
	}
}

func (p *Phone) sendRenew(l *leg) {
	l.renewAt = p.now.Add(p.renew)
	var hears []DeviceID
	if l.media == MediaConnected {
		for _, peer := range l.peers {
			hears = append(hears, peer.Device)
		}
	}
	p.send(l.call.ID, Renew{Hears: hears})
}
