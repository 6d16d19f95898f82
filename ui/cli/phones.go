package cli

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tring/calls"
	"tring/calls/wire"
	"tring/ui"
)

func (a *app) phonesCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "phones", Short: "List the phones of your account", Args: noArguments,
		RunE: a.does(func(ctx context.Context, _ []string) error { return a.phones(ctx, asJSON) }),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	cmd.AddCommand(&cobra.Command{
		Use: "remove ID", Short: "Sign a phone of your account out for good", Args: oneArgument("id"),
		RunE: a.does(func(ctx context.Context, args []string) error {
			return a.removePhone(ctx, calls.DeviceID(args[0]))
		}),
	})
	return cmd
}

func (a *app) phones(ctx context.Context, asJSON bool) (err error) {
	s, err := a.beginQuiet(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	answer, err := s.Request(ctx, wire.Phones{})
	if err != nil {
		return fmt.Errorf("list phones: %w", err)
	}
	page, ok := answer.(wire.PhonesPage)
	if !ok {
		return fmt.Errorf("list phones: the server answered %s", answer.Type())
	}
	if asJSON {
		return printJSON(a, page.Phones)
	}
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, p := range page.Phones {
		state := "offline"
		switch {
		case p.Online:
			state = "online"
		case !p.LastSeen.IsZero():
			state = "last seen " + p.LastSeen.In(a.now().Location()).Format("2006-01-02 15:04")
		}
		if p.This {
			state += ", here"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", p.Device.ID, ui.Clean(p.Device.Label, cellWidth), state)
	}
	return t.Flush()
}

func (a *app) removePhone(ctx context.Context, id calls.DeviceID) (err error) {
	s, err := a.beginQuiet(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if _, err := s.Request(ctx, wire.RemovePhone{Device: id}); err != nil {
		return err // it names the act
	}
	a.say("Phone %s is signed out.", id)
	return nil
}
