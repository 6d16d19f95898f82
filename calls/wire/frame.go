package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"tring/calls"
)

// Version is the protocol's major version. A phone and a server of the same
// major version understand each other; anything newer is refused with a text.
const Version = 1

// Subprotocol is the WebSocket subprotocol of Version.
const Subprotocol = "tring.v1"

// Path is where a server takes WebSocket connections.
const Path = "/v1/phone"

// Limits of one frame in bytes, before and after sign-in.
const (
	MaxFrameBeforeSignIn = 4 << 10
	MaxFrame             = 64 << 10
)

// Close codes of the WebSocket (RFC 6455 §7.4.2, private use).
const (
	CloseBadFrame    = 4400 // not a frame of this protocol
	CloseSignIn      = 4401 // sign-in refused
	CloseSignInLate  = 4402 // sign-in not done in time
	CloseReplaced    = 4409 // the same device signed in again
	CloseTooLarge    = 1009 // RFC 6455: message too big
	CloseRemoved     = 4410 // this phone was removed from its account
	CloseSlow        = 4408 // the phone did not read
	CloseRateLimited = 4429
	CloseGoingAway   = 1001 // RFC 6455: the server stops; come back
)

// Message is the body of one frame.
type Message interface {
	// Type is the frame's discriminator, such as "call.accept".
	Type() string
}

// Frame is one WebSocket text message. A phone numbers its requests with Seq,
// from 1; the server's answer carries the number as Re. Frames that nobody asked
// for have neither.
type Frame struct {
	Seq  uint64
	Re   uint64
	Body Message
}

type envelope struct {
	Type string          `json:"type"`
	Seq  uint64          `json:"seq,omitempty"`
	Re   uint64          `json:"re,omitempty"`
	Body json.RawMessage `json:"body,omitempty"`
}

// ErrUnknownType is a frame of a type that this version does not know.
var ErrUnknownType = errors.New("unknown frame type")

// Encode writes a frame as one JSON object.
func Encode(f Frame) ([]byte, error) {
	body, err := json.Marshal(f.Body)
	if err != nil {
		return nil, fmt.Errorf("encode frame %s: %w", f.Body.Type(), err)
	}
	// The envelope by hand: encoding it would read the body once more.
	text := make([]byte, 0, len(body)+64)
	text = strconv.AppendQuote(append(text, `{"type":`...), f.Body.Type())
	if f.Seq != 0 {
		text = strconv.AppendUint(append(text, `,"seq":`...), f.Seq, 10)
	}
	if f.Re != 0 {
		text = strconv.AppendUint(append(text, `,"re":`...), f.Re, 10)
	}
	if !bytes.Equal(body, []byte("{}")) {
		text = append(append(text, `,"body":`...), body...)
	}
	return append(text, '}'), nil
}

// Decode reads one frame. Unknown fields are ignored, unknown types are
// ErrUnknownType (with Seq set, so that they can be answered), anything else
// that is not a frame is an error. It never holds on to data.
func Decode(data []byte) (Frame, error) {
	if !utf8.Valid(data) {
		return Frame{}, errors.New("decode frame: not UTF-8")
	}
	var e envelope
	if err := json.Unmarshal(data, &e); err != nil {
		return Frame{}, fmt.Errorf("decode frame: %w", err)
	}
	f := Frame{Seq: e.Seq, Re: e.Re}
	decode, ok := decoders[e.Type]
	if !ok {
		return f, fmt.Errorf("decode frame %q: %w", e.Type, ErrUnknownType)
	}
	if len(e.Body) == 0 {
		e.Body = []byte("{}")
	}
	var err error
	if f.Body, err = decode(e.Body); err != nil {
		return Frame{Seq: e.Seq, Re: e.Re}, fmt.Errorf("decode frame %s: %w", e.Type, err)
	}
	return f, nil
}

// decoders knows every message of the protocol by its type.
var decoders = table( //nolint:gochecknoglobals // a constant in all but syntax
	as[Hello], as[Challenge], as[Proof], as[Enrol], as[Enrolled], as[Welcome],
	as[OK], as[Error], as[CallResult], as[CallEvent], as[Relayed], as[Presence], as[AccountEvent],
	as[InitiateCall], as[Ringing], as[AcceptCall], as[RejectCall], as[EndCall],
	as[Token], as[Join], as[Leave], as[Signal], as[MediaState], as[SetMuted], as[SetRecording],
	as[Renew], as[Invite],
	as[History], as[HistoryPage], as[MarkSeen],
	as[Directory], as[DirectoryPage], as[SetPresence], as[SetFavourite], as[SetBlocked],
	as[SetSettings], as[Phones], as[PhonesPage], as[RemovePhone],
	as[Whose], as[EnrolKey], as[KeyOwner],
)

type decoder func(json.RawMessage) (Message, error)

func as[M Message](data json.RawMessage) (Message, error) {
	var m M
	if data == nil {
		return m, nil
	}
	err := json.Unmarshal(data, &m)
	return m, err
}

func table(ds ...decoder) map[string]decoder {
	t := make(map[string]decoder, len(ds))
	for _, d := range ds {
		m, _ := d(nil)
		t[m.Type()] = d
	}
	return t
}

// Types are the types of all frames of the protocol.
func Types() []string {
	types := make([]string, 0, len(decoders))
	for t := range decoders {
		types = append(types, t)
	}
	return types
}

// CallID is the id of a call in a request, embedded in each that has one.
type CallID struct {
	Call calls.ID `json:"call"`
}
