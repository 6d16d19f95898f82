package calls

import (
	"slices"
	"time"
)

// Link is the state of the connection to the server.
type Link string

// The states of the link. LinkClosed is final: the phone does not try again.
const (
	Connecting Link = "connecting"
	LinkUp     Link = "connected"
	LinkDown   Link = "disconnected"
	LinkClosed Link = "closed"
)

// Stage is where a call stands for the person who looks at this phone.
type Stage string

// The stages, in the order in which a call goes through them.
const (
	StageCalling    Stage = "calling"    // placed; no phone reached yet
	StageRinging    Stage = "ringing"    // placed; a phone of the callee truly rings
	StageIncoming   Stage = "incoming"   // this phone rings
	StageAnswering  Stage = "answering"  // this phone's accept or reject is on its way
	StageConnecting Stage = "connecting" // answered; the media is not there yet
	StageTalking    Stage = "talking"
	StageLost       Stage = "lost" // answered; the media broke off and is being mended
)

// CallView is one live call as a screen shows it.
type CallView struct {
	Call  Call
	Stage Stage
	// Since is when ringing or talking began, by the phone's own clock.
	Since time.Time
	// RingingOn are the labels of the callee's phones that ring.
	RingingOn []string
	Muted     bool
	Recording bool // by this phone
}

// View is all that a screen shows: a value that nobody changes any more.
type View struct {
	Me          Identity
	Link        Link
	LinkErr     error
	Calls       []CallView // oldest first
	Contacts    []Contact
	Total       int // of the directory's contacts; 0: not known
	Settings    Settings
	MissedCount int
	// Unsent are the ends of calls that the server does not know of yet.
	Unsent []Unsent
}

// View is the phone as it is now.
func (p *Phone) View() View {
	v := View{
		Me: p.me, Link: p.link, LinkErr: p.linkErr, Settings: p.settings, MissedCount: p.missed,
		Contacts: slices.Clone(p.contacts), Total: p.total, Unsent: p.unsent(),
	}
	for _, l := range p.legs {
		v.Calls = append(v.Calls, CallView{
			Call: l.call.clone(), Stage: p.stage(l), Since: l.since, RingingOn: l.ringingOn(), Muted: l.muted, Recording: l.recording,
		})
	}
	return v
}

func (p *Phone) stage(l *leg) Stage {
	me, _ := l.call.Party(p.me.User)
	switch {
	case l.call.rings(me) && l.silenced:
		return StageAnswering
	case l.call.rings(me):
		return StageIncoming
	case l.call.Status == Initiated && len(l.ringingOn()) > 0:
		return StageRinging
	case l.call.Status == Initiated:
		return StageCalling
	case l.media == MediaConnected:
		return StageTalking
	case l.media == MediaLost:
		return StageLost
	}
	return StageConnecting
}

// Held is the call that this phone is in or has placed; false if there is none.
func (v View) Held() (CallView, bool) {
	for _, c := range v.Calls {
		if c.Call.Holds(v.Me.Viewer()) {
			return c, true
		}
	}
	return CallView{}, false
}

// Incoming are the calls that ring here, oldest first.
func (v View) Incoming() []CallView {
	var in []CallView
	for _, c := range v.Calls {
		if c.Stage == StageIncoming {
			in = append(in, c)
		}
	}
	return in
}

// Answering is the call whose answer by this phone is on its way; false if there
// is none.
func (v View) Answering() (CallView, bool) {
	for _, c := range v.Calls {
		if c.Stage == StageAnswering {
			return c, true
		}
	}
	return CallView{}, false
}

// Contact is the contact of this name; false if the phone knows none.
func (v View) Contact(id string) (Contact, bool) {
	for _, c := range v.Contacts {
		if c.Receiver.ID == id {
			return c, true
		}
	}
	return Contact{}, false
}
