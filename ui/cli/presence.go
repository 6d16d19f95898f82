package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"tring/calls"
	"tring/calls/wire"
)

func (a *app) presenceCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "presence [online|away|dnd]", Short: "Show or set whether you can be reached", Args: atMostOne,
		RunE: a.does(func(ctx context.Context, args []string) error {
			var p calls.Presence
			if len(args) == 1 {
				if p = calls.Presence(args[0]); p != calls.Online && p != calls.Away && p != calls.DND {
					return wrongUsage("presence %q is none; write online, away or dnd", args[0])
				}
			}
			return a.presence(ctx, p, asJSON)
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as one JSON object")
	return cmd
}

func (a *app) presence(ctx context.Context, set calls.Presence, asJSON bool) (err error) {
	s, err := a.beginQuiet(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	now := s.Snapshot().Settings.Presence
	if set != "" {
		if _, err := s.Request(ctx, wire.SetPresence{Presence: set}); err != nil {
			return fmt.Errorf("set presence: %w", err)
		}
		now = set
	}
	if now == "" {
		now = calls.Online
	}
	if asJSON {
		return json.NewEncoder(a.out).Encode(map[string]calls.Presence{"presence": now})
	}
	_, err = fmt.Fprintln(a.out, now)
	return err
}
