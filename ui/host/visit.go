package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode"

	"charm.land/ssh"
	"github.com/anmitsu/go-shlex"
	gossh "golang.org/x/crypto/ssh"

	"tring/calls"
	"tring/guard"
)

// visit is one command of one client, from the moment on that it is asked for. It
// is of the goroutine that serves it.
type visit struct {
	host        *Host
	door        *door
	session     ssh.Session
	name        string // for logs
	key         gossh.PublicKey
	fingerprint string
	log         *slog.Logger
	out         *outlet
	counted     bool // among those that a stop of the host waits for
}

// Exit codes, as the program's own.
const (
	exitFailed = 1
	exitUsage  = 2
)

// ExitStopping is the exit code of a login that the host cut off since it stops: come
// again. It is EX_TEMPFAIL of BSD's sysexits.
const ExitStopping = 75

// askWait bounds the questions to the server: whose a key is, and what an invite does.
const askWait = 10 * time.Second

// serve is the handler of every command and of the phone itself.
func (h *Host) serve(s ssh.Session) { h.visit(s, (*visit).command) }

// subsystem is the handler of sound without a command (ssh -s).
func (h *Host) subsystem(opus bool) ssh.SubsystemHandler {
	return func(s ssh.Session) {
		h.visit(s, func(v *visit) int { return v.sound(opus) })
	}
}

// visit makes a visit, does what it is for, and says goodbye.
func (h *Host) visit(s ssh.Session, do func(*visit) int) {
	d := s.Context().Value(doorKey{}).(*door) // every session has come through one
	// Only the key that signed is a person's; keys that were merely offered were seen too.
	v := &visit{host: h, door: d, session: s, name: letters(), key: s.PublicKey()}
	v.fingerprint = gossh.FingerprintSHA256(v.key)
	v.log = h.cfg.Log.With("session", v.name, "connection", d.conn.id, "key", v.fingerprint, "address", d.conn.address)
	v.out = newOutlet(s, s.Stderr(), h.cfg.Limits.Stalled, func() { _ = d.conn.end(ErrStalled) }, d.conn.guard)
	code := exitFailed
	if v.counted = h.census.begin(); v.counted {
		h.guard(v.log, func() { v.say("%s", weFailed) }).Run(func() { code = do(v) })
	} else {
		code = ExitStopping
		v.say("%s; log in again in a moment", ErrStopping)
	}
	v.out.close()
	_ = s.Exit(code) // the client may be gone
	v.uncount()
}

// uncount tells that a stop of the host need not wait for this visit.
func (v *visit) uncount() {
	if v.counted {
		v.counted = false
		v.host.census.end()
	}
}

// say tells the person one line on his stderr.
func (v *visit) say(format string, args ...any) {
	_, _ = fmt.Fprintf(spout{v.out, 1}, "tring: "+format+"\n", args...) // gone, if this fails
}

// refuse says why something is not done, and counts it.
func (v *visit) refuse(reason, format string, args ...any) int {
	v.host.metrics.refused.WithLabelValues(reason).Inc()
	v.log.Info("refused", "reason", reason)
	v.say(format, args...)
	return exitFailed
}

func (v *visit) command() int {
	raw := v.session.RawCommand()
	args, err := shlex.Split(raw, true) // in words, as a shell does, and no further
	if err != nil || !readable(raw) || len(args) == 0 && strings.TrimSpace(raw) != "" {
		v.refuse("command", "this command cannot be read: is a quote not closed?")
		return exitUsage
	}
	if len(args) == 0 {
		return v.login(nil)
	}
	switch args[0] {
	case "join":
		return v.join(args[1:])
	case "audio":
		if len(args) > 2 || len(args) == 2 && args[1] != "opus" {
			v.refuse("command", "sound is `audio` (s16le, 48 kHz, mono) or `audio opus`")
			return exitUsage
		}
		return v.sound(len(args) == 2)
	}
	return v.login(args)
}

// readable tells whether a command is text.
func readable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }) < 0
}

// who says whose the key is; it tells a stranger how to be added.
func (v *visit) who() (calls.UserID, bool) {
	ctx, cancel := context.WithTimeout(v.door.conn.ctx, askWait)
	defer cancel()
	if v.door.conn.asks.Wait(ctx) != nil {
		return "", false // the client is gone: its turn would come before ctx ends
	}
	user, err := v.host.cfg.Whose(ctx, v.key)
	if errors.Is(err, ErrUnknownKey) {
		v.refuse("key", "nobody here has the key %s. Ask for an invite, then `ssh -t HOST join CODE`; "+
			"or have it added with `tring user add NAME --key`; or offer another with `ssh -i FILE -o IdentitiesOnly=yes`.", v.fingerprint)
		return "", false
	}
	if err != nil {
		v.log.Warn("ask whose a key is", "error", err)
		v.refuse("server", "the telephone's server does not answer; try again in a moment")
		return "", false
	}
	v.door.conn.known()
	v.log = v.log.With("user", user)
	return user, true
}

// join gives the key to the account of an invite.
func (v *visit) join(args []string) int {
	if len(args) != 1 {
		v.say("join with the code of your invite: `ssh -t HOST join CODE`")
		return exitUsage
	}
	if !v.host.admission.mayJoin(v.door.conn) {
		return v.refuse("join", "too many tries from your address; wait a minute")
	}
	ctx, cancel := context.WithTimeout(v.door.conn.ctx, askWait)
	defer cancel()
	user, err := v.host.cfg.Join(ctx, v.key, args[0])
	if err != nil {
		return v.refuse("invite", "join: %s", oneLine(err))
	}
	v.door.conn.known()
	v.log.Info("joined", "user", user)
	_, _ = fmt.Fprintf(spout{v.out, 0}, "You are %s here, by your key %s. Log in again for the telephone.\n", user, v.fingerprint)
	return 0
}

// oneLine is an error's text as one line without controls.
func oneLine(err error) string {
	return strings.Join(strings.FieldsFunc(err.Error(), unicode.IsControl), " ")
}

// sound carries a sound channel until one of its ends is closed.
func (v *visit) sound(opus bool) int {
	_, ok := v.who()
	if !ok {
		return exitFailed
	}
	place := holder{"sound", v.fingerprint}
	if !v.host.admission.hold(place) {
		return v.refuse("sounds", "this key has too many sound channels already")
	}
	defer v.host.admission.give(place)
	v.uncount() // sound is of a login, and ends with the last one
	open := v.host.metrics.channels.WithLabelValues("sound")
	open.Inc()
	defer open.Dec()
	ctx, cancel := context.WithCancelCause(v.host.ctx)
	defer cancel(nil)
	v.guard(cancel).Go(func() {
		select {
		case <-v.door.shut:
			cancel(ErrGone)
		case <-ctx.Done():
		}
	})
	v.log.Info("sound opened", "opus", opus)
	defer v.log.Info("sound closed")
	return v.host.lines.Carry(ctx, SoundChannel{
		Connection: v.door.conn.id, Fingerprint: v.fingerprint,
		In: v.session, Out: v.session, Err: spout{v.out, 1},
		Opus: opus, PTY: v.door.terminal() != nil,
	})
}

// weFailed is what somebody is told whose telephone had a panic.
const weFailed = "the telephone has failed here; it is a fault of ours. Log in again."

// guard is that of a login or a sound channel, which a panic ends.
func (v *visit) guard(cancel context.CancelCauseFunc) guard.Guard {
	return v.host.guard(v.log, func() { cancel(ErrFailed) })
}

// guard contains panics. The first of them is told to the log, counted, and ends
// something; more of them may come while it does.
func (h *Host) guard(log *slog.Logger, end func()) guard.Guard {
	var once sync.Once
	return guard.New(func(reason any, stack []byte) {
		once.Do(func() {
			h.metrics.panics.Inc()
			log.Error("panic", "error", reason, "stack", string(stack))
			end()
		})
	})
}
