package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tring/calls"
	"tring/calls/wire"
	"tring/ui"
)

// cellWidth bounds what other people wrote in a table.
const cellWidth = 40

func (a *app) contactsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "contacts [SEARCH]", Short: "List whom you can call", Args: atMostOne,
		RunE: a.does(func(ctx context.Context, args []string) error {
			return a.contacts(ctx, strings.Join(args, ""), asJSON)
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	favourite := func(on bool) func(calls.UserID) wire.Message {
		return func(who calls.UserID) wire.Message { return wire.SetFavourite{Receiver: calls.User(who), On: on} }
	}
	block := func(on bool) func(calls.UserID) wire.Message {
		return func(who calls.UserID) wire.Message { return wire.SetBlocked{User: who, On: on} }
	}
	cmd.AddCommand(
		a.aboutContact("favourite", "Put somebody at the top of your contacts", "%s is a favourite.", favourite(true)),
		a.aboutContact("unfavourite", "Put somebody back among the others", "%s is no favourite.", favourite(false)),
		a.aboutContact("block", "Seem to be offline to somebody, whose calls then ring nowhere", "%s is blocked.", block(true)),
		a.aboutContact("unblock", "Lift a block", "%s is not blocked.", block(false)),
	)
	return cmd
}

// aboutContact is a command that asks the server for one thing about one person.
func (a *app) aboutContact(use, short, done string, request func(calls.UserID) wire.Message) *cobra.Command {
	return &cobra.Command{
		Use: use + " NAME", Short: short, Args: oneArgument("name"),
		RunE: a.does(func(ctx context.Context, args []string) (err error) {
			s, err := a.beginQuiet(ctx)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, s.close()) }()
			if args[0] == string(s.Snapshot().Me.User) {
				return fmt.Errorf("%s is you; `tring contacts` shows the others", args[0])
			}
			if _, err := s.Request(ctx, request(calls.UserID(args[0]))); err != nil {
				return err
			}
			a.say(done, args[0])
			return nil
		}),
	}
}

func atMostOne(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("%s takes one word at most, not %d", cmd.CommandPath(), len(args))
	}
	return nil
}

func (a *app) contacts(ctx context.Context, query string, asJSON bool) (err error) {
	s, err := a.beginQuiet(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	var all []calls.Contact
	for page := 0; ; page++ {
		p, err := s.Directory(ctx, calls.DirectoryQuery{Query: query, Page: page})
		if err != nil {
			return fmt.Errorf("list contacts: %w", err)
		}
		all = append(all, p.Contacts...)
		if len(p.Contacts) == 0 || len(all) >= p.Total {
			break
		}
	}
	if asJSON {
		return printJSON(a, all)
	}
	switch {
	case len(all) == 0 && query == "":
		a.say("Nobody else is on this server yet.")
	case len(all) == 0:
		a.say("Nobody is called %s.", ui.Clean(query, cellWidth))
	}
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, c := range all {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", c.Receiver.ID, nameOf(c), stateOf(c), phoneLabels(c.Phones))
	}
	return t.Flush()
}

// nameOf is the name in a cell; the id where nothing of the name can be seen.
func nameOf(c calls.Contact) string {
	return cmp.Or(ui.Clean(c.Name, cellWidth), ui.Clean(c.Receiver.ID, cellWidth))
}

func stateOf(c calls.Contact) string {
	state := string(c.Presence)
	if c.Favourite {
		state += ", favourite"
	}
	if c.Blocked {
		state += ", blocked"
	}
	return state
}

func phoneLabels(labels []string) string {
	clean := make([]string, len(labels))
	for i, l := range labels {
		clean[i] = ui.Clean(l, cellWidth)
	}
	return strings.Join(clean, ", ")
}

// printJSON prints one object a line.
func printJSON[T any](a *app, all []T) error {
	out := json.NewEncoder(a.out)
	for _, v := range all {
		if err := out.Encode(v); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
	return nil
}
