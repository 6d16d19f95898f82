package wire

import (
	"strings"

	"tring/calls"
)

// SignatureNamespace is the SSHSIG namespace of sign-in, so that a signature
// made for it serves nowhere else, and none made elsewhere serves here.
const SignatureNamespace = "sign-in@tring"

// The kinds of connections. Everything but a tool is a phone, whatever it calls
// itself; a tool is a command that asks something and goes.
const (
	KindPhone = "phone"
	KindLine  = "line"
	KindSSH   = "ssh" // of somebody who came by ssh, through a host
	KindTool  = "tool"
)

type (
	// Hello is the phone's first frame. Nothing is learnt from the answer: an
	// unknown name is challenged like any other.
	Hello struct {
		Version int          `json:"version"`
		User    calls.UserID `json:"user,omitempty"` // empty before an Enrol, and of a host
		Device  calls.Device `json:"device"`
		Kind    string       `json:"kind,omitempty"` // "phone", "line", "ssh", "tool"
		// Key is the public key in authorized_keys form, without comment.
		Key string `json:"key"`
		// For names the user for whom an ssh host signs in with its own key.
		For calls.UserID `json:"for,omitempty"`
		// Known are the calls that the phone believes to be live.
		Known []calls.ID `json:"known,omitempty"`
	}
	// Challenge asks to prove the key. The phone signs SignInText.
	Challenge struct {
		Version int    `json:"version"`
		Nonce   string `json:"nonce"` // 32 random bytes, base64
		Server  string `json:"server"`
	}
	// Proof is the armoured SSHSIG signature of SignInText.
	Proof struct {
		Signature string `json:"signature"`
	}
	// Enrol is sent instead of Proof by somebody who has an invite: it binds the
	// key of the Hello to the account of the invite.
	Enrol struct {
		Invite    string `json:"invite"`
		Signature string `json:"signature"`
	}
	// Enrolled answers Enrol; the server then closes the connection.
	Enrolled struct {
		User calls.UserID `json:"user"`
		Name string       `json:"name"`
	}
	// Welcome ends the sign-in with all that the phone needs to know.
	Welcome struct {
		calls.Snapshot
	}
)

// SignInText is what a phone signs: bound to this connection's nonce, the
// server's name, the host that the phone dialled (without port, as in the Host
// header), the account and the device. The host keeps a server from passing on
// another server's challenge to somebody who signs in to it, as WebAuthn's origin
// does.
func SignInText(h Hello, c Challenge, host string) []byte {
	return []byte("tring sign-in\nnonce " + c.Nonce + "\nserver " + c.Server + "\nhost " + strings.ToLower(host) +
		"\nuser " + string(h.User) + "\nfor " + string(h.For) + "\ndevice " + string(h.Device.ID) + "\n")
}

// Type implements Message.
func (Hello) Type() string     { return "hello" }
func (Challenge) Type() string { return "challenge" }
func (Proof) Type() string     { return "proof" }
func (Enrol) Type() string     { return "enrol" }
func (Enrolled) Type() string  { return "enrolled" }
func (Welcome) Type() string   { return "welcome" }
