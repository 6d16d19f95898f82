package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/spf13/cobra"

	"tring/calls"
	"tring/calls/wire"
	"tring/ui"
	"tring/ui/line"
)

func (a *app) historyCommand() *cobra.Command {
	var (
		asJSON bool
		f      calls.HistoryFilter
		in     bool
		out    bool
		seen   bool
		status string
		kind   string
		before string
	)
	cmd := &cobra.Command{
		Use: "history", Short: "List your calls, the newest first", Args: noArguments,
		Example: "  tring history --missed\n  tring history --with bob --limit 5 --json",
		RunE: a.does(func(ctx context.Context, _ []string) error {
			f.Status, f.Type, f.Before = calls.Status(status), calls.Type(kind), calls.ID(before)
			switch {
			case in && out:
				return wrongUsage("--incoming and --outgoing exclude each other")
			case in:
				f.Direction = calls.Incoming
			case out:
				f.Direction = calls.Outgoing
			}
			return a.history(ctx, f, asJSON, seen)
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	cmd.Flags().BoolVar(&f.Missed, "missed", false, "missed calls only")
	cmd.Flags().BoolVar(&in, "incoming", false, "calls to you only")
	cmd.Flags().BoolVar(&out, "outgoing", false, "calls that you placed only")
	cmd.Flags().BoolVar(&seen, "seen", false, "mark the missed calls as looked at, on all your phones")
	cmd.Flags().StringVar(&status, "status", "", "calls that ended so: ended, rejected, busy, cancelled, unanswered, failed")
	cmd.Flags().StringVar(&kind, "type", "", "audio or video")
	cmd.Flags().StringVar(&f.With, "with", "", "calls with this person")
	cmd.Flags().StringVar(&before, "before", "", "calls older than the one with this id")
	cmd.Flags().IntVar(&f.Limit, "limit", calls.HistoryLimit, "at most so many (1 to 100)")
	return cmd
}

// finished are the states in which a call is over.
var finished = []calls.Status{calls.Ended, calls.Rejected, calls.Busy, calls.Cancelled, calls.Unanswered, calls.Failed}

func checkHistory(f calls.HistoryFilter) error {
	switch {
	case f.Limit < 1 || f.Limit > calls.MaxHistoryLimit:
		return wrongUsage("--limit %d is not between 1 and %d", f.Limit, calls.MaxHistoryLimit)
	case f.Type != "" && f.Type != calls.Audio && f.Type != calls.Video:
		return wrongUsage("--type %s is none; write audio or video", f.Type)
	case f.Status != "" && !slices.Contains(finished, f.Status):
		return wrongUsage("--status %s is no end of a call; write ended, rejected, busy, cancelled, unanswered or failed", f.Status)
	}
	if _, err := ulid.ParseStrict(string(f.Before)); f.Before != "" && err != nil {
		return wrongUsage("--before %s is no id of a call; `tring history --json` shows them", f.Before)
	}
	if f.With != "" {
		if err := calls.UserID(f.With).Validate(); err != nil {
			return wrongUsage("--with %s: %w", f.With, err)
		}
	}
	return nil
}

func (a *app) history(ctx context.Context, f calls.HistoryFilter, asJSON, seen bool) (err error) {
	if err := checkHistory(f); err != nil {
		return err
	}
	s, err := a.beginQuiet(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	page, err := s.History(ctx, f)
	if err != nil {
		return fmt.Errorf("list history: %w", err)
	}
	if seen {
		if _, err := s.Request(ctx, wire.MarkSeen{}); err != nil { // up to the newest
			return fmt.Errorf("mark missed calls as seen: %w", err)
		}
	}
	if asJSON {
		records := make([]line.Record, len(page.Records))
		for i, r := range page.Records {
			records[i] = line.RecordOf(r)
		}
		return printJSON(a, records)
	}
	if len(page.Records) == 0 {
		a.say("%s", noCalls(f))
		return nil
	}
	me := s.Snapshot().Me.User
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, r := range page.Records {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", r.Call.InitiatedAt.In(a.now().Location()).Format("2006-01-02 15:04"),
			wayOf(r), ui.Clean(r.Call.Peer(me), cellWidth), endOf(r))
	}
	return t.Flush()
}

// noCalls says that nothing was found, and among what.
func noCalls(f calls.HistoryFilter) string {
	f.Limit = 0
	switch {
	case f == calls.HistoryFilter{}:
		return "No calls yet."
	case f == calls.HistoryFilter{With: f.With}:
		return "No calls with " + f.With + "."
	}
	return "No such calls."
}

func wayOf(r calls.Record) string {
	switch {
	case r.Missed:
		return "missed"
	case r.Direction == calls.Incoming:
		return "from"
	}
	return "to"
}

func endOf(r calls.Record) string {
	if talked := r.Call.Talked(r.Call.EndedAt); talked > 0 {
		return talked.Round(time.Second).String()
	}
	if r.Call.Reason != "" {
		return string(r.Call.Status) + " (" + string(r.Call.Reason) + ")"
	}
	return string(r.Call.Status)
}
