package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"
	"golang.org/x/crypto/ssh"

	"tring/audio/wav"
	"tring/calls"
	"tring/calls/server"
	"tring/config"
)

// What a test line does, in time.
const (
	echoDelay     = time.Second
	callbackDelay = 3 * time.Second
)

// testLine is one line to try a phone with: a real phone over the real
// protocol, with a person's behaviour in place of the person.
type testLine struct {
	user calls.UserID
	name string
	// hear is what the line does when its phone hears an event. It runs in the
	// line's own goroutine and may wait, until ctx ends.
	hear func(ctx context.Context, p *Phone, e calls.Event)
}

// theLines are those that every trial has, and a server with --lines.
func theLines() []testLine {
	return []testLine{
		{"echo", "Echo", echo},
		{"callback", "Callback", callback},
		{"busy", "Busy", reject(calls.Busy)},
		{"noanswer", "No answer", func(context.Context, *Phone, calls.Event) {}},
	}
}

// isTestLine says whether a trial has somebody of this name.
func isTestLine(user calls.UserID) bool {
	return slices.ContainsFunc(theLines(), func(l testLine) bool { return l.user == user })
}

// echo answers; its sound device repeats what it hears. While it talks to one
// person it is busy for others.
func echo(ctx context.Context, p *Phone, e calls.Event) {
	if e.Name != calls.IncomingCallReceived {
		return
	}
	if _, busy := p.Snapshot().Held(); busy {
		act(ctx, p, e.Call.ID, calls.Reject{Status: calls.Busy})
		return
	}
	act(ctx, p, e.Call.ID, calls.Accept{Join: true})
}

// callback rejects, waits a little, and calls back.
func callback(ctx context.Context, p *Phone, e calls.Event) {
	if e.Name != calls.IncomingCallReceived {
		return
	}
	act(ctx, p, e.Call.ID, calls.Reject{Status: calls.Rejected})
	select {
	case <-time.After(callbackDelay):
	case <-ctx.Done():
		return
	}
	if _, busy := p.Snapshot().Held(); !busy {
		act(ctx, p, newCallID(), calls.Initiate{Type: e.Call.Type, Receiver: calls.User(e.Call.Initiator)})
	}
}

func reject(with calls.Status) func(context.Context, *Phone, calls.Event) {
	return func(ctx context.Context, p *Phone, e calls.Event) {
		if e.Name == calls.IncomingCallReceived {
			act(ctx, p, e.Call.ID, calls.Reject{Status: with})
		}
	}
}

// act does one thing. That it fails (the caller hung up in the same instant) is
// nothing a line could do something about; the phone's log has it.
func act(ctx context.Context, p *Phone, id calls.ID, what calls.Act) {
	_ = p.Do(ctx, calls.Command{Call: id, Act: what})
}

// testLines are the running lines of one server.
type testLines struct {
	running []<-chan error
	phones  []*Phone
}

// startLines makes the lines' accounts on the server and runs their phones until
// ctx ends. Their keys and device ids lie in the folder.
func startLines(ctx context.Context, srv *server.Server, folder string, log *slog.Logger) (*testLines, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	t := &testLines{}
	for _, l := range theLines() {
		account, err := lineAccount(ctx, srv, l, folder, log)
		if err != nil {
			return nil, fmt.Errorf("test line %s: %w", l.user, err)
		}
		phone, err := NewPhone(account, Sound{Device: wav.Echo(echoDelay), NoTones: true})
		if err != nil {
			return nil, fmt.Errorf("test line %s: %w", l.user, err)
		}
		t.phones = append(t.phones, phone)
		phone.AddCallListener("line", func(e calls.Event) { l.hear(ctx, phone, e) })
		done := make(chan error, 1)
		go func() { done <- phone.Run(ctx) }()
		t.running = append(t.running, done)
	}
	return t, nil
}

// ready waits until all lines can be called.
func (t *testLines) ready(ctx context.Context) error {
	for _, p := range t.phones {
		if err := waitConnected(ctx, p); err != nil {
			return fmt.Errorf("connect the test lines: %w", err)
		}
	}
	return nil
}

// wait waits until all lines have ended, after their ctx did.
func (t *testLines) wait() error {
	if t == nil {
		return nil
	}
	var errs []error
	for _, done := range t.running {
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// lineAccount makes the line's key where it is missing, and its account.
func lineAccount(ctx context.Context, srv *server.Server, l testLine, folder string, log *slog.Logger) (Account, error) {
	file := filepath.Join(folder, string(l.user))
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		if err := config.MakeKey(file); err != nil {
			return Account{}, err
		}
	}
	account, err := localAccount(ctx, srv, l.user, l.name, file, log, server.AsTestLine())
	account.Kind = "line"
	account.Device.Label = "test line"
	return account, err
}

// localAccount makes an account on a server of this process, if it is not there
// yet, and is a phone's way to it.
func localAccount(ctx context.Context, srv *server.Server, user calls.UserID, name, keyFile string, log *slog.Logger,
	options ...server.UserOption,
) (Account, error) {
	signer, err := config.Key{File: keyFile}.Signer(os.Getenv, func(string) ([]byte, error) { return nil, config.ErrNobodyToAsk })
	if err != nil {
		return Account{}, err
	}
	if err := srv.Admin().AddUser(ctx, user, name, string(ssh.MarshalAuthorizedKey(signer.PublicKey())), options...); err != nil {
		return Account{}, err
	}
	return Account{
		URL: localURL(srv), Pin: srv.Pin(), User: user, Signer: signer, Log: log,
		Device: calls.Device{ID: calls.DeviceID(ulid.Make().String())},
	}, nil
}

// localURL is the server's address from its own process: over loopback where it
// listens everywhere.
func localURL(srv *server.Server) string {
	u, err := url.Parse(srv.URL())
	if err != nil {
		return srv.URL()
	}
	if at, err := netip.ParseAddrPort(srv.Addr().String()); err == nil && at.Addr().IsUnspecified() && netIP(u.Hostname()) {
		u.Host = net.JoinHostPort("127.0.0.1", u.Port())
	}
	return u.String()
}

func netIP(host string) bool { return net.ParseIP(host) != nil }
