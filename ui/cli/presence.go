package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"tring/calls"
	"tring/calls/wire"
)

func (a *app) presenceCommand() *cobra.Command {
	var (
		asJSON bool
		busy   string
	)
	cmd := &cobra.Command{
		Use: "presence [online|away|dnd]", Short: "Show or set whether you can be reached", Args: atMostOne,
		Example: "  tring presence dnd\n  tring presence --when-busy busy",
		RunE: a.does(func(ctx context.Context, args []string) error {
			var p calls.Presence
			if len(args) == 1 {
				if p = calls.Presence(args[0]); p != calls.Online && p != calls.Away && p != calls.DND {
					return wrongUsage("presence %q is none; write online, away or dnd", args[0])
				}
			}
			w := calls.WhenBusy(busy)
			if w != "" && w != calls.Ask && w != calls.AnswerBusy {
				return wrongUsage("--when-busy %q is none; write ask or busy", busy)
			}
			return a.presence(ctx, calls.Settings{Presence: p, WhenBusy: w}, asJSON)
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as one JSON object")
	cmd.Flags().StringVar(&busy, "when-busy", "", "what a second caller gets: ask (your phone tells you) or busy")
	return cmd
}

func (a *app) presence(ctx context.Context, set calls.Settings, asJSON bool) (err error) {
	s, err := a.beginQuiet(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	now := s.Snapshot().Settings
	if set != (calls.Settings{}) {
		if _, err := s.Request(ctx, wire.SetSettings{Settings: set}); err != nil {
			return fmt.Errorf("set presence: %w", err)
		}
	}
	now.Presence = cmp.Or(set.Presence, now.Presence, calls.Online)
	now.WhenBusy = cmp.Or(set.WhenBusy, now.WhenBusy, calls.Ask)
	if asJSON {
		return json.NewEncoder(a.out).Encode(map[string]string{
			"presence": string(now.Presence), "when_busy": string(now.WhenBusy),
		})
	}
	words := string(now.Presence)
	if now.WhenBusy == calls.AnswerBusy {
		words += " (busy to a second caller)"
	}
	_, err = fmt.Fprintln(a.out, words)
	return err
}
