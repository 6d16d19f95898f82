package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tring/calls"
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
	return cmd
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
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, c := range all {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", c.Receiver.ID, ui.Clean(c.Name, cellWidth), c.Presence, phoneLabels(c.Phones))
	}
	return t.Flush()
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
