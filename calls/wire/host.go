package wire

import "tring/calls"

// MaxKey is how long a public key in a request may be, in bytes of its
// authorized_keys form: more than an RSA key of 16,384 bits has.
const MaxKey = 4 << 10

// Requests of an ssh host, which is asked by people who come with a key. It has
// checked that they hold it.
type (
	// Whose asks which account a key belongs to: answered by KeyOwner, or by
	// [calls.ErrUnknownKey].
	Whose struct {
		Key string `json:"key"` // in authorized_keys form
	}
	// EnrolKey binds somebody's key to the account of an invite: answered by
	// KeyOwner. The same key may be bound twice, because an answer may be lost.
	EnrolKey struct {
		Key    string `json:"key"`
		Invite string `json:"invite"`
	}
	// KeyOwner is the account that a key belongs to.
	KeyOwner struct {
		User calls.UserID `json:"user"`
		Name string       `json:"name"`
	}
)

// Type implements Message.
func (Whose) Type() string    { return "key.whose" }
func (EnrolKey) Type() string { return "key.enrol" }
func (KeyOwner) Type() string { return "key.owner" }
