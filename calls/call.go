package calls

import (
	"reflect"
	"slices"
	"time"
)

// Type is what a call carries.
type Type string

// The types of call.
const (
	Audio Type = "audio"
	Video Type = "video"
)

// Status is where a call stands in signaling. Media has a state of its own.
type Status string

// The statuses. All but Initiated and Ongoing are terminal and absorb.
const (
	Initiated  Status = "initiated"
	Ongoing    Status = "ongoing"
	Rejected   Status = "rejected"
	Busy       Status = "busy"
	Cancelled  Status = "cancelled"
	Unanswered Status = "unanswered"
	Ended      Status = "ended"
	Failed     Status = "failed"
)

// Terminal says whether a call of this status is over.
func (s Status) Terminal() bool { return s != "" && s != Initiated && s != Ongoing }

// Reason says why, where the status alone does not.
type Reason string

// The reasons. Those about another phone of the same user (elsewhere),
// EndedByPeer, CancelledByCaller and NoAnswer exist only in what one phone hears,
// never in the call that the server keeps.
const (
	AnsweredElsewhere Reason = "answered_elsewhere"
	RejectedElsewhere Reason = "rejected_elsewhere"
	ConnectionLost    Reason = "connection_lost"
	DoNotDisturb      Reason = "do_not_disturb"
	EndedByPeer       Reason = "ended_by_peer"
	CancelledByCaller Reason = "cancelled"
	NoAnswer          Reason = "unanswered"
	MediaFailed       Reason = "media_failed"
)

// PartyState is where one user stands in a call.
type PartyState string

// The states of a party.
const (
	PartyInvited    PartyState = "invited"
	PartyRinging    PartyState = "ringing"
	PartyJoined     PartyState = "joined"
	PartyLeft       PartyState = "left"
	PartyRejected   PartyState = "rejected"
	PartyBusy       PartyState = "busy"
	PartyUnanswered PartyState = "unanswered"
)

// MediaState is what a phone reports of its media: nothing yet, connected, lost.
type MediaState string

// The media states.
const (
	MediaNone      MediaState = ""
	MediaConnected MediaState = "connected"
	MediaLost      MediaState = "lost"
)

// Limits of the ring time that a caller may ask for, and what it is otherwise.
const (
	MinRingTime     = 5 * time.Second
	MaxRingTime     = 180 * time.Second
	DefaultRingTime = 45 * time.Second
)

// Millis is a duration as it is serialised: a whole number of milliseconds.
type Millis int64

// ToMillis rounds a duration down to whole milliseconds.
func ToMillis(d time.Duration) Millis { return Millis(d / time.Millisecond) }

// Duration is m as a duration.
func (m Millis) Duration() time.Duration { return time.Duration(m) * time.Millisecond }

// Party is one user in a call.
type Party struct {
	User UserID `json:"user"`
	// Name is what the user was called when they came into the call; empty in a
	// record of before the server kept it.
	Name  string     `json:"name,omitempty"`
	State PartyState `json:"state"`
	// Device is the phone that decided for this user: it placed, accepted or
	// rejected the call. Empty while nobody has. Label is what it was called then.
	Device DeviceID `json:"device,omitempty"`
	Label  string   `json:"label,omitempty"`
	// Ringing are the phones that said they truly ring.
	Ringing []Device `json:"ringing,omitempty"`
	// JoinedAt is when Device joined the media session. A user who accepted
	// without joining has none.
	JoinedAt   time.Time  `json:"joined_at,omitzero"`
	LeftAt     time.Time  `json:"left_at,omitzero"`
	Media      MediaState `json:"media,omitempty"`
	AudioMuted bool       `json:"audio_muted,omitempty"`
	VideoMuted bool       `json:"video_muted,omitempty"`
	Recording  bool       `json:"recording,omitempty"`
}

// Call is one call as the server knows it: a value, never shared while it
// changes. The initiator is always the first of Parties.
type Call struct {
	ID          ID        `json:"id"`
	Type        Type      `json:"type"`
	Status      Status    `json:"status"`
	Reason      Reason    `json:"reason,omitempty"`
	Initiator   UserID    `json:"initiator"`
	Receiver    Receiver  `json:"receiver"`
	Parties     []Party   `json:"parties"`
	RingTime    Millis    `json:"ring_time_ms"`
	InitiatedAt time.Time `json:"initiated_at"`
	AnsweredAt  time.Time `json:"answered_at,omitzero"`
	// ConnectedAt is when the last of the devices reported its media connected.
	ConnectedAt time.Time `json:"connected_at,omitzero"`
	EndedAt     time.Time `json:"ended_at,omitzero"`
	// EndedBy is the phone whose act was the end; zero when the server decided.
	EndedBy Viewer `json:"ended_by,omitzero"`
	// Hidden marks a call whose callee has blocked the caller: no phone of the
	// callee hears of it any more. Never leaves the server (see SeenBy).
	Hidden bool `json:"hidden,omitempty"`
	// Revision orders the states of one call. The store sets it; Apply does not.
	Revision uint64 `json:"revision"`
}

// TwoParty says whether the call is between two people, so that one leaving
// ends it.
func (c Call) TwoParty() bool { return c.Receiver.Kind == ToUser && len(c.Parties) == 2 }

// Party is the user's part in the call, and whether there is one.
func (c Call) Party(u UserID) (Party, bool) {
	if p := c.party(u); p != nil {
		return *p, true
	}
	return Party{}, false
}

// Peer is the other side of a two-party call as the user sees it; of a group
// call, the group's id.
func (c Call) Peer(u UserID) string {
	if c.Receiver.Kind == ToUser && string(u) == c.Receiver.ID {
		return string(c.Initiator)
	}
	return c.Receiver.ID
}

// Holds says whether this phone is one of the call's winning devices: it placed
// the call or accepted it, and has not left.
func (c Call) Holds(v Viewer) bool {
	p := c.party(v.User)
	return p != nil && p.State == PartyJoined && p.Device == v.Device
}

// InSession says whether this phone has joined the call's media session.
func (c Call) InSession(v Viewer) bool {
	return c.Holds(v) && !c.party(v.User).JoinedAt.IsZero()
}

// Talked is how long the call was answered: zero if it never was, counted up to
// its end or, while it lasts, to now.
func (c Call) Talked(now time.Time) time.Duration {
	if c.AnsweredAt.IsZero() {
		return 0
	}
	if !c.EndedAt.IsZero() {
		now = c.EndedAt
	}
	return max(0, now.Sub(c.AnsweredAt))
}

// Rang is how long a call that is answered or over rang.
func (c Call) Rang() time.Duration {
	end := c.AnsweredAt
	if end.IsZero() {
		end = c.EndedAt
	}
	return max(0, end.Sub(c.InitiatedAt))
}

// Missed says whether the user missed this call: it is over, was never answered,
// the user was called, and no phone of the user rejected it. (A blocked caller's
// call is not among the user's calls at all.)
func (c Call) Missed(u UserID) bool {
	p := c.party(u)
	if p == nil || u == c.Initiator || !c.Status.Terminal() || !c.AnsweredAt.IsZero() || c.Hidden {
		return false
	}
	rejected := p.State == PartyRejected || p.State == PartyBusy
	return !rejected || p.Device == ""
}

// SeenBy is the call as this viewer may see it: for a client, without what only
// the server knows. The second result is false where the viewer may know
// nothing of it.
func (c Call) SeenBy(v Viewer) (Call, bool) {
	if c.party(v.User) == nil || c.Hidden && v.User != c.Initiator {
		return Call{}, false
	}
	c.Hidden = false
	return c, true
}

// Withdrawn is a hidden call as the callee's phones hear of its end, if they rang
// before it was hidden: as if the caller had given it up.
func (c Call) Withdrawn() Call {
	c = c.clone()
	c.Hidden = false
	c.finish(Cancelled, "", Viewer{}, c.InitiatedAt)
	return c
}

func (c Call) party(u UserID) *Party {
	for i := range c.Parties {
		if c.Parties[i].User == u {
			return &c.Parties[i]
		}
	}
	return nil
}

// clone copies what Apply may change, so that the call before stays as it was.
func (c Call) clone() Call {
	c.Parties = slices.Clone(c.Parties)
	for i := range c.Parties {
		c.Parties[i].Ringing = slices.Clone(c.Parties[i].Ringing)
	}
	return c
}

// Equal says whether two states of a call are the same but for the revision.
func (c Call) Equal(o Call) bool {
	c.Revision, o.Revision = 0, 0
	return reflect.DeepEqual(c, o)
}
