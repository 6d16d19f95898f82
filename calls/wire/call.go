package wire

import (
	"fmt"

	"tring/calls"
)

// Requests about one call. Each is answered by CallResult, or Error.
type (
	// InitiateCall places a call under an id that the phone chose.
	InitiateCall struct {
		CallID
		Receiver calls.Receiver `json:"receiver"`
		CallType calls.Type     `json:"call_type"`
		RingTime calls.Millis   `json:"ring_time_ms,omitempty"`
	}
	// Ringing says that this phone truly rings.
	Ringing struct{ CallID }
	// AcceptCall answers; with Join the device joins the session in one step.
	AcceptCall struct {
		CallID
		Join   bool     `json:"join,omitempty"`
		Ending calls.ID `json:"ending,omitempty"`
	}
	// RejectCall rejects, says busy, or cancels; Ago is how long ago that was,
	// where it was not sent at once.
	RejectCall struct {
		CallID
		Status calls.Status `json:"status"`
		Ago    calls.Millis `json:"ago_ms,omitempty"`
	}
	// EndCall hangs up; Ago as with RejectCall.
	EndCall struct {
		CallID
		Ago calls.Millis `json:"ago_ms,omitempty"`
	}
	// Token asks for a fresh call token and media servers.
	Token struct{ CallID }
	// Join joins the session with a token.
	Join struct {
		CallID
		Token string `json:"token"`
	}
	// Leave leaves the session.
	Leave struct{ CallID }
	// Signal is relayed, unread, to another device of the session.
	Signal struct {
		CallID
		To      calls.DeviceID `json:"to"`
		Payload []byte         `json:"payload"`
	}
	// MediaState says whether the phone hears that peer.
	MediaState struct {
		CallID
		Peer  calls.DeviceID   `json:"peer"`
		State calls.MediaState `json:"state"`
	}
	// SetMuted tells the others what the phone does not send.
	SetMuted struct {
		CallID
		Audio bool `json:"audio"`
		Video bool `json:"video"`
	}
	// SetRecording tells the others whether the phone records.
	SetRecording struct {
		CallID
		On bool `json:"on"`
	}
	// Renew extends the device's lease and vouches for those it hears.
	Renew struct {
		CallID
		Hears []calls.DeviceID `json:"hears,omitempty"`
	}
	// Invite rings one more person into the call.
	Invite struct {
		CallID
		User calls.UserID `json:"user"`
	}
)

// Frames about calls from the server.
type (
	// CallResult answers a request with the call as it is now.
	CallResult struct {
		calls.CallState
	}
	// CallEvent tells of a change that concerns this phone. Events names what a
	// phone that saw the change before this one hears; a phone that missed
	// changes derives its own from the call.
	CallEvent struct {
		Events []calls.EventName `json:"events"`
		Reason calls.Reason      `json:"reason,omitempty"`
		calls.CallState
	}
	// Relayed is another device's Signal.
	Relayed struct {
		CallID
		From    calls.DeviceID `json:"from"`
		Payload []byte         `json:"payload"`
	}
	// OK answers a request that has nothing to tell.
	OK struct{}
	// Error answers a request that was refused. Where the phone may know the
	// call, it is there as it is now.
	Error struct {
		Code string           `json:"code"`
		Text string           `json:"text"`
		Call *calls.CallState `json:"call,omitempty"`
	}
)

// Request is the frame body that carries an act of a phone.
func Request(id calls.ID, act calls.Act) (Message, error) {
	c := CallID{id}
	switch a := act.(type) {
	case calls.Initiate:
		return InitiateCall{c, a.Receiver, a.Type, a.RingTime}, nil
	case calls.Ring:
		return Ringing{c}, nil
	case calls.Accept:
		return AcceptCall{c, a.Join, a.Ending}, nil
	case calls.Reject:
		return RejectCall{c, a.Status, a.Ago}, nil
	case calls.End:
		return EndCall{c, a.Ago}, nil
	case calls.Token:
		return Token{c}, nil
	case calls.Leave:
		return Leave{c}, nil
	case calls.Signal:
		return nil, fmt.Errorf("send signal: it needs a payload: %w", calls.ErrInvalidRequest)
	case calls.ReportMedia:
		return MediaState{c, a.Peer, a.State}, nil
	case calls.SetMuted:
		return SetMuted{c, a.Audio, a.Video}, nil
	case calls.SetRecording:
		return SetRecording{c, a.On}, nil
	case calls.Renew:
		return Renew{c, a.Hears}, nil
	case calls.Invite:
		return Invite{c, a.User}, nil
	}
	return nil, fmt.Errorf("%s is no act of a phone: %w", act.Verb(), calls.ErrInvalidRequest)
}

// Act is the act that a request asks for; false for a message that is none. A
// Join's token is checked by whoever issued it.
func Act(m Message) (calls.ID, calls.Act, bool) {
	switch m := m.(type) {
	case InitiateCall:
		return m.Call, calls.Initiate{ID: m.Call, Type: m.CallType, Receiver: m.Receiver, RingTime: m.RingTime}, true
	case Ringing:
		return m.Call, calls.Ring{}, true
	case AcceptCall:
		return m.Call, calls.Accept{Join: m.Join, Ending: m.Ending}, true
	case RejectCall:
		return m.Call, calls.Reject{Status: m.Status, Ago: m.Ago}, true
	case EndCall:
		return m.Call, calls.End{Ago: m.Ago}, true
	case Token:
		return m.Call, calls.Token{}, true
	case Join:
		return m.Call, calls.Join{}, true
	case Leave:
		return m.Call, calls.Leave{}, true
	case Signal:
		return m.Call, calls.Signal{To: m.To}, true
	case MediaState:
		return m.Call, calls.ReportMedia{Peer: m.Peer, State: m.State}, true
	case SetMuted:
		return m.Call, calls.SetMuted{Audio: m.Audio, Video: m.Video}, true
	case SetRecording:
		return m.Call, calls.SetRecording{On: m.On}, true
	case Renew:
		return m.Call, calls.Renew{Hears: m.Hears}, true
	case Invite:
		return m.Call, calls.Invite{User: m.User}, true
	}
	return "", nil, false
}

// ErrorOf is the frame body for an error: its code, and its text where that is
// the service's own. What went wrong inside the server stays there.
func ErrorOf(err error) Error {
	code := calls.Code(err)
	text := err.Error()
	if code == calls.ErrInternal.Code {
		text = calls.ErrInternal.Text
	}
	return Error{Code: code, Text: text}
}

// Err is the error as an error of the service, equal to its sentinel.
func (e Error) Err() error { return &calls.Error{Code: e.Code, Text: e.Text} }

// Type implements Message.
func (InitiateCall) Type() string { return "call.initiate" }
func (Ringing) Type() string      { return "call.ringing" }
func (AcceptCall) Type() string   { return "call.accept" }
func (RejectCall) Type() string   { return "call.reject" }
func (EndCall) Type() string      { return "call.end" }
func (Token) Type() string        { return "call.token" }
func (Join) Type() string         { return "call.join" }
func (Leave) Type() string        { return "call.leave" }
func (Signal) Type() string       { return "call.signal" }
func (MediaState) Type() string   { return "call.media" }
func (SetMuted) Type() string     { return "call.mute" }
func (SetRecording) Type() string { return "call.record" }
func (Renew) Type() string        { return "call.renew" }
func (Invite) Type() string       { return "call.invite" }
func (CallResult) Type() string   { return "call.result" }
func (CallEvent) Type() string    { return "call.event" }
func (Relayed) Type() string      { return "call.relayed" }
func (OK) Type() string           { return "ok" }
func (Error) Type() string        { return "error" }
