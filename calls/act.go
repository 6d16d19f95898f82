package calls

import "time"

// Act is something that somebody does to a call. The set is closed: phones do
// the first group, only the server the second.
type Act interface {
	// Verb is the act's name, as in "call.accept" on the wire.
	Verb() string
}

// Initiate places a call. The caller's device joins the session with it, but
// captures nothing before the answer.
type Initiate struct {
	ID       ID
	Type     Type
	Receiver Receiver
	// RingTime is how long it shall ring; zero takes DefaultRing, which the
	// server fills in from its settings.
	RingTime    Millis
	DefaultRing Millis
	// Members are the people behind a group receiver, Names what the parties are
	// called, and Hidden says that the callee has blocked the caller: all are the
	// server's to know.
	Members []UserID
	Names   map[UserID]string
	Hidden  bool
}

// Ring says that a callee's phone truly rings.
type Ring struct{}

// Accept answers a call; with Join the device joins the session in the same step.
type Accept struct {
	Join bool
	// Ending names the own call that this device gives up for it.
	Ending ID
	// Type is that of the call that this device placed at the same time, for
	// which this one stands (glare): audio wins. Empty otherwise; the server's to
	// know.
	Type Type
}

// Reject ends the ringing: with Rejected or Busy by a callee, with Cancelled by
// the caller. One that comes after the accept, the caller's cancel or the change
// of mind of the very phone that accepted, ends the call, as a BYE follows a lost
// CANCEL (RFC 3261 §15).
type Reject struct {
	Status Status
	// Ago is how long ago it was, where the server hears of it late.
	Ago Millis
}

// End hangs up. In a group call it is leaving. Ago is how long ago it was, where
// the server hears of it late.
type End struct{ Ago Millis }

// MaxAgo is how long ago an act may have been at most. It is more than the
// restart of a server takes, after which a late end is still news; where the
// server was there all the time, the lease ended the call long before.
const MaxAgo = time.Hour

// Join takes the device that accepted into the media session.
type Join struct{}

// Leave leaves the session; a two-party call ends with it.
type Leave struct{}

// Signal relays an opaque media payload to another device of the session.
type Signal struct{ To DeviceID }

// ReportMedia says whether this device hears that peer.
type ReportMedia struct {
	Peer  DeviceID
	State MediaState
}

// SetMuted tells the others what this device does not send.
type SetMuted struct{ Audio, Video bool }

// SetRecording tells the others whether this device keeps the call's sound.
type SetRecording struct{ On bool }

// Renew extends the lease of a joined device and vouches for the peers it hears.
type Renew struct{ Hears []DeviceID }

// Token asks for a call token and media servers.
type Token struct{}

// Invite rings one more person into an ongoing call.
type Invite struct{ User UserID }

// Refuse is the server answering in place of the callee, by the callee's own
// settings: Rejected with DoNotDisturb, or Busy.
type Refuse struct {
	Status Status
	Reason Reason
}

// Hide says that the callee has blocked the caller while it rang: from now on no
// phone of the callee knows of the call, and the caller sees it go unanswered.
type Hide struct{}

// RingTimeout says that the ring time is over.
type RingTimeout struct{}

// CallerGone says that the caller's device has been away too long while it rang.
type CallerGone struct{}

// MediaTimeout says that the time for the media to connect is over.
type MediaTimeout struct{}

// LeaseExpired says that nobody has heard of this device for the whole lease.
type LeaseExpired struct{ Device DeviceID }

// Verb implements Act.
func (Initiate) Verb() string     { return "initiate" }
func (Ring) Verb() string         { return "ringing" }
func (Accept) Verb() string       { return "accept" }
func (Reject) Verb() string       { return "reject" }
func (End) Verb() string          { return "end" }
func (Join) Verb() string         { return "join" }
func (Leave) Verb() string        { return "leave" }
func (Signal) Verb() string       { return "signal" }
func (ReportMedia) Verb() string  { return "media" }
func (SetMuted) Verb() string     { return "mute" }
func (SetRecording) Verb() string { return "record" }
func (Renew) Verb() string        { return "renew" }
func (Token) Verb() string        { return "token" }
func (Invite) Verb() string       { return "invite" }
func (Refuse) Verb() string       { return "refuse" }
func (Hide) Verb() string         { return "hide" }
func (RingTimeout) Verb() string  { return "ring_timeout" }
func (CallerGone) Verb() string   { return "caller_gone" }
func (MediaTimeout) Verb() string { return "media_timeout" }
func (LeaseExpired) Verb() string { return "lease_expired" }
