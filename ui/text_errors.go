package ui

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"tring/calls"
)

// What other parts of tring, the server and the system say of errors, where a
// person at a telephone can come upon it. Each is a clause: what stands between
// colons and semicolons. Verbs stand for what is named there.
var toldErrors = []string{ //nolint:gochecknoglobals // a table
	// The server, and names.
	"another phone of yours calls them already",
	"this server does not know that request",
	"a name must not be empty",
	"the name is longer than %d characters",
	"the name %q must begin and end with a-z or 0-9",
	"the name %q may hold only a-z 0-9 . _ -",
	"the name %q must not hold %q",
	"the ring time must be %v to %v",
	"this account has no phone %q",
	"given up before the server knew of it",
	"server address %q",
	"write wss://HOST or wss://HOST:PORT",

	// Sound.
	"No sound",
	"The sound is back.",
	"open the sound of the call",
	"open microphone",
	"open speaker",
	"open microphone %q",
	"open speaker %q",
	"it has stopped moving sound",
	"another program may hold it",
	"close that, or choose another device (`tring audio list`)",
	"the sound system does not answer",
	"restart it, or unplug the device",
	"start the sound system",
	"ALSA finds no default device in %q",
	"unset ALSA_CONFIG_PATH, or name files that have one",
	"ALSA finds no default device in its configuration",
	"install /usr/share/alsa/alsa.conf again (Debian: libasound2-data)",
	"list sound devices",
	"no answer for %v",
	"sound file %q",
	"it has no sound",
	"not a file",
	"not a WAV file (it begins with %q)",
	"the WAV file has no samples",
	"the phone's own bell rings",
	"the tones of %q are not known, and most of Europe's are heard",

	// Recordings and settings.
	"make recording %q",
	"write recording %q",
	"the recording is cut short",
	"%s is %q",
	"write %s",
	"that cannot be set over ssh",

	// The system.
	"no space left on device",
	"permission denied",
	"no such file or directory",
	"is a directory",
	"read-only file system",
	"input/output error",
	"connection refused",
	"connection reset by peer",
	"network is unreachable",
	"no route to host",
	"no such host",
	"i/o timeout",
	"context deadline exceeded",
}

// serviceErrors are those of package calls, by their code.
func serviceErrors() map[string]*calls.Error {
	all := map[string]*calls.Error{}
	for _, e := range []*calls.Error{
		calls.ErrAnsweredElsewhere, calls.ErrBusyGroup, calls.ErrBusySelf, calls.ErrCallNotFound, calls.ErrCallTerminated,
		calls.ErrCallingSelf, calls.ErrInternal, calls.ErrInvalidRequest, calls.ErrInvalidStatus, calls.ErrInvalidToken,
		calls.ErrInviteExpired, calls.ErrInviteInvalid, calls.ErrInviteUsed, calls.ErrNotAParty, calls.ErrNotSupported,
		calls.ErrOffline, calls.ErrRateLimited, calls.ErrRemoved, calls.ErrReplaced, calls.ErrSignIn, calls.ErrSignInTimeout,
		calls.ErrTooManyDevices, calls.ErrUnknownKey, calls.ErrUnknownReceiver, calls.ErrVersion,
	} {
		all[e.Code] = e
	}
	return all
}

// Reason is an error in a few words for a person, cleaned, without a full stop:
// some come from the server. Of the service's it leaves out the act, which the
// person has just done, and of a request that is not valid it says why.
func (l Language) Reason(err error) string {
	words := ""
	if e, ok := errors.AsType[*calls.Error](err); ok {
		words = l.service(e, err.Error())
	} else {
		words = l.clauses(err.Error())
	}
	return strings.TrimRight(Clean(words, maxNotice), " .")
}

// HangsUpFirst says whether hanging up here makes way for what was refused. It
// does not where another phone of the account is in the way.
func (l Language) HangsUpFirst(err error) bool {
	return errors.Is(err, calls.ErrBusySelf) && strings.Contains(err.Error(), calls.ErrBusySelf.Text)
}

// Note is what is wrong with the sound, as a note has it: one of ours, or an
// error.
func (l Language) Note(note string) string {
	if words := l.Say(note); words != note {
		return words
	}
	return l.clauses(note)
}

// service is an error of the service, of which text is the whole.
func (l Language) service(e *calls.Error, text string) string {
	general, known := serviceErrors()[e.Code]
	switch {
	case !known:
		return l.clauses(e.Text)
	case e.Code == calls.ErrInvalidRequest.Code:
		detail := strings.TrimSuffix(strings.TrimSuffix(text, general.Text), ": ")
		if words, ok := l.detail(detail); ok {
			return words
		}
	case !strings.Contains(text, general.Text):
		if words, ok := l.detail(e.Text); ok {
			return words
		}
	}
	return l.Say(general.Text)
}

// detail is what a text says after the acts before it. In English any detail
// will do.
func (l Language) detail(text string) (string, bool) {
	for rest := text; rest != ""; _, rest, _ = strings.Cut(rest, ": ") {
		if words, ok := l.told(rest); ok {
			return words, true
		}
	}
	return text, text != "" && l.words == nil
}

// clauses translates what is known of a text, clause by clause.
func (l Language) clauses(text string) string {
	for _, separator := range []string{"; ", ": "} {
		if first, rest, ok := strings.Cut(text, separator); ok {
			return l.clauses(first) + separator + l.clauses(rest)
		}
	}
	words, _ := l.told(text)
	return words
}

// told is a clause in this language; false if it is none of toldErrors.
func (l Language) told(text string) (string, bool) {
	for _, clause := range toldErrors {
		if text == clause {
			return l.Say(clause), true
		}
		if values := valuesIn(clause, text); values != nil {
			return fmt.Sprintf(anyVerb.ReplaceAllString(l.Say(clause), "%s"), values...), true
		}
	}
	return text, false
}

var anyVerb = regexp.MustCompile(`%[qsdv]`)

// valuesIn are what a text has in the place of a clause's verbs; nil if it is
// another clause.
func valuesIn(clause, text string) (values []any) {
	parts, verbs := anyVerb.Split(clause, -1), anyVerb.FindAllString(clause, -1)
	if len(parts) == 1 || !strings.HasPrefix(text, parts[0]) {
		return nil
	}
	rest := text[len(parts[0]):]
	for i, part := range parts[1:] {
		at := strings.Index(rest, part)
		if i == len(parts)-2 { // the last one goes to the end
			at = len(rest) - len(part)
		}
		if at <= 0 || !strings.HasPrefix(rest[at:], part) || verbs[i] == "%q" && rest[0] != '"' {
			return nil
		}
		values = append(values, rest[:at])
		rest = rest[at+len(part):]
	}
	return values
}
