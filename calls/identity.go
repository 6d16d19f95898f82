package calls

import "fmt"

// UserID names a person on a server: 1–64 of a-z 0-9 . _ -, beginning and ending
// with a letter or a digit, without "..".
type UserID string

// DeviceID names one running phone of a user: a ULID that its state folder keeps.
type DeviceID string

// ID names a call, and with it the media session: a ULID chosen by the caller's
// phone, so that a repeated initiate finds its call.
type ID string

// maxUserID bounds the length of a UserID in bytes.
const maxUserID = 64

// Validate says what is wrong with a user id, in words for a person.
func (u UserID) Validate() error {
	switch {
	case u == "":
		return fmt.Errorf("a name must not be empty: %w", ErrInvalidRequest)
	case len(u) > maxUserID:
		return fmt.Errorf("the name is longer than %d characters: %w", maxUserID, ErrInvalidRequest)
	case !alphanumeric(u[0]) || !alphanumeric(u[len(u)-1]):
		return fmt.Errorf("the name %q must begin and end with a-z or 0-9: %w", string(u), ErrInvalidRequest)
	}
	for i := range len(u) {
		c := u[i]
		if !alphanumeric(c) && c != '.' && c != '_' && c != '-' {
			return fmt.Errorf("the name %q may hold only a-z 0-9 . _ -: %w", string(u), ErrInvalidRequest)
		}
		if c == '.' && u[i-1] == '.' {
			return fmt.Errorf("the name %q must not hold \"..\": %w", string(u), ErrInvalidRequest)
		}
	}
	return nil
}

func alphanumeric(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }

// Device is a phone as other people see it: its id and the label that its owner
// gave it ("laptop").
type Device struct {
	ID    DeviceID `json:"id"`
	Label string   `json:"label,omitempty"`
}

// Viewer is one phone that looks at a call: Events and Call.SeenBy depend on it.
type Viewer struct {
	User   UserID   `json:"user"`
	Device DeviceID `json:"device"`
}

// Actor is who acts on a call: a phone, or the server itself when a timer or a
// setting of the callee decides.
type Actor struct {
	User   UserID
	Device Device
	Server bool
}

// ByServer is the actor of timers and of the callee's own settings.
var ByServer = Actor{Server: true} //nolint:gochecknoglobals // a constant in all but syntax

// Viewer is the actor's phone as one that looks.
func (a Actor) Viewer() Viewer { return Viewer{User: a.User, Device: a.Device.ID} }

// ReceiverKind says whether a call goes to one person or to a group.
type ReceiverKind string

// The kinds of receiver.
const (
	ToUser  ReceiverKind = "user"
	ToGroup ReceiverKind = "group"
)

// Receiver is whom a call is for.
type Receiver struct {
	Kind ReceiverKind `json:"kind"`
	ID   string       `json:"id"`
}

// User is the receiver that is one person.
func User(u UserID) Receiver { return Receiver{Kind: ToUser, ID: string(u)} }
