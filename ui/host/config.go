package host

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/crypto/ssh"

	"tring/audio"
	"tring/calls"
)

// ErrUnknownKey is the answer of Config.Whose to a key that is nobody's.
var ErrUnknownKey = errors.New("no account has this key")

// Why a login's context ended, as context.Cause says it.
var (
	ErrGone     = errors.New("the client is gone")
	ErrStalled  = errors.New("the client has stopped reading")
	ErrIdle     = errors.New("nobody has typed for a long time")
	ErrStopping = errors.New("the host is stopping")
	ErrFailed   = errors.New("the telephone has failed")
)

// Config is what a host is given. Listen, HostKey, Whose, Join and Run are needed.
type Config struct {
	Listen  string // an address, such as ":22"
	HostKey string // path of the host's key; made when it does not exist
	Limits  Limits // zero values are the defaults
	// KeepCall is how long a call goes on when its client is gone without a word;
	// zero ends it with its login.
	KeepCall time.Duration
	Log      *slog.Logger // nil is silence
	Codec    audio.Codec  // of the sound channels that carry Opus
	// Whose says whose a key is: ErrUnknownKey if it is nobody's. It is called for
	// each login, by many goroutines.
	Whose func(ctx context.Context, key ssh.PublicKey) (calls.UserID, error)
	// Join gives a key to the account of an invite. Its errors are told to the person.
	Join func(ctx context.Context, key ssh.PublicKey, invite string) (calls.UserID, error)
	// Run carries out one login and returns its exit code. Its context ends when the
	// client is gone, reads or types nothing for too long, or the host stops; Run then
	// returns soon. It is called by a goroutine for each login; a panic ends that login.
	Run func(ctx context.Context, l *Login) int
}

// Limits are the bounds of what clients may take. A zero value is the default; a
// negative Idle is no limit, and a negative Grace no time.
type Limits struct {
	// Handshake is the time for a client to prove its key, and then to ask for something
	// on each channel that it opens; a connection that is still nobody's after twice that
	// is closed.
	Handshake time.Duration
	// Startups are the connections that are nobody's yet, in all and for one address.
	// A newcomer beyond the first takes the place of the oldest of the address that
	// has most of them.
	Startups, StartupsPerAddress int
	// Connections in all and for one address (of IPv6 its /64).
	Connections, ConnectionsPerAddress int
	// Rate is how many connections an address may open in a second, with a burst of
	// four times that.
	Rate int
	// Logins of one key at a time, and channels of one connection.
	LoginsPerKey, Channels int
	// Requests of one channel in a second; more are refused.
	Requests int
	// Bytes of one connection from its client in a second; more wait.
	Bytes int
	// Idle ends a login without a call when nothing was typed for so long.
	Idle time.Duration
	// Keepalive is the pause between two questions to a client whether it is there,
	// Dead the time without an answer after which it is not.
	Keepalive, Dead time.Duration
	// Stalled ends the connection of a client that took nothing of what is written for it.
	Stalled time.Duration
	// Empty closes a connection without any channel.
	Empty time.Duration
	// Grace is how long calls may go on once the host stops.
	Grace time.Duration
}

// Defaults are the limits where nothing else is set.
func Defaults() Limits {
	return Limits{
		Handshake: 10 * time.Second,
		Startups:  100, StartupsPerAddress: 20,
		Connections: 4096, ConnectionsPerAddress: 64, Rate: 10,
		LoginsPerKey: 8, Channels: 8, Requests: 50, Bytes: 512 << 10,
		Idle:      72 * time.Hour,
		Keepalive: 15 * time.Second, Dead: 40 * time.Second,
		Stalled: 30 * time.Second, Empty: 15 * time.Minute,
		Grace: 2 * time.Minute,
	}
}

// orDefaults fills what is zero.
func (l Limits) orDefaults() Limits {
	d := Defaults()
	for _, f := range []struct{ v, d *int }{
		{&l.Startups, &d.Startups},
		{&l.StartupsPerAddress, &d.StartupsPerAddress},
		{&l.Connections, &d.Connections},
		{&l.ConnectionsPerAddress, &d.ConnectionsPerAddress},
		{&l.Rate, &d.Rate},
		{&l.LoginsPerKey, &d.LoginsPerKey},
		{&l.Channels, &d.Channels},
		{&l.Requests, &d.Requests},
		{&l.Bytes, &d.Bytes},
	} {
		*f.v = cmp.Or(*f.v, *f.d)
	}
	for _, f := range []struct{ v, d *time.Duration }{
		{&l.Handshake, &d.Handshake},
		{&l.Idle, &d.Idle},
		{&l.Keepalive, &d.Keepalive},
		{&l.Dead, &d.Dead},
		{&l.Stalled, &d.Stalled},
		{&l.Empty, &d.Empty},
		{&l.Grace, &d.Grace},
	} {
		*f.v = cmp.Or(*f.v, *f.d)
	}
	return l
}
