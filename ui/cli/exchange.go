package cli

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/oklog/ulid/v2"
	"golang.org/x/crypto/ssh"

	"tring/audio/opus"
	"tring/calls"
	"tring/calls/signaling"
	"tring/config"
	"tring/ui/host"
)

// exchange is the telephones of people who come by ssh. It asks the server who
// they are over one connection of its own, so that nobody who logs in waits for
// another to be made; each login's phone has its own then. It is safe for
// concurrent use.
type exchange struct {
	account Account // the host's: what it signs in with for people, too
	people  string  // the folder of what they set here, a folder for each
	version string
	now     func() time.Time
	log     *slog.Logger
	settle  *time.Timer // set anew by each login that comes or goes

	server *signaling.Host
	linked chan error // the first news of the connection
}

// openExchange opens the host's telephones. The account has the host's key.
func (a *app) openExchange(account Account, folder string, log *slog.Logger) (*exchange, error) {
	x := &exchange{
		account: account, people: filepath.Join(folder, "people"), version: a.version, now: a.now, log: log,
		linked: make(chan error, 1), settle: newSettling(),
	}
	if err := tidy(x.people); err != nil {
		return nil, err
	}
	asker := account
	asker.Log = log
	asker.Device = calls.Device{ID: calls.DeviceID(ulid.Make().String()), Label: "ssh host"}
	var err error
	x.server, err = signaling.NewHost(asker)
	return x, err
}

// host makes the host of these telephones.
func (x *exchange) host(listen, key string, s config.Host) (*host.Host, error) {
	return host.New(host.Config{
		Listen: listen, HostKey: key, Log: x.log, Codec: opus.Codec{}, KeepCall: s.KeepCall,
		Limits: host.Limits{
			ConnectionsPerAddress: s.Connections, LoginsPerKey: s.Logins, Startups: s.Startups, Rate: s.Rate,
			Idle: s.Idle, Grace: s.Grace,
		},
		Whose: x.whose, Join: x.join, Run: x.runLogin,
	})
}

// run keeps the connection to the server until ctx ends, or the server refuses
// the host for good.
func (x *exchange) run(ctx context.Context) error {
	return x.server.Run(ctx, func(news error) {
		select {
		case x.linked <- news:
		default: // nobody waits any more
		}
	})
}

// whose says whose a key is.
func (x *exchange) whose(ctx context.Context, key ssh.PublicKey) (calls.UserID, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	owner, err := x.server.Whose(ctx, key)
	if errors.Is(err, calls.ErrUnknownKey) {
		return "", host.ErrUnknownKey
	}
	return owner.User, err
}

// join gives a key to the account of an invite.
func (x *exchange) join(ctx context.Context, key ssh.PublicKey, invite string) (calls.UserID, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	owner, err := x.server.Enrol(ctx, key, invite)
	return owner.User, err
}

// authorized is a key as authorized_keys has it, without its line's end.
func authorized(key ssh.PublicKey) string {
	line := ssh.MarshalAuthorizedKey(key)
	return string(line[:len(line)-1])
}
