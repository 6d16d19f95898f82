package calls

import "time"

// Presence is whether a user can be reached, as others see it.
type Presence string

// The presences. InCall is set by the server alone; Offline is also what a
// blocked caller sees.
const (
	Online  Presence = "online"
	Away    Presence = "away"
	DND     Presence = "dnd"
	InCall  Presence = "in_call"
	Offline Presence = "offline"
)

// Contact is somebody one may call.
type Contact struct {
	Receiver  Receiver  `json:"receiver"`
	Name      string    `json:"name"`
	Presence  Presence  `json:"presence"`
	Phones    []string  `json:"phones,omitempty"` // labels of the phones online
	Since     time.Time `json:"since,omitzero"`   // last seen, when offline
	Favourite bool      `json:"favourite,omitempty"`
	Blocked   bool      `json:"blocked,omitempty"`
	TestLine  bool      `json:"test_line,omitempty"`
}

// DirectoryQuery asks for contacts. Here: only for those who are not offline.
// Page starts at zero; Limit 0 means 50.
type DirectoryQuery struct {
	Query string `json:"query,omitempty"`
	Here  bool   `json:"here,omitempty"`
	Page  int    `json:"page,omitempty"`
	Limit int    `json:"limit,omitempty"`
}

// DirectoryPage is the answer; Total counts all that match.
type DirectoryPage struct {
	Contacts []Contact `json:"contacts"`
	Total    int       `json:"total"`
}

// WhenBusy is what happens to a call for a user one of whose phones is in a call.
type WhenBusy string

// Ask lets the phone ring with call waiting; AnswerBusy lets the server say busy.
const (
	Ask        WhenBusy = "ask"
	AnswerBusy WhenBusy = "busy"
)

// Settings are what a user sets on the server, for all phones of the account.
type Settings struct {
	Name     string   `json:"name,omitempty"`
	WhenBusy WhenBusy `json:"when_busy,omitempty"`
	Presence Presence `json:"presence,omitempty"`
}

// PhoneInfo is one phone of the own account.
type PhoneInfo struct {
	Device   Device    `json:"device"`
	Kind     string    `json:"kind,omitempty"`
	Online   bool      `json:"online"`
	LastSeen time.Time `json:"last_seen,omitzero"`
	This     bool      `json:"this,omitempty"`
}

// Direction is which way a call went, as the viewer sees it.
type Direction string

// The directions.
const (
	Incoming Direction = "incoming"
	Outgoing Direction = "outgoing"
)

// Record is one line of a user's history: the call as it ended, and how this
// user sees it.
type Record struct {
	Call      Call      `json:"call"`
	Direction Direction `json:"direction"`
	Missed    bool      `json:"missed"`
}

// RecordFor is the viewer's record of a finished call; false where the user has
// none (not a party, or the callee of a call that a block hid).
func RecordFor(c Call, u UserID) (Record, bool) {
	seen, ok := c.SeenBy(Viewer{User: u})
	if !ok || !c.Status.Terminal() {
		return Record{}, false
	}
	r := Record{Call: seen, Direction: Incoming, Missed: c.Missed(u)}
	if u == c.Initiator {
		r.Direction = Outgoing
	}
	return r, true
}

// HistoryFilter picks records; the zero value takes the newest 30 of all.
type HistoryFilter struct {
	Direction Direction `json:"direction,omitempty"`
	Status    Status    `json:"status,omitempty"`
	Type      Type      `json:"type,omitempty"`
	Missed    bool      `json:"missed,omitempty"`
	With      string    `json:"with,omitempty"`
	Before    ID        `json:"before,omitempty"`
	Limit     int       `json:"limit,omitempty"`
}

// The limits of one page of history.
const (
	HistoryLimit    = 30
	MaxHistoryLimit = 100
)

// Match says whether the filter takes this record of the user (Before and Limit
// concern the page, not the record).
func (f HistoryFilter) Match(r Record, u UserID) bool {
	return (f.Direction == "" || f.Direction == r.Direction) &&
		(f.Status == "" || f.Status == r.Call.Status) &&
		(f.Type == "" || f.Type == r.Call.Type) &&
		(!f.Missed || r.Missed) &&
		(f.With == "" || f.With == r.Call.Peer(u))
}

// HistoryPage is the answer, newest first; MissedCount counts the missed calls
// that the user has not seen yet.
type HistoryPage struct {
	Records     []Record `json:"records"`
	MissedCount int      `json:"missed_count"`
}

// Server is a STUN or TURN server, in the form of a W3C RTCIceServer.
type Server struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// Grant is what lets a phone into a media session.
type Grant struct {
	Token   string   `json:"token,omitempty"`
	Servers []Server `json:"servers,omitempty"`
	// TTL is how long the servers' credentials hold.
	TTL Millis `json:"ttl_ms,omitempty"`
}

// CallState is a live call in a snapshot or an answer.
type CallState struct {
	Call Call `json:"call"`
	// RingLeft is what is left of the ring time, by the server's clock.
	RingLeft Millis `json:"ring_left_ms,omitempty"`
	// TalkedFor is how long the call has been answered, by the server's clock.
	TalkedFor Millis `json:"talked_ms,omitempty"`
	Grant     Grant  `json:"grant,omitzero"`
}

// Identity is who this phone is.
type Identity struct {
	User   UserID `json:"user"`
	Name   string `json:"name"`
	Device Device `json:"device"`
	Server string `json:"server,omitempty"` // the server's name, for people
}

// Viewer is the phone as one that looks at calls.
func (i Identity) Viewer() Viewer { return Viewer{User: i.User, Device: i.Device.ID} }

// Snapshot is all that a phone needs to know when it connects.
type Snapshot struct {
	Me Identity `json:"me"`
	// Calls are the live calls of this user and the final states of those that
	// the phone said it knew.
	Calls    []CallState `json:"calls"`
	Contacts []Contact   `json:"contacts"` // favourites and recent first
	// Total is how many contacts the directory holds.
	Total       int      `json:"total,omitempty"`
	MissedCount int      `json:"missed_count"`
	Settings    Settings `json:"settings"`
	Limits      Limits   `json:"limits"`
	// Lease is how often a joined device renews.
	Renew Millis `json:"renew_ms"`
}

// Limits are what the server allows.
type Limits struct {
	RingTimeMin  Millis `json:"ring_time_min_ms"`
	RingTimeMax  Millis `json:"ring_time_max_ms"`
	GroupParties int    `json:"group_parties"`
	Groups       bool   `json:"groups"`
	Video        bool   `json:"video"`
}

// MediaStats is how the media of one call does, over its whole time and of late
// (some seconds). It is sampled, never pushed. What is not known is zero.
type MediaStats struct {
	Sent, Received, Lost, Late uint64 // packets
	// Of the lost packets: made up, rebuilt from in-band FEC, played from a copy
	// that came with a later packet (RED, RFC 2198).
	Concealed, Recovered, Redundant uint64
	CopiesSent                      uint64 // by RED
	BytesSent, BytesReceived        uint64 // of payload

	LossPercent, PeerLossPercent float64 // of late: what we miss, what the peer misses
	LossRun, PeerLossRun         float64 // of late: how many packets in a row, on average
	ConcealedPercent             float64 // of all sound that was heard
	ConcealedLately              float64 // percent, of late
	Jitter, RoundTrip            time.Duration
	BufferTime                   time.Duration // in the jitter buffer
	Delay                        time.Duration // from the peer's mouth to this ear, estimated
	BitrateSent, BitrateReceived int           // bit/s of late, of payload
	Available                    int           // bit/s that the way carries, where a limit was seen
	Relayed                      bool          // through TURN

	Coding   MediaCoding
	Copies   int // of earlier packets in each that is sent now
	Switches int // how often Coding or Copies changed

	Level, PeerLevel float64 // dBFS of this moment: the microphone's, the speaker's

	// The E-model's rating (ITU-T G.107), 0 to 93.2, and the mean opinion score
	// that it stands for, 1 to 4.5: estimates. PeerRating is what the peer says
	// of our sound.
	Rating, RatingLately, PeerRating float64
	MOS, MOSLately                   float64
}

// MediaCoding is how our sound is encoded now.
type MediaCoding struct {
	Bitrate    int // bit/s
	FEC, DTX   bool
	Complexity int // 0 to 10
}
