package cli

import (
	"context"
	"errors"
	"fmt"
	"net"

	"tring/calls"
	"tring/config"
	"tring/ui"
)

// guide is what the screen's guide can do here. In the first trial it is what the
// screen begins with.
func (a *app) guide(s *session) ui.Guide {
	g := ui.Guide{Join: func(ctx context.Context, address, invite string, tell func(ui.JoinStep)) error {
		l := login{config.Locate(a.getenv), s.settings, a.getenv, askNobody, tell}
		_, _, err := l.run(ctx, address, loginFlags{invite: invite})
		if err != nil && !errors.Is(err, context.Canceled) {
			s.log.Warn("join a server", "url", address, "err", err)
		}
		return unreached(err)
	}}
	if s.trial != nil {
		seen, remember := a.guideSeen(s)
		g.First, g.Seen, g.Echo = !seen, remember, "echo"
	}
	return g
}

// unreached marks the errors of a server that nobody could talk to.
func unreached(err error) error {
	_, network := errors.AsType[net.Error](err)
	if network && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("%w: %w", calls.ErrOffline, err)
	}
	return err
}
