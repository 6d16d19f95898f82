package cli

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"tring/calls"
	"tring/calls/agent"
	"tring/calls/signaling"
	"tring/calls/wire"
	"tring/config"
)

// The patience of a command that ends with the server: for the answer to what it
// was just told, or hears a little later of a call that the other side ended; with
// one that is away; and for telling what other phones left.
const (
	ackTime     = 3 * time.Second
	partingTime = 3 * time.Second
	courierTime = 5 * time.Second
)

// unsent is what the phones of an account could not tell their server, in the
// state folder: each end of a call is kept there until the server knows of it.
type unsent struct {
	paths  config.Paths
	log    *slog.Logger
	mine   config.Unsent   // of this session's phone
	others []config.Unsent // of phones that ran beside it
}

// openUnsent reads what is left to tell. What is too old is forgotten: the server
// has ended that call by itself. A file that cannot be read holds up no call.
func openUnsent(paths config.Paths, saved config.Account, device string, log *slog.Logger) *unsent {
	u := &unsent{paths: paths, log: log, mine: config.Unsent{Server: saved.Server, User: saved.User, Device: device}}
	all, err := config.LoadUnsent(paths, saved)
	if err != nil {
		log.Warn("what the server does not know", "err", err)
	}
	for _, left := range all {
		had := len(left.Ends)
		left.Ends = slices.DeleteFunc(left.Ends, func(e config.UnsentEnd) bool { return unsentOf(e).Stale(time.Now()) })
		if len(left.Ends) < had {
			u.save(left)
		}
		switch {
		case len(left.Ends) == 0:
		case left.Device == device:
			u.mine = left
		default:
			u.others = append(u.others, left)
		}
	}
	return u
}

func unsentOf(e config.UnsentEnd) calls.Unsent {
	return calls.Unsent{Call: calls.ID(e.Call), Status: calls.Status(e.Status), At: e.At}
}

// ends are those of one phone as the model has them.
func ends(u config.Unsent) []calls.Unsent {
	all := make([]calls.Unsent, len(u.Ends))
	for i, e := range u.Ends {
		all[i] = unsentOf(e)
	}
	return all
}

// keep saves what a phone leaves now.
func (u *unsent) keep(of config.Unsent, left []calls.Unsent) {
	of.Ends = nil
	for _, e := range left {
		of.Ends = append(of.Ends, config.UnsentEnd{Call: string(e.Call), Status: string(e.Status), At: e.At.UTC().Round(0)})
	}
	u.save(of)
}

// save is a service to the history: that it fails changes nothing for the person.
func (u *unsent) save(left config.Unsent) {
	if err := config.SaveUnsent(u.paths, left); err != nil {
		u.log.Warn("what the server does not know", "err", err)
	}
}

// recall is what this session's phone left when it ran before; a trial has no
// before.
func (u *unsent) recall() []calls.Unsent {
	if u == nil {
		return nil
	}
	return ends(u.mine)
}

// recalled says whether an end is of a former run.
func (u *unsent) recalled(e calls.Unsent) bool {
	return slices.ContainsFunc(u.mine.Ends, func(o config.UnsentEnd) bool { return o.Call == string(e.Call) })
}

// farewell hangs up and sees to it that the server hears of it: now, or while the
// person likes to wait, or from the next command. What is left is saved before
// the wait, so that nothing but time is lost when that is cut short.
func (s *session) farewell(ctx context.Context) {
	if s.unsent == nil { // a trial: its server is in this process
		return
	}
	left := s.sayFarewell(context.WithoutCancel(ctx), ackTime)
	s.unsent.keep(s.unsent.mine, left)
	link := s.Snapshot().Link
	news := slices.ContainsFunc(left, func(e calls.Unsent) bool { return !s.unsent.recalled(e) })
	if !news || link == calls.LinkClosed {
		return
	}
	s.say("The server is away: trying to tell it that the call is over, for %v. Ctrl-C leaves at once.", partingTime)
	left = s.sayFarewell(ctx, partingTime)
	s.unsent.keep(s.unsent.mine, left)
	if len(left) > 0 {
		s.say("The server does not know it yet; the next tring command tells it.")
	}
}

// sayFarewell waits for the answer so long, but not for one that cannot come.
func (s *session) sayFarewell(ctx context.Context, patience time.Duration) []calls.Unsent {
	if ctx.Err() != nil { // the first Ctrl-C was the hang-up
		ctx = context.WithoutCancel(ctx)
	}
	if patience == ackTime && s.Snapshot().Link != calls.LinkUp {
		patience = 0
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return s.Farewell(ctx)
}

// tellOthers tells what other phones of this state folder left, each by a short
// connection in its name.
func (s *session) tellOthers(ctx context.Context) {
	if s.unsent == nil {
		return
	}
	for _, left := range s.unsent.others {
		if err := s.unsent.carry(ctx, s.account, left); err != nil {
			s.log.Warn("what the server does not know", "device", left.Device, "err", err)
		}
	}
}

// carry signs in as a tool with that phone's device id, and tells what it left.
func (u *unsent) carry(ctx context.Context, account Account, left config.Unsent) error {
	account.Kind, account.Device = wire.KindTool, calls.Device{ID: calls.DeviceID(left.Device)}
	client, err := signaling.New(account)
	if err != nil {
		return fmt.Errorf("tell the server: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, courierTime)
	defer cancel()
	courier := agent.New(agent.Config{
		Me: calls.Identity{User: calls.UserID(left.User), Device: account.Device}, Signaler: client, Unsent: ends(left), Log: u.log, Guard: account.Guard,
	})
	done := make(chan error, 1)
	account.Guard.Go(func() {
		defer close(done)
		done <- courier.Run(ctx)
	})
	rest := courier.Farewell(ctx)
	cancel()
	u.keep(left, rest)
	return <-done
}
