package calls

import (
	"slices"
	"time"
)

// Input is what a phone is told. The set is closed: Command, Connected,
// Disconnected, Changed, Answered, Relayed, PresenceUpdate, AccountUpdate,
// MediaChanged, MediaSignal and Tick.
type Input interface{ input() }

type (
	// Command is what the person wants: one act on one call. Muted: a call that it
	// places or answers begins with the microphone closed.
	Command struct {
		Call  ID
		Act   Act
		Muted bool
	}
	// Connected says that the phone signed in, with the server's full snapshot.
	Connected struct{ Snapshot Snapshot }
	// Disconnected says that there is no connection, and why. Final: the phone
	// will not try again by itself (a revoked key, a replaced device).
	Disconnected struct {
		Err   error
		Final bool
	}
	// Changed is the server telling of a call.
	Changed struct{ State CallState }
	// Answered is the server's answer to a Send.
	Answered struct {
		Send  Send
		State CallState
		Err   error
	}
	// Relayed is a media signal from another device of the session.
	Relayed struct {
		Call    ID
		From    DeviceID
		Payload []byte
	}
	// PresenceUpdate is a contact as it is now, or one that was removed. Total is
	// how many the directory holds, where that has changed.
	PresenceUpdate struct {
		Contact Contact
		Removed bool
		Total   int
	}
	// AccountUpdate is what the account's phones share, as it is now.
	AccountUpdate struct {
		Settings    Settings
		MissedCount int
	}
	// MediaChanged is what the media session says of one peer. Closed: the peer
	// itself hung up.
	MediaChanged struct {
		Call   ID
		Peer   DeviceID
		State  MediaState
		Closed bool
	}
	// MediaSignal is a payload of the media session for one peer.
	MediaSignal struct {
		Call    ID
		To      DeviceID
		Payload []byte
	}
	// Tick says that time has passed; see Phone.Deadline.
	Tick struct{}
)

func (Command) input()        {}
func (Connected) input()      {}
func (Disconnected) input()   {}
func (Changed) input()        {}
func (Answered) input()       {}
func (Relayed) input()        {}
func (PresenceUpdate) input() {}
func (AccountUpdate) input()  {}
func (MediaChanged) input()   {}
func (MediaSignal) input()    {}
func (Tick) input()           {}

// Effect is what a phone wants done. The set is closed: Send, Relay, OpenMedia,
// SetPeers, CloseMedia, DeliverSignal, Mute, PlayTone, StopTone, Emit, Refused.
type Effect interface{ effect() }

type (
	// Send is an act for the server; its answer comes back as Answered.
	Send struct {
		Call ID
		Act  Act
	}
	// Relay is a media signal for another device, by way of the server.
	Relay struct {
		Call    ID
		To      DeviceID
		Payload []byte
	}
	// OpenMedia opens the media session of a call: microphone, speaker, peers.
	OpenMedia struct {
		Call    ID
		Servers []Server
		Peers   []Peer
		Muted   bool
	}
	// SetPeers says who is in the session now, and by which servers new paths to
	// them are found.
	SetPeers struct {
		Call    ID
		Peers   []Peer
		Servers []Server
	}
	// CloseMedia closes the session, telling the peers directly.
	CloseMedia struct{ Call ID }
	// DeliverSignal hands a payload to the open session.
	DeliverSignal struct {
		Call    ID
		From    DeviceID
		Payload []byte
	}
	// Mute stops or starts what the microphone sends.
	Mute struct {
		Call ID
		On   bool
	}
	// PlayTone plays a tone in place of any other; a looping one goes on until
	// StopTone.
	PlayTone struct{ Tone Tone }
	// StopTone ends the looping tone.
	StopTone struct{}
	// Emit tells the listeners.
	Emit struct{ Event Event }
	// Refused answers a command that the phone itself declines.
	Refused struct{ Err error }
)

func (Send) effect()          {}
func (Relay) effect()         {}
func (OpenMedia) effect()     {}
func (SetPeers) effect()      {}
func (CloseMedia) effect()    {}
func (DeliverSignal) effect() {}
func (Mute) effect()          {}
func (PlayTone) effect()      {}
func (StopTone) effect()      {}
func (Emit) effect()          {}
func (Refused) effect()       {}

// Tone names what the speaker plays beside voices.
type Tone string

// The tones. Ring, RingBack and Waiting go on until stopped; the others end by
// themselves.
const (
	NoTone     Tone = ""
	RingTone   Tone = "ring"
	RingBack   Tone = "ringback"
	Waiting    Tone = "waiting"
	BusyTone   Tone = "busy"
	Congestion Tone = "congestion"
	EndTone    Tone = "end"
)

// Peer is another device of a media session. Of each pair, whoever joined later
// makes the offer and stays the offerer, so that offers never cross.
type Peer struct {
	Device DeviceID
	Offer  bool
}

// ringGrace is how much longer than the server's ring time a phone rings before
// it stops by itself.
const ringGrace = 5 * time.Second

// memory is how many finished calls a phone remembers, so that a late frame
// revives none of them.
const memory = 64

// Phone is one telephone: the calls it takes part in and what it shall do next.
// Feed it inputs with Step, in one goroutine, and carry out the effects in
// order.
type Phone struct {
	me       Identity
	link     Link
	linkErr  error
	contacts []Contact
	total    int // of the directory
	settings Settings
	missed   int
	renew    time.Duration

	legs     []*leg // live calls, oldest first
	finished []ID
	pending  []unanswered // sent again after a reconnect
	tone     Tone
	out      []Effect
	now      time.Time
}

// unanswered is an act that the server has not answered, and when it was. Due is
// when one that is left to the peer is sent after all; zero for any other.
type unanswered struct {
	Send
	at, due time.Time
}

// leg is this phone's side of one call.
type leg struct {
	call      Call
	grant     Grant
	opened    bool // media asked for
	media     MediaState
	peers     []Peer
	early     []DeliverSignal // what came before the session was open
	muted     bool
	recording bool
	silenced  bool // the person decided; the ring tone has stopped
	connected bool // MediaConnected was emitted
	since     time.Time
	ringUntil time.Time
	renewAt   time.Time
	grantAt   time.Time // when to ask for fresh credentials
}

// NewPhone makes a phone that is not connected yet.
func NewPhone(me Identity) *Phone {
	return &Phone{me: me, link: Connecting, renew: 10 * time.Second}
}

// Step takes one input at now and returns what is to be done, in order.
func (p *Phone) Step(now time.Time, in Input) []Effect {
	p.now, p.out = now, nil
	switch in := in.(type) {
	case Command:
		p.command(in)
	case Connected:
		p.welcome(in.Snapshot)
	case Disconnected:
		p.disconnected(in)
	case Changed:
		p.changed(in.State)
	case Answered:
		p.answered(in)
	case Relayed:
		p.relayed(in)
	case PresenceUpdate:
		p.presence(in)
	case AccountUpdate:
		p.settings, p.missed = in.Settings, in.MissedCount
		p.emit(Event{Name: AccountChanged})
	case MediaChanged:
		p.mediaChanged(in)
	case MediaSignal:
		if l := p.leg(in.Call); l != nil && l.opened {
			p.do(Relay(in))
		}
	case Tick:
		p.tick()
	}
	p.retone()
	return p.out
}

// Deadline is when Step next wants a Tick; false if nothing is due.
func (p *Phone) Deadline() (time.Time, bool) {
	var due time.Time
	for _, l := range p.legs {
		for _, t := range []time.Time{l.ringUntil, l.renewAt, l.grantAt} {
			if !t.IsZero() && (due.IsZero() || t.Before(due)) {
				due = t
			}
		}
	}
	for _, u := range p.pending {
		if p.link == LinkUp && u.left() && (due.IsZero() || u.due.Before(due)) {
			due = u.due
		}
	}
	return due, !due.IsZero()
}

func (p *Phone) do(e Effect) { p.out = append(p.out, e) }

func (p *Phone) emit(e Event) { p.do(Emit{e}) }

// send sends an act; those that must arrive are kept until they are answered.
func (p *Phone) send(id ID, act Act) {
	s := Send{Call: id, Act: act}
	switch act.(type) {
	case Initiate, Accept:
		p.sendLeft(func(unanswered) bool { return true }) // to the server, that call still holds this phone
	}
	switch act.(type) {
	case Initiate, Accept, Reject, End:
		p.pending = append(p.pending, unanswered{Send: s, at: p.now})
	}
	if p.link == LinkUp {
		p.do(s)
	}
}

func (p *Phone) leg(id ID) *leg {
	for _, l := range p.legs {
		if l.call.ID == id {
			return l
		}
	}
	return nil
}

// held is the call that this phone holds, other than except: one it placed, or
// answered. A device holds one call at most.
func (p *Phone) held(except ID) *leg {
	for _, l := range p.legs {
		if l.call.ID != except && l.call.Holds(p.me.Viewer()) {
			return l
		}
	}
	return nil
}

// forget takes a finished call out, and remembers its id.
func (p *Phone) forget(id ID) {
	p.legs = slices.DeleteFunc(p.legs, func(l *leg) bool { return l.call.ID == id })
	if !slices.Contains(p.finished, id) {
		p.finished = append(p.finished, id)
	}
	if len(p.finished) > memory {
		p.finished = p.finished[1:]
	}
}

// retone brings the looping tone in line with the calls there are.
func (p *Phone) retone() {
	want := p.wantTone()
	if want == p.tone {
		return
	}
	if want == NoTone {
		if !slices.ContainsFunc(p.out, isTone) { // a one-shot tone took its place
			p.do(StopTone{})
		}
	} else {
		p.do(PlayTone{want})
	}
	p.tone = want
}

func isTone(e Effect) bool { _, ok := e.(PlayTone); return ok }

func (p *Phone) wantTone() Tone {
	want := NoTone
	for _, l := range p.legs {
		me, _ := l.call.Party(p.me.User)
		switch {
		case l.call.rings(me) && !l.silenced && p.held(l.call.ID) != nil:
			return Waiting
		case l.call.rings(me) && !l.silenced:
			return RingTone
		case l.call.Status == Initiated && l.call.Initiator == p.me.User && len(l.ringingOn()) > 0:
			want = RingBack
		}
	}
	return want
}

func (l *leg) ringingOn() []string {
	var labels []string
	for _, party := range l.call.Parties {
		if party.State == PartyRinging {
			for _, d := range party.Ringing {
				labels = append(labels, d.Label)
			}
		}
	}
	return labels
}
