package calls

import "errors"

// Error is an error of the service: Code is the same for ever and goes over the
// wire, Text is for a person and may be reworded. Compare with errors.Is and the
// sentinels below; two errors are the same if their codes are.
type Error struct {
	Code string
	Text string
}

func (e *Error) Error() string { return e.Text }

// Is makes an error that came over the wire equal to its sentinel.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// The errors of the service, one for each code.
var (
	ErrAnsweredElsewhere = &Error{"answered_elsewhere", "answered on another phone"}
	ErrBusyGroup         = &Error{"busy_group", "the group is in a call already"}
	ErrBusySelf          = &Error{"busy_self", "this phone is in a call already"}
	ErrCallNotFound      = &Error{"call_not_found", "there is no such call"}
	ErrCallTerminated    = &Error{"call_terminated", "the call is over"}
	ErrCallingSelf       = &Error{"calling_self", "you cannot call yourself"}
	ErrInternal          = &Error{"internal", "the server could not do it; try again"}
	ErrInvalidRequest    = &Error{"invalid_request", "that request is not valid"}
	ErrInvalidStatus     = &Error{"invalid_status", "the call is in no state for that"}
	ErrInvalidToken      = &Error{"invalid_token", "the call token is not valid or has expired"}
	ErrInviteExpired     = &Error{"invite_expired", "the invite has expired; ask for a new one"}
	ErrInviteInvalid     = &Error{"invite_invalid", "the server does not know that invite"}
	ErrInviteUsed        = &Error{"invite_used", "the invite was used already; ask for a new one"}
	ErrNotAParty         = &Error{"not_a_party", "this phone is not in that call"}
	ErrNotSupported      = &Error{"not_supported", "the server does not support that"}
	ErrOffline           = &Error{"offline", "there is no connection to the server"}
	ErrRateLimited       = &Error{"rate_limited", "too many requests; wait a little"}
	ErrRemoved           = &Error{"removed", "this phone was removed from its account"}
	ErrReplaced          = &Error{"replaced", "another phone signed in with this device's id"}
	ErrSignIn            = &Error{"sign_in_failed", "the server does not accept this key for this name"}
	ErrSignInTimeout     = &Error{"sign_in_timeout", "the sign-in took too long; does the ssh agent wait for you?"}
	ErrTooManyDevices    = &Error{"too_many_devices", "too many phones of this account are online"}
	ErrUnknownKey        = &Error{"unknown_key", "nobody on the server has that key"}
	ErrUnknownReceiver   = &Error{"unknown_receiver", "nobody of that name is on the server"}
	ErrVersion           = &Error{"version", "the server and this phone speak different versions; update the older one"}
)

// Code is the code of a service error anywhere in err's chain, "internal" for
// any other error and "" for nil.
func Code(err error) string {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ErrInternal.Code
}
