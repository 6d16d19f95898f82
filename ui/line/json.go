package line

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"tring/calls"
)

// Call is a call in JSON output: a promise to scripts. DurationMS is how long it
// was answered, and only there once the call is over.
type Call struct {
	ID          calls.ID       `json:"id"`
	Type        calls.Type     `json:"type"`
	Status      calls.Status   `json:"status"`
	Reason      calls.Reason   `json:"reason,omitempty"`
	Initiator   calls.UserID   `json:"initiator"`
	Receiver    calls.Receiver `json:"receiver"`
	InitiatedAt time.Time      `json:"initiated_at,omitzero"`
	AnsweredAt  time.Time      `json:"answered_at,omitzero"`
	EndedAt     time.Time      `json:"ended_at,omitzero"`
	DurationMS  *calls.Millis  `json:"duration_ms,omitempty"`
	// Ringing are the labels of the callee's phones that truly ring.
	Ringing []string `json:"ringing,omitempty"`
	// Names are what the parties are called, as far as the server says so.
	Names map[calls.UserID]string `json:"names,omitempty"`
}

// CallOf is the call for output; why, where it is not empty, goes before the
// call's own reason, for it is what this phone heard.
func CallOf(c calls.Call, why calls.Reason) Call {
	out := Call{
		ID: c.ID, Type: c.Type, Status: c.Status, Reason: c.Reason, Initiator: c.Initiator, Receiver: c.Receiver,
		InitiatedAt: c.InitiatedAt, AnsweredAt: c.AnsweredAt, EndedAt: c.EndedAt,
	}
	if why != "" {
		out.Reason = why
	}
	for _, p := range c.Parties {
		if p.Name != "" {
			if out.Names == nil {
				out.Names = map[calls.UserID]string{}
			}
			out.Names[p.User] = p.Name
		}
		for _, d := range p.Ringing {
			if p.State == calls.PartyRinging {
				out.Ringing = append(out.Ringing, d.Label)
			}
		}
	}
	if c.Status.Terminal() {
		d := calls.ToMillis(c.Talked(c.EndedAt))
		out.DurationMS = &d
	}
	return out
}

// Record is a line of the history: the call, which way it went, whether it was
// missed, how long it rang, and what each party did with which phone.
type Record struct {
	Call
	Direction calls.Direction `json:"direction"`
	Missed    bool            `json:"missed"`
	RingMS    calls.Millis    `json:"ring_ms"`
	Parties   []Party         `json:"parties"`
}

// Party is one person's part in a finished call. Device is the phone that placed,
// accepted or rejected it, if one did, and Label what it was called.
type Party struct {
	User     calls.UserID     `json:"user"`
	State    calls.PartyState `json:"state"`
	Device   calls.DeviceID   `json:"device,omitempty"`
	Label    string           `json:"label,omitempty"`
	JoinedAt time.Time        `json:"joined_at,omitzero"`
	LeftAt   time.Time        `json:"left_at,omitzero"`
}

// RecordOf is a history record for output.
func RecordOf(r calls.Record) Record {
	out := Record{
		Call: CallOf(r.Call, ""), Direction: r.Direction, Missed: r.Missed, RingMS: calls.ToMillis(r.Call.Rang()),
		Parties: []Party{},
	}
	for _, p := range r.Call.Parties {
		out.Parties = append(out.Parties, Party{p.User, p.State, p.Device, p.Label, p.JoinedAt, p.LeftAt})
	}
	return out
}

// Failure is an error of the service: a code that never changes, and words.
type Failure struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Event is one line of --json output.
type Event struct {
	Time  time.Time       `json:"time"`
	Event calls.EventName `json:"event"`
	Call  *Call           `json:"call,omitempty"`
	User  calls.UserID    `json:"user,omitempty"`  // UserJoined and the like: whom it is about
	Link  calls.Link      `json:"link,omitempty"`  // ConnectionChanged
	Stats *Stats          `json:"stats,omitempty"` // Stats, and the end of a call that had media
	Error *Failure        `json:"error,omitempty"`
}

// StatsEvent is the name of the line about a call's media.
const StatsEvent calls.EventName = "Stats"

// JSON prints events, one object a line. It is not safe for concurrent use.
type JSON struct {
	out *json.Encoder
	now func() time.Time
}

// NewJSON prints to w.
func NewJSON(w io.Writer, now func() time.Time) *JSON {
	return &JSON{out: json.NewEncoder(w), now: now}
}

// Event prints one event; link is the connection's state, for ConnectionChanged.
// media, which may be nil, is what is known of the media of a call that is over.
func (j *JSON) Event(e calls.Event, link calls.Link, media *calls.MediaStats) error {
	out := Event{Event: e.Name, User: e.User}
	if e.Call.ID != "" {
		c := CallOf(e.Call, e.Reason)
		out.Call = &c
	}
	if e.Name == calls.ConnectionChanged {
		out.Link = link
	}
	if e.Err != nil {
		out.Error = &Failure{Code: calls.Code(e.Err), Text: e.Err.Error()}
	}
	if media != nil {
		out.Stats = StatsOf(*media)
	}
	return j.print(out)
}

// Stats prints a sample of a call's media.
func (j *JSON) Stats(c calls.Call, s calls.MediaStats) error {
	call := CallOf(c, "")
	return j.print(Event{Event: StatsEvent, Call: &call, Stats: StatsOf(s)})
}

func (j *JSON) print(e Event) error {
	e.Time = j.now().UTC()
	if err := j.out.Encode(e); err != nil {
		return fmt.Errorf("print event: %w", err)
	}
	return nil
}
